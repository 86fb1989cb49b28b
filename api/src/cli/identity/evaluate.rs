use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use identity::linkage::Quality;
use profiles::resolution::TrueRecord;
use serde::Serialize;

use crate::{
    cli::{open, out},
    config::StoreArgs,
};

/// Judge the profiles in the database by a truth from outside
///
/// The truth is a CSV file with the columns `source`, `id` and `person`: the key of a source, the id of a record there,
/// and any name of the person that the record is about.
#[derive(Debug, Args)]
pub(super) struct Evaluate {
    /// The file with the truth
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,

    /// Write the figures as one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    store: StoreArgs,
}

/// What came out.
#[derive(Serialize)]
struct Outcome {
    #[serde(flatten)]
    quality: Quality,
    /// Records of the truth that are not in the database.
    unknown: u64,
}

pub(super) async fn run(args: Evaluate) -> anyhow::Result<()> {
    let truth = truth(&args.truth)?;
    let config = open::settings(args.store)?;
    let profiles = open::existing(&config).await?;
    let (quality, unknown) = profiles.evaluate(&truth).await?;
    if quality.records == 0 {
        bail!("{}: none of its records is in the database", args.truth.display());
    }
    if args.json {
        return Ok(out::json(&Outcome { quality, unknown })?);
    }
    out::counts(&[
        ("records judged", quality.records),
        ("records not in the database", unknown),
        ("people", quality.people),
        ("profiles", quality.clusters),
        ("largest profile", quality.largest),
    ])?;
    out::table(&[
        ["", "precision", "recall", "F1"].map(str::to_owned),
        row("pairs", quality.pair_precision, quality.pair_recall, quality.pair_f1),
        row("B³", quality.b3_precision, quality.b3_recall, quality.b3_f1),
    ])?;
    Ok(out::line(format!("{:.2} % of the people are exactly one profile", 100. * quality.exact))?)
}

fn row(name: &str, precision: f64, recall: f64, f1: f64) -> [String; 4] {
    [name.to_owned(), format!("{precision:.4}"), format!("{recall:.4}"), format!("{f1:.4}")]
}

fn truth(path: &std::path::Path) -> anyhow::Result<BTreeSet<TrueRecord>> {
    let named = || path.display().to_string();
    let mut reader = csv::Reader::from_path(path).with_context(named)?;
    let headings = reader.headers().with_context(named)?.clone();
    let column = |name: &str| {
        headings.iter().position(|heading| heading.trim() == name).with_context(|| {
            format!("{}: has no column `{name}`; it needs `source`, `id` and `person`", path.display())
        })
    };
    let (source, id, person) = (column("source")?, column("id")?, column("person")?);
    let mut truth = BTreeSet::new();
    for record in reader.records() {
        let record = record.with_context(named)?;
        let cell = |at: usize| record.get(at).unwrap_or_default().trim().to_owned();
        truth.insert(TrueRecord { source: cell(source), external_id: cell(id), person: cell(person) });
    }
    Ok(truth)
}
