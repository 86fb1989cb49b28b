//! The risk of churn: that somebody buys nothing within a horizon.
//!
//! It is 1 less the probability of at least one purchase. That a customer is "alive" in the sense of these models says
//! nothing of one who never came again, and is not used.

use predictions::btyd::{History, Reasons, Spend};

use super::{
    Reason,
    model::{Learned, percentile},
};
use crate::error::Result;

/// The risk from which on it is medium, and high.
const MEDIUM: f64 = 0.4;
const HIGH: f64 = 0.7;

/// A risk in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// Below 0.4.
    Low,
    /// From 0.4.
    Medium,
    /// From 0.7.
    High,
}

/// The risk that somebody buys nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Churn {
    /// 0 to 1.
    pub probability: f64,
    /// In a word.
    pub band: Band,
    /// Within how many days.
    pub horizon: u32,
    /// The average customer's.
    pub base: f64,
    /// What makes it another one, the strongest first.
    pub reasons: Vec<Reason>,
    /// The share of customers with a smaller risk when the model was learned; for its own horizon alone.
    pub percentile: Option<f64>,
}

impl Churn {
    pub(super) fn of(
        learned: &Learned,
        history: History,
        ago: [i64; 2],
        horizon: Option<u32>,
    ) -> Result<Self> {
        let predicting = learned.predicting()?;
        let days = horizon.unwrap_or(learned.horizon);
        let risk = |history: History, _: Option<f64>| 1.0 - predicting.active(history, f64::from(days));
        let reasons = Reasons::of(&learned.average(), history, None, risk);
        let probability = reasons.prediction;
        let percentile = (days == learned.horizon).then(|| percentile(&learned.risks, probability)).flatten();
        let band = match probability {
            high if high >= HIGH => Band::High,
            medium if medium >= MEDIUM => Band::Medium,
            _ => Band::Low,
        };
        let base = reasons.base;
        Ok(Self {
            probability,
            band,
            horizon: days,
            base,
            reasons: told(&reasons, history, ago, None),
            percentile,
        })
    }
}

/// What makes a prediction, the strongest first, in words that somebody who sells can use.
pub(super) fn told(
    reasons: &Reasons,
    history: History,
    [first, last]: [i64; 2],
    spend: Option<(Spend, &str)>,
) -> Vec<Reason> {
    let frequency = history.frequency();
    let usual = (frequency > 0).then(|| history.recency() / f64::from(frequency));
    let recency = match usual {
        Some(usual) => {
            format!("last order {}; usually every {}", ago(last), in_days(usual.max(1.0)))
        }
        None => format!("only order {}", ago(last)),
    };
    let times = match frequency {
        0 => "has ordered on one day only".to_owned(),
        1 => "came back once".to_owned(),
        times => format!("came back {times} times"),
    };
    let spend = spend.map(|(spend, currency)| {
        (reasons.spend, "spend", format!("spends {:.2} {currency} on average when coming back", spend.mean()))
    });
    let mut all: Vec<(f64, &'static str, String)> = vec![
        (reasons.recency, "recency", recency),
        (reasons.frequency, "frequency", times),
        (reasons.age, "age", format!("first order {}", ago(first))),
    ];
    // Who never came back is worth what others spend, and that adds nothing.
    all.extend(spend.or_else(|| {
        let told = "what is spent when coming back is not known yet".to_owned();
        (reasons.spend != 0.0).then_some((reasons.spend, "spend", told))
    }));
    all.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    all.into_iter().map(|(contribution, factor, text)| Reason { factor, contribution, text }).collect()
}

pub(super) fn ago(days: i64) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        days => format!("{days} days ago"),
    }
}

fn in_days(days: f64) -> String {
    match days.round() {
        one if (one - 1.0).abs() < 0.5 => "1 day".to_owned(),
        many => format!("{many} days"),
    }
}
