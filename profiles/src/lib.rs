//! The application: facts in, profiles out. The only crate that runs SQL.
//!
//! A fact goes one way through its rooms: [`sync`] reads a page of a connector, [`collect`] takes what sites and apps
//! send, [`intake`] stores its facts and
//! the cursor in one transaction, [`resolution`] finds the people concerned and recomputes them, [`view`]
//! writes the read model and answers questions. What people decide about identity comes in through [`decisions`];
//! [`matching`] compares what they say, where the rules name a model; [`past`] derives from the same facts who somebody
//! was at a past moment; [`audiences`] who is in which segment, [`insights`] what somebody is likely to do, [`actions`] what to do for them, [`likeness`] what and whom somebody is like, and [`personalisation`] what a page shows them. [`consent`] is the one gate that every reader of personal data passes; [`privacy`] does what
//! data subjects ask for, erasure above all; [`retention`] removes what is too old; [`access`] knows who may ask;
//! [`audit`] writes down who did what; [`activation`] tells other tools who is in a segment; [`store`] is how all of them talk to the database.
//!
//! A room owns its tables; the others call its functions. Time and chance come from outside: the clock is
//! handed in, ids follow from facts.

pub mod access;
pub mod actions;
pub mod activation;
pub mod audiences;
pub mod audit;
pub mod behaviour;
pub mod bench;
mod clock;
pub mod collect;
pub mod consent;
pub mod decisions;
mod error;
mod field_names;
mod handle;
pub mod insights;
pub mod intake;
pub mod journey;
mod kept;
mod keys;
pub mod likeness;
pub mod matching;
mod normaliser;
pub mod past;
pub mod personalisation;
pub mod privacy;
pub mod resolution;
pub mod retention;
pub mod rules;
pub mod sources;
pub mod state_hash;
pub mod status;
pub mod store;
pub mod sync;
pub mod view;

pub use clock::Clock;
pub use error::{Error, Result};
pub use handle::Profiles;
pub use identity::IdentifierKind;
pub use keys::{KEY_LEN, Keys};

#[cfg(test)]
mod tests;
