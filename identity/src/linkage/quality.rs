use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::real;
use super::text::Map;

/// How well clusters agree with the truth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    /// Records that were judged.
    pub records: u64,
    /// Clusters found.
    pub clusters: u64,
    /// People there are.
    pub people: u64,
    /// Of the pairs of records that were put together, the share that belongs together, 0..1.
    pub pair_precision: f64,
    /// Of the pairs of records that belong together, the share that was put together, 0..1.
    pub pair_recall: f64,
    /// The harmonic mean of both, 0..1.
    pub pair_f1: f64,
    /// B³ precision (Bagga & Baldwin 1998): on average over records, the share of the record's cluster that is the
    /// same person, 0..1.
    pub b3_precision: f64,
    /// B³ recall: on average over records, the share of the person's records that is in the record's cluster, 0..1.
    pub b3_recall: f64,
    /// The harmonic mean of both, 0..1.
    pub b3_f1: f64,
    /// The share of people whose records are exactly one cluster, 0..1.
    pub exact: f64,
    /// The records of the largest cluster.
    pub largest: u64,
    /// How many clusters there are of each size, by number of records.
    pub sizes: BTreeMap<u64, u64>,
}

impl Quality {
    /// Compares two partitions of the same records: what was found, and what is true. Each record is given by any
    /// number that it shares with those of its group.
    pub fn of(records: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let mut cells: Map<(u32, u32), u64> = Map::default();
        let (mut found, mut truth): (Map<u32, u64>, Map<u32, u64>) = Default::default();
        for (cluster, person) in records {
            *cells.entry((cluster, person)).or_default() += 1;
            *found.entry(cluster).or_default() += 1;
            *truth.entry(person).or_default() += 1;
        }
        let pairs = |sizes: &mut dyn Iterator<Item = u64>| real::of(sizes.map(|n| n * (n - 1) / 2).sum());
        let both = pairs(&mut cells.values().copied());
        let records: u64 = found.values().sum();
        // Exact sums by size, so that no rounding depends on the order of a map.
        let mean = |other: &dyn Fn(&(u32, u32)) -> u64| {
            let mut by_size: BTreeMap<u64, u64> = BTreeMap::new();
            for (cell, count) in &cells {
                *by_size.entry(other(cell)).or_default() += count * count;
            }
            let sum: f64 =
                by_size.into_iter().map(|(size, squares)| real::of(squares) / real::of(size)).sum();
            share(sum, real::of(records))
        };
        let (b3_precision, b3_recall) = (mean(&|cell| found[&cell.0]), mean(&|cell| truth[&cell.1]));
        let pair_precision = share(both, pairs(&mut found.values().copied()));
        let pair_recall = share(both, pairs(&mut truth.values().copied()));
        let exact = cells
            .iter()
            .filter(|(cell, count)| **count == found[&cell.0] && **count == truth[&cell.1])
            .count();
        let mut sizes = BTreeMap::new();
        for size in found.values() {
            *sizes.entry(*size).or_default() += 1;
        }
        Self {
            records,
            clusters: found.len() as u64,
            people: truth.len() as u64,
            pair_precision,
            pair_recall,
            pair_f1: f1(pair_precision, pair_recall),
            b3_precision,
            b3_recall,
            b3_f1: f1(b3_precision, b3_recall),
            exact: share(real::of(exact as u64), real::of(truth.len() as u64)),
            largest: found.values().copied().max().unwrap_or_default(),
            sizes,
        }
    }
}

/// Of nothing, everything is right.
fn share(part: f64, whole: f64) -> f64 {
    if whole == 0. { 1. } else { part / whole }
}

fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall == 0. { 0. } else { 2. * precision * recall / (precision + recall) }
}

#[cfg(test)]
mod tests {
    use super::Quality;

    #[test]
    fn measures_are_those_of_the_books() {
        // Found {1 2 3} {4 5}, true {1 2} {3 4 5}.
        let quality = Quality::of([(0, 0), (0, 0), (0, 1), (1, 1), (1, 1)]);
        assert_eq!((quality.pair_precision, quality.pair_recall), (0.5, 0.5));
        let b3 = (2. * 2. / 3. + 1. / 3. + 2.) / 5.;
        assert!((quality.b3_precision - b3).abs() < 1e-12 && (quality.b3_recall - b3).abs() < 1e-12);
        assert_eq!((quality.exact, quality.largest, quality.clusters, quality.people), (0., 3, 2, 2));
    }

    #[test]
    fn what_is_right_is_one() {
        let quality = Quality::of([(7, 1), (7, 1), (9, 0)]);
        assert_eq!((quality.pair_f1, quality.b3_f1, quality.exact), (1., 1., 1.));
        assert_eq!(Quality::of([]), Quality { pair_precision: 1., pair_recall: 1., ..Quality::of([]) });
    }
}
