//! How each outside system is told who is in an audience: the mirror image of connectors.
//!
//! A destination turns [changes](Change) of an audience into what one tool understands, and says of each [what came of
//! it](Outcome). It keeps nothing: who was told what, what is tried again and when, is known to whoever drives it. As a change
//! may be sent again (after a crash, or when no answer came), **what a destination does twice with one change must come to
//! the same as doing it once**: by what it does (put in, take out), or by sending the change's id along.
//!
//! This room must never decide who may be sent, and never put what it sends into an error.
//!
//! **To add a kind**: a file here with its configuration, its secrets and an `impl Destination`, one line in [`registry`], and
//! a test against a server that behaves like the tool.

mod audience;
mod contract;
mod file;
mod hashed;
mod hubspot;
mod mailchimp;
mod outcome;
mod registry;
mod segment;
mod table;
#[cfg(test)]
mod tests;
mod webhook;

pub use self::{
    contract::{Batch, Change, Deed, Destination, Outcome, Person, Surroundings, Unfit},
    registry::{Build, Kind, kind, kinds},
};
