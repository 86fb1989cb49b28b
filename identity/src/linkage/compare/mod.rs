//! Comparisons: each says how far two records agree in one respect, as one of a few levels.
//!
//! To add one: write a type that implements [`Comparison`] in a file of its own, and name it in [`ALL`]. What a level
//! is worth is not written down anywhere; it is learned from the records.

mod address;
mod birth;
mod company;
mod email;
mod name;
mod nickname;
mod personal;
mod phone;
mod word;

use super::class::Class;
use super::table::{Reading, Row};

pub(super) use address::{Plain, Street};
pub(super) use birth::day_first;
pub(super) use birth::read as read_birth_date;
pub(super) use company::Company;
pub(super) use email::Email;
pub(super) use name::{FamilyName, GivenName, split};
pub(super) use personal::Number;
pub(super) use phone::Phone;

/// One respect in which two records are compared.
pub(super) trait Comparison: Sync {
    /// What it is called in models and explanations.
    fn name(&self) -> &'static str;

    /// How many levels there are. Level 0 is: a value is missing, so nothing can be said.
    fn levels(&self) -> usize;

    /// What a level means, for people.
    fn describe(&self, level: usize) -> String;

    /// How far two records agree. The same for (a, b) and (b, a).
    fn compare(&self, reading: &Reading<'_>, a: &Row, b: &Row) -> usize;

    /// Which levels are alternatives: those of one group have the same values missing.
    fn group(&self, level: usize) -> usize {
        usize::from(level > 0)
    }

    /// How often each level occurs between unrelated records: counted over random pairs, none of which is a candidate.
    fn chance(&self, reading: &Reading<'_>, pairs: &[(u32, u32)]) -> Vec<f64> {
        let mut counts = vec![0_u32; self.levels()];
        for (a, b) in pairs {
            counts[self.compare(reading, reading.row(*a), reading.row(*b))] += 1;
        }
        let total = f64::from(u32::try_from(pairs.len().max(1)).unwrap_or(u32::MAX));
        counts.into_iter().map(|count| f64::from(count) / total).collect()
    }

    /// What to expect of a class of pairs before anything is learned: any positive numbers, their ratios within a
    /// group count.
    fn start(&self, class: Class, chance: &[f64]) -> Vec<f64>;

    /// What a class of pairs is by definition, whatever was learned.
    fn constrain(&self, _class: Class, _chance: &[f64], _levels: &mut [f64]) {}
}

/// All comparisons, in the order in which they are made and explained.
pub(super) static ALL: [&dyn Comparison; COUNT] = [
    &name::Names,
    &email::Emails,
    &phone::Phones,
    &birth::BirthDates,
    &address::Addresses,
    &personal::PersonalNumbers,
    &company::Companies,
];

/// How many there are.
pub(super) const COUNT: usize = 7;
