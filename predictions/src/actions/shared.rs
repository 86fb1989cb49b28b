//! What the weights of actions have in common.
//!
//! Those who accept one action are more like those who accept another than like anybody: each action's weights are taken to be
//! normal around weights that all share, and how far they differ, for each feature, is learned from how far they do (a
//! hierarchical model by the EM algorithm: Dempster, Laird & Rubin 1977, section 4.5; Gelman et al., *Bayesian Data Analysis*,
//! 2013, chapter 5). An action with few outcomes so has weights like the others', and keeps its own with many.

use super::logistic::{Posterior, WeightPrior};
use crate::matrix::{count, dot, factorise, forward, solve, start};

/// Before anything is known the weights of a feature are thought to differ by 0.1 or so between actions, as if one action
/// had said so.
const DIFFERENCE: f64 = 0.1;
const SAID_BY: f64 = 1.0;
/// EM goes slowly where there is no difference, and does not matter there.
const STEPS: usize = 100;
/// Differences are told apart from none down to here.
const LEAST_VARIANCE: f64 = 1e-6;

/// The prior that actions give each other, from what was found of each with the weak one; one action alone keeps that. The
/// intercepts, how often an action is accepted by anybody, have nothing in common. Costs at most 100 steps of
/// actions · features³ operations, and no pass over outcomes.
pub(super) fn shared(found: &[Posterior], weak: &WeightPrior) -> WeightPrior {
    if found.len() < 2 {
        return weak.clone();
    }
    let width = weak.means.len();
    let likelihoods: Vec<Likelihood> = found.iter().map(|found| Likelihood::of(found, weak)).collect();
    let actions = count(found.len());
    let mut prior = weak.clone();
    for _ in 0..STEPS {
        let known: Vec<(Vec<f64>, Vec<f64>)> =
            likelihoods.iter().filter_map(|likelihood| likelihood.with(&prior)).collect();
        for at in 1..width {
            let sum: f64 = known.iter().map(|(means, _)| means[at]).sum();
            let precision = prior.precisions[at];
            let mean = precision * sum / (actions * precision + weak.precisions[at]);
            let squares = known
                .iter()
                .map(|(means, variances)| (means[at] - mean) * (means[at] - mean) + variances[at]);
            let squares = squares.sum::<f64>() + SAID_BY * DIFFERENCE * DIFFERENCE;
            prior.means[at] = mean;
            prior.precisions[at] = 1.0 / (squares / (actions + SAID_BY)).clamp(LEAST_VARIANCE, 1.0);
        }
    }
    prior
}

/// What outcomes say of an action's weights, without a prior: normal, as the inverse of a covariance and that times a mean.
struct Likelihood {
    precision: Vec<f64>,
    pull: Vec<f64>,
}

impl Likelihood {
    /// The posterior is the product of prior and likelihood; this divides it by the prior again.
    fn of(found: &Posterior, prior: &WeightPrior) -> Self {
        let width = prior.means.len();
        let line = |row: usize| &found.factor[start(row)..=start(row) + row];
        let mut precision = Vec::with_capacity(start(width));
        let mut pull = vec![0.0; width];
        for row in 0..width {
            for column in 0..=row {
                let cell = dot(&line(row)[..=column], line(column));
                pull[row] += cell * found.weights[column];
                if column < row {
                    pull[column] += cell * found.weights[row];
                }
                precision.push(if column == row { cell - prior.precisions[row] } else { cell });
            }
        }
        Self { precision, pull }
    }

    /// The means and variances of the weights with a prior.
    fn with(&self, prior: &WeightPrior) -> Option<(Vec<f64>, Vec<f64>)> {
        let width = prior.means.len();
        let mut precision = self.precision.clone();
        let mut means = self.pull.clone();
        for at in 0..width {
            precision[start(at) + at] += prior.precisions[at];
            means[at] += prior.precisions[at] * prior.means[at];
        }
        let factor = factorise(precision, width)?;
        solve(&factor, &mut means);
        let variance = |at: usize| {
            let mut unit = vec![0.0; width];
            unit[at] = 1.0;
            forward(&factor, &mut unit);
            dot(&unit, &unit)
        };
        Some((means, (0..width).map(variance).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::logistic::{Posterior, WeightPrior};
    use super::shared;

    /// Four actions, each with 200 outcomes of two features, −1 or 1: the first matters to all alike, the second to none.
    fn alone() -> Vec<Posterior> {
        let rows = |action: u32| {
            let one = |number: u32| {
                let sign = |bit: u32| f64::from(number >> bit & 1) * 2.0 - 1.0;
                // 30 % and 60 % accept, by the first feature.
                let accepted = (number * 37 + action * 13) % 100 < if number & 1 == 1 { 60 } else { 30 };
                (vec![1.0, sign(0), sign(1)], accepted)
            };
            (0..200).map(one).collect::<Vec<_>>()
        };
        (0..4).map(|action| Posterior::of(&rows(action), &WeightPrior::weak(3))).collect()
    }

    #[test]
    fn what_actions_have_in_common_is_found() {
        let weak = WeightPrior::weak(3);
        let prior = shared(&alone(), &weak);
        // Half of ln(6/4) − ln(3/7).
        assert!((prior.means[1] - 0.63).abs() < 0.1, "{prior:?}");
        assert!(prior.means[2].abs() < 0.1, "{prior:?}");
        assert!(prior.precisions[1] > 20.0 && prior.precisions[2] > 20.0, "{prior:?}");
        assert!((prior.precisions[0] - weak.precisions[0]).abs() < 1e-15, "{prior:?}");
    }

    #[test]
    fn what_differs_stays_different() {
        let with = |slope: f64| {
            let rows: Vec<_> = (0..400_u32)
                .map(|number| {
                    let x = f64::from(number % 2) * 2.0 - 1.0;
                    (vec![1.0, x], f64::from(number * 37 % 100) < 50.0 + slope * x)
                })
                .collect();
            Posterior::of(&rows, &WeightPrior::weak(2))
        };
        let prior = shared(&[with(30.0), with(-30.0)], &WeightPrior::weak(2));
        assert!(prior.means[1].abs() < 0.1 && prior.precisions[1] < 3.0, "{prior:?}");
        let weak = WeightPrior::weak(2);
        assert_eq!(shared(&[with(30.0)], &weak), weak);
    }
}
