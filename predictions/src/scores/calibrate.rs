//! From scores to probabilities that hold: of those who are given 0.2, one in five.
//!
//! Models are good at order and less so at level, and the base rate moves with time: so a calibration is fitted on a later
//! window than the model was trained on.

use serde::{Deserialize, Serialize};

use super::features::count;
use super::logistic::{FAR, probability, softplus};

/// How scores are turned into probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Calibrator {
    /// A straight line in log-odds: few data are enough, and no ties arise.
    Platt,
    /// Any curve that does not fall: wants a thousand customers or more (Niculescu-Mizil & Caruana, *Predicting Good
    /// Probabilities with Supervised Learning*, ICML 2005).
    Isotonic,
}

/// A fitted calibration: the probability never falls while the score grows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Calibration {
    /// The score is the log-odds.
    None,
    Platt {
        slope: f64,
        shift: f64,
    },
    /// Scores, ascending, and their probabilities; between them along straight lines, beyond them as at the ends.
    Isotonic {
        points: Vec<(f64, f64)>,
    },
}

impl Calibration {
    /// Scores and labels of the same customers, with both classes among them.
    pub(super) fn fit(calibrator: Calibrator, scores: &[f64], labels: &[bool]) -> Self {
        match calibrator {
            Calibrator::Platt => platt(scores, labels),
            Calibrator::Isotonic => isotonic(scores, labels),
        }
    }

    pub(super) fn probability(&self, score: f64) -> f64 {
        match self {
            Self::None => probability(score),
            Self::Platt { slope, shift } => probability(slope * score + shift),
            Self::Isotonic { points } => {
                let above = points.partition_point(|(at, _)| *at <= score);
                match (above.checked_sub(1).and_then(|below| points.get(below)), points.get(above)) {
                    (Some((from, low)), Some((to, high))) => {
                        low + (high - low) * ((score - from) / (to - from)).clamp(0.0, 1.0)
                    }
                    (Some((_, value)), None) | (None, Some((_, value))) => *value,
                    (None, None) => probability(score),
                }
            }
        }
    }

    /// Whether it can be used: what was stored may have been changed since.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::None => true,
            Self::Platt { slope, shift } => (0.0..=FAR).contains(slope) && shift.abs() <= FAR,
            Self::Isotonic { points } => {
                let inside = |(at, value): &(f64, f64)| at.is_finite() && (0.0..=1.0).contains(value);
                !points.is_empty()
                    && points.iter().all(inside)
                    && points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1)
            }
        }
    }
}

/// Platt, *Probabilistic Outputs for Support Vector Machines*, 1999, with his targets (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2), by the
/// safe Newton's method of Lin, Lin & Weng (*A Note on Platt's Probabilistic Outputs*, Machine Learning 68, 2007). A score
/// that ranks customers the wrong way round gets the slope 0, and everyone the same probability.
fn platt(scores: &[f64], labels: &[bool]) -> Calibration {
    let positives = count(labels.iter().filter(|label| **label).count());
    let negatives = count(labels.len()) - positives;
    let targets = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let target = |label: bool| if label { targets.0 } else { targets.1 };
    let constant = ((positives + 1.0) / (negatives + 1.0)).ln();
    // In units of the greatest score, so that no square is infinite.
    let unit = scores.iter().fold(1.0_f64, |most, score| most.max(score.abs()));
    let cost = |slope: f64, shift: f64| -> f64 {
        let of = |(score, label): (&f64, &bool)| {
            let log_odds = slope * score / unit + shift;
            softplus(log_odds) - target(*label) * log_odds
        };
        scores.iter().zip(labels).map(of).sum()
    };
    let (mut slope, mut shift) = (0.0, constant);
    let mut now = cost(slope, shift);
    for _ in 0..100 {
        let (mut by_slope, mut by_shift) = (0.0, 0.0);
        let (mut slope_slope, mut slope_shift, mut shift_shift) = (1e-12, 0.0, 1e-12);
        for (score, label) in scores.iter().zip(labels) {
            let score = score / unit;
            let probability = probability(slope * score + shift);
            let (error, weight) = (probability - target(*label), probability * (1.0 - probability));
            by_slope += error * score;
            by_shift += error;
            slope_slope += weight * score * score;
            slope_shift += weight * score;
            shift_shift += weight;
        }
        let determinant = slope_slope * shift_shift - slope_shift * slope_shift;
        let step = (
            (shift_shift * by_slope - slope_shift * by_shift) / determinant,
            (slope_slope * by_shift - slope_shift * by_slope) / determinant,
        );
        let better = (0..30)
            .map(|halvings| 0.5_f64.powi(halvings))
            .map(|share| (slope - share * step.0, shift - share * step.1))
            .map(|(slope, shift)| (cost(slope, shift), slope, shift))
            .find(|(next, _, _)| *next < now);
        let Some(next) = better else { break };
        let gain = now - next.0;
        (now, slope, shift) = next;
        if gain < 1e-12 * now {
            break;
        }
    }
    if slope > 0.0 {
        Calibration::Platt { slope: slope / unit, shift }
    } else {
        Calibration::Platt { slope: 0.0, shift: constant }
    }
}

/// Pool adjacent violators (Ayer et al., *An Empirical Distribution Function for Sampling with Incomplete Information*, Annals
/// of Mathematical Statistics 26, 1955; Zadrozny & Elkan, KDD 2002). A pool has the share of its positives for a
/// probability from its first score to its last; but none is nearer to 0 or 1 than 1 / (customers + 2).
fn isotonic(scores: &[f64], labels: &[bool]) -> Calibration {
    struct Pool {
        from: f64,
        to: f64,
        customers: f64,
        positives: f64,
    }
    let never = 1.0 / (count(labels.len()) + 2.0);
    let mut sorted: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut pools: Vec<Pool> = Vec::new();
    for same in sorted.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let customers = count(same.len());
        let positives = count(same.iter().filter(|(_, label)| *label).count());
        let mut pool = Pool { from: same[0].0, to: same[0].0, customers, positives };
        while let Some(last) =
            pools.pop_if(|last| last.positives * pool.customers >= pool.positives * last.customers)
        {
            pool.from = last.from;
            pool.customers += last.customers;
            pool.positives += last.positives;
        }
        pools.push(pool);
    }
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(2 * pools.len());
    for pool in pools {
        let value = (pool.positives / pool.customers).clamp(never, 1.0 - never);
        points.push((pool.from, value));
        if pool.to > pool.from {
            points.push((pool.to, value));
        }
    }
    Calibration::Isotonic { points }
}

#[cfg(test)]
mod tests {
    use super::{Calibration, Calibrator, probability};
    use crate::scores::chance::Chance;
    use crate::scores::features::count;

    /// Scores from −4 to 4, with outcomes as likely as `law` says.
    fn base(seed: u64, law: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<bool>) {
        let mut chance = Chance::new(seed);
        let scores: Vec<f64> = (0..20_000).map(|_| count(chance.below(8_001)) / 1_000.0 - 4.0).collect();
        let labels =
            scores.iter().map(|score| count(chance.below(1 << 20)) / 1_048_576.0 < law(*score)).collect();
        (scores, labels)
    }

    #[test]
    fn a_straight_line_is_found_again() {
        let (scores, labels) = base(1, |score| probability(0.5 * score - 1.0));
        let Calibration::Platt { slope, shift } = Calibration::fit(Calibrator::Platt, &scores, &labels)
        else {
            panic!("a line")
        };
        assert!((slope - 0.5).abs() < 0.03 && (shift + 1.0).abs() < 0.05, "{slope} {shift}");
    }

    #[test]
    fn any_rising_curve_is_found_again() {
        let law = |score: f64| {
            if score < -1.0 {
                0.1
            } else if score < 2.0 {
                0.3
            } else {
                0.8
            }
        };
        let (scores, labels) = base(2, law);
        let found = Calibration::fit(Calibrator::Isotonic, &scores, &labels);
        assert!(found.is_sound());
        for score in [-3.5, -2.0, 0.0, 1.5, 2.5, 3.8] {
            let got = found.probability(score);
            assert!((got - law(score)).abs() < 0.06, "{score}: {got}");
        }
    }

    #[test]
    fn neighbours_out_of_order_are_pooled() {
        // At 1, 2, 3 and 4: 0 of 1, 1 of 1, 0 of 1, 1 of 1. The middle two are one pool of 1 of 2.
        let found =
            Calibration::fit(Calibrator::Isotonic, &[4.0, 1.0, 3.0, 2.0], &[true, false, false, true]);
        let points = vec![(1.0, 1.0 / 6.0), (2.0, 0.5), (3.0, 0.5), (4.0, 1.0 - 1.0 / 6.0)];
        assert_eq!(found, Calibration::Isotonic { points });
        for (score, expected) in [(0.0, 1.0 / 6.0), (1.5, 1.0 / 3.0), (2.5, 0.5), (9.0, 5.0 / 6.0)] {
            assert!((found.probability(score) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_score_that_ranks_the_wrong_way_round_is_given_up() {
        let (scores, labels) = base(3, |score| probability(-score));
        let share = count(labels.iter().filter(|label| **label).count()) / count(labels.len());
        for calibrator in [Calibrator::Platt, Calibrator::Isotonic] {
            let found = Calibration::fit(calibrator, &scores, &labels);
            for score in [-4.0, 0.0, 4.0] {
                assert!((found.probability(score) - share).abs() < 1e-3, "{found:?}");
            }
        }
    }
}
