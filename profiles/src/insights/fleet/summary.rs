//! What a model of purchases says of everybody, summed up. Pure.

use std::collections::{BTreeMap, BTreeSet};

use predictions::evidence;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    error::Result,
    insights::{
        churn::Churn,
        model::Learned,
        purchases::{Purchase, midnight},
        told::Told,
        value::{Value, YEAR, worth},
    },
};

/// A tenth is told of where it has so many people.
const FEWEST: usize = 10;
/// So many customers are asked why.
const ASKED_WHY: usize = 5_000;

/// Which prediction something is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicted {
    /// The risk of churn within the model's horizon.
    ChurnRisk,
    /// What will be paid within a year.
    LifetimeValue,
}

/// A tenth of the customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tenth {
    /// How many.
    pub customers: u64,
    /// What they are expected to pay within a year, on average.
    pub mean: f64,
    /// Their share of what is expected of all, 0 to 1.
    pub share: f64,
}

/// What moves a prediction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// Which prediction.
    pub predicted: Predicted,
    /// `recency`, `frequency`, `age` or `spend`.
    pub factor: String,
    /// How far it moves the prediction from the average customer's, up or down, on average over customers; in the
    /// prediction's unit.
    pub mean: f64,
}

/// What is said of everybody.
pub(super) struct Everybody<'a> {
    model: &'a Learned,
    customers: Vec<(Uuid, Told)>,
    /// The risk of each.
    risks: Vec<f64>,
    /// Whose value is predicted, the greatest first.
    values: Vec<(Uuid, f64)>,
    today: i64,
}

impl<'a> Everybody<'a> {
    pub(super) fn of(model: &'a Learned, bought: &BTreeMap<Uuid, Vec<Purchase>>, today: i64) -> Result<Self> {
        let predicting: evidence::Learned = model.predicting()?;
        let at = midnight(today);
        let mut everybody = Self {
            model,
            customers: Vec::with_capacity(bought.len()),
            risks: Vec::new(),
            values: Vec::new(),
            today,
        };
        for (id, purchases) in bought {
            let told = Told::new(purchases, &model.currency);
            let Some(history) = told.history(at) else { continue };
            everybody.risks.push(1.0 - predicting.active(history, f64::from(model.horizon)));
            if told.adds_up(at)
                && let Some(value) = worth(&predicting, history, told.spend(at), YEAR)
            {
                everybody.values.push((*id, value));
            }
            everybody.customers.push((*id, told));
        }
        everybody.values.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Ok(everybody)
    }

    pub(super) fn customers(&self) -> u64 {
        self.customers.len() as u64
    }

    /// How many there are in each tenth of the scale of risk.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 9")]
    pub(super) fn risks(&self) -> Vec<u64> {
        let mut bins = vec![0; 10];
        for risk in &self.risks {
            bins[(risk * 10.0).clamp(0.0, 9.0) as usize] += 1;
        }
        bins
    }

    /// The tenth of greatest value.
    pub(super) fn greatest(&self) -> BTreeSet<Uuid> {
        self.values[..self.values.len() / 10].iter().map(|(id, _)| *id).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "people are fewer than 2^52")]
    pub(super) fn tenths(&self) -> Vec<Tenth> {
        let all: f64 = self.values.iter().map(|(_, value)| value).sum();
        let count = self.values.len();
        if count < 10 * FEWEST || all <= 0.0 {
            return Vec::new();
        }
        let tenth = |nth: usize| {
            let part = &self.values[count * nth / 10..count * (nth + 1) / 10];
            let sum: f64 = part.iter().map(|(_, value)| value).sum();
            Tenth { customers: part.len() as u64, mean: sum / part.len() as f64, share: sum / all }
        };
        (0..10).map(tenth).collect()
    }

    /// Of some customers, evenly spread over all, as reasons are worked out one by one.
    #[expect(clippy::cast_precision_loss, reason = "people are fewer than 2^52")]
    pub(super) fn drivers(&self) -> Result<Vec<Driver>> {
        let at = midnight(self.today);
        let step = self.customers.len().div_ceil(ASKED_WHY).max(1);
        let mut moved: BTreeMap<(Predicted, &'static str), f64> = BTreeMap::new();
        let mut asked: BTreeMap<Predicted, u64> = BTreeMap::new();
        for (_, told) in self.customers.iter().step_by(step) {
            let Some((history, ago)) = told.history(at).zip(told.ago(at)) else { continue };
            let risk = Churn::of(self.model, history, ago, None)?;
            let value = if told.adds_up(at) {
                Value::of(self.model, history, ago, told.spend(at), None)?
            } else {
                None
            };
            let said = [
                (Predicted::ChurnRisk, Some(risk.reasons)),
                (Predicted::LifetimeValue, value.map(|value| value.reasons)),
            ];
            for (predicted, reasons) in said {
                let Some(reasons) = reasons else { continue };
                *asked.entry(predicted).or_default() += 1;
                for reason in reasons {
                    *moved.entry((predicted, reason.factor)).or_default() += reason.contribution.abs();
                }
            }
        }
        let driver = |((predicted, factor), sum): ((Predicted, &'static str), f64)| Driver {
            predicted,
            factor: factor.to_owned(),
            mean: sum / asked[&predicted] as f64,
        };
        let mut drivers: Vec<Driver> = moved.into_iter().map(driver).collect();
        drivers.sort_by(|a, b| a.predicted.cmp(&b.predicted).then(b.mean.total_cmp(&a.mean)));
        Ok(drivers)
    }
}
