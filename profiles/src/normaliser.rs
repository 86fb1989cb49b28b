//! Normalising identifiers without parsing the same telephone number twice.
//!
//! A number without a country code takes tens of microseconds to parse, and deriving a person needs each of
//! theirs twice: as an identifier and as a trait. One normaliser serves one batch.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use identity::{IdentifierKind, Normalised, Rules};

/// How many numbers are kept.
const KEPT: usize = 16_384;

/// The rules, and the telephone numbers that they normalised already.
pub(crate) struct Normaliser<'a> {
    rules: &'a Rules,
    phones: Mutex<HashMap<(String, Option<String>), Normalised>>,
}

impl<'a> Normaliser<'a> {
    pub(crate) fn new(rules: &'a Rules) -> Self {
        Self { rules, phones: Mutex::default() }
    }

    /// The rules.
    pub(crate) fn rules(&self) -> &'a Rules {
        self.rules
    }

    /// What [`Rules::normalise`] says.
    pub(crate) fn normalise(&self, kind: IdentifierKind, raw: &str, region: Option<&str>) -> Normalised {
        if kind != IdentifierKind::Phone {
            return self.rules.normalise(kind, raw, region);
        }
        let key = (raw.to_owned(), region.map(str::to_owned));
        let mut phones = self.phones.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = phones.get(&key) {
            return known.clone();
        }
        let normalised = self.rules.normalise(kind, raw, region);
        if phones.len() >= KEPT {
            phones.clear();
        }
        phones.insert(key, normalised.clone());
        normalised
    }
}
