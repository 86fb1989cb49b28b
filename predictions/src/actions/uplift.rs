//! By how much an action changes the probability of something good, for each customer.

use super::belief::Belief;
use super::error::{BadData, check_features, within};
use super::logistic::{Posterior, WeightPrior};
use super::scaling::Scaling;
use crate::matrix::{add_square, dot, factorise, solve, start};

/// Somebody who took part in a randomised test of one action.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// What was known before.
    pub features: Vec<f64>,
    /// Whether the action was done.
    pub treated: bool,
    /// Whether what is good came about.
    pub success: bool,
}

/// What is learned of the effect of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct Uplift {
    scaling: Scaling,
    learner: Learner,
}

#[derive(Debug, Clone, PartialEq)]
enum Learner {
    TwoModels { treated: Posterior, others: Posterior },
    Transformed { weights: Vec<f64> },
}

/// The prior precision of the weights of a transformed outcome, as so many rows.
const RIDGE: f64 = 1.0;

impl Uplift {
    /// The difference of two logistic regressions, one of those treated and one of the others. Simple, and hard to beat where
    /// the effects are large; each is fitted to predict the outcome though, and not the difference (Radcliffe & Surry 1999).
    ///
    /// # Errors
    /// Features that are no numbers, or not as many everywhere; nobody treated, or nobody else.
    pub fn two_models(trials: &[Trial]) -> Result<Self, BadData> {
        let scaling = scaling(trials)?;
        let side = |treated: bool| {
            let all = trials.iter().filter(|trial| trial.treated == treated);
            let rows: Vec<_> = all.map(|trial| (scaling.apply(&trial.features), trial.success)).collect();
            Posterior::of(&rows, &WeightPrior::weak(1 + scaling.len()))
        };
        let learner = Learner::TwoModels { treated: side(true), others: side(false) };
        Ok(Self { scaling, learner })
    }

    /// A linear regression of y (t − e) / (e (1 − e)), whose expectation is the effect, where y is the success, t the
    /// treatment and `share` = e the probability of that (Athey & Imbens, *Recursive Partitioning for Heterogeneous Causal
    /// Effects*, 2016, equation 3). Right on average whatever the outcome depends on, and noisy.
    ///
    /// # Errors
    /// As [`Uplift::two_models`]; a share outside 0.001 to 0.999.
    pub fn transformed(trials: &[Trial], share: f64) -> Result<Self, BadData> {
        within(share, 0.001, 0.999, || "the share of those treated".to_owned())?;
        let scaling = scaling(trials)?;
        let width = 1 + scaling.len();
        let mut curvature = vec![0.0; start(width)];
        for at in 1..width {
            curvature[start(at) + at] = RIDGE;
        }
        let mut weights = vec![0.0; width];
        for trial in trials {
            let x = scaling.apply(&trial.features);
            add_square(&mut curvature, &x, 1.0);
            if trial.success {
                let transformed = if trial.treated { 1.0 / share } else { -1.0 / (1.0 - share) };
                for (weight, value) in weights.iter_mut().zip(x) {
                    *weight += transformed * value;
                }
            }
        }
        // There is at least one row, so that the curvature is positive definite.
        let factor = factorise(curvature, width).ok_or(BadData::None("customers to learn from"))?;
        solve(&factor, &mut weights);
        Ok(Self { scaling, learner: Learner::Transformed { weights } })
    }

    /// By how much the action changes the probability for a customer, −1 to 1.
    ///
    /// # Errors
    /// Features that are no numbers, or not as many as were learned from.
    pub fn effect(&self, features: &[f64]) -> Result<f64, BadData> {
        check_features(features, self.scaling.len())?;
        let x = self.scaling.apply(features);
        Ok(match &self.learner {
            Learner::TwoModels { treated, others } => {
                let [with, without] = [treated, others].map(|side| Belief::mean(side.belief(&x)));
                with - without
            }
            Learner::Transformed { weights } => dot(weights, &x).clamp(-1.0, 1.0),
        })
    }
}

fn scaling(trials: &[Trial]) -> Result<Scaling, BadData> {
    for (treated, who) in [(true, "customers who were treated"), (false, "customers who were not treated")] {
        if !trials.iter().any(|trial| trial.treated == treated) {
            return Err(BadData::None(who));
        }
    }
    let expected = trials[0].features.len();
    trials.iter().try_for_each(|trial| check_features(&trial.features, expected))?;
    Ok(Scaling::of(trials.iter().map(|trial| trial.features.as_slice())))
}
