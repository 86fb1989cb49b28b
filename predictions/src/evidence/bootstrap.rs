//! How far a figure can be relied on: it is worked out again and again for customers who are drawn from all, with
//! replacement. (Efron, *Bootstrap Methods: Another Look at the Jackknife*, Annals of Statistics 7, 1979; percentile
//! intervals as in Efron & Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13.)

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::metrics::number;

/// How customers are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// How often all of them are drawn anew: 1,000 for intervals, 200 for a rough idea.
    pub replicates: u32,
    /// The same seed gives the same intervals.
    pub seed: u64,
    /// How probable an interval is, say 0.95.
    pub level: f64,
    /// How many customers are drawn at most, so that what an interval costs does not grow with a base. Of more customers so
    /// many are drawn, and how far the figure strays is scaled by √(drawn / all), as errors shrink with the root. (Bickel,
    /// Götze & van Zwet, *Resampling fewer than n observations*, Statistica Sinica 7, 1997.)
    pub most: usize,
    /// How many threads may work. What comes out does not depend on it.
    pub threads: usize,
}

impl Bootstrap {
    /// 1,000 replicates of at most 10,000 customers, and 95 %.
    pub const fn new(seed: u64) -> Self {
        Self { replicates: 1000, seed, level: 0.95, most: 10_000, threads: 2 }
    }
}

/// Between what a figure lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Whether a model beats a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It does: the interval of what it gains lies above 0.
    Yes,
    /// It does not: the interval lies below 0, or is 0.
    No,
    /// These data do not say.
    Unclear,
}

impl Verdict {
    /// From the interval of what a model gains over a baseline, both being asked about the same drawn customers.
    pub fn of(gain: Option<Interval>) -> Self {
        match gain {
            Some(Interval { low, .. }) if low > 0.0 => Self::Yes,
            Some(Interval { high, .. }) if high <= 0.0 => Self::No,
            _ => Self::Unclear,
        }
    }
}

/// In more than this share of replicates a figure must be defined to have an interval.
const DEFINED: f64 = 0.9;

impl Bootstrap {
    /// The intervals of some figures of `customers` customers. `of` works them out for drawn ones, given by their numbers
    /// from 0 in ascending order, each as often as they were drawn; it must give as many figures each time. To compare two
    /// models, let it give their difference. A figure has no interval if it is not defined, or for a tenth of the draws.
    ///
    /// Costs `replicates + 1` calls of `of`, all but the first with `min(customers, most)` numbers.
    pub fn intervals(
        &self,
        customers: usize,
        of: impl Fn(&[usize]) -> Vec<Option<f64>> + Sync,
    ) -> Vec<Option<Interval>> {
        if customers == 0 || self.replicates == 0 {
            return Vec::new();
        }
        let everybody: Vec<usize> = (0..customers).collect();
        let values = of(&everybody);
        let found = self.replicates(|replicate| of(&self.draw(customers, replicate)));
        let drawn = customers.min(self.most.max(1));
        let scale = (number(drawn) / number(customers)).sqrt();
        let interval = |(at, value): (usize, &Option<f64>)| {
            let value = (*value)?;
            let of_one = found.iter().filter_map(|figures| figures.get(at).copied().flatten());
            let mut strayed: Vec<f64> = of_one.filter(|figure| figure.is_finite()).collect();
            if number(strayed.len()) <= DEFINED * f64::from(self.replicates) {
                return None;
            }
            strayed.sort_unstable_by(f64::total_cmp);
            let tail = if self.level > 0.0 { 0.5 * (1.0 - self.level.min(0.9999)) } else { 0.5 };
            let [low, high] = [tail, 1.0 - tail].map(|share| quantile(&strayed, share));
            // With everybody drawn these are the quantiles themselves, to the last bit.
            let [low, high] = if drawn == customers {
                [low, high]
            } else {
                [low, high].map(|end| value + scale * (end - value))
            };
            Some(Interval { low, high })
        };
        values.iter().enumerate().map(interval).collect()
    }

    /// Customers drawn with replacement, sorted. Each replicate has a stream of its own.
    fn draw(&self, customers: usize, replicate: u32) -> Vec<usize> {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
        chance.set_stream(u64::from(replicate));
        let mut drawn: Vec<usize> = (0..customers.min(self.most.max(1)))
            .map(|_| {
                // Multiply-shift; with fewer than 2^32 customers none is favoured by more than a part in 2^32.
                let wide = u128::from(chance.next_u64()) * customers as u128;
                usize::try_from(wide >> 64).unwrap_or(0)
            })
            .collect();
        drawn.sort_unstable();
        drawn
    }

    /// What is found of each replicate, in their order.
    fn replicates<T: Send>(&self, of: impl Fn(u32) -> T + Sync) -> Vec<T> {
        let threads = u32::try_from(self.threads.clamp(1, 64)).unwrap_or(1).min(self.replicates);
        let of = &of;
        let share = move |mine: u32| -> Vec<T> {
            let end = |thread: u32| u64::from(self.replicates) * u64::from(thread) / u64::from(threads);
            let end = |thread: u32| u32::try_from(end(thread)).unwrap_or(self.replicates);
            (end(mine)..end(mine + 1)).map(of).collect()
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|mine| scope.spawn(move || share(mine))).collect();
            let mut found = share(0);
            for other in others {
                match other.join() {
                    Ok(part) => found.extend(part),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            found
        })
    }
}

/// What so great a share of sorted numbers lies below, between two of them by their distance (Hyndman & Fan, *Sample
/// Quantiles in Statistical Packages*, 1996, definition 7).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a slice")]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * number(sorted.len() - 1);
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + place.fract() * (sorted[above] - sorted[below])
}
