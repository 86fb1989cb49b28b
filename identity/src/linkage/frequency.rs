use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::real;
use super::table::Table;
use super::values::{Value, Values};

/// How often each name occurs: what tells a Smith from a Berberniton.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequencies {
    /// Given names.
    pub given: Frequency,
    /// Family names, without particles.
    pub family: Frequency,
}

/// A value that fewer records carry is not kept: whoever reads a model must not find anybody in it, and who is erased
/// is not in it either.
const KEPT: u32 = 5;

/// How often each value of a field occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// Of how many records with a value.
    pub total: u64,
    /// The values that occur at least five times. All others count as occurring once.
    pub counts: BTreeMap<String, u32>,
}

impl Frequencies {
    pub(super) fn of(table: &Table) -> Self {
        Self { given: Frequency::of(&table.given), family: Frequency::of(&table.family) }
    }
}

impl Frequency {
    fn of<V: Value>(values: &Values<V>) -> Self {
        let often = values.iter().filter(|(_, count)| *count >= KEPT);
        Self {
            total: values.iter().map(|(_, count)| u64::from(count)).sum(),
            counts: often.map(|(value, count)| (value.key().to_owned(), count)).collect(),
        }
    }

    /// Whether the counts are counts of something.
    pub(super) fn is_sound(&self) -> bool {
        self.counts.values().all(|count| *count > 0 && u64::from(*count) <= self.total)
    }

    /// −log10 of the share of each of these values, in thousandths, by number.
    pub(super) fn rarities<V: Value>(&self, values: &Values<V>) -> Vec<u32> {
        let rarity = |(value, _): (&V, u32)| {
            let count = self.counts.get(value.key()).copied().unwrap_or(1);
            let rarity = libm::log10(real::of(self.total.max(1)) / f64::from(count)) * 1000.;
            u32::try_from(real::nearest(rarity.max(0.))).unwrap_or(u32::MAX)
        };
        std::iter::once(0).chain(values.iter().map(rarity)).collect()
    }
}
