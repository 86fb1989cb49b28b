//! From facts to people: the only room that decides who belongs together.
//!
//! Intake leaves the keys whose facts changed in the table `touched`. [`drain`] takes a batch of them and, in
//! one transaction, derives the rows of those keys again ([`objects`], [`persons`]), walks the graph of evidence
//! around the people concerned ([`component`]), asks the pure crate `identity` who belongs
//! together ([`regroup`]), and has [`crate::view`] rewrite the profiles that changed. Whatever is derived
//! follows from the facts alone; [`rebuild`] throws it away and derives it again. Companies that are one [`accounts`]
//! finds in the same way.
//!
//! The row lock on `resolution_state` lets one process drain at a time; a process that dies lets go of it.

mod accounts;
pub(crate) mod component;
mod drain;
pub(crate) mod everybody;
mod logins;
mod objects;
mod part;
pub(crate) mod person;
pub(crate) mod persons;
mod quality;
pub(crate) mod rebuild;
mod region;
pub(crate) mod regroup;
pub(crate) mod versions;

pub use drain::Drained;
pub(crate) use drain::{rules_are_being_applied, touch};
pub(crate) use person::{canonical_kind, identifier_kind, phone_region};
pub use quality::{DecidedPairs, IdentityQuality, TrueRecord};
pub(crate) use region::of as country_code;
pub use regroup::SIMILARITY;
