//! Who is the same person?
//!
//! This room turns what source identities carry into groups of people, in four steps:
//!
//! 1. [`Rules::normalise`] writes an identifier in the one form in which it can be compared, or says why it cannot;
//! 2. [`links`] pairs the source identities that carry the same value, as long as the value is not widely shared;
//! 3. [`resolve()`] groups source identities by that evidence, by explicit identify calls and by people's decisions;
//! 4. [`eldest`] names a group after its eldest member, so that a profile keeps its id while it grows.
//!
//! Beside it, [`linkage`] finds the records of one person among millions by what they say, not by shared identifiers
//! alone: comparison, weighing, candidates and clusters, learned from the records themselves. [`household_key`],
//! [`Rules::company_domain`] and [`Rules::register_number`] say by what those belong together who are not one person: a
//! household, a company.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no chance, no logging. The same set of input
//! in any order gives the same output to the bit, and what happens to one connected set of source identities never
//! depends on another. No error text repeats a value that came from a person; errors about [`Rules`] quote only what
//! an administrator wrote.

mod coarse;
mod company;
mod error;
mod kind;
mod link;
pub mod linkage;
mod normalise;
mod placeholders;
mod resolve;
mod rules;

pub use coarse::{CoarsePhone, VERSION as COARSE_VERSION, coarse_email, coarse_phone};
pub use error::Error;
pub use kind::IdentifierKind;
pub use link::{Link, links, logins};
pub use linkage::{Home, family_name, household_key};
pub use normalise::{Normalised, fold_name};
pub use placeholders::Placeholders;
pub use resolve::{Decision, Evidence, Group, Identify, Near, Node, Resolution, Verdict, eldest, resolve};
pub use rules::{EmailRules, IdentifierRule, PhoneRules, Rules};
