//! Buy till you die: customers without a contract, who buy until they silently leave.
//!
//! 1. A [`History`] says how often a customer came again, when last, and how long they have been known; [`Histories`] are
//!    the distinct ones of a base with how many have each, so that a million customers cost what their distinct rows cost.
//! 2. [`Model::fit`] finds the most likely parameters of a [`Kind`] of model, with their standard errors and whether the data
//!    determine them at all; [`GammaGamma::fit`] those of what customers spend.
//! 3. A [`Model`] answers: [`Model::active`] is the probability of a purchase in a coming window, of which 1 less is the risk
//!    of churn; [`Model::expected`] says how many, [`Model::tracking`] how many for a base through time.
//!    [`residual_value`] is their worth, with an interval.
//! 4. [`Reasons`] take a prediction apart.
//!
//! **The trap.** "Probability alive" is no churn score: see [`Model::alive`].
//!
//! Everything here is a pure function of its arguments, and every answer is a number: bad data are turned away where a
//! [`History`] is made, and what cannot be learnt is a [`FitError`] or a [`Status`].

mod descend;
mod fit;
mod geometric;
mod history;
mod model;
mod opportunities;
mod pareto;
mod reasons;
mod special;
mod spend;
pub(crate) mod total;
mod value;

pub use fit::{Estimates, Fit, FitError, Options, Status};
pub use history::{BadData, Histories, History, Row};
pub use model::{Kind, Model, Score};
pub use reasons::{Average, Reasons};
pub use spend::{GammaGamma, Spend, SpendFit, Spends};
pub use value::{Horizon, Value, residual_value};

#[cfg(test)]
pub(crate) mod tests;
