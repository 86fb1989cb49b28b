//! Comparing what source identities say, where the rules name a model.
//!
//! [`details`] takes out of a record what is compared; [`index`] keeps it, with the match keys under which
//! counterparts are found, and has the weights of pairs; [`models`] keeps the models, which never change once they are
//! there; [`candidates`] lists the profiles that somebody should look at. Who belongs together is decided by
//! [`crate::resolution`].

mod candidates;
pub(crate) mod details;
pub(crate) mod index;
mod models;
pub(crate) mod pairs;

pub use crate::resolution::SIMILARITY;
pub(crate) use candidates::write as write_candidates;
pub use candidates::{CandidatePlace, MatchCandidate, WaterfallStep};
pub(crate) use models::{ModelCache, own};
pub use models::{Trained, TrainedModel};
