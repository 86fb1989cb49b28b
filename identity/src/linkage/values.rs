//! Numbers that stand for distinct values: 0 for a missing one, others for what was read, each value once.
//!
//! The numbers follow the order in which values turn up. They serve to tell equal from unequal and to look values up;
//! nothing may be ordered by them.

use super::hash;
use super::text::{Map, Texts};

/// The number of no value.
pub(super) const MISSING: u32 = 0;

/// Something that is compared.
pub(super) trait Value: Sized {
    /// Reads a cell, which is not empty. `None` when it says nothing.
    fn read(raw: &str) -> Option<Self>;
    /// What equal values, and only they, have in common: everything that is ever compared of them follows from it.
    fn key(&self) -> &str;
    /// What values have in common that may be looked for under one key.
    fn alike(&self) -> &str {
        self.key()
    }
}

/// The distinct values of one field, and how many cells carry each.
#[derive(Debug)]
pub(super) struct Values<V> {
    distinct: Vec<V>,
    counts: Vec<u32>,
    hashes: Vec<u64>,
}

impl<V> Default for Values<V> {
    fn default() -> Self {
        Self { distinct: Vec::new(), counts: Vec::new(), hashes: Vec::new() }
    }
}

impl<V: Value> Values<V> {
    /// Reads the columns of a field; each cell becomes a number.
    pub(super) fn read(columns: &[&Texts]) -> (Self, Vec<Vec<u32>>) {
        let mut this = Self::default();
        let mut by_cell: Map<&str, u32> = Map::default();
        let mut by_key: Map<Box<str>, u32> = Map::default();
        let mut number = |cell| {
            let Some(value) = V::read(cell) else { return MISSING };
            if let Some(&number) = by_key.get(value.key()) {
                return number;
            }
            // There are fewer values than bytes in a column, so they can be counted.
            let number = u32::try_from(this.distinct.len() + 1).unwrap_or(MISSING);
            by_key.insert(value.key().into(), number);
            this.hashes.push(hash::mix(hash::text(value.alike())));
            this.distinct.push(value);
            this.counts.push(0);
            number
        };
        let mut numbers: Vec<Vec<u32>> = Vec::with_capacity(columns.len());
        for column in columns {
            let known = column.iter().map(|cell| match cell {
                "" => MISSING,
                cell => *by_cell.entry(cell).or_insert_with(|| number(cell)),
            });
            numbers.push(known.collect());
        }
        for &number in numbers.iter().flatten().filter(|&&number| number != MISSING) {
            this.counts[number as usize - 1] += 1;
        }
        (this, numbers)
    }

    /// The value of a number that is not [`MISSING`].
    pub(super) fn get(&self, number: u32) -> &V {
        &self.distinct[number as usize - 1]
    }

    /// A hash of what alike values share, the same in every table; 0 for a missing one.
    pub(super) fn hash(&self, number: u32) -> u64 {
        if number == MISSING { 0 } else { self.hashes[number as usize - 1] }
    }

    /// All values, in the order of their numbers from 1 on, each with its count.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&V, u32)> {
        self.distinct.iter().zip(self.counts.iter().copied())
    }
}
