//! How long scores take: simulated customers, and the telephone company's of `RONDOM_DATA` where they are at hand.
//!
//! `cargo bench -p predictions --bench scores`
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use predictions::scores::{Method, Options, Scorer, Table};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

type Anything<T> = Result<T, Box<dyn Error>>;

const METHODS: [Method; 3] = [Method::Logistic, Method::Trees, Method::Blend];

fn main() -> Anything<()> {
    if let Some((table, labels)) = telco()? {
        println!("Telephone company, {} customers", table.rows());
        measure(&table, &labels)?;
    }
    for rows in [100_000, 1_000_000] {
        let (table, labels) = simulated(rows)?;
        println!("Simulated, {rows} customers, 12 numbers and 4 categories");
        measure(&table, &labels)?;
    }
    Ok(())
}

fn measure(table: &Table, labels: &[bool]) -> Anything<()> {
    for method in METHODS {
        let options = Options { method, ..Options::default() };
        let begin = Instant::now();
        let scorer = Scorer::train(table, labels, &options)?;
        let fit = begin.elapsed();
        let mut scoring = [1, 2].map(|threads| (threads, std::time::Duration::ZERO));
        for (threads, took) in &mut scoring {
            let begin = Instant::now();
            std::hint::black_box(scorer.scores(table, *threads)?);
            *took = begin.elapsed();
        }
        let begin = Instant::now();
        for row in 0..100 {
            std::hint::black_box(scorer.reasons(table, row)?);
        }
        let reasons = begin.elapsed() / 100;
        let stored = scorer.to_json()?.len();
        let [(_, one), (_, two)] = scoring;
        println!(
            "  {method:<8?} fit {fit:>9.3?} ({:>3} trees), scores {one:>9.3?}, on 2 threads {two:>9.3?}, reasons {reasons:>9.3?} \
             a customer, kept in {stored} bytes",
            scorer.trees()
        );
    }
    Ok(())
}

fn simulated(rows: u32) -> Anything<(Table, Vec<bool>)> {
    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut share = || f64::from(chance.next_u32()) / f64::from(u32::MAX);
    let numbers: Vec<Vec<f64>> = (0..12).map(|_| (0..rows).map(|_| share()).collect()).collect();
    let kinds: Vec<Vec<f64>> = (0..4).map(|_| (0..rows).map(|_| share()).collect()).collect();
    let mut table = Table::new(rows as usize)?;
    for (at, values) in numbers.iter().enumerate() {
        // Amounts, some counts, one in ten missing.
        let value = |value: &f64| if at % 2 == 0 { (5.0 * value).exp() } else { (30.0 * value).floor() };
        table.numbers(
            &format!("number {at}"),
            values.iter().map(|share| (*share > 0.1).then_some(value(share))),
        )?;
    }
    for (at, values) in kinds.iter().enumerate() {
        let levels = 3.0 + 20.0 * f64::from(u8::try_from(at)?);
        table.levels(
            &format!("kind {at}"),
            values.iter().map(|share| Some(format!("level {:.0}", (levels * share).floor()))),
        )?;
    }
    let labels = (0..rows as usize).map(|row| {
        let of = |at: usize| numbers[at][row];
        let log_odds =
            -3.0 + 3.0 * of(0) - 2.0 * of(1) + 4.0 * of(2) * of(3) + f64::from(u8::from(kinds[0][row] > 0.7));
        share() < 1.0 / (1.0 + (-log_odds).exp())
    });
    Ok((table, labels.collect()))
}

fn telco() -> Anything<Option<(Table, Vec<bool>)>> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let path = std::env::var_os("RONDOM_DATA").map_or_else(default, PathBuf::from);
    let path = path.join("telco_churn").join("Telco-Customer-Churn.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: {} cannot be read; set RONDOM_DATA to the folder of data", path.display());
        return Ok(None);
    };
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.trim().split(',').collect()).collect();
    let Some((names, rows)) = rows.split_first() else { return Ok(None) };
    let mut table = Table::new(rows.len())?;
    for (at, name) in names.iter().enumerate() {
        match *name {
            "customerID" | "Churn" => {}
            "tenure" | "MonthlyCharges" | "TotalCharges" => {
                table.numbers(name, rows.iter().map(|row| row[at].trim().parse().ok()))?;
            }
            _ => table.levels(name, rows.iter().map(|row| Some(row[at])))?,
        }
    }
    let labels = rows.iter().map(|row| row.last() == Some(&"Yes")).collect();
    Ok(Some((table, labels)))
}
