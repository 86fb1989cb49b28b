//! Logistic regression with a ridge.
//!
//! The log-odds are an intercept and, of each feature, one effect: of a number its standardised value times a slope, of a
//! level or of a missing value a constant. Every level has its own coefficient, none is left out as a reference, for the
//! ridge decides between the ways to write the same model.
//!
//! Σ ln p(yᵢ) − ½ λ Σ β² has one top, as the intercept is free and both classes occur. It is climbed by Newton's steps, which
//! are iteratively reweighted least squares (Nelder & Wedderburn, *Generalized Linear Models*, Journal of the Royal
//! Statistical Society A 135, 1972), halved while they go too far. The standard errors are those of le Cessie & van Houwelingen (*Ridge Estimators in Logistic Regression*,
//! Applied Statistics 41, 1992): the square roots of the diagonal of H⁻¹ I H⁻¹, where I is the observed information and
//! H = I + λ. They say how the coefficients vary from sample to sample, and nothing of how far the ridge draws them to 0.
//!
//! An iteration costs rows · features² / 2 and coefficients³ / 6.

use serde::{Deserialize, Serialize};

use super::features::{Encoded, Feature, Scale, Shape};
use super::options::Direction;
use crate::matrix::{factorise, solve, start};

/// More iterations are never needed but where something is wrong.
const ITERATIONS: u32 = 50;

/// No number of a model that was trained is further from 0.
pub(super) const FAR: f64 = 1e12;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Logistic {
    pub(super) intercept: Term,
    pub(super) effects: Vec<Effect>,
    pub(super) converged: bool,
}

/// What a feature adds to the log-odds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Effect {
    /// By the standardised number, if it is one.
    pub(super) slope: Option<Term>,
    /// By the code: of a number only that for missing, of a category all.
    pub(super) codes: Vec<Term>,
    /// The mean effect in training.
    pub(super) mean: f64,
}

/// A coefficient with its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Term {
    pub(super) value: f64,
    pub(super) error: f64,
}

impl Effect {
    fn of(&self, code: u8, number: Option<(f64, &Scale)>) -> f64 {
        match (self.slope, number) {
            (Some(slope), Some((number, scale))) if !number.is_nan() => {
                slope.value * scale.standardise(number)
            }
            (Some(_), _) => self.codes[0].value,
            (None, _) => self.codes[code as usize].value,
        }
    }
}

impl Logistic {
    /// What each feature adds for a row, before its mean is taken off.
    pub(super) fn effects<'a>(
        &'a self,
        features: &'a [Feature],
        encoded: &'a Encoded<'_>,
        row: usize,
    ) -> impl Iterator<Item = f64> + 'a {
        let codes = encoded.row(row);
        self.effects
            .iter()
            .zip(features)
            .enumerate()
            .map(move |(at, (effect, feature))| effect.of(codes[at], encoded.number(feature, at, row)))
    }

    /// The log-odds of all rows.
    pub(super) fn log_odds(&self, features: &[Feature], encoded: &Encoded<'_>) -> Vec<f64> {
        let of = |row| self.intercept.value + self.effects(features, encoded, row).sum::<f64>();
        (0..encoded.rows()).map(of).collect()
    }

    /// Whether it can be used: what was stored may have been changed since.
    pub(super) fn is_sound(&self, features: &[Feature]) -> bool {
        let fits = |(effect, feature): (&Effect, &Feature)| {
            let codes = if feature.is_category() { feature.codes() } else { 1 };
            let terms = effect.codes.iter().chain(&effect.slope);
            effect.slope.is_some() != feature.is_category()
                && effect.codes.len() == codes
                && effect.mean.abs() <= FAR
                && terms.into_iter().all(|term| term.value.abs() <= FAR && term.error.is_finite())
        };
        self.intercept.value.abs() <= FAR
            && self.effects.len() == features.len()
            && self.effects.iter().zip(features).all(fits)
    }

    /// The most likely coefficients under the ridge. A number whose slope must not go down, or up, gets none if it would.
    pub(super) fn fit(
        features: &[Feature],
        encoded: &Encoded<'_>,
        labels: &[bool],
        ridge: f64,
        monotone: &[Option<Direction>],
    ) -> Self {
        let mut design = Design::new(features, encoded, labels, ridge);
        let mut solution = design.solve();
        // Each round takes away at least one slope, so this ends.
        loop {
            let wrong: Vec<usize> = (0..features.len())
                .filter(|at| monotone[*at].is_some_and(|way| way.forbids(solution.at[design.starts[*at]])))
                .map(|at| design.starts[at])
                .collect();
            if wrong.is_empty() {
                break;
            }
            for slot in wrong {
                design.free[slot] = false;
            }
            solution = design.solve();
        }
        design.finish(&solution)
    }
}

/// The coefficients' places: first the intercept, then for each feature its slope and missing, or its codes.
struct Design<'a> {
    features: &'a [Feature],
    encoded: &'a Encoded<'a>,
    labels: &'a [bool],
    ridge: f64,
    starts: Vec<usize>,
    size: usize,
    free: Vec<bool>,
}

struct Solution {
    at: Vec<f64>,
    curvature: Option<Vec<f64>>,
    converged: bool,
}

/// How many coefficients the features need, the intercept's too.
pub(super) fn coefficients(features: &[Feature]) -> usize {
    1 + features.iter().map(|feature| if feature.is_category() { feature.codes() } else { 2 }).sum::<usize>()
}

impl<'a> Design<'a> {
    fn new(features: &'a [Feature], encoded: &'a Encoded<'a>, labels: &'a [bool], ridge: f64) -> Self {
        let mut starts = Vec::with_capacity(features.len());
        for at in 0..features.len() {
            starts.push(coefficients(&features[..at]));
        }
        let size = coefficients(features);
        Self { features, encoded, labels, ridge, starts, size, free: vec![true; size] }
    }

    /// The place and the value of each feature in a row; all other values are 0.
    fn read(&self, row: usize, terms: &mut Vec<(usize, f64)>) {
        let codes = self.encoded.row(row);
        terms.clear();
        terms.push((0, 1.0));
        for (at, (feature, start)) in self.features.iter().zip(&self.starts).enumerate() {
            let term = match self.encoded.number(feature, at, row) {
                Some((number, scale)) if !number.is_nan() => (*start, scale.standardise(number)),
                Some(_) => (start + 1, 1.0),
                None => (start + codes[at] as usize, 1.0),
            };
            if self.free[term.0] {
                terms.push(term);
            }
        }
    }

    /// Minus the log-likelihood, with the ridge.
    fn cost(&self, at: &[f64]) -> f64 {
        let mut terms = Vec::new();
        let mut cost = 0.5 * self.ridge * at[1..].iter().map(|value| value * value).sum::<f64>();
        for (row, label) in self.labels.iter().enumerate() {
            self.read(row, &mut terms);
            let log_odds: f64 = terms.iter().map(|(slot, value)| at[*slot] * value).sum();
            let against = if *label { -log_odds } else { log_odds };
            cost += softplus(against);
        }
        cost
    }

    /// The slopes of the cost and its curvature.
    fn slopes(&self, at: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut terms = Vec::new();
        let mut slope: Vec<f64> = at.iter().map(|value| self.ridge * value).collect();
        slope[0] = 0.0;
        let mut curvature = vec![0.0; start(self.size)];
        for slot in 1..self.size {
            curvature[start(slot) + slot] = self.ridge;
        }
        for (row, label) in self.labels.iter().enumerate() {
            self.read(row, &mut terms);
            let log_odds: f64 = terms.iter().map(|(slot, value)| at[*slot] * value).sum();
            let probability = probability(log_odds);
            let too_much = probability - f64::from(u8::from(*label));
            let weight = probability * (1.0 - probability);
            for (place, (slot, value)) in terms.iter().enumerate() {
                slope[*slot] += too_much * value;
                let weighted = weight * value;
                // The places ascend, so this is the lower triangle.
                for (other, with) in &terms[..=place] {
                    curvature[start(*slot) + other] += weighted * with;
                }
            }
        }
        (slope, curvature)
    }

    fn solve(&self) -> Solution {
        let mut at = vec![0.0; self.size];
        let positives = self.labels.iter().filter(|label| **label).count();
        at[0] =
            (super::features::count(positives) / super::features::count(self.labels.len() - positives)).ln();
        let mut cost = self.cost(&at);
        for _ in 0..ITERATIONS {
            let (slope, curvature) = self.slopes(&at);
            let Some(factor) = factorise(curvature, self.size) else { break };
            let mut step = slope.clone();
            solve(&factor, &mut step);
            let gain: f64 = step.iter().zip(&slope).map(|(step, slope)| step * slope).sum();
            if gain < 1e-9 {
                return Solution { at, curvature: Some(factor), converged: true };
            }
            let halves = (0..30).map(|halvings| 0.5_f64.powi(halvings));
            let better = halves
                .map(|share| -> Vec<f64> {
                    at.iter().zip(&step).map(|(at, step)| at - share * step).collect()
                })
                .map(|next| (self.cost(&next), next))
                .find(|(next, _)| *next < cost);
            let Some((next_cost, next)) = better else {
                return Solution { at, curvature: Some(factor), converged: gain < 1e-6 };
            };
            (cost, at) = (next_cost, next);
        }
        Solution { at, curvature: None, converged: false }
    }

    fn finish(&self, solution: &Solution) -> Logistic {
        let error = |slot: usize| {
            let Some(factor) = &solution.curvature else { return 0.0 };
            // A column of the inverse.
            let mut column = vec![0.0; self.size];
            column[slot] = 1.0;
            solve(factor, &mut column);
            let drawn: f64 = column[1..].iter().map(|value| value * value).sum();
            (column[slot] - self.ridge * drawn).max(0.0).sqrt()
        };
        let term = |slot: usize| Term { value: solution.at[slot], error: error(slot) };
        let effects = self.features.iter().zip(&self.starts).map(|(feature, start)| {
            let (slope, codes) = match feature.shape {
                Shape::Number { .. } => (Some(term(*start)), vec![term(start + 1)]),
                Shape::Category { .. } => {
                    (None, (0..feature.codes()).map(|code| term(start + code)).collect())
                }
            };
            Effect { slope, codes, mean: 0.0 }
        });
        let effects = effects.collect();
        let mut logistic = Logistic { intercept: term(0), effects, converged: solution.converged };
        let mut sums = vec![0.0; self.features.len()];
        for row in 0..self.labels.len() {
            for (sum, effect) in sums.iter_mut().zip(logistic.effects(self.features, self.encoded, row)) {
                *sum += effect;
            }
        }
        for (effect, sum) in logistic.effects.iter_mut().zip(sums) {
            effect.mean = sum / super::features::count(self.labels.len());
        }
        logistic
    }
}

/// 1 / (1 + e^−log-odds).
pub(super) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// ln(1 + eˣ), for any x.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
