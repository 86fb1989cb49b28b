//! How long what is kept, and removing what is too old.
//!
//! The [`Rules`] are the administrator's; without any nothing is removed, because what is gone cannot be brought back.
//! Rules that are new or stricter are [announced](state) first and come into force a day later. What is too old by those
//! in force is [removed](run) once a day, some hundred rows a transaction, and [dropped](arriving) where it arrives.
//!
//! **Nobody falls apart.** Who is one person follows from current versions, which are never removed. Whom only
//! removed facts named is [kept by key](keep). What older versions tell of what still holds (since when it has been said,
//! when the object was made) [stays with them](superseded); the rest of them goes.
//!
//! This room must never remove what says who somebody is today, or what they allow, and keeps nothing of what it
//! removes but keys and counts.

mod arriving;
mod due;
mod keep;
mod orders;
mod parts;
mod rules;
mod run;
mod state;
mod statements;
mod superseded;

pub(crate) use arriving::expire;
pub use due::Expiring;
pub(crate) use keep::{forget, of as kept};
pub use rules::{Age, Kind, Rules};
