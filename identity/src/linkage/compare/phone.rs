use super::super::class::Class;
use super::super::table::{Reading, Row, Table, best};
use super::super::values::Value;
use super::{Comparison, word::Word};
use crate::Placeholders;

/// A phone number: its last digits, so that `+31 6 1234 5678`, `0031612345678` and `06-12345678` need no region to
/// be compared.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct Phone {
    digits: Word,
}

/// How many digits are kept: in most countries a whole number without country and trunk code.
const KEPT: usize = 10;
/// How many last digits two numbers must share; fewer are no number.
const SHARED: usize = 7;

impl Value for Phone {
    fn read(raw: &str) -> Option<Self> {
        let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0');
        let digits = &digits[digits.len().saturating_sub(KEPT)..];
        if digits.len() < SHARED || Placeholders::default().is_phone(digits) {
            return None;
        }
        Some(Self { digits: Word::new(digits) })
    }

    fn key(&self) -> &str {
        self.digits.text()
    }
}

impl Phone {
    /// The last eight digits.
    pub(in crate::linkage) fn tail(&self) -> &str {
        let digits = self.digits.text();
        &digits[digits.len().saturating_sub(8)..]
    }
}

/// Phone numbers; of several the two that agree best.
pub(super) struct Phones;

const MISSING: usize = 0;
const EXACT: usize = 1;
const TYPO: usize = 2;
const OTHER: usize = 3;

fn level(table: &Table, a: u32, b: u32) -> usize {
    if a == b {
        return EXACT;
    }
    let (a, b) = (&table.phone.get(a).digits, &table.phone.get(b).digits);
    // Of the same length only equal ones would end alike.
    let ends =
        a.text().len() != b.text().len() && (a.text().ends_with(b.text()) || b.text().ends_with(a.text()));
    if ends {
        EXACT
    } else if a.is_within(b, 1) {
        TYPO
    } else {
        OTHER
    }
}

impl Comparison for Phones {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn levels(&self) -> usize {
        OTHER + 1
    }

    fn describe(&self, level: usize) -> String {
        match level {
            MISSING => "no phone number to compare",
            EXACT => "same phone number",
            TYPO => "phone number one digit apart",
            _ => "different phone number",
        }
        .to_owned()
    }

    fn compare(&self, reading: &Reading<'_>, a: &Row, b: &Row) -> usize {
        let table = reading.table;
        best(&table.more_phones, (a.phone, a.place), (b.phone, b.place), |a, b| level(table, a, b))
    }

    fn start(&self, class: Class, _: &[f64]) -> Vec<f64> {
        //    missing exact typo other
        class.expect([1., 0.60, 0.03, 0.37], [1., 0.30, 0.01, 0.69], [1., 0.0005, 0.0005, 0.999])
    }

    fn constrain(&self, class: Class, _: &[f64], levels: &mut [f64]) {
        class.keep_own(EXACT, levels);
    }
}

#[cfg(test)]
mod tests {
    use super::{Phone, Value};

    #[test]
    fn one_number_in_many_forms_has_one_end() {
        for raw in ["+31 6 2345 6781", "0031623456781", "06-23456781", "(06) 2345 6781"] {
            assert_eq!(Phone::read(raw).unwrap().tail(), "23456781", "{raw}");
        }
        assert_eq!(Phone::read("+45 23 45 67 81").unwrap().tail(), "23456781");
    }

    #[test]
    fn what_is_no_number_is_missing() {
        for raw in ["", "n/a", "12345", "0000000000", "555-123-4567", "(222) 222-2222"] {
            assert!(Phone::read(raw).is_none(), "{raw}");
        }
    }
}
