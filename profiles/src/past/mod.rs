//! People as they were at a past moment, and how they came to be what they are.
//!
//! "As of an instant" means by the sources' own times and the times of decisions, under today's facts and rules: which
//! versions had been said, what had happened, what had been decided. There is one mechanism: [`surroundings`] loads
//! once the facts of everyone who may ever have belonged together with somebody, [`people`] derives from them who
//! they were at any instant, with the very functions that a drain uses, and [`history`] compares neighbouring
//! instants. [`read`] answers questions. Nothing here is stored.

mod history;
mod people;
mod read;
mod surroundings;
mod weighing;

pub use history::{Cause, Entry, History, Place, What};
pub use read::Past;
