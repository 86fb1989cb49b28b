//! `rondom predict value`: who will come again, how often, and what they will be worth.

mod fit;
mod report;
mod scores;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use predictions::btyd::{FitError, Kind, Options};
use predictions::evidence::{
    Backtest, Bootstrap, Case, Choice, Contender, Learned, Past, Plan, Reading, Transaction, Transactions,
    backtest, choose,
};

use super::days::Day;
use super::figures::count;
use super::names::Names;
use super::rows::{Input, Source};
use crate::cli::{files, out, progress};
use fit::Fits;
use report::Report;

/// Predict who will buy again, how often, and for how much, and show how good that is
///
/// Reads purchases, one a row, in any order; those of a customer on one day count as one. A model of purchases is learned from
/// what happened up to the end of the calibration period, and judged by what happened in the hold-out period after it, beside
/// simple rules. Instants with an offset are taken to UTC, others as they are.
///
/// Needs some 80 bytes of memory a row and 500 a customer. If nothing happens after the calibration period, nothing is judged, and
/// --holdout-end says how far to look ahead.
#[derive(Debug, Args)]
pub(super) struct Value {
    #[command(flatten)]
    source: Source,

    /// The column that says who bought
    #[arg(long, value_name = "COL")]
    customer: String,

    /// The column that says when
    #[arg(long, value_name = "COL")]
    date: String,

    /// The column that says how much was paid, in one currency
    #[arg(long, value_name = "COL")]
    amount: String,

    /// The last day to learn from
    #[arg(long, value_name = "DATE")]
    calibration_end: Day,

    /// The last day to predict; by default the last day on which anybody buys
    #[arg(long, value_name = "DATE")]
    holdout_end: Option<Day>,

    /// The model: bg-nbd, mbg-nbd or pareto-nbd. By default the one that would have put customers in the best order inside the calibration period
    #[arg(long, value_name = "MODEL", value_parser = kind)]
    model: Option<Kind>,

    /// Where to write what is predicted of each customer, with the reasons: CSV
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,

    /// Write the report as one JSON object
    #[arg(long)]
    json: bool,
}

fn kind(text: &str) -> Result<Kind, &'static str> {
    match text {
        "bg-nbd" => Ok(Kind::BgNbd),
        "mbg-nbd" => Ok(Kind::MbgNbd),
        "pareto-nbd" => Ok(Kind::ParetoNbd),
        _ => Err("must be bg-nbd, mbg-nbd or pareto-nbd"),
    }
}

/// The same file gives the same intervals.
const SEED: u64 = 1;

pub(super) fn run(args: &Value) -> anyhow::Result<()> {
    if let Some(path) = &args.scores {
        files::apart(std::slice::from_ref(&args.source.file), &[path])?;
    }
    let (purchases, studied) = study(args)?;
    if let Some(path) = &args.scores {
        let working = progress::spinner("writing what is predicted of each customer");
        files::write(path, |file| scores::write(file, &purchases, &studied))?;
        working.finish_and_clear();
    }
    let report = Report::new(&purchases, &studied);
    if args.json {
        return Ok(out::json(&report)?);
    }
    report.print()?;
    if let Some(path) = &args.scores {
        out::line(format!("\nwhat is predicted of each customer is written to {}", path.display()))?;
    }
    Ok(())
}

/// What a file says.
struct Purchases {
    input: Input,
    /// Numbers of customers are places in here.
    customers: Vec<std::rc::Rc<str>>,
    transactions: Transactions,
    first: Day,
    last: Day,
}

/// What was made of it.
struct Studied {
    period: Period,
    past: Past,
    choice: Chosen,
    fits: Fits,
    learned: Learned,
    /// Nothing where nothing is known of the hold-out period.
    backtest: Option<Backtest>,
}

/// From when to when.
#[derive(Debug, Clone, Copy)]
struct Period {
    calibration_end: Day,
    holdout_end: Day,
    horizon: u32,
    /// Whether anything is known of it.
    known: bool,
}

/// How the model came to be the one.
enum Chosen {
    Asked(Contender),
    Tried(Choice),
    /// There is too little to try models on.
    Untried(Contender),
}

impl Chosen {
    const fn contender(&self) -> Contender {
        match self {
            Self::Asked(contender) | Self::Untried(contender) => *contender,
            Self::Tried(choice) => choice.contender,
        }
    }
}

fn study(args: &Value) -> anyhow::Result<(Purchases, Studied)> {
    let purchases = read(args)?;
    let working = progress::spinner("choosing a model");
    let period = period(args, &purchases)?;
    let past = purchases.transactions.before(period.calibration_end.plus(1).0);
    match past.cases().len() {
        0 => bail!(
            "{}: nobody buys before {}; the first purchase is on {}: choose a later --calibration-end",
            purchases.input.file,
            period.calibration_end.plus(1),
            purchases.first
        ),
        1 => bail!("{}: one customer is too few to learn a model of customers from", purchases.input.file),
        _ => {}
    }
    let options = Options::default();
    let choice = chosen(args.model, &past, period.horizon, &options);
    working.set_message("learning");
    let contender = choice.contender();
    let fits = Fits::of(contender.kind, &past, &options)
        .and_then(|fits| contender.learn(&past, &options).map(|learned| (fits, learned)));
    let (fits, learned) =
        fits.with_context(|| format!("{}, up to {}", purchases.input.file, period.calibration_end))?;
    working.set_message("looking back");
    let backtest = if period.known { Some(judged(&purchases, period, learned)?) } else { None };
    working.finish_and_clear();
    Ok((purchases, Studied { period, past, choice, fits, learned, backtest }))
}

fn read(args: &Value) -> anyhow::Result<Purchases> {
    let rows = args.source.open()?;
    let (customer, date) = (rows.column(&args.customer)?, rows.column(&args.date)?);
    let amount = rows.column(&args.amount)?;
    let mut names = Names::default();
    let mut bought: Vec<(u32, f64, f64)> = Vec::new();
    let input = rows.each(|row| {
        let (name, time, amount) = (row.filled(customer)?, row.instant(date)?, row.amount(amount)?);
        bought.push((names.number(name)?, time, amount));
        Ok(())
    })?;
    let (customers, renumbered) = names.sorted();
    let transactions = bought.into_iter().map(|(customer, time, amount)| {
        let customer = renumbered[customer as usize] as usize;
        Transaction { customer, time, amount }
    });
    let transactions = Transactions::new(transactions)?;
    let (first, last) = transactions.days().context("there are no purchases")?;
    Ok(Purchases { input, customers, transactions, first: Day(first), last: Day(last) })
}

fn period(args: &Value, purchases: &Purchases) -> anyhow::Result<Period> {
    let calibration_end = args.calibration_end;
    let known = purchases.last > calibration_end;
    let holdout_end = match args.holdout_end {
        Some(end) if end > calibration_end => end,
        Some(end) => bail!("--holdout-end {end} must be after --calibration-end {calibration_end}"),
        None if known => purchases.last,
        None => bail!(
            "{}: the last purchase is on {}, so nothing is known after --calibration-end {calibration_end}: choose an \
             earlier one, or say by --holdout-end how far to look ahead",
            purchases.input.file,
            purchases.last
        ),
    };
    let horizon = u32::try_from(holdout_end.0 - calibration_end.0)?;
    Ok(Period { calibration_end, holdout_end, horizon, known })
}

fn chosen(asked: Option<Kind>, past: &Past, horizon: u32, options: &Options) -> Chosen {
    match asked {
        Some(kind) => Chosen::Asked(Contender { kind, reading: Reading::Active }),
        None => match choose(past, horizon, &Contender::all(), options) {
            Some(choice) => Chosen::Tried(choice),
            None => Chosen::Untried(Contender { kind: Kind::BgNbd, reading: Reading::Active }),
        },
    }
}

fn judged(purchases: &Purchases, period: Period, learned: Learned) -> anyhow::Result<Backtest> {
    let plan = Plan { origins: vec![period.calibration_end.plus(1).0], horizon: period.horizon };
    let known = period.holdout_end.plus(1).0;
    // It was learned from all that had happened until then, and from nothing else.
    let learn =
        |_: &Past| Ok::<_, FitError>(move |cases: &[Case], window: f64| learned.forecast(cases, window));
    backtest(&purchases.transactions, known, &plan, &Bootstrap::new(SEED), learn).with_context(|| {
        format!("{}, {}", purchases.input.file, count(purchases.customers.len(), "customer"))
    })
}

#[cfg(test)]
mod tests;
