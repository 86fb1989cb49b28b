//! Lifetime value: what somebody is expected to pay.

use predictions::{
    btyd::{History, Horizon, Reasons, Spend, residual_value},
    evidence,
};

use super::{
    Reason,
    churn::told,
    model::{Learned, percentile},
};
use crate::error::Result;

/// How far ahead is looked unless another time is asked for, in days.
pub(super) const YEAR: u32 = 365;
/// What a year takes off: money that comes in a year is worth a tenth less.
const DISCOUNT: f64 = 0.10;
/// How probable the interval is.
const LEVEL: f64 = 0.8;

/// What somebody is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What they are expected to pay, discounted by ten percent a year.
    pub expected: f64,
    /// Between what it lies with a probability of 80 percent.
    pub interval: (f64, f64),
    /// On how many days they are expected to buy.
    pub purchases: f64,
    /// ISO 4217.
    pub currency: String,
    /// Within how many days.
    pub horizon: u32,
    /// The average customer's.
    pub base: f64,
    /// What makes it another one, the strongest first.
    pub reasons: Vec<Reason>,
    /// The share of customers who are worth less, when the model was learned; for a year alone.
    pub percentile: Option<f64>,
}

impl Value {
    /// Nothing where the model knows nothing of what is spent.
    pub(super) fn of(
        learned: &Learned,
        history: History,
        ago: [i64; 2],
        spend: Option<Spend>,
        days: Option<u32>,
    ) -> Result<Option<Self>> {
        let predicting = learned.predicting()?;
        let Some(spends) = predicting.spends else { return Ok(None) };
        let days = days.unwrap_or(YEAR);
        let horizon = horizon(days);
        let Some(value) = residual_value(&predicting.model, &spends, history, spend, &horizon) else {
            return Ok(None);
        };
        let reasons = Reasons::of(&learned.average(), history, Some(value.spend), |history, spend| {
            predicting.model.discounted(history, horizon.window, horizon.rate) * spend.unwrap_or_default()
        });
        let percentile = (days == YEAR).then(|| percentile(&learned.values, value.expected)).flatten();
        Ok(Some(Self {
            expected: value.expected,
            interval: (value.low, value.high),
            purchases: value.purchases,
            currency: learned.currency.clone(),
            horizon: days,
            base: reasons.base,
            reasons: told(&reasons, history, ago, spend.map(|spend| (spend, learned.currency.as_str()))),
            percentile,
        }))
    }
}

fn horizon(days: u32) -> Horizon {
    Horizon { window: f64::from(days), rate: DISCOUNT.ln_1p() / f64::from(YEAR), level: LEVEL }
}

/// What somebody is expected to pay within so many days, discounted; nothing where the model knows nothing of what is spent.
pub(super) fn worth(
    predicting: &evidence::Learned,
    history: History,
    spend: Option<Spend>,
    days: u32,
) -> Option<f64> {
    let each = predicting.spends?.expected(spend)?;
    let Horizon { window, rate, .. } = horizon(days);
    Some(predicting.model.discounted(history, window, rate) * each)
}
