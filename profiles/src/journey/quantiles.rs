//! Quartiles of many durations in little memory. Pure.
//!
//! Durations are counted in buckets whose bounds grow by a ratio, so that every quantile is exact within 1 percent: the
//! sketch of Masson, Rim and Lee, *`DDSketch`: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error Guarantees* (VLDB
//! 2019, sections 2.1 and 2.2), with `α = 0.01`. However many durations there are, some 2,000 buckets hold them, in any order.

use std::collections::BTreeMap;

use chrono::TimeDelta;

/// How far a quantile may be off, as a part of it.
const ALPHA: f64 = 0.01;

/// Durations, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Durations {
    /// Of no time at all.
    none: u64,
    buckets: BTreeMap<i32, u64>,
    count: u64,
}

impl Durations {
    pub(super) fn add(&mut self, duration: TimeDelta) {
        self.count += 1;
        let millis = duration.num_milliseconds();
        if millis <= 0 {
            self.none += 1;
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a duration of centuries in milliseconds is exact")]
        let bucket = ((millis as f64).ln() / ratio().ln()).ceil();
        #[expect(clippy::cast_possible_truncation, reason = "the logarithm of an i64 is small")]
        let bucket = bucket as i32;
        *self.buckets.entry(bucket).or_default() += 1;
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.none += other.none;
        self.count += other.count;
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
    }

    /// The duration that so many percent do not exceed; `None` of none.
    pub(super) fn quantile(&self, percent: u64) -> Option<TimeDelta> {
        let rank = percent * self.count.checked_sub(1)? / 100;
        let mut before = self.none;
        if rank < before {
            return Some(TimeDelta::zero());
        }
        for (bucket, count) in &self.buckets {
            before += count;
            if rank < before {
                // The middle of the bucket, by ratio.
                let millis = 2.0 * ratio().powi(*bucket) / (ratio() + 1.0);
                #[expect(clippy::cast_possible_truncation, reason = "it was an i64")]
                return Some(TimeDelta::milliseconds(millis.round() as i64));
            }
        }
        None
    }
}

/// The ratio of the bounds of a bucket.
fn ratio() -> f64 {
    (1.0 + ALPHA) / (1.0 - ALPHA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_exact_within_one_percent_in_any_order() {
        for scale in [1_u32, 1_000, 86_400_000] {
            let (mut up, mut down) = (Durations::default(), Durations::default());
            for n in 0..=1_000_i64 {
                up.add(TimeDelta::milliseconds(n * i64::from(scale)));
                down.add(TimeDelta::milliseconds((1_000 - n) * i64::from(scale)));
            }
            assert_eq!(up, down);
            for percent in [25_u32, 50, 75] {
                let exact = 10.0 * f64::from(percent) * f64::from(scale);
                #[expect(clippy::cast_precision_loss, reason = "small")]
                let found = up.quantile(percent.into()).unwrap().num_milliseconds() as f64;
                assert!(
                    (found - exact).abs() <= exact * ALPHA + 1.0,
                    "{percent} of {scale}: {found} {exact}"
                );
            }
        }
        assert_eq!(Durations::default().quantile(50), None);
        let mut none = Durations::default();
        none.add(TimeDelta::seconds(-1));
        assert_eq!(none.quantile(50), Some(TimeDelta::zero()));
    }
}
