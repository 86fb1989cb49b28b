//! Does a score find whom an action changes? Curve and coefficient of Qini.
//!
//! Radcliffe, *Using Control Groups to Target on Predicted Lift*, Direct Marketing Analytics Journal, 2007.

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::error::{BadData, GREATEST, within};
use super::offline::Estimate;
use super::random::lot;

/// Somebody with a score, who took part in a randomised test of an action.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Who has a greater one would be treated earlier.
    pub score: f64,
    /// Whether the action was done.
    pub treated: bool,
    /// What came then: 1 or 0, or an amount.
    pub outcome: f64,
}

/// How much is gained by treating those with the greatest scores alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Qini {
    /// Points of the curve, from (0, 0) to (1, what treating everybody gains): the share of customers that is treated, and
    /// what is gained then for each of all N customers, (R − R′ · T / T′) / N, with the sums R and R′ of the outcomes and the
    /// numbers T and T′ of those treated and not treated so far. A point stands after each group of equal scores, from where on there
    /// are some of both.
    pub curve: Vec<(f64, f64)>,
    /// The area between the curve and the straight line, which a score of pure chance has: 0 finds nobody, and less than 0
    /// the wrong ones. Its interval holds the middle 95 % of the bootstrap samples' coefficients.
    pub coefficient: Estimate,
}

/// A group of customers with equal scores: the places that they have among all of them.
type Group = std::ops::Range<usize>;

/// The most bootstrap samples.
const MOST_SAMPLES: u32 = 10_000;

impl Qini {
    /// Of everybody who took part, in any order, with an interval from so many bootstrap samples (200, say; at most 10,000).
    /// Costs a sort, and a pass for each sample.
    ///
    /// # Errors
    /// A score or an outcome that is no number, nobody treated, nobody not treated, no samples.
    pub fn of(ranked: &[Ranked], samples: u32, seed: u64) -> Result<Self, BadData> {
        within(f64::from(samples), 1.0, f64::from(MOST_SAMPLES), || "the number of samples".to_owned())?;
        for row in ranked {
            within(row.score, -GREATEST, GREATEST, || "a score".to_owned())?;
            within(row.outcome, -GREATEST, GREATEST, || "an outcome".to_owned())?;
        }
        for (treated, who) in
            [(true, "customers who were treated"), (false, "customers who were not treated")]
        {
            if !ranked.iter().any(|row| row.treated == treated) {
                return Err(BadData::None(who));
            }
        }
        let mut order = ranked.to_vec();
        order.sort_by(|one, other| {
            let scores = other.score.total_cmp(&one.score);
            scores.then(one.treated.cmp(&other.treated)).then(one.outcome.total_cmp(&other.outcome))
        });
        let mut groups: Vec<Group> = Vec::new();
        for equal in order.chunk_by(|one, other| one.score.total_cmp(&other.score).is_eq()) {
            let from = groups.last().map_or(0, |group| group.end);
            groups.push(from..from + equal.len());
        }
        let curve = curve(&order, &groups, |_| 1.0);
        let value = area(&curve);
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut times = vec![0_u32; order.len()];
        let mut sample = || {
            times.fill(0);
            for _ in 0..order.len() {
                times[lot(&mut chance, order.len())] += 1;
            }
            area(&self::curve(&order, &groups, |at| f64::from(times[at])))
        };
        let mut areas: Vec<f64> = (0..samples).map(|_| sample()).collect();
        areas.sort_by(f64::total_cmp);
        let cut = areas.len() / 40;
        let coefficient = Estimate { value, low: areas[cut], high: areas[areas.len() - 1 - cut] };
        Ok(Self { curve, coefficient })
    }
}

/// The curve of customers in the order of their scores, each of whom counts so many times.
fn curve(order: &[Ranked], groups: &[Group], times: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
    let all: f64 = (0..order.len()).map(&times).sum();
    // Those treated and not treated so far, and the sums of their outcomes.
    let (mut number, mut sum) = ([0.0; 2], [0.0; 2]);
    let mut points = vec![(0.0, 0.0)];
    for group in groups {
        for at in group.clone() {
            let side = usize::from(order[at].treated);
            number[side] += times(at);
            sum[side] += times(at) * order[at].outcome;
        }
        if number[0] > 0.0 && number[1] > 0.0 {
            let gain = sum[1] - sum[0] * number[1] / number[0];
            points.push(((number[0] + number[1]) / all, gain / all));
        }
    }
    points
}

/// Between a curve and the straight line to its end.
fn area(curve: &[(f64, f64)]) -> f64 {
    let panels = curve.windows(2).map(|ends| {
        let [(from, low), (to, high)] = [ends[0], ends[1]];
        0.5 * (to - from) * (low + high)
    });
    let end = curve.last().map_or(0.0, |(_, gain)| *gain);
    panels.sum::<f64>() - 0.5 * end
}
