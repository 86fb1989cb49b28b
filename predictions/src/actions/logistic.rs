//! Logistic regression as Bayesians do it: the weights are known as far as the outcomes tell.
//!
//! The prior of each weight is normal with mean 0; the posterior is taken to be normal around its mode, with the curvature
//! there as its precision (Laplace's approximation; Bishop, *Pattern Recognition and Machine Learning*, 2006, section
//! 4.5.1). Chapelle & Li, *An Empirical Evaluation of Thompson Sampling*, 2011, algorithm 3, do the same for advertisements,
//! but from batch to batch and with the diagonal alone, so that what is learned depends on the order of the batches. Here the
//! whole set is fitted at once, which takes milliseconds, and the whole precision is kept.

use serde::{Deserialize, Serialize};

use super::belief::{Belief, logistic};
use super::error::{BadData, within};
use crate::matrix::{add_square, diagonal, dot, factorise, forward, solve, start};

/// The prior precision of a weight. A standard deviation more of a feature changes log-odds by ±1 or so: weakly informative,
/// as Gelman, Jakulin, Pittau & Su (2008) advise.
const PRECISION: f64 = 1.0;
/// That of the intercept, which hardly has a prior.
const PRECISION_OF_INTERCEPT: f64 = 0.01;
/// Newton's method needs some 6 steps.
const MOST_STEPS: usize = 50;
/// The search ends where another step would raise the log-posterior by half of this.
const FLAT: f64 = 1e-10;

/// What is known of the weights: normal around `weights`, and L Lᵀ is the precision of that, with L as its lower triangle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Posterior {
    pub(super) weights: Vec<f64>,
    pub(super) factor: Vec<f64>,
}

/// What is thought of the weights beforehand: independent and normal, the intercept first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WeightPrior {
    pub(super) means: Vec<f64>,
    pub(super) precisions: Vec<f64>,
}

impl WeightPrior {
    /// For so many weights, the intercept among them.
    pub(super) fn weak(width: usize) -> Self {
        let mut precisions = vec![PRECISION; width];
        precisions[0] = PRECISION_OF_INTERCEPT;
        Self { means: vec![0.0; width], precisions }
    }
}

/// The rows of one fit: scaled features after a 1 for the intercept, and whether it was accepted.
type Rows<'a> = &'a [(Vec<f64>, bool)];

impl Posterior {
    /// Of at least one row. Costs some 6 passes of rows · features² / 2 operations, and 50 at most. What comes out depends on
    /// the order of the rows, in the last bits.
    pub(super) fn of(rows: Rows, prior: &WeightPrior) -> Self {
        let width = prior.means.len();
        let mut weights = prior.means.clone();
        let mut level = log_posterior(rows, prior, &weights);
        let mut factor = diagonal(prior.precisions.iter().map(|precision| precision.sqrt()));
        for _ in 0..MOST_STEPS {
            let (mut step, curvature) = slope_and_curvature(rows, prior, &weights);
            let slope = step.clone();
            // The prior makes the curvature positive definite, whatever the rows.
            let Some(found) = factorise(curvature, width) else { break };
            factor = found;
            solve(&factor, &mut step);
            if dot(&slope, &step) < FLAT {
                break;
            }
            let Some((moved, higher)) = climb(rows, prior, &weights, &step, level) else { break };
            (weights, level) = (moved, higher);
        }
        Self { weights, factor }
    }

    /// What is thought of the probability that a customer with these scaled features accepts.
    pub(super) fn belief(&self, x: &[f64]) -> Belief {
        let mut across = x.to_vec();
        forward(&self.factor, &mut across);
        Belief { centre: dot(&self.weights, x), spread: dot(&across, &across).sqrt() }
    }

    pub(super) fn check(&self, width: usize) -> Result<(), BadData> {
        for (what, expected, found) in [
            ("weights", width, self.weights.len()),
            ("numbers of a lower triangle", start(width), self.factor.len()),
        ] {
            if expected != found {
                return Err(BadData::Count { what, expected, found });
            }
        }
        let weights = self.weights.iter();
        weights.copied().try_for_each(|weight| within(weight, -1e6, 1e6, || "a weight".to_owned()))?;
        for (row, column) in (0..width).flat_map(|row| (0..=row).map(move |column| (row, column))) {
            let low = if row == column { 1e-6 } else { -1e12 };
            within(self.factor[start(row) + column], low, 1e12, || "a precision".to_owned())?;
        }
        Ok(())
    }
}

/// Half a step, a quarter of one … until it leads upwards.
fn climb(
    rows: Rows,
    prior: &WeightPrior,
    weights: &[f64],
    step: &[f64],
    level: f64,
) -> Option<(Vec<f64>, f64)> {
    (0..30_u32).map(|halvings| 1.0 / f64::from(1_u32 << halvings)).find_map(|part| {
        let moved: Vec<f64> = weights.iter().zip(step).map(|(weight, step)| weight + part * step).collect();
        let higher = log_posterior(rows, prior, &moved);
        (higher > level).then_some((moved, higher))
    })
}

/// Without the constants.
fn log_posterior(rows: Rows, prior: &WeightPrior, weights: &[f64]) -> f64 {
    let off = weights.iter().zip(&prior.means).map(|(weight, mean)| weight - mean);
    let against: f64 = off.zip(&prior.precisions).map(|(off, precision)| 0.5 * precision * off * off).sum();
    let of_row = |(x, accepted): &(Vec<f64>, bool)| {
        let log_odds = dot(x, weights);
        let against = if *accepted { -log_odds } else { log_odds };
        -(against.max(0.0) + libm::log1p(libm::exp(-against.abs())))
    };
    rows.iter().map(of_row).sum::<f64>() - against
}

/// The derivative of the log-posterior, and minus its second derivative.
fn slope_and_curvature(rows: Rows, prior: &WeightPrior, weights: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let off = prior.means.iter().zip(weights).map(|(mean, weight)| mean - weight);
    let mut slope: Vec<f64> = off.zip(&prior.precisions).map(|(off, precision)| precision * off).collect();
    let mut curvature = diagonal(prior.precisions.iter().copied());
    for (x, accepted) in rows {
        let probability = logistic(dot(x, weights));
        let off = f64::from(u8::from(*accepted)) - probability;
        for (slope, value) in slope.iter_mut().zip(x) {
            *slope += off * value;
        }
        add_square(&mut curvature, x, probability * (1.0 - probability));
    }
    (slope, curvature)
}

#[cfg(test)]
mod tests {
    use super::{Posterior, WeightPrior};

    /// One feature, −1 or 1, with 30 of 100 and 60 of 100 accepted: without a prior the log-odds are ln(3/7) and ln(6/4).
    #[test]
    fn rates_are_found_with_their_errors() {
        let row = |x: f64, accepted| (vec![1.0, x], accepted);
        let mut rows = Vec::new();
        for at in 0..100 {
            rows.push(row(-1.0, at < 30));
            rows.push(row(1.0, at < 60));
        }
        let posterior = Posterior::of(&rows, &WeightPrior::weak(2));
        let few = posterior.belief(&[1.0, -1.0]);
        assert!((few.centre - (3.0_f64 / 7.0).ln()).abs() < 0.02, "{few:?}");
        // The standard error of log-odds is (n p (1 − p))^−½.
        assert!((few.spread - 21.0_f64.powf(-0.5)).abs() < 0.005, "{few:?}");
        let many = posterior.belief(&[1.0, 1.0]);
        assert!((many.centre - 1.5_f64.ln()).abs() < 0.02, "{many:?}");
    }

    #[test]
    fn what_separates_perfectly_has_finite_weights() {
        let rows: Vec<_> = (0..100).map(|at| (vec![1.0, f64::from(at) - 49.5], at >= 50)).collect();
        let posterior = Posterior::of(&rows, &WeightPrior::weak(2));
        posterior.check(2).unwrap();
        assert!(posterior.belief(&[1.0, 5.0]).mean() > 0.9);
    }

    #[test]
    fn what_was_stored_wrongly_is_refused() {
        let rows = [(vec![1.0, 2.0], true), (vec![1.0, -1.0], false)];
        let good = Posterior::of(&rows, &WeightPrior::weak(2));
        assert!(good.check(2).is_ok() && good.check(3).is_err());
        let mut bad = good.clone();
        bad.weights[1] = f64::NAN;
        assert!(bad.check(2).is_err());
        let mut bad = good;
        bad.factor[2] = 0.0;
        assert!(bad.check(2).is_err());
    }
}
