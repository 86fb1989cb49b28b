//! Corrections: what a person says is right of them stands against what a source says, until that source says so too
//! (Article 16 of the GDPR). Pure.
//!
//! A source *has agreed* when it said the corrected value at the moment of the correction or at any later one; from then
//! on it is believed again, also when it changes the value. Of several corrections of a trait the newest counts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entities::correction::Model;
use serde_json::Value;
use uuid::Uuid;

use super::{compose::Member, document::Origin, read::json};
use crate::{
    error::Result,
    resolution::person::{Said, stages},
};

/// What a person says is right of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Correction {
    /// The request that it fulfils.
    pub(crate) request: Uuid,
    /// Rondom itself.
    pub(crate) source: Uuid,
    /// The source identity for which it is kept.
    pub(crate) identity: Uuid,
    /// The trait.
    pub(crate) key: String,
    /// Its value.
    pub(crate) value: Value,
    pub(crate) stated_at: DateTime<Utc>,
}

impl Correction {
    pub(crate) fn read(row: Model) -> Result<Self> {
        Ok(Self {
            request: row.request_id,
            source: row.source_id,
            identity: row.source_identity_id,
            value: json("correction", &row.value)?,
            key: row.key,
            stated_at: row.stated_at,
        })
    }

    pub(super) fn origin(&self) -> Origin {
        Origin { source: self.source, identity: self.identity, at: Some(self.stated_at) }
    }

    /// Whether who said this has agreed. `value` is what a version says of the trait.
    pub(super) fn is_agreed<'a>(
        &self,
        versions: &'a [Said],
        value: impl Fn(&'a Said) -> Option<Value>,
    ) -> bool {
        let stages = stages(versions);
        let until = stages.partition_point(|(since, _)| since.is_none_or(|since| since <= self.stated_at));
        // The one that was in force then, and all after it.
        stages[until.saturating_sub(1)..].iter().any(|(_, count)| {
            let version = &versions[count - 1];
            !version.deleted && value(version).as_ref() == Some(&self.value)
        })
    }
}

/// The corrections that count for these people together, by trait. What is kept for a record that its source has
/// deleted does not.
pub(super) fn standing(members: &[Member]) -> BTreeMap<&str, &Correction> {
    let mut standing: BTreeMap<&str, &Correction> = BTreeMap::new();
    let age = |one: &Correction| (one.stated_at, one.request, std::cmp::Reverse(one.identity));
    for one in members.iter().filter(|member| !member.row.deleted).flat_map(|member| &member.corrections) {
        let newest = standing.entry(&one.key).or_insert(one);
        if age(one) > age(newest) {
            *newest = one;
        }
    }
    standing
}
