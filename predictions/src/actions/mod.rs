//! The next best action: what to do for a customer now, why, and what was not possible.
//!
//! 1. A [`Catalogue`] is what an administrator offers: each [`Action`] with its channel, cost, benefit and limits. *Nothing*
//!    is an action too, and is always possible.
//! 2. A [`Situation`] is all that is known when it is asked: the customer's features, contacts and responses, and a
//!    [`Candidate`] for each action with what the caller found of eligibility and consent.
//! 3. A [`Policy`] answers with [`NextBestActions`]: the chosen action, the alternatives with the parts of their scores, and
//!    what is excluded by which [`Rule`]. Actions are drawn in proportion to how probably each is the best (Thompson 1933),
//!    and how probable the choice was is told with it. A share of the customers, the control group, gets any action at
//!    random.
//! 4. [`Learned`] is what [`Outcome`]s teach: for each action a Bayesian logistic regression, with what actions have in
//!    common as its prior. Too few outcomes of an action teach no more than its rate.
//! 5. Before a policy goes live, a [`Rehearsal`] on what was played before says what it would have brought
//!    ([`Log::evaluate`]), and whether it beats the best single action at all ([`Log::against_fixed`]).
//! 6. [`Uplift`] says whom an action changes, and [`Qini`] whether that is found.
//!
//! Elsewhere in the product a *decision* is a person's word on who is who, or the content of a slot of a page. Here the word
//! stands for nothing but the id under which a situation and its answer are kept: `decision(id)` asks the same policy about
//! the same situation again, and gets the same bytes. For that all numbers come from `libm`, whose functions are the same on
//! every machine, and whoever keeps situations as JSON must read numbers exactly (`float_roundtrip` of `serde_json`).
//!
//! Everything here is a pure function of its arguments. Times are in seconds, from whenever the caller likes to count. Money
//! is in one currency. No answer is ever NaN or infinite: what is no number is turned away as [`BadData`].

mod belief;
mod catalogue;
mod error;
mod learn;
mod logistic;
mod offline;
mod policy;
mod propensity;
mod qini;
mod random;
mod rehearsal;
mod rules;
mod scaling;
mod shared;
mod situation;
mod uplift;

pub use belief::Chance;
pub use catalogue::{Action, Catalogue, NOTHING, Prior};
pub use error::BadData;
pub use learn::{ENOUGH, Learned, Outcome};
pub use offline::{AgainstFixed, Estimate, Evaluation, Log, Logged, Thin};
pub use policy::{Basis, ChosenBy, NextBestActions, Policy, Scored};
pub use propensity::Propensity;
pub use qini::{Qini, Ranked};
pub use rehearsal::{Chooses, Played, Rehearsal};
pub use rules::{Excluded, Rule};
pub use situation::{Barred, Candidate, Contact, Responded, Response, Situation};
pub use uplift::{Trial, Uplift};

#[cfg(test)]
mod tests;
