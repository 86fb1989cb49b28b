//! What is wrong with what was given.

use uuid::Uuid;

/// What is wrong with what was given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadData {
    /// A number out of its range, or none.
    #[error("{what} must lie between {low} and {high}, and is {value}")]
    Range {
        /// Of which thing.
        what: String,
        /// What it was.
        value: f64,
        /// The least it may be.
        low: f64,
        /// The greatest it may be.
        high: f64,
    },
    /// Something is named twice.
    #[error("{0} is named twice")]
    Twice(String),
    /// An action that cannot be.
    #[error("the action `{action}` {problem}")]
    Action {
        /// Its id.
        action: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Not as many numbers as everywhere else.
    #[error("{what} must be {expected}, and are {found}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// Two outcomes of one decision that differ in more than what came of it.
    #[error("the outcomes of decision {0} tell of different actions or features")]
    Contradiction(Uuid),
    /// Nothing to learn from or to evaluate.
    #[error("there are no {0}")]
    None(&'static str),
}

/// How great features, money and rewards may be.
pub(super) const GREATEST: f64 = 1e12;

/// Refuses what is out of range; NaN is.
pub(super) fn within(value: f64, low: f64, high: f64, what: impl FnOnce() -> String) -> Result<(), BadData> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(BadData::Range { what: what(), value, low, high })
    }
}

/// Refuses features that are not as many as expected, or no numbers.
pub(super) fn check_features(features: &[f64], expected: usize) -> Result<(), BadData> {
    if features.len() != expected {
        return Err(BadData::Count { what: "features", expected, found: features.len() });
    }
    let mut all = features.iter().enumerate();
    all.try_for_each(|(at, value)| within(*value, -GREATEST, GREATEST, || format!("feature {at}")))
}
