//! What people decide about identity: these are one person, these are not, that decision shall not count.
//!
//! A decision is a fact like any other. It is stored once ([`store`]) and never rewritten; taking it back is one
//! more fact. Which decisions count follows from the facts alone ([`standing`]): stored in any order and any number
//! of times they give the same people. [`make`] is where somebody decides: it writes the fact, derives the people
//! concerned and looks at what came of it, all in one transaction, and refuses what would be without effect.
//! [`read`] answers questions.
//!
//! This room never changes who belongs together: [`crate::resolution`] does, and asks this room what was decided.

pub(crate) mod fact;
mod make;
mod read;
mod refusal;
mod standing;
pub(crate) mod store;

pub use fact::{Decision, Kind, Pair, Word};
pub use identity::Verdict;
pub use make::Decided;
pub(crate) use standing::{Words, about, all};
pub(crate) use store::keys_of;

/// The kind of touched key that stands for a person about whom somebody decided.
pub(crate) const DECIDED: &str = "decision";
