//! Walking a collection by offset.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    error::Error,
    http::{
        Answer,
        paging::{Guard, slipped},
    },
};

/// Rows on a page; the most that Mailchimp gives.
pub(super) const COUNT: u64 = 1000;

/// Where the walk through one collection stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Offsets {
    /// How many rows to skip.
    pub(super) offset: u64,
    /// How many rows there were at the page before.
    total: Option<u64>,
    guard: Guard,
}

/// A page of a collection, whatever its rows are called.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) rows: Vec<Box<RawValue>>,
    pub(super) total: u64,
}

impl Offsets {
    /// Where to read on after this page; `None` at the end.
    pub(super) fn after(&self, answer: &Answer<Rows>) -> Result<Option<Self>, Error> {
        let mut next = self.clone();
        let Rows { rows, total } = &answer.body;
        let before = next.total.replace(*total);
        if let Some(offset) = slipped(next.offset, before, *total) {
            next.offset = offset;
            next.guard = Guard::default();
            return Ok(Some(next));
        }
        next.offset += rows.len() as u64;
        if rows.is_empty() || next.offset >= *total {
            return Ok(None);
        }
        if next.guard.repeats(rows.iter().map(|row| row.get())) {
            return Err(answer.malformed("the same page comes again and again"));
        }
        Ok(Some(next))
    }
}
