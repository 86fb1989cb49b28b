//! `rondom predict churn`: who has an outcome, by what a table says of them.

mod report;
mod scores;
mod table;
mod validate;

use std::path::PathBuf;

use clap::Args;
use predictions::scores::Options;

use super::rows::Source;
use crate::cli::{files, out, progress};
use report::Report;
use validate::Validated;

/// Predict from a table who leaves, or has any other outcome, and show how good that is
///
/// Reads one row a customer: what was known of them before the outcome, and whether it came. Columns of numbers are taken as
/// numbers, all others as categories; empty cells, NA, N/A, null and NaN are missing values. Every customer is predicted by a
/// model that learned from others alone (cross-validation). Columns whose names speak of protected traits, such as sex, age or
/// origin, are left out unless --allow names them.
///
/// A column that was written after the outcome, or because of it, makes every model look good and be worthless: --exclude
/// it. Needs some 16 bytes of memory a cell, and each different text once.
#[derive(Debug, Args)]
pub(super) struct Churn {
    #[command(flatten)]
    source: Source,

    /// The column that says whether the outcome came: yes, true or 1, or no, false or 0, unless --positive says otherwise
    #[arg(long, value_name = "COL")]
    label: String,

    /// What the label says where the outcome came; everything else means that it did not
    #[arg(long, value_name = "VALUE")]
    positive: Option<String>,

    /// The column that says who the customer is; nothing is learned from it
    #[arg(long, value_name = "COL")]
    id: Option<String>,

    /// A column to use although its name speaks of a protected trait; can be given several times
    #[arg(long, value_name = "COL")]
    allow: Vec<String>,

    /// A column not to use; can be given several times
    #[arg(long, value_name = "COL")]
    exclude: Vec<String>,

    /// How many parts the customers are divided into, each predicted by a model that learned from the others
    #[arg(long, value_name = "NUMBER", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=100))]
    folds: u32,

    /// Chance: which customers are in which part. The same seed gives the same figures
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,

    /// Where to write what is predicted of each customer, with the reasons: CSV
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,

    /// Write the report as one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Churn) -> anyhow::Result<()> {
    if let Some(path) = &args.scores {
        files::apart(std::slice::from_ref(&args.source.file), &[path])?;
    }
    let customers = table::read(args)?;
    let working = progress::spinner("learning from some, predicting the others");
    let validated = Validated::new(&customers, &learning(args), args.folds as usize)?;
    if let Some(path) = &args.scores {
        working.set_message("writing what is predicted of each customer");
        files::write(path, |file| scores::write(file, &customers, &validated))?;
    }
    working.set_message("looking for the strongest reasons");
    let report = Report::new(args, &customers, &validated)?;
    working.finish_and_clear();
    if args.json {
        return Ok(out::json(&report)?);
    }
    report.print()?;
    if let Some(path) = &args.scores {
        out::line(format!("\nwhat is predicted of each customer is written to {}", path.display()))?;
    }
    Ok(())
}

fn learning(args: &Churn) -> Options {
    Options {
        excluded: args.exclude.iter().cloned().collect(),
        allowed: args.allow.iter().cloned().collect(),
        seed: args.seed,
        ..Options::default()
    }
}

#[cfg(test)]
mod tests;
