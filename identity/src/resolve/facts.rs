use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::IdentifierKind;

/// A source identity: one person-like key of one source.
///
/// One that is given twice counts once, with the earlier creation time and the unique values of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id, which must not depend on the order of arrival.
    pub id: Uuid,
    /// The earliest creation time that any version of it stated.
    pub created_at: Option<DateTime<Utc>>,
    /// Its identifiers in normal form. Those of kinds that the rules call unique keep groups apart; others may be
    /// left out and are ignored.
    pub unique: BTreeSet<(IdentifierKind, String)>,
}

/// Something that speaks for (positive) or against (negative) two source identities being one person.
///
/// Several on one pair add up. One that names an unknown source identity, or the same one twice, is ignored; so it is
/// with identify calls and decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// One source identity.
    pub a: Uuid,
    /// The other one.
    pub b: Uuid,
    /// How much it says, in thousandths.
    pub weight: i64,
}

/// A person's word on two source identities. The newest on a pair holds, whatever came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// One source identity.
    pub a: Uuid,
    /// The other one.
    pub b: Uuid,
    /// What was decided.
    pub verdict: Verdict,
    /// When. Of two at the same instant the one with the greater id is the newer.
    pub decided_at: DateTime<Utc>,
    /// The id of the decision.
    pub id: Uuid,
}

/// The two things that a person can decide about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They are the same human being.
    Same,
    /// They are not. Of two opposite verdicts with the same instant and id, this one holds.
    Different,
}

/// A source said in so many words that two source identities are one person, such as a login on a known device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identify {
    /// One source identity.
    pub a: Uuid,
    /// The other one.
    pub b: Uuid,
}
