//! What would a model have said, had it been asked before? Back-tests from rolling origins: Tashman, *Out-of-sample tests of
//! forecasting accuracy*, International Journal of Forecasting 16 (2000).

use super::bootstrap::Bootstrap;
use super::figures::Said;
use super::judge::{Backtest, Window, weigh};
use super::transactions::{Case, Forecast, Outcome, Past, Transactions};

/// From which days a model is asked, and how far ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The days on whose morning it is asked, having learnt from all that had happened until then.
    pub origins: Vec<i64>,
    /// How many days ahead.
    pub horizon: u32,
}

impl Plan {
    /// `count` origins, half a horizon apart, the last so that its window ends at the morning of day `until`: the windows
    /// overlap, and the bootstrap keeps a customer's windows together.
    pub fn rolling(until: i64, horizon: u32, count: u32) -> Self {
        let last = until.saturating_sub(i64::from(horizon));
        let step = i64::from((horizon / 2).max(1));
        let origins = (0..i64::from(count)).rev().map(|back| last.saturating_sub(back * step)).collect();
        Self { origins, horizon }
    }
}

/// Where a window began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The day on whose morning the model was asked.
    pub day: i64,
    /// How many customers were known then.
    pub customers: usize,
}

/// Purchases so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Since the morning of this day, an origin.
    pub from: i64,
    /// Until the morning of this day.
    pub to: i64,
    /// As the model says.
    pub predicted: f64,
    /// As they came.
    pub actual: f64,
}

/// Why there is no back-test.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BacktestError<E> {
    /// No origins, or no window.
    #[error("a back-test needs at least one origin and a horizon of at least a day")]
    NoPlan,
    /// Nobody was known at an origin.
    #[error("nobody had bought anything before day {0}: choose later origins or a shorter horizon")]
    Nobody(i64),
    /// A window that is not over.
    #[error(
        "the window from day {from} ends on day {to}, after all that is known ({known}): choose an earlier origin"
    )]
    NotOver {
        /// Where it began.
        from: i64,
        /// Where it ends.
        to: i64,
        /// The morning after the last day that is known.
        known: i64,
    },
    /// A model that gave forecasts for more or fewer customers than asked.
    #[error("asked about {asked} customers, the model spoke of {answered}")]
    OtherCustomers {
        /// How many it was asked about.
        asked: usize,
        /// How many it answered for.
        answered: usize,
    },
    /// A forecast that is none.
    #[error("the model's forecast {forecast:?} is none: a probability, and amounts that are 0 or more")]
    NoForecast {
        /// What was said.
        forecast: Forecast,
    },
    /// The model learnt nothing.
    #[error("learning from what had happened before day {day}: {error}")]
    Unlearnt {
        /// The origin.
        day: i64,
        /// Why.
        error: E,
    },
}

/// How many times in a window predicted and actual totals are compared.
const POINTS: u32 = 10;

/// Asks a model from each origin of a plan what was to come, and puts that beside what came.
///
/// `learn` is shown nothing but the past and gives what makes forecasts, for cases and a window in days, one for each case
/// in their order; calibration belongs in there too. `known` is the morning after the last day of which all purchases are known.
///
/// Costs, for each origin, what learning costs, eleven times what forecasts cost, and then what [`Bootstrap::intervals`]
/// says: for 10,000 customers or more, some 3 ms a replicate and origin.
///
/// # Errors
/// A plan that asks about nobody or about days that are not over, and whatever the model says or does not say.
pub fn backtest<E, F: Fn(&[Case], f64) -> Vec<Forecast>>(
    transactions: &Transactions,
    known: i64,
    plan: &Plan,
    bootstrap: &Bootstrap,
    learn: impl Fn(&Past) -> Result<F, E>,
) -> Result<Backtest, BacktestError<E>> {
    if plan.origins.is_empty() || plan.horizon == 0 {
        return Err(BacktestError::NoPlan);
    }
    let (mut windows, mut origins, mut tracking) = (Vec::new(), Vec::new(), Vec::new());
    for &from in &plan.origins {
        let to = from.saturating_add(i64::from(plan.horizon));
        if to > known {
            return Err(BacktestError::NotOver { from, to, known });
        }
        let past = transactions.before(from);
        let cases = past.cases();
        if cases.is_empty() {
            return Err(BacktestError::Nobody(from));
        }
        let forecast = learn(&past).map_err(|error| BacktestError::Unlearnt { day: from, error })?;
        for part in 1..=POINTS {
            let days = plan.horizon.saturating_mul(part) / POINTS;
            let to = from.saturating_add(i64::from(days));
            let forecasts = checked(&cases, forecast(&cases, f64::from(days)))?;
            let outcomes = transactions.outcomes(&cases, from, to);
            let predicted = forecasts.iter().map(|forecast| forecast.purchases).sum();
            let actual = outcomes.iter().map(|outcome| outcome.purchases).sum();
            tracking.push(Point { from, to, predicted, actual });
            if part == POINTS {
                let customers = cases.iter().map(|case| case.customer).collect();
                let said = said(&past, &cases, &forecasts, &outcomes, f64::from(days));
                windows.push(Window { said, customers });
            }
        }
        origins.push(Origin { day: from, customers: cases.len() });
    }
    Ok(Backtest { origins, tracking, ..weigh(&windows, bootstrap) })
}

fn checked<E>(cases: &[Case], forecasts: Vec<Forecast>) -> Result<Vec<Forecast>, BacktestError<E>> {
    if forecasts.len() != cases.len() {
        return Err(BacktestError::OtherCustomers { asked: cases.len(), answered: forecasts.len() });
    }
    let amount = |amount: f64| (0.0..f64::INFINITY).contains(&amount);
    let sound = |forecast: &Forecast| {
        (0.0..=1.0).contains(&forecast.active)
            && amount(forecast.purchases)
            && forecast.value.is_none_or(amount)
    };
    match forecasts.iter().find(|forecast| !sound(forecast)) {
        Some(forecast) => Err(BacktestError::NoForecast { forecast: *forecast }),
        None => Ok(forecasts),
    }
}

/// What the model and the simple rules say, beside what came.
fn said(past: &Past, cases: &[Case], forecasts: &[Forecast], outcomes: &[Outcome], days: f64) -> Said {
    let histories = || cases.iter().map(|case| case.history);
    let of_a_year = days / past.known_of_last_year();
    // Without a value for everybody there is none.
    let values: Option<Vec<f64>> = forecasts.iter().map(|forecast| forecast.value).collect();
    Said {
        active: forecasts.iter().map(|forecast| forecast.active).collect(),
        rule: histories().map(|history| -history.silence()).collect(),
        came: outcomes.iter().map(|outcome| outcome.purchases > 0.0).collect(),
        purchases: forecasts.iter().map(|forecast| forecast.purchases).collect(),
        pace: histories()
            .map(|history| days * f64::from(history.frequency()) / history.age().max(1.0))
            .collect(),
        bought: outcomes.iter().map(|outcome| outcome.purchases).collect(),
        value: values.unwrap_or_default(),
        last_year: cases.iter().map(|case| case.last_year * of_a_year).collect(),
        paid: outcomes.iter().map(|outcome| outcome.paid).collect(),
    }
}
