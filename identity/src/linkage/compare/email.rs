use super::super::class::Class;
use super::super::hash;
use super::super::table::{Reading, Row, Table, best};
use super::super::values::Value;
use super::{Comparison, word::Word};
use crate::{IdentifierKind, Normalised, Rules};

/// An e-mail address in normal form.
#[derive(Debug, Clone)]
pub(in crate::linkage) struct Email {
    /// What stands before the @.
    local: Word,
    text: Box<str>,
    // Hashes, which tell unequal from equal without a look at the text.
    whole_local: u64,
    domain: u64,
    /// Of the letters of the local part alone: `jjansen` of `j.jansen67`.
    letters: u64,
    /// How many letters.
    count: usize,
}

impl Value for Email {
    fn read(raw: &str) -> Option<Self> {
        let Normalised::Value(text) = Rules::default().normalise(IdentifierKind::Email, raw, None) else {
            return None;
        };
        let (local, domain) = text.rsplit_once('@')?;
        let letters: String = local.chars().filter(|char| char.is_alphabetic()).collect();
        Some(Self {
            local: Word::new(local),
            whole_local: hash::text(local),
            domain: hash::text(domain),
            letters: hash::text(&letters),
            count: letters.len(),
            text: text.into(),
        })
    }

    fn key(&self) -> &str {
        &self.text
    }
}

impl Email {
    /// A hash of the letters before the @; 0 where they are too few to tell something.
    pub(in crate::linkage) fn letters(&self) -> u64 {
        if self.count >= 6 { self.letters } else { 0 }
    }
}

/// E-mail addresses; of several the two that agree best.
pub(super) struct Emails;

const MISSING: usize = 0;
const EXACT: usize = 1;
const TYPO: usize = 2;
const LOCAL: usize = 3;
const LETTERS: usize = 4;
const OTHER: usize = 5;

fn level(table: &Table, a: u32, b: u32) -> usize {
    if a == b {
        return EXACT;
    }
    let (a, b) = (table.email.get(a), table.email.get(b));
    let shortest = a.local.text().len().min(b.local.text().len());
    let typo = || shortest >= 5 && a.local.is_within(&b.local, 1);
    if a.whole_local == b.whole_local && shortest >= 4 {
        LOCAL
    } else if a.domain == b.domain && typo() {
        TYPO
    } else if a.letters == b.letters && a.count >= 4 || typo() {
        LETTERS
    } else {
        OTHER
    }
}

impl Comparison for Emails {
    fn name(&self) -> &'static str {
        "email"
    }

    fn levels(&self) -> usize {
        OTHER + 1
    }

    fn describe(&self, level: usize) -> String {
        match level {
            MISSING => "no e-mail address to compare",
            EXACT => "same e-mail address",
            TYPO => "e-mail address one typing error apart",
            LOCAL => "e-mail address the same before the @",
            LETTERS => "e-mail address similar before the @",
            _ => "different e-mail address",
        }
        .to_owned()
    }

    fn compare(&self, reading: &Reading<'_>, a: &Row, b: &Row) -> usize {
        let table = reading.table;
        best(&table.more_emails, (a.email, a.place), (b.email, b.place), |a, b| level(table, a, b))
    }

    fn start(&self, class: Class, _: &[f64]) -> Vec<f64> {
        //      missing exact typo local letters other
        if class == Class::Namesakes {
            return vec![1., 0.005, 0.01, 0.06, 0.30, 0.625];
        }
        class.expect(
            [1., 0.60, 0.05, 0.04, 0.06, 0.25],
            [1., 0.15, 0.01, 0.02, 0.02, 0.80],
            [1., 0.0005, 0.0005, 0.001, 0.003, 0.995],
        )
    }

    fn constrain(&self, class: Class, _: &[f64], levels: &mut [f64]) {
        class.keep_own(EXACT, levels);
    }
}
