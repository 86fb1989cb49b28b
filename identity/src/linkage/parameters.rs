//! What a model knows: how often each level of agreement occurs in each class of pairs.

use super::class::Class;
use super::compare::COUNT;
use super::pattern::Levels;
use super::real;

/// Shares by class.
pub(super) type ByClass = [f64; Class::COUNT];

/// Binary logarithms of shares, in millionths: whole numbers, so that a model means the same wherever it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameters {
    /// The share of each class among all pairs of records.
    pub(super) classes: [i64; Class::COUNT],
    /// By comparison and level: the share of that level in each class.
    pub(super) levels: [Vec<[i64; Class::COUNT]>; COUNT],
}

const UNIT: f64 = 1e6;

fn fixed(share: f64) -> i64 {
    real::nearest(libm::log2(share.max(1e-18)) * UNIT)
}

impl Parameters {
    pub(super) fn of(classes: &ByClass, levels: &[Vec<ByClass>; COUNT]) -> Self {
        Self {
            classes: classes.map(fixed),
            levels: std::array::from_fn(|comparison| {
                levels[comparison].iter().map(|shares| shares.map(fixed)).collect()
            }),
        }
    }

    /// The weight of the first `known` comparisons of a pattern.
    ///
    /// It is the binary logarithm of the odds that the two records are one person, in thousandths: +1000 is 2 : 1,
    /// 10,000 about 1000 : 1.
    pub(super) fn weight(&self, levels: &Levels, known: usize) -> i64 {
        let mut sums = self.classes;
        for (comparison, level) in levels.iter().enumerate().take(known) {
            for (sum, share) in sums.iter_mut().zip(self.levels[comparison][*level]) {
                *sum += share;
            }
        }
        let best = sums[1..].iter().copied().max().unwrap_or_default();
        let others: f64 = sums[1..].iter().map(|sum| libm::exp2(real::of_sum(sum - best) / UNIT)).sum();
        real::nearest((real::of_sum(sums[0] - best) / UNIT - libm::log2(others)) * 1000.)
    }

    /// The share of a class among all pairs of records.
    pub(super) fn class(&self, class: Class) -> f64 {
        libm::exp2(real::of_sum(self.classes[class as usize]) / UNIT)
    }
}
