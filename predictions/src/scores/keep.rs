//! Scores are kept as JSON, and read with suspicion.

use super::features::Feature;
use super::scorer::{Scorer, Stored};

/// Which form of the stored text this is.
pub(super) const VERSION: u32 = 1;

/// Why a stored score cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BadModel {
    /// It is not JSON of the expected form.
    #[error("the stored score cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It was stored by another version.
    #[error("the stored score has form {0}, and this program reads form 1")]
    Version(u32),
    /// Parts of it do not fit together.
    #[error("the stored score is damaged")]
    Damaged,
}

impl Scorer {
    /// The score as JSON, to be kept. The same score gives the same bytes.
    ///
    /// # Errors
    /// None that is known of: every number in a score is finite.
    pub fn to_json(&self) -> Result<String, BadModel> {
        Ok(serde_json::to_string(&self.0)?)
    }

    /// A score that was kept. It is the same to the last bit.
    ///
    /// # Errors
    /// What is no score, or was changed into something that cannot be asked.
    pub fn from_json(json: &str) -> Result<Self, BadModel> {
        let stored: Stored = serde_json::from_str(json)?;
        if stored.version != VERSION {
            return Err(BadModel::Version(stored.version));
        }
        if stored.is_sound() { Ok(Self(stored)) } else { Err(BadModel::Damaged) }
    }
}

impl Stored {
    fn is_sound(&self) -> bool {
        let features = &self.features;
        !features.is_empty()
            && features.iter().all(Feature::is_sound)
            && (self.logistic.is_some() || self.trees.is_some())
            && self.logistic.as_ref().is_none_or(|logistic| logistic.is_sound(features))
            && self.trees.as_ref().is_none_or(|trees| trees.is_sound(features.len()))
            && self.calibration.is_sound()
    }
}
