//! What is predicted of each customer, as a file.

use std::io::Write;

use predictions::btyd::{Average, Histories, History, Reasons};
use predictions::evidence::{Case, Forecast, Outcome};

use super::{Purchases, Studied};
use crate::cli::predict::days::Day;

const HEADINGS: [&str; 14] = [
    "customer",
    "last_purchase",
    "repeat_purchases",
    "p_active",
    "expected_purchases",
    "expected_value",
    "actual_purchases",
    "actual_value",
    "base",
    "recency_adds",
    "frequency_adds",
    "age_adds",
    "spend_adds",
    "reasons",
];

/// One row a customer, in the order of their names. `base` and what recency, frequency, age and spend add sum up to the expected
/// value, and to the expected purchases where nothing is known of spend.
pub(super) fn write(file: &mut dyn Write, purchases: &Purchases, studied: &Studied) -> anyhow::Result<()> {
    let Studied { period, past, learned, .. } = studied;
    let window = f64::from(period.horizon);
    let cases = past.cases();
    let forecasts = learned.forecast(&cases, window);
    let (from, to) = (period.calibration_end.plus(1).0, period.holdout_end.plus(1).0);
    let outcomes = period.known.then(|| purchases.transactions.outcomes(&cases, from, to));
    let each = |case: &Case| learned.spends.and_then(|spends| spends.expected(case.spend));
    let all: Vec<f64> = cases.iter().filter_map(each).collect();
    #[expect(clippy::cast_precision_loss, reason = "customers are far below 2^53")]
    let mean = (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
    let average = Average::of(&Histories::of(cases.iter().map(|case| case.history)), mean);

    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(HEADINGS)?;
    for (at, (case, forecast)) in cases.iter().zip(&forecasts).enumerate() {
        let reasons = Reasons::of(&average, case.history, each(case), |history, spend| {
            learned.model.expected(history, window) * spend.unwrap_or(1.0)
        });
        let outcome = outcomes.as_ref().map(|outcomes| outcomes[at]);
        let name: &str = &purchases.customers[case.customer];
        writer.write_record(row(name, past.at, case, forecast, outcome, &reasons))?;
    }
    Ok(writer.flush()?)
}

fn row(
    name: &str,
    at: i64,
    case: &Case,
    forecast: &Forecast,
    outcome: Option<Outcome>,
    reasons: &Reasons,
) -> [String; HEADINGS.len()] {
    let known = |amount: Option<f64>| amount.map(|amount| format!("{amount}")).unwrap_or_default();
    [
        name.to_owned(),
        last(at, case.history).to_string(),
        case.history.frequency().to_string(),
        format!("{:.6}", forecast.active),
        format!("{:.6}", forecast.purchases),
        forecast.value.map(|value| format!("{value:.4}")).unwrap_or_default(),
        known(outcome.map(|outcome| outcome.purchases)),
        known(outcome.map(|outcome| outcome.paid)),
        format!("{:.4}", reasons.base),
        format!("{:.4}", reasons.recency),
        format!("{:.4}", reasons.frequency),
        format!("{:.4}", reasons.age),
        format!("{:.4}", reasons.spend),
        told(case, reasons),
    ]
}

/// The day of the last purchase: ages end with the day before the one that is asked from.
fn last(at: i64, history: History) -> Day {
    Day::of(-history.silence()).plus(at - 1)
}

/// What makes the prediction, the strongest first.
fn told(case: &Case, reasons: &Reasons) -> String {
    let history = case.history;
    let recency = match history.frequency() {
        0 => format!("only order {} ago", days(history.silence())),
        times => {
            let usual = history.recency() / f64::from(times);
            format!("last order {} ago; usually every {}", days(history.silence()), days(usual.max(1.0)))
        }
    };
    let frequency = match history.frequency() {
        0 => "never came back".to_owned(),
        1 => "came back once".to_owned(),
        times => format!("came back {times} times"),
    };
    let spend = match case.spend {
        Some(spend) => format!("spends {:.2} on average when coming back", spend.mean()),
        None => "what is spent when coming back is not known yet".to_owned(),
    };
    let mut all = [
        (reasons.recency, recency),
        (reasons.frequency, frequency),
        (reasons.age, format!("first order {} ago", days(history.age()))),
        (reasons.spend, spend),
    ];
    all.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let strongest = all.iter().filter(|(adds, _)| *adds != 0.0).take(3);
    strongest.map(|(adds, text)| format!("{text} ({adds:+.2})")).collect::<Vec<_>>().join("; ")
}

fn days(days: f64) -> String {
    let text = format!("{days:.0} days");
    if text == "1 days" { "1 day".to_owned() } else { text }
}
