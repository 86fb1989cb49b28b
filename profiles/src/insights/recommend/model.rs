//! What is kept of what was learned.

use predictions::recommend::{Recommender, Rules};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::kind::{Kind, Model};
use crate::error::Result;

/// A recommender, and what goes together. It holds products and counts, and no customer.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learned {
    pub(super) recommender: Recommender<Uuid>,
    /// What is bought in one order.
    pub(super) together: Rules<Uuid>,
    /// What the same people buy, at whatever time.
    pub(super) by_people: Rules<Uuid>,
}

impl Model for Learned {
    const KIND: Kind = Kind::Recommendations;

    /// What does not fit together is not read in the first place.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}
