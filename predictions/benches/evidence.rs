//! How good models of purchases are on CDNOW, and what it costs to say so: `cargo bench -p predictions --bench evidence`.
//! `RONDOM_DATA` names the folder of data; without it nothing can be said.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::error::Error;
use std::time::Instant;

use predictions::btyd::{FitError, Histories, Horizon, Kind, Options, residual_value};
use predictions::evidence::{
    Backtest, Bootstrap, Case, Contender, Forecast, Interval, Outcome, Past, Plan, Reading, Transactions,
    backtest, choose,
};

#[path = "../tests/data/mod.rs"]
mod data;
use data::{KNOWN, TRAINED};

const WEEKS_39: u32 = 7 * 39;

fn main() -> Result<(), Box<dyn Error>> {
    let Some([sample, others]) = data::sample_and_others() else { return Ok(()) };
    let hold_out = Plan { origins: vec![TRAINED], horizon: WEEKS_39 };
    for (who, base) in [("the published sample", &sample), ("the others of the master file", &others)] {
        println!("\nCDNOW, {who}: trained on weeks 1–39, asked about 40–78");
        contenders(base, &hold_out)?;
        intervals(base)?;
        println!("\n  chosen inside weeks 1–39:");
        chosen(base, &hold_out)?;
        let rolling = Plan::rolling(KNOWN, 91, 4);
        println!("\nCDNOW, {who}: 13 weeks ahead, from the mornings of days {:?}", rolling.origins);
        chosen(base, &rolling)?;
    }
    Ok(())
}

/// What each would have reached, had it been chosen, beside what it reached inside weeks 1–39.
fn contenders(base: &Transactions, plan: &Plan) -> Result<(), Box<dyn Error>> {
    let options = Options::default();
    let past = base.before(TRAINED);
    let start = Instant::now();
    let choice = choose(&past, plan.horizon, &Contender::all(), &options).ok_or("nobody can be chosen")?;
    println!("  {:22} {:>17} {:>32}", "", "inside 1–39", "in 40–78");
    println!(
        "  {:22} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>9} {:>8}",
        "", "AUC", "log loss", "AUC", "Brier", "logloss", "ECE", "purchases", "decile 1"
    );
    println!(
        "  choosing took {:.3} s, three origins {:?}",
        start.elapsed().as_secs_f64(),
        choice.plan.origins
    );
    for tried in &choice.tried {
        let found = backtest(base, KNOWN, plan, &none(), |past| learned(tried.contender, past))?;
        let value = |name: &str| found.metric(name).map_or(0.0, |metric| metric.value);
        println!(
            "  {:11}{:10} {} {:8.4} {:8.4} {:8.4} {:7.4} {:7.4} {:7.4} {:+8.1}% {:8.3}",
            tried.contender.kind.name(),
            format!("{:?}", tried.contender.reading),
            if tried.contender == choice.contender { "*" } else { " " },
            tried.auc,
            tried.log_loss,
            value("auc"),
            value("brier"),
            value("log_loss"),
            value("ece"),
            100.0 * value("purchases_bias"),
            value("value_capture"),
        );
    }
    Ok(())
}

/// In how many cases what was paid lies in an interval of 80 %, and how repeat purchases add up from the first day on.
fn intervals(base: &Transactions) -> Result<(), Box<dyn Error>> {
    let past = base.before(TRAINED);
    let cases = past.cases();
    let outcomes = base.outcomes(&cases, TRAINED, KNOWN);
    let horizon = Horizon { window: f64::from(WEEKS_39), rate: 0.0, level: 0.8 };
    let weeks = [26, 39, 52, 65, 78];
    let repeats = |cases: &[Case]| cases.iter().map(|case| f64::from(case.history.frequency())).sum::<f64>();
    let actual = weeks.map(|week| repeats(&base.before(7 * week).cases()));
    println!("  {:11} value in its interval of 0.8 | repeat purchases by week {weeks:?}: {actual:?}", "");
    for kind in [Kind::BgNbd, Kind::MbgNbd, Kind::ParetoNbd] {
        let learned = Contender { kind, reading: Reading::Active }.learn(&past, &Options::default())?;
        let spends = learned.spends.ok_or("nobody spent anything")?;
        let within = |(case, outcome): &(&Case, &Outcome)| {
            let value = residual_value(&learned.model, &spends, case.history, case.spend, &horizon);
            value.is_some_and(|value| (value.low..=value.high).contains(&outcome.paid))
        };
        let within: u32 = cases.iter().zip(&outcomes).map(|pair| u32::from(within(&pair))).sum();
        let histories = Histories::of(cases.iter().map(|case| case.history));
        let times = weeks.map(|week| f64::from(7 * u32::try_from(week).unwrap_or(0) - 1));
        let tracked: Vec<String> =
            learned.model.tracking(&histories, &times).iter().map(|sum| format!("{sum:.0}")).collect();
        let share = f64::from(within) / histories.customers();
        println!("  {:11} {share:28.3} | {}", kind.name(), tracked.join("  "));
    }
    Ok(())
}

fn learned(
    contender: Contender,
    past: &Past,
) -> Result<impl Fn(&[Case], f64) -> Vec<Forecast> + use<>, FitError> {
    let learned = contender.learn(past, &Options::default())?;
    Ok(move |cases: &[Case], window: f64| learned.forecast(cases, window))
}

const fn none() -> Bootstrap {
    Bootstrap { replicates: 0, ..Bootstrap::new(1) }
}

/// Chooses anew at each origin, from what was known then.
fn chosen(base: &Transactions, plan: &Plan) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let found = backtest(base, KNOWN, plan, &Bootstrap::new(1), |past| {
        let choice = choose(past, plan.horizon, &Contender::all(), &Options::default());
        learned(choice.ok_or(FitError::NoRepeats)?.contender, past)
    })?;
    report(&found);
    println!("  in {:.2} s, with 1,000 replicates", start.elapsed().as_secs_f64());
    Ok(())
}

fn report(found: &Backtest) {
    println!(
        "  {:15} {:>8} {:>19} {:>9} {:>19}  beats baseline",
        "", "value", "95 %", "baseline", "gain, 95 %"
    );
    for metric in &found.metrics {
        let between = |interval: Option<Interval>| {
            interval.map_or(String::new(), |interval| format!("{:.4} … {:.4}", interval.low, interval.high))
        };
        println!(
            "  {:15} {:8.4} {:>19} {:>9} {:>19}  {}",
            metric.name,
            metric.value,
            between(metric.interval),
            metric.baseline.map_or(String::new(), |baseline| format!("{baseline:.4}")),
            between(metric.gain),
            metric.verdict.map_or(String::new(), |verdict| format!("{verdict:?}")),
        );
    }
    let row = |what: &str, cells: Vec<String>| println!("  {what:15} {}", cells.join("  "));
    let bins = || found.calibration.iter();
    row("predicted", bins().map(|bin| format!("{:.3}", bin.predicted)).collect());
    row("observed", bins().map(|bin| format!("{:.3}", bin.observed)).collect());
    row("lift by decile", found.lift.iter().map(|decile| format!("{:.3}", decile.value)).collect());
    for curve in found.tracking.chunk_by(|a, b| a.from == b.from) {
        let points = curve.iter().map(|point| format!("{:.0}/{:.0}", point.predicted, point.actual));
        row(&format!("from day {}", curve[0].from), points.collect());
    }
}
