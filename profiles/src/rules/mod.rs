//! The rules under which profiles are derived. They are versioned facts: a change is a new version, and everything
//! derived follows. [`versions`] keeps them, [`preview`] says what a change would do without doing it.

pub(crate) mod preview;
pub(crate) mod versions;

use serde::{Deserialize, Serialize};

pub use crate::view::survivorship::Rules as Survivorship;
pub use identity::Rules as Identity;
pub use preview::{Preview, Sample};
pub use versions::{Origin, Version};

/// One version of the rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ruleset {
    /// Who is the same person.
    pub identity: Identity,
    /// Which value of a trait survives.
    pub survivorship: Survivorship,
}

impl Ruleset {
    /// Reads rules from outside: unknown names and values out of range are refused, with their path.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) with what is wrong and where.
    pub fn read(rules: serde_json::Value) -> crate::Result<Self> {
        // A list would pass as a struct without names.
        if !rules.is_object() {
            return Err(crate::Error::invalid(
                "rules",
                "expected an object with `identity` and `survivorship`",
            ));
        }
        let ruleset: Self = serde_path_to_error::deserialize(rules)
            .map_err(|error| crate::Error::invalid(error.path().to_string(), error.inner().to_string()))?;
        ruleset.check()?;
        Ok(ruleset)
    }

    pub(crate) fn check(&self) -> crate::Result<()> {
        self.identity.validate().map_err(|error| crate::Error::invalid("identity", error.to_string()))
    }
}
