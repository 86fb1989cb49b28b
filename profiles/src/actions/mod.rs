//! The next best action: what to do for a customer now, what else could be done, and what not, and why.
//!
//! 1. **Define.** `catalogue.rs` keeps what administrators offer, one document with versions.
//! 2. **Ask.** `facts.rs` reads what counts of people, `features.rs` (pure) makes numbers of it, `situation.rs` (pure) puts
//!    together what a choice follows from, `decide.rs` has the policy of the crate `predictions` choose, and keeps situation and answer.
//! 3. **Report.** `outcomes.rs` takes what came of a choice. It counts for the person at once.
//! 4. **Learn.** `learn.rs` learns from all outcomes how actions are accepted; `model.rs` keeps that under a number.
//! 5. **Look back.** `replay.rs` asks the same policy about the same situation again, `evaluate.rs` what another one would have
//!    brought; `keep.rs` lets go of what is old, and of whom is erased.
//!
//! A decision here is the choice of an action: who is who is decided in [`crate::decisions`], what a page shows in
//! [`crate::personalisation`]. This room must never choose for whom does not allow profiling, and keeps no value of a trait: only
//! numbers, and the words of rules.

mod catalogue;
mod decide;
mod evaluate;
mod facts;
mod features;
mod keep;
mod learn;
mod model;
mod outcomes;
mod replay;
mod situation;

pub use catalogue::{Action, Catalogue, Limits};
pub(crate) use catalogue::{asks_for_list, asks_for_segment};
pub(crate) use decide::Deciding;
pub use decide::{Chosen, NextBest, Status};
pub use evaluate::{Change, Draft, Evaluated, Found};
pub use features::FEATURES;
pub(crate) use keep::{forget_people, kept_of};
pub use outcomes::{NewOutcome, Outcome, Reported};
pub use predictions::actions::{
    Basis, ChosenBy, Estimate, Evaluation, Excluded, NOTHING, NextBestActions, Rule, Scored,
};
pub use replay::Replayed;
