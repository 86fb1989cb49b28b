use super::super::class::Class;
use super::super::table::{Reading, Row};
use super::super::values::{MISSING as NONE, Value};
use super::{Comparison, word::Word};

/// A number that an authority gave to a person: letters and digits.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct Number {
    word: Word,
}

/// Shorter ones tell nobody apart, longer ones are none.
const LENGTHS: std::ops::RangeInclusive<usize> = 5..=64;

impl Value for Number {
    fn read(raw: &str) -> Option<Self> {
        let letters = raw.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase);
        let text: String = letters.take(LENGTHS.end() + 1).collect();
        let first = text.chars().next()?;
        let says_something =
            LENGTHS.contains(&text.chars().count()) && text.chars().any(|char| char != first);
        says_something.then(|| Self { word: Word::new(&text) })
    }

    fn key(&self) -> &str {
        self.word.text()
    }
}

impl Number {
    /// Its first or its second half.
    pub(in crate::linkage) fn half(&self, first: bool) -> &str {
        let text = self.word.text();
        let middle = text.char_indices().nth(text.chars().count() / 2).map_or(text.len(), |(at, _)| at);
        if first { &text[..middle] } else { &text[middle..] }
    }
}

/// Numbers that an authority gave.
pub(super) struct PersonalNumbers;

const MISSING: usize = 0;
const EXACT: usize = 1;
const TYPO: usize = 2;
const OTHER: usize = 3;

impl Comparison for PersonalNumbers {
    fn name(&self) -> &'static str {
        "personal_number"
    }

    fn levels(&self) -> usize {
        OTHER + 1
    }

    fn describe(&self, level: usize) -> String {
        match level {
            MISSING => "no personal number to compare",
            EXACT => "same personal number",
            TYPO => "personal number one slip apart",
            _ => "different personal number",
        }
        .to_owned()
    }

    fn compare(&self, reading: &Reading<'_>, a: &Row, b: &Row) -> usize {
        let numbers = &reading.table.number;
        match (a.number, b.number) {
            (NONE, _) | (_, NONE) => MISSING,
            (a, b) if a == b => EXACT,
            (a, b) if numbers.get(a).word.is_within(&numbers.get(b).word, 1) => TYPO,
            _ => OTHER,
        }
    }

    fn start(&self, class: Class, _: &[f64]) -> Vec<f64> {
        //    missing exact typo other
        let others = [1., 0.0001, 0.0003, 0.9996];
        class.expect([1., 0.90, 0.07, 0.03], others, others)
    }

    fn constrain(&self, class: Class, _: &[f64], levels: &mut [f64]) {
        class.keep_own(EXACT, levels);
    }
}
