//! Predictions: what a person will do, as one model says it that was learned from everybody.
//!
//! 1. **What counts.** `purchases.rs` reads who bought when and for how much.
//! 2. **Learn.** Learning is a job: `training.rs` takes it on, `work.rs` carries it out, a step for each `kind.rs` of model.
//!    `learn.rs` (pure) chooses and fits a model of the crate `predictions` to purchases and tests it on the past;
//!    `versions.rs` keeps what was learned under a number, for ever, and which model predicts from when on.
//! 3. **Say.** `churn.rs` and `value.rs` (pure) say what the model in force makes of one person's purchases, and why;
//!    `read.rs` asks them about profiles, past the gate: nobody's future is told who does not allow profiling.
//! 4. **Segments.** `told.rs` is what a model is told of somebody, `course.rs` what was and will be said of somebody day by day, so that a rule that asks for a
//!    prediction changes its mind at a known midnight.
//! 5. **Scores.** `scores/` says how likely leads are to buy, and people to buy a certain thing, by all that they did.
//! 6. **Recommend.** `recommend/` learns from order lines what goes together, and says what somebody is most interested in.
//!
//! `fleet/` sums up what is said of everybody.
//!
//! Nothing that is said of a person is stored: it follows from the model, the person's purchases and the day. A merge, an
//! undone merge, a late order or a change of consent is therefore in every prediction at once.

mod churn;
mod course;
mod fleet;
mod kind;
mod learn;
mod model;
mod progress;
mod purchases;
mod read;
mod recommend;
mod scores;
mod told;
mod training;
mod value;
mod versions;
mod work;

pub use churn::{Band, Churn};
pub(crate) use course::{AHEAD, refuse_unknown, through_time};
pub use fleet::{Driver, Fleet, Mark, MarkKind, Predicted, Tenth};
pub use kind::Kind;
pub use model::{About, Bin, Data, Decile, Evidence, Figure, Verdict};
pub use progress::Phase;
pub use purchases::Purchase;
pub use read::{Answer, Status};
pub(crate) use recommend::Shelf;
pub use recommend::{
    Among, Asked, Basis, Bought, Excluded, Recommendation, RecommendationReason, Recommended, Recommending,
    Related, Relation,
};
pub use scores::{Score, Story, Thing, markdown_table};
pub use training::{State, Step, StepState, Training};
pub use value::Value;
pub use versions::Version;
pub(crate) use versions::{InForce, Versions};

use crate::{
    consent::{PROFILING, Purpose, Purposes},
    view::catalogue::Group,
};

/// Why somebody's prediction is what it is: one thing that is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// `frequency`, `recency`, `age` or `spend`; of scores one of the factors of their features.
    pub factor: &'static str,
    /// What it adds to the prediction of the average customer, in the prediction's unit; all of them and the base are the prediction.
    pub contribution: f64,
    /// What it is, in words.
    pub text: String,
}

/// The purpose for which anything is predicted; nothing where it may not use what predictions are made of.
pub(crate) fn profiling(purposes: &Purposes) -> Option<&Purpose> {
    let purpose = &purposes.get(PROFILING)?.purpose;
    purpose.data_groups.contains(&Group::Quantitative).then_some(purpose)
}
