//! Handing over the archive of a person: as JSON for machines, as a page for people, both made when they are fetched.
//!
//! The rooms: [`page`] draws the archive as one file that needs nothing else; [`serve`] answers administrators. What
//! stands in it is `profiles::privacy`'s.
//!
//! An archive is personal data of the plainest kind: this room must never keep one, let anybody but an administrator
//! fetch one, or let one be fetched that the audit log does not tell of.

mod page;
mod serve;

pub(crate) use page::draw;
pub use serve::paths;
