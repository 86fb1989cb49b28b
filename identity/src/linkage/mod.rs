//! Record linkage: which records of some files are about the same person, found without being told.
//!
//! 1. [`Sheet`] holds the records as they come, [`Table`] with every distinct value read once.
//! 2. [`Model::train`] picks the candidates, pairs of records that share a key (`block.rs`), compares them in every
//!    respect (`compare/`), and learns from the patterns of agreement what each is worth (`train.rs`).
//! 3. A [`Scorer`], a model with records before it, gives each [`Pair`] a weight, and can [explain](Scorer::explain) it.
//! 4. [`clusters`] groups the records; [`Quality`] compares groups with the truth, where it is known.
//!
//! Same records, same answer: neither their order, nor the number of threads, nor chance matters. Random pairs are
//! drawn by hashes of ids; sums of fractions are made in a fixed order; models hold whole numbers.

mod block;
mod class;
mod cluster;
mod compare;
mod details;
mod field;
mod frequency;
mod hash;
mod household;
mod model;
mod parameters;
mod pattern;
mod quality;
mod real;
mod scorer;
mod sheet;
mod stored;
mod table;
mod text;
mod train;
mod values;

pub use block::CAP;
pub use class::Class;
pub use cluster::{ABSENT, MOST, clusters};
pub use details::Details;
pub use field::Field;
pub use frequency::{Frequencies, Frequency};
pub use household::{Home, family_name, household_key};
pub use model::{ClassCount, Label, Model, Pair, Report, RuleCount};
pub use quality::Quality;
pub use scorer::{Scorer, Step};
pub use sheet::{Columns, Mapping, Sheet, delimiter};
pub use table::Table;

#[cfg(test)]
mod tests;
