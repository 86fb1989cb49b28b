//! The rules under which profiles are derived. They are versioned facts: a change is a new version, and
//! everything derived follows.

use serde::{Deserialize, Serialize};

pub use crate::view::survivorship::Rules as Survivorship;
pub use identity::Rules as Identity;

/// One version of the rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ruleset {
    /// Who is the same person.
    pub identity: Identity,
    /// Which value of a trait survives.
    pub survivorship: Survivorship,
}
