//! Learning from purchases. Pure: the same purchases and the same day give the same model to the last bit.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use predictions::{
    btyd::{Average, FitError, Histories, Options},
    evidence::{
        self, BacktestError, Bootstrap, Case, Plan, Transaction, Transactions, backtest, choose, metrics,
    },
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    kind::{Draft, Unlearned},
    model::{About, Beside, Bin, Data, Decile, Evidence, Figure, Learned, contenders},
    progress::{Phase, Progress},
    purchases::{Purchase, midnight},
    value::{YEAR, worth},
};

/// How few customers who came again can be learned from.
const FEWEST: usize = 50;
/// From how many days the past is asked, and with which seed customers are drawn.
const ORIGINS: u32 = 3;
const SEED: u64 = 1;
/// Between how many days the horizon lies unless another one is asked for.
const HORIZON: (f64, f64) = (14.0, 365.0);

/// Learns from what everybody bought, in order, all of it before `today`.
pub(super) fn learn(
    bought: &BTreeMap<Uuid, Vec<Purchase>>,
    today: i64,
    horizon: Option<u32>,
    progress: &Progress,
) -> Result<Draft, Unlearned> {
    let unfit = |error: &dyn std::fmt::Display| Unlearned::Unfit(error.to_string());
    let currency = usual_currency(bought);
    let transactions =
        Transactions::new(purchases(bought.values(), &currency)).map_err(|error| unfit(&error))?;
    let past = transactions.before(today);
    let cases = past.cases();
    let again = cases.iter().filter(|case| case.history.frequency() > 0).count();
    if again < FEWEST {
        let why = format!(
            "{again} customers have bought on two days or more; predictions are learned from {FEWEST} of them or more"
        );
        return Err(Unlearned::TooLittle(why));
    }
    let histories = Histories::of(cases.iter().map(|case| case.history));
    let usual_interval = histories.usual_interval();
    let horizon = horizon.unwrap_or_else(|| usual_horizon(usual_interval));
    let (options, contenders) = (Options::default(), contenders(cases.len()));
    let chosen = |past: &evidence::Past| {
        let choice = choose(past, horizon, &contenders, &options);
        let contender = choice.map_or(contenders[0], |choice| choice.contender);
        contender.learn(past, &options)
    };
    progress.at(Phase::Fitting)?;
    let learned = chosen(&past).map_err(|error| unfit(&error))?;

    let forecasts = learned.forecast(&cases, f64::from(horizon));
    let risks = hundredths(forecasts.iter().map(|forecast| 1.0 - forecast.active).collect());
    let spends: Vec<f64> = cases.iter().filter_map(|case| learned.spends?.expected(case.spend)).collect();
    #[expect(clippy::cast_precision_loss, reason = "customers are fewer than 2^52")]
    let spend = (!spends.is_empty()).then(|| spends.iter().sum::<f64>() / spends.len() as f64);
    let plan = Plan::rolling(today, horizon, ORIGINS);
    let test = |transactions: &Transactions| {
        let tested = backtest(transactions, today, &plan, &Bootstrap::new(SEED), |past| {
            let learned = chosen(past)?;
            Ok::<_, FitError>(move |cases: &[Case], window: f64| learned.forecast(cases, window))
        });
        match tested {
            Ok(tested) => Ok(Some(tested)),
            // Too short a time is known, or too little happened in it.
            Err(BacktestError::Nobody(_) | BacktestError::Unlearnt { .. }) => Ok(None),
            Err(error) => Err(unfit(&error)),
        }
    };
    // What is paid is only known of those whose purchases add up.
    let adding = bought.values().filter(|all| add_up(all, &currency));
    let all_add_up = adding.clone().count() == bought.len();
    let paid = Transactions::new(purchases(adding, &currency)).map_err(|error| unfit(&error))?;
    let paying = paid.before(today).cases();
    let values = paying.iter().filter_map(|case| worth(&learned, case.history, case.spend, YEAR));
    progress.at(Phase::Testing)?;
    let tested = test(&transactions)?;
    let tested_by_value = if all_add_up { tested.clone() } else { test(&paid)? };
    let evidence = tested.map(|tested| evidence(&tested, tested_by_value.as_ref(), horizon));
    let beside = Beside {
        currency: currency.clone(),
        horizon,
        average: Average::of(&histories, spend),
        risks,
        values: hundredths(values.collect()),
    };
    let model = Learned::new(&learned, beside);
    let named = model.parameters().into_iter().chain(usual_interval.map(|days| ("usual_interval", days)));
    let about = About {
        method: model.method(),
        parameters: named.map(|(name, value)| (name.to_owned(), value)).collect(),
        horizon: Some(horizon),
        currency: (!currency.is_empty()).then_some(currency),
        data: data(bought, &past, today),
        evidence,
    };
    Draft::new(about, &model)
}

/// The currency of most purchases; of equals the first by name.
fn usual_currency(bought: &BTreeMap<Uuid, Vec<Purchase>>) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for purchase in bought.values().flatten().filter(|purchase| !purchase.currency.is_empty()) {
        *counts.entry(&purchase.currency).or_default() += 1;
    }
    let most = counts.into_iter().reduce(|most, next| if next.1 > most.1 { next } else { most });
    most.map(|(currency, _)| currency.to_owned()).unwrap_or_default()
}

/// Whether somebody has paid in this currency alone.
fn add_up(purchases: &[Purchase], currency: &str) -> bool {
    purchases.iter().all(|purchase| purchase.currency == currency)
}

/// Customers by their place. Who ever paid in another currency counts by when they came: nothing is known to be added up.
fn purchases<'a>(
    customers: impl Iterator<Item = &'a Vec<Purchase>>,
    currency: &'a str,
) -> impl Iterator<Item = Transaction> {
    customers.enumerate().flat_map(move |(customer, purchases)| {
        let adds_up = add_up(purchases, currency);
        purchases.iter().map(move |purchase| Transaction {
            customer,
            time: days(purchase.day()),
            amount: if adds_up { units(purchase.micros) } else { 0.0 },
        })
    })
}

/// Twice the usual time between two purchases: whoever lets that pass is late.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
fn usual_horizon(interval: Option<f64>) -> u32 {
    (2.0 * interval.unwrap_or(HORIZON.1)).round().clamp(HORIZON.0, HORIZON.1) as u32
}

#[expect(clippy::cast_precision_loss, reason = "a day is far below 2^52")]
pub(super) fn days(day: i64) -> f64 {
    day as f64
}

/// An amount in units of its currency.
#[expect(clippy::cast_precision_loss, reason = "a prediction is not exact to a millionth")]
pub(super) fn units(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// The values at each hundredth but the ends, from the smallest to the greatest.
pub(super) fn hundredths(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Vec::new() };
    (1..100).map(|hundredth| values[last * hundredth / 100]).collect()
}

fn data(bought: &BTreeMap<Uuid, Vec<Purchase>>, past: &evidence::Past, today: i64) -> Data {
    let mut digest = Sha256::new();
    let mut purchases = 0;
    let mut customers = 0;
    for (id, all) in bought {
        let mut day_before = None;
        for purchase in all {
            digest.update(id.as_bytes());
            digest.update(purchase.at.timestamp_micros().to_be_bytes());
            digest.update(purchase.micros.to_be_bytes());
            digest.update(purchase.currency.as_bytes());
            customers += u64::from(day_before.is_none());
            purchases += u64::from(day_before != Some(purchase.day()));
            day_before = Some(purchase.day());
        }
    }
    let from = past.transactions.days().map_or(today, |(first, _)| first);
    Data {
        from: date(from),
        to: date(today - 1),
        customers,
        observations: purchases,
        hash: hex::encode(digest.finalize()),
    }
}

/// The date of a day from 1 January 1970.
pub(super) fn date(day: i64) -> NaiveDate {
    midnight(day).date_naive()
}

/// `by_value` is a test of those alone who pay in the currency of the model.
pub(super) fn evidence(
    tested: &evidence::Backtest,
    by_value: Option<&evidence::Backtest>,
    horizon: u32,
) -> Evidence {
    let is_of_value = |metric: &&evidence::Metric| metric.name.starts_with("value_");
    let of_value = by_value.into_iter().flat_map(|tested| &tested.metrics).filter(is_of_value);
    let of_coming = tested.metrics.iter().filter(|metric| !is_of_value(metric));
    let figure = |metric: &evidence::Metric| Figure {
        name: metric.name.to_owned(),
        value: metric.value,
        interval: metric.interval.map(|interval| (interval.low, interval.high)),
        baseline: metric.baseline,
        beats_baseline: metric.verdict.map(Into::into),
    };
    let bin = |bin: &metrics::Bin| Bin {
        predicted: bin.predicted,
        observed: bin.observed,
        count: bin.count as u64,
    };
    let lift = by_value.into_iter().flat_map(|tested| &tested.lift);
    Evidence {
        origins: tested.origins.iter().map(|origin| date(origin.day)).collect(),
        horizon,
        figures: of_coming.chain(of_value).map(figure).collect(),
        calibration: tested.calibration.iter().map(bin).collect(),
        lift: lift.map(|lift| Decile { decile: lift.decile, value: lift.value }).collect(),
        beats_baseline: tested.verdict.map(Into::into),
    }
}
