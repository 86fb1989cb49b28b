use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use identity::linkage::{Columns, Label, Mapping, Model, Quality, Report, Scorer, Sheet, Table, clusters};
use serde::Serialize;

use super::inputs;
use crate::cli::{files, out, progress};

/// Group the records of files by person, without a database
///
/// Reads CSV files, gzipped or not, and writes which records are about the same person. The columns are recognised by
/// their headings (English, Dutch, Danish, German), e-mail addresses by their content; --columns says it where that
/// fails. What an agreement is worth is learned from the records themselves; --model uses what was learned before.
#[derive(Debug, Args)]
pub(super) struct Dedupe {
    /// The files of records; several are compared with each other too
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The column with the id of each record, the same in all files
    #[arg(long, value_name = "COL")]
    id: String,

    /// Where to write the result: CSV with the columns `id,cluster`. A cluster is named after the least of its ids
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// A YAML file that says what is not recognised, as `columns: { mobile_no: phone }`, and what is not to be compared,
    /// as `ignore: [street]`
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,

    /// The model to use instead of learning one
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,

    /// Where to write the model, for later use. It holds the names that occur more than once
    #[arg(long, value_name = "FILE")]
    save_model: Option<PathBuf>,

    /// A CSV file of pairs that people decided: two ids and `same` or `different`. The model learns from them too
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    labels: Option<PathBuf>,

    /// A CSV file with the truth, id and person, to judge the result by
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,

    /// Put records together when their mean weight is above this, in bits: 0 is as likely as not, each bit doubles the
    /// odds
    #[arg(long, value_name = "BITS", default_value_t = 0.0, value_parser = bits)]
    threshold: f64,

    /// The most records of one person
    #[arg(long, value_name = "RECORDS", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    max_cluster: u32,

    /// Show why these two records are, or are not, the same person
    #[arg(long, num_args = 2, value_names = ["ID", "ID"], conflicts_with = "json")]
    explain: Option<Vec<String>>,

    /// Write the report as one JSON object
    #[arg(long)]
    json: bool,
}

fn bits(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bits) if (0. ..12.).contains(&bits) => Ok(bits),
        _ => Err("must be a number from 0 to less than 12".to_owned()),
    }
}

/// What was done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    records: usize,
    clusters: usize,
    /// Records that share their cluster with another.
    in_company: usize,
    largest_cluster: usize,
    seconds: f64,
    columns: Vec<FileColumns>,
    /// How the model came about.
    model: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<Quality>,
}

/// What the columns of a file were taken for.
#[derive(Debug, Serialize)]
struct FileColumns {
    file: String,
    columns: Columns,
}

pub(super) fn run(args: &Dedupe) -> anyhow::Result<()> {
    let began = Instant::now();
    files::apart(&args.files, &std::iter::once(&args.out).chain(&args.save_model).collect::<Vec<_>>())?;
    let mapping = args.columns.as_deref().map(inputs::mapping).transpose()?;
    let known = args.model.as_deref().map(inputs::model).transpose()?;
    let sheet = read(&args.files, &args.id, mapping.as_ref())?;
    let place = sheet.places()?;
    let place_of = |id: &str| -> anyhow::Result<u32> {
        let place = place(id).with_context(|| format!("no record has the id `{id}`"))?;
        Ok(u32::try_from(place)?)
    };
    let asked = match args.explain.as_deref() {
        Some([a, b]) => Some(((a.as_str(), place_of(a)?), (b.as_str(), place_of(b)?))),
        _ => None,
    };
    let labels = args.labels.as_deref().map(|path| labels(path, place_of)).transpose()?.unwrap_or_default();

    let truth = args.truth.as_deref().map(|path| people(path, &sheet)).transpose()?;

    let working = progress::spinner("reading values");
    let table = Table::read(&sheet);
    working.set_message("comparing and learning");
    let (model, pairs) = match known {
        None => Model::train(&table, &labels),
        Some(model) => {
            let pairs = model.scorer(&table).pairs();
            (model, pairs)
        }
    };
    let scorer = model.scorer(&table);
    working.set_message("grouping");
    #[expect(clippy::cast_possible_truncation, reason = "0 to 12 bits")]
    let threshold = (args.threshold * 1000.).round() as i64;
    let found = clusters(&sheet, &scorer, &pairs, threshold, usize::try_from(args.max_cluster)?);
    working.set_message("writing");
    files::write(&args.out, |file| write_clusters(file, &sheet, &found))?;
    if let Some(path) = &args.save_model {
        files::write(path, |file| Ok(serde_json::to_writer(file, &model)?))?;
    }
    working.finish_and_clear();

    let quality = truth.map(|truth| judge(&truth, &found));
    let outcome = Outcome::new(args, &sheet, &found, &model, quality, began.elapsed().as_secs_f64());
    if args.json {
        out::json(&outcome)?;
    } else {
        outcome.print(&args.out)?;
    }
    if let Some((a, b)) = asked {
        explain(&scorer, a, b)?;
    }
    Ok(())
}

fn read(paths: &[PathBuf], id: &str, mapping: Option<&Mapping>) -> anyhow::Result<Sheet> {
    let size = paths.iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum();
    let bar = progress::bytes(size);
    let mut sheet = Sheet::default();
    for path in paths {
        sheet.add_csv(&path.display().to_string(), files::open(path, &bar)?, id, mapping)?;
    }
    bar.finish_and_clear();
    if let Some(mapping) = mapping {
        inputs::all_used(mapping, &sheet)?;
    }
    Ok(sheet)
}

fn labels(path: &Path, place_of: impl Fn(&str) -> anyhow::Result<u32>) -> anyhow::Result<Vec<Label>> {
    let mut reader = inputs::csv_reader(path)?;
    let mut said: BTreeMap<(u32, u32), bool> = BTreeMap::new();
    for record in reader.records() {
        let record = record.with_context(|| path.display().to_string())?;
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let same = match cell(2) {
            "same" => true,
            "different" => false,
            _ => bail!("{}: each line must be two ids and `same` or `different`", path.display()),
        };
        let place = |at| place_of(cell(at)).with_context(|| path.display().to_string());
        let (a, b) = (place(0)?, place(1)?);
        if a == b {
            bail!("{}: a pair is two records, not `{}` twice", path.display(), cell(0));
        }
        if said.insert((a.min(b), a.max(b)), same).is_some_and(|before| before != same) {
            bail!(
                "{}: `{}` and `{}` are said to be the same and different",
                path.display(),
                cell(0),
                cell(1)
            );
        }
    }
    Ok(said.into_iter().map(|((a, b), same)| Label { a, b, same }).collect())
}

fn write_clusters(file: &mut dyn Write, sheet: &Sheet, found: &[u32]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(file);
    writer.write_record(["id", "cluster"])?;
    for (record, cluster) in found.iter().enumerate() {
        writer.write_record([sheet.id(record), sheet.id(*cluster as usize)])?;
    }
    Ok(writer.flush()?)
}

/// The person of each record, where the truth names it.
fn people(path: &Path, sheet: &Sheet) -> anyhow::Result<Vec<Option<u32>>> {
    let truth = inputs::truth(path)?;
    let people: Vec<Option<u32>> =
        (0..sheet.len()).map(|record| truth.get(sheet.id(record)).copied()).collect();
    let known = people.iter().flatten().count();
    if known == 0 {
        bail!("{}: names none of the records", path.display());
    }
    if known < people.len() {
        tracing::warn!(
            known,
            records = people.len(),
            "the truth does not name all records; the others are not judged"
        );
    }
    Ok(people)
}

fn judge(truth: &[Option<u32>], found: &[u32]) -> Quality {
    Quality::of(found.iter().zip(truth).filter_map(|(cluster, person)| Some((*cluster, (*person)?))))
}

impl Outcome {
    fn new(
        args: &Dedupe,
        sheet: &Sheet,
        found: &[u32],
        model: &Model,
        quality: Option<Quality>,
        seconds: f64,
    ) -> Self {
        let mut sizes = vec![0_usize; found.len()];
        for cluster in found {
            sizes[*cluster as usize] += 1;
        }
        let files = args.files.iter().zip(sheet.recognised());
        Self {
            records: found.len(),
            clusters: sizes.iter().filter(|size| **size > 0).count(),
            in_company: sizes.iter().filter(|size| **size > 1).sum(),
            largest_cluster: sizes.iter().copied().max().unwrap_or_default(),
            seconds,
            columns: files
                .map(|(file, columns)| FileColumns {
                    file: file.display().to_string(),
                    columns: columns.clone(),
                })
                .collect(),
            model: model.report().clone(),
            quality,
        }
    }

    fn print(&self, path: &Path) -> anyhow::Result<()> {
        for file in &self.columns {
            let columns: Vec<String> =
                file.columns.iter().map(|(heading, field)| format!("{heading} ({field})")).collect();
            out::line(format!("{}: compared by {}", file.file, columns.join(", ")))?;
        }
        let report = &self.model;
        out::line(format!(
            "model: learned from {} records, {} pairs compared ({:.4} % of all), {}",
            out::thousands(report.records),
            out::thousands(report.candidates),
            100. * (1. - report.reduction_ratio),
            match report.pair_recall_estimate {
                Some(recall) => format!("about {:.1} % of the true pairs among them", 100. * recall),
                None => "no pair among them that is likely".to_owned(),
            },
        ))?;
        let count = |count: usize| out::thousands(count as u64);
        out::line(format!(
            "{} records are {} people; {} share theirs with another, the largest has {}; {:.2} s",
            count(self.records),
            count(self.clusters),
            count(self.in_company),
            count(self.largest_cluster),
            self.seconds
        ))?;
        if let Some(quality) = &self.quality {
            out::line(format!(
                "pairs: precision {:.4}, recall {:.4}, F1 {:.4}; B³: precision {:.4}, recall {:.4}, F1 {:.4}; {:.2} % of {} people exactly right",
                quality.pair_precision,
                quality.pair_recall,
                quality.pair_f1,
                quality.b3_precision,
                quality.b3_recall,
                quality.b3_f1,
                100. * quality.exact,
                out::thousands(quality.people),
            ))?;
        }
        out::line(format!("written to {}", path.display()))?;
        Ok(())
    }
}

/// The steps to the weight of a pair, in bits.
fn explain(scorer: &Scorer<'_>, a: (&str, u32), b: (&str, u32)) -> anyhow::Result<()> {
    #[expect(clippy::cast_precision_loss, reason = "a weight is some ten thousands")]
    let bits = |weight: i64| format!("{:+.3}", weight as f64 / 1000.);
    out::line(format!("\n{} and {}: bits for (+) or against (-) being one person", a.0, b.0))?;
    let steps = scorer.explain(a.1, b.1);
    let mut sum = 0;
    let mut rows = vec![["comparison", "bits", "sum", "found"].map(str::to_owned)];
    for step in steps {
        sum += step.weight;
        rows.push([step.comparison.to_owned(), bits(step.weight), bits(sum), step.found]);
    }
    Ok(out::table(&rows)?)
}
