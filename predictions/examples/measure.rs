//! How well and how fast customers are predicted: CDNOW beside what was published, and a million simulated customers.
//!
//! `cargo run --release -p predictions --example measure -- FOLDER`, where `FOLDER` holds `CDNOW_sample.txt` and
//! `cdnow_customers_summary.csv`, as published by Fader and Hardie. Without a folder only the speed is measured.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use predictions::btyd::{
    Estimates, GammaGamma, Histories, History, Horizon, Kind, Model, Options, Spend, Spends, Status,
    residual_value,
};

#[path = "../src/btyd/tests/simulate.rs"]
#[expect(dead_code, reason = "shared with the tests, which simulate more")]
mod simulate;
use simulate::Chance;

type Anything<T> = Result<T, Box<dyn Error>>;

fn main() -> Anything<()> {
    if let Some(folder) = std::env::args().nth(1) {
        let (customers, others) = read_customers(Path::new(&folder))?;
        published(&customers)?;
        hold_out("The sample, trained on weeks 1–39, asked about 40–78", &customers, 39, 39)?;
        hold_out("The others of the master file, the same weeks", &others, 39, 39)?;
        hold_out("The others, trained on weeks 1–26, asked about 27–52", &others, 26, 26)?;
    }
    speed()
}

/// What one customer did, by day from 0.
#[derive(Default)]
struct Customer {
    purchases: Vec<(i64, f64)>,
    /// As in the published summary, which rounds.
    summary: Option<History>,
}

/// The last day of week 39.
const TRAINED: i64 = 272;

/// The sample of a tenth that was published about, and the others.
fn read_customers(folder: &Path) -> Anything<(Vec<Customer>, Vec<Customer>)> {
    let mut customers: BTreeMap<u32, Customer> = BTreeMap::new();
    let mut sampled: BTreeSet<u32> = BTreeSet::new();
    for line in std::fs::read_to_string(folder.join("CDNOW_sample.txt"))?.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [master, id, date, _, dollars] = fields[..] else { continue };
        sampled.insert(master.parse()?);
        let customer = customers.entry(id.parse()?).or_default();
        customer.purchases.push((day(date.parse()?), dollars.parse()?));
    }
    for line in std::fs::read_to_string(folder.join("cdnow_customers_summary.csv"))?.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [id, frequency, recency, age] = fields[..] else { continue };
        if let Some(customer) = customers.get_mut(&id.parse()?) {
            customer.summary = Some(History::new(frequency.parse()?, recency.parse()?, age.parse()?)?);
        }
    }
    let mut others: BTreeMap<u32, Customer> = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join("CDNOW_master.txt"))?.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [id, date, _, dollars] = fields[..] else { continue };
        let id: u32 = id.parse()?;
        if !sampled.contains(&id) {
            others.entry(id).or_default().purchases.push((day(date.parse()?), dollars.parse()?));
        }
    }
    Ok((customers.into_values().collect(), others.into_values().collect()))
}

/// Days since the first of January 1997 of a date as in 19970131.
fn day(date: i64) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let month = usize::try_from(date / 100 % 100 - 1).unwrap_or(0).min(11);
    365 * (date / 10_000 - 1997) + BEFORE[month] + date % 100 - 1
}

fn published(customers: &[Customer]) -> Anything<()> {
    let histories = Histories::of(customers.iter().filter_map(|customer| customer.summary));
    println!(
        "CDNOW, weeks 1–39, {} customers, {} distinct rows",
        histories.customers(),
        histories.rows().len()
    );
    let known = [
        (Kind::BgNbd, "r 0.243  α 4.414  a 0.793  b 2.426   LL −9582.4"),
        (Kind::MbgNbd, "LL −9582.1"),
        (Kind::ParetoNbd, "r 0.553  α 10.578  s 0.606  β 11.669   LL −9595.0"),
    ];
    for (kind, known) in known {
        let fit = Model::fit(kind, &histories, &Options::default())?;
        let estimates = fit.estimates;
        println!("  {:10} {}", kind.name(), parameters(kind.parameters(), &estimates));
        println!(
            "             LL {:.4}, {:?}, {} evaluations",
            estimates.log_likelihood, estimates.status, estimates.evaluations
        );
        println!("  published  {known}");
    }
    let spends: Vec<Option<Spend>> = customers
        .iter()
        .map(|customer| Spend::of_purchases(&customer.purchases, TRAINED))
        .collect::<Result<_, _>>()?;
    let spends = Spends::of(spends.into_iter().flatten());
    let fit = GammaGamma::fit(&spends, &Options::default())?;
    let estimates = fit.estimates;
    println!(
        "  {:10} {} of {} customers",
        "Gamma-Gamma",
        parameters(GammaGamma::PARAMETERS, &estimates),
        spends.customers()
    );
    println!(
        "             LL {:.4}, {:?}, correlation of frequency and spend {:.3}",
        estimates.log_likelihood,
        estimates.status,
        spends.correlation().unwrap_or(0.0)
    );
    println!("  published  p 6.25  q 3.74  γ 15.45   LL −4055.9 (−4055.9177 from the raw log)");
    Ok(())
}

fn parameters<const N: usize>(names: [&str; N], estimates: &Estimates<N>) -> String {
    let one = |at: usize| {
        let error = estimates.errors.map_or("?".to_owned(), |errors| format!("{:.3}", errors[at]));
        format!("{} {:.4} (± {error})", names[at], estimates.parameters[at])
    };
    (0..N).map(one).collect::<Vec<_>>().join("  ")
}

/// Trained on so many weeks, in days, and asked about those after.
fn hold_out(what: &str, customers: &[Customer], train: u32, test: u32) -> Anything<()> {
    let trained = 7 * i64::from(train) - 1;
    let tested = trained + 7 * i64::from(test);
    let window = 7.0 * f64::from(test);
    let mut rows = Vec::new();
    for customer in customers {
        let days: Vec<i64> = customer.purchases.iter().map(|(day, _)| *day).collect();
        let Some(history) = History::of_days(&days, trained) else { continue };
        let spend = Spend::of_purchases(&customer.purchases, trained)?;
        let mut later: Vec<(i64, f64)> = customer
            .purchases
            .iter()
            .copied()
            .filter(|(day, _)| (trained + 1..=tested).contains(day))
            .collect();
        let paid: f64 = later.iter().map(|(_, amount)| amount).sum();
        later.dedup_by_key(|(day, _)| *day);
        rows.push((history, spend, f64::from(u32::try_from(later.len())?), paid));
    }
    let histories = Histories::of(rows.iter().map(|row| row.0));
    let spends =
        GammaGamma::fit(&Spends::of(rows.iter().filter_map(|row| row.1)), &Options::default())?.model;
    let bought: Vec<bool> = rows.iter().map(|row| row.2 > 0.0).collect();
    let actual: f64 = rows.iter().map(|row| row.2).sum();
    println!("\n{what}: {} customers, {actual} purchases", rows.len());
    println!("               AUC    Brier  | by E: AUC  Brier of 1−e^−E | AUC alive  purchases  decile 1");
    let recency: Vec<f64> = rows.iter().map(|row| -row.0.silence()).collect();
    println!("  {:12} {:.4}", "recency rule", auc(&recency, &bought));
    let mut blend = vec![0.0; rows.len()];
    for kind in [Kind::BgNbd, Kind::MbgNbd, Kind::ParetoNbd] {
        let model = Model::fit(kind, &histories, &Options::default())?.model;
        let scores: Vec<_> = rows.iter().map(|row| model.score(row.0, window)).collect();
        let active: Vec<f64> = scores.iter().map(|score| score.active).collect();
        let expected: Vec<f64> = scores.iter().map(|score| score.expected).collect();
        let alive: Vec<f64> = scores.iter().map(|score| score.alive).collect();
        let horizon = Horizon { window, rate: 0.0, level: 0.8 };
        let values: Vec<_> =
            rows.iter().filter_map(|row| residual_value(&model, &spends, row.0, row.1, &horizon)).collect();
        let within =
            values.iter().zip(&rows).filter(|(value, row)| (value.low..=value.high).contains(&row.3));
        let within = share(within.count(), rows.len());
        let expected_values: Vec<f64> = values.iter().map(|value| value.expected).collect();
        let paid: Vec<f64> = rows.iter().map(|row| row.3).collect();
        println!(
            "  {:12} {:.4} {:.4} |       {:.4}   {:.4}         | {:.4}   {:+9.1}%     {:.3}   in the 80 % interval: {:.3}",
            kind.name(),
            auc(&active, &bought),
            brier(&active, &bought),
            auc(&expected, &bought),
            brier(&expected.iter().map(|expected| -(-expected).exp_m1()).collect::<Vec<_>>(), &bought),
            auc(&alive, &bought),
            100.0 * (expected.iter().sum::<f64>() / actual - 1.0),
            first_decile(&expected_values, &paid),
            within
        );
        for (blend, active) in blend.iter_mut().zip(&active) {
            *blend += active / 3.0;
        }
        track(&model, &histories, customers);
    }
    println!("  {:12} {:.4} {:.4}", "mean of all", auc(&blend, &bought), brier(&blend, &bought));
    Ok(())
}

/// Repeat purchases so far after 26, 39, 52, 65 and 78 weeks, expected and actual.
fn track(model: &Model, histories: &Histories, customers: &[Customer]) {
    let weeks = [26_u32, 39, 52, 65, 78];
    let times = weeks.map(|week| 7.0 * f64::from(week) - 1.0);
    let expected = model.tracking(histories, &times);
    let told: Vec<String> = weeks
        .iter()
        .zip(expected)
        .map(|(week, expected)| {
            let until = 7 * i64::from(*week) - 1;
            let again = |customer: &Customer| {
                let days: Vec<i64> = customer.purchases.iter().map(|(day, _)| *day).collect();
                History::of_days(&days, until).map_or(0, |history| u64::from(history.frequency()))
            };
            format!("{week}: {expected:.0}/{}", customers.iter().map(again).sum::<u64>())
        })
        .collect();
    println!("               weeks, expected/actual repeat purchases: {}", told.join("  "));
}

#[expect(clippy::cast_precision_loss, reason = "counts of customers")]
fn share(part: usize, all: usize) -> f64 {
    part as f64 / all as f64
}

/// The probability that one who bought is ranked above one who did not; equals count half.
fn auc(scores: &[f64], bought: &[bool]) -> f64 {
    let mut order: Vec<(f64, bool)> = scores.iter().copied().zip(bought.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut won, mut with) = (0.0, 0.0, 0.0);
    for equal in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let yes = equal.iter().filter(|(_, bought)| *bought).count();
        let (yes, no) = (share(yes, 1), share(equal.len() - yes, 1));
        won += yes * (below + 0.5 * no);
        below += no;
        with += yes;
    }
    won / (below * with)
}

fn brier(scores: &[f64], bought: &[bool]) -> f64 {
    let off = scores.iter().zip(bought).map(|(score, bought)| (score - f64::from(u8::from(*bought))).powi(2));
    off.sum::<f64>() / share(scores.len(), 1)
}

/// How much of what was paid came from the tenth of whom most was expected.
fn first_decile(expected: &[f64], paid: &[f64]) -> f64 {
    let mut order: Vec<(f64, f64)> = expected.iter().copied().zip(paid.iter().copied()).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0));
    order.iter().take(order.len().div_ceil(10)).map(|(_, paid)| paid).sum::<f64>() / paid.iter().sum::<f64>()
}

/// Seconds that a thing takes.
fn timed<T>(what: &str, thing: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = thing();
    println!("  {what:60} {:.3} s", start.elapsed().as_secs_f64());
    done
}

const CDNOW: [f64; 4] = [0.243, 4.414, 0.793, 2.426];

/// The first purchases of simulated customers fall into twelve weeks, and all are watched until the end of week 39; in
/// weeks, which are cut to days if so wished.
fn base(customers: u32, in_days: bool, purchases: impl Fn(&mut Chance, f64) -> Vec<f64>) -> Vec<History> {
    let mut chance = Chance(7);
    let cut = |time: f64| if in_days { (7.0 * time).floor() / 7.0 } else { time };
    let one = |_| {
        let age = cut(27.0 + 12.0 * chance.uniform());
        let mut times = purchases(&mut chance, age);
        for time in &mut times {
            *time = cut(*time);
        }
        times.retain(|time| *time > 0.0);
        times.dedup();
        let count = u32::try_from(times.len()).unwrap_or(u32::MAX);
        History::new(count, times.last().copied().unwrap_or(0.0), age).ok()
    };
    (0..customers).filter_map(one).collect()
}

fn speed() -> Anything<()> {
    println!("\nSpeed, two threads");
    let options = Options::default();
    for (in_days, unit) in [(true, "days"), (false, "to the instant")] {
        let customers =
            base(1_000_000, in_days, |chance, age| simulate::geometric(chance, CDNOW, false, age));
        let put = format!("1,000,000 customers, {unit}: put equal ones together");
        let histories = timed(&put, || Histories::of(customers.iter().copied()));
        println!("    {} distinct rows", histories.rows().len());
        for kind in [Kind::BgNbd, Kind::MbgNbd] {
            let fit = timed(&format!("{} fit", kind.name()), || Model::fit(kind, &histories, &options))?;
            told(&fit.estimates.parameters, fit.estimates.log_likelihood, fit.estimates.status);
            println!("    {} evaluations", fit.estimates.evaluations);
            timed(&format!("{} scores: alive, active, expected", kind.name()), || {
                fit.model.scores(&histories, 39.0, 2)
            });
        }
    }
    let customers =
        base(100_000, true, |chance, age| simulate::pareto(chance, [0.553, 10.578, 0.606, 11.669], age));
    let histories = Histories::of(customers);
    println!("    {} distinct rows of 100,000", histories.rows().len());
    let fit =
        timed("Pareto/NBD fit, 100,000 customers", || Model::fit(Kind::ParetoNbd, &histories, &options))?;
    told(&fit.estimates.parameters, fit.estimates.log_likelihood, fit.estimates.status);
    timed("Pareto/NBD scores", || fit.model.scores(&histories, 39.0, 2));

    let mut chance = Chance(8);
    let spends = (0..1_000_000_u32).filter_map(|at| {
        let purchases = 1 + at % 9;
        Spend::new(purchases, simulate::spend(&mut chance, [6.25, 3.74, 15.44], purchases)).ok()
    });
    let spends: Vec<Spend> = spends.collect();
    let spends = timed("1,000,000 customers' spend: put equal ones together", || Spends::of(spends));
    let fit =
        timed("Gamma-Gamma fit, 1,000,000 customers who came again", || GammaGamma::fit(&spends, &options))?;
    told(&fit.estimates.parameters, fit.estimates.log_likelihood, fit.estimates.status);
    println!("    {} evaluations", fit.estimates.evaluations);

    let model = Model::new(Kind::BgNbd, CDNOW)?;
    let horizon = Horizon { window: 52.0, rate: 0.002, level: 0.8 };
    let spend = Spend::new(2, 35.0).ok();
    timed("residual value with interval, 10,000 customers, one thread", || {
        let one = |history: &History| residual_value(&model, &fit.model, *history, spend, &horizon);
        histories.rows().iter().take(10_000).filter_map(|row| one(&row.history)).count()
    });
    Ok(())
}

fn told(parameters: &[f64], log_likelihood: f64, status: Status) {
    let parameters: Vec<String> = parameters.iter().map(|value| format!("{value:.4}")).collect();
    println!("    {}  LL {log_likelihood:.4}  {status:?}", parameters.join("  "));
}
