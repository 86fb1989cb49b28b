//! Why a score is what it is.

use super::features::{Encoded, Feature, Shape};
use super::logistic::Term;
use super::scorer::{Score, Scorer};
use super::table::{BadTable, Table, Value};

/// A score, taken apart: base + Σ contributions = log-odds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    /// The mean log-odds of the customers that the model was trained on.
    pub base: f64,
    /// What each feature adds, those that count most first.
    pub reasons: Vec<Reason>,
    /// The score that is explained.
    pub score: Score,
}

/// What one feature adds to a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The feature's name.
    pub feature: String,
    /// The customer's value.
    pub value: Value,
    /// In log-odds: above 0 it makes the outcome more likely than it is for the average customer.
    pub contribution: f64,
}

/// A coefficient of the logistic regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficient {
    /// The feature; none is the intercept.
    pub feature: Option<String>,
    /// Of which level, or of a missing value, it is; none is the slope of a number, by its standard deviation.
    pub level: Option<String>,
    /// In log-odds.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl Scorer {
    /// Why a customer has the score they have. The contributions of trees are exact Shapley values, those of a linear part
    /// coefficient · (value − mean); base and contributions add up to the log-odds to 1e-9.
    ///
    /// # Errors
    /// A row that is not there, a column that is not there or is of another kind.
    pub fn reasons(&self, table: &Table, row: usize) -> Result<Reasons, BadTable> {
        if row >= table.rows() {
            return Err(BadTable::NoRow(row));
        }
        let features = &self.0.features;
        let encoded = Encoded::new(features, table, row..row + 1)?;
        let share = if self.0.logistic.is_some() && self.0.trees.is_some() { 0.5 } else { 1.0 };
        let mut base = 0.0;
        let mut contributions = vec![0.0; features.len()];
        if let Some(trees) = &self.0.trees {
            trees.explain(encoded.row(0), &mut contributions);
            base += share * trees.base();
            for contribution in &mut contributions {
                *contribution *= share;
            }
        }
        if let Some(logistic) = &self.0.logistic {
            base += share * logistic.intercept.value;
            let effects = logistic.effects(features, &encoded, 0);
            for ((contribution, of), effect) in contributions.iter_mut().zip(effects).zip(&logistic.effects) {
                *contribution += share * (of - effect.mean);
                base += share * effect.mean;
            }
        }
        let mut reasons = Vec::with_capacity(features.len());
        for (feature, contribution) in features.iter().zip(contributions) {
            let value = table.value(&feature.name, row)?;
            reasons.push(Reason { feature: feature.name.clone(), value, contribution });
        }
        reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        Ok(Reasons { base, reasons, score: self.of(&encoded)[0] })
    }

    /// The coefficients of the logistic regression, the intercept first; none for trees alone.
    pub fn coefficients(&self) -> Vec<Coefficient> {
        let Some(logistic) = &self.0.logistic else { return Vec::new() };
        let of = |feature: Option<&Feature>, level: Option<String>, term: Term| Coefficient {
            feature: feature.map(|feature| feature.name.clone()),
            level,
            value: term.value,
            error: term.error,
        };
        let mut all = vec![of(None, None, logistic.intercept)];
        for (feature, effect) in self.0.features.iter().zip(&logistic.effects) {
            all.extend(effect.slope.map(|slope| of(Some(feature), None, slope)));
            let names: &[String] = match &feature.shape {
                Shape::Number { .. } => &[],
                Shape::Category { levels } => levels,
            };
            let others: &[&str] =
                if feature.is_category() { &["(other)", "(missing)"] } else { &["(missing)"] };
            let names = names.iter().map(String::as_str).chain(others.iter().copied());
            for (name, term) in names.zip(&effect.codes) {
                all.push(of(Some(feature), Some(name.to_owned()), *term));
            }
        }
        all
    }
}
