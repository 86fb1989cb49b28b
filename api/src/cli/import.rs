//! `rondom import`: a file of records, through the same intake as a sync.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, bail};
use clap::Args;
use connectors::{
    Cursor, Page,
    file::{FileError, FileReader, ImportCounts, Mapping},
};
use profiles::{
    Profiles,
    sources::{NewSource, Source, default_trust},
    sync::Run,
};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{
    open, out,
    progress::{self, Progress},
    stop,
};
use crate::config::StoreArgs;

/// Pages that may wait between the reader and the database.
const WAITING: usize = 2;
/// How many reasons of rejected rows are told; all of them stand in the database.
const REASONS: usize = 5;
/// What files are, as sources.
const FILE: &str = "file";

/// Read a file of customers, orders or events: CSV or JSON Lines, also gzipped.
///
/// A mapping file says which columns are which fields (docs/mappings/README.md). The same file can be imported again:
/// what is known already changes nothing. An import that was interrupted goes on where it stopped. Rows that cannot
/// be understood are kept with the reason and do not stop the import.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The mapping file
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,

    /// The key of the source that the facts belong to [default: what the mapping says]
    #[arg(long, value_name = "KEY")]
    source: Option<String>,

    /// Write the counts as one JSON object
    #[arg(long)]
    json: bool,

    /// The file to read
    file: PathBuf,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: Import) -> anyhow::Result<()> {
    let mapping = read_mapping(&args.mapping)?;
    let Some(key) = args.source.clone().or_else(|| mapping.source().map(str::to_owned)) else {
        bail!("neither the mapping nor --source says which source the facts belong to");
    };
    let name = args.file.file_name().context("FILE names no file")?.to_string_lossy().into_owned();
    let config = open::settings(args.store)?;

    let looking = progress::spinner("looking through the file");
    let (path, reader) = (args.file.clone(), args.file);
    let reader = tokio::task::spawn_blocking(move || FileReader::open(&reader, mapping)).await?;
    looking.finish_and_clear();
    let reader = reader.with_context(|| format!("{} with {}", path.display(), args.mapping.display()))?;
    for column in reader.unseen_columns() {
        tracing::warn!(column, "no row has this field, which the mapping names");
    }

    let profiles = open::for_facts(&config).await?;
    let source = ensure_source(&profiles, key).await?;
    let report = Box::pin(import(&profiles, source, &name, reader)).await?;
    if args.json {
        out::json(&report)?;
    } else {
        report.print()?;
    }
    match report.error {
        Some(error) => bail!("{name}: {error}"),
        None => Ok(()),
    }
}

fn read_mapping(path: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Mapping::from_yaml(&text).with_context(|| path.display().to_string())
}

/// The source of that key; it must not be a connector's, whose cursors and ids are its own.
async fn ensure_source(profiles: &Profiles, key: String) -> anyhow::Result<Source> {
    let new = NewSource {
        name: key.clone(),
        key,
        kind: FILE.to_owned(),
        category: FILE.to_owned(),
        trust: default_trust(FILE),
    };
    let source = profiles.ensure_source(new).await?;
    if source.kind != FILE {
        bail!(
            "the source {} belongs to a {} connector; choose another with --source",
            source.key,
            source.kind
        );
    }
    Ok(source)
}

async fn import(
    profiles: &Profiles,
    source: Source,
    name: &str,
    mut reader: FileReader,
) -> anyhow::Result<Report> {
    let began = Instant::now();
    let import = profiles.begin_import(source, name).await?;
    let resumed = import.resume.as_ref().is_some_and(|cursor: &Cursor| reader.resume(cursor));
    let progress = Progress::of([name]);
    if resumed {
        progress.say(&format!("{name}: going on where the last import of it stopped"));
    }

    let watched = Arc::new(Watched::default());
    let rows = reader.rows_total();
    let stop = stop::on_signal(Some(stop::AFTER_PAGE));
    let (sender, receiver) = mpsc::channel(WAITING);
    let reading = tokio::task::spawn_blocking({
        let watched = Arc::clone(&watched);
        move || {
            read(&mut reader, &sender, &watched, || *stop.borrow());
            reader.counts()
        }
    });
    let bar = progress.run(name);
    let imported =
        profiles.run_import(&import, receiver, |run| bar.report(&watched.rows_of(run, rows))).await;
    bar.end();
    let counts = reading.await?;
    let seconds = began.elapsed().as_secs_f64();
    let reasons = watched.reasons.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(Report::new(import.stream, &import.source.key, &imported?.run, counts, reasons, seconds))
}

/// What the reading thread lets others see.
#[derive(Default)]
struct Watched {
    rows: AtomicU64,
    reasons: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Watched {
    /// The run with rows for records, which is what a person knows of a file.
    fn rows_of(&self, run: &Run, rows: u64) -> Run {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let read = if self.over.load(Ordering::Relaxed) { rows } else { self.rows.load(Ordering::Relaxed) };
        Run { read: signed(read), expected: Some(signed(rows)), ..run.clone() }
    }
}

/// Reads the pages until the end, an error, or nobody wants them any more.
fn read(
    reader: &mut FileReader,
    pages: &mpsc::Sender<Result<Page, String>>,
    watched: &Watched,
    stop: impl Fn() -> bool,
) {
    while let Some(page) = reader.next() {
        watched.rows.store(reader.rows_read(), Ordering::Relaxed);
        if let Ok(page) = &page {
            let mut reasons = watched.reasons.lock().unwrap_or_else(PoisonError::into_inner);
            let room = REASONS.saturating_sub(reasons.len());
            reasons.extend(page.rejected.iter().take(room).map(|rejected| rejected.reason.clone()));
        }
        let page = page.map_err(|error: FileError| error.to_string());
        if pages.blocking_send(page).is_err() {
            return;
        }
        if stop() {
            let word = "interrupted; import the same file again to go on".to_owned();
            // Whoever does not listen any more knows already.
            let _ = pages.blocking_send(Err(word));
            return;
        }
    }
    watched.over.store(true, Ordering::Relaxed);
}

/// What an import did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    file: String,
    source: String,
    state: String,
    error: Option<String>,
    rows: u64,
    rows_without_person: u64,
    rows_without_order: u64,
    persons: u64,
    companies: u64,
    products: u64,
    orders: u64,
    orders_without_person: u64,
    order_lines: u64,
    events: u64,
    events_without_person: u64,
    consents: u64,
    consents_without_person: u64,
    created: u64,
    changed: u64,
    unchanged: u64,
    rejected: u64,
    dropped: u64,
    first_reasons: Vec<String>,
    seconds: f64,
    rows_per_second: u64,
}

impl Report {
    fn new(
        file: String,
        source: &str,
        run: &Run,
        counts: ImportCounts,
        first_reasons: Vec<String>,
        seconds: f64,
    ) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate for people"
        )]
        let rows_per_second = (counts.rows as f64 / seconds.max(0.001)) as u64;
        Self {
            file,
            source: source.to_owned(),
            state: run.state.clone(),
            error: run.error.clone(),
            rows: counts.rows,
            rows_without_person: counts.rows_without_person,
            rows_without_order: counts.rows_without_order,
            persons: counts.persons,
            companies: counts.companies,
            products: counts.products,
            orders: counts.orders,
            orders_without_person: counts.orders_without_person,
            order_lines: counts.lines,
            events: counts.events,
            events_without_person: counts.events_without_person,
            consents: counts.consents,
            consents_without_person: counts.consents_without_person,
            created: progress::count(run.created),
            changed: progress::count(run.changed),
            unchanged: progress::count(run.unchanged),
            rejected: progress::count(run.rejected),
            dropped: progress::count(run.dropped),
            first_reasons,
            seconds: (seconds * 1000.0).round() / 1000.0,
            rows_per_second,
        }
    }

    fn print(&self) -> std::io::Result<()> {
        let all = [
            ("rows", self.rows),
            ("rows without person", self.rows_without_person),
            ("rows without order", self.rows_without_order),
            ("persons", self.persons),
            ("companies", self.companies),
            ("products", self.products),
            ("orders", self.orders),
            ("orders without person", self.orders_without_person),
            ("order lines", self.order_lines),
            ("events", self.events),
            ("events without person", self.events_without_person),
            ("consent statements", self.consents),
            ("consents without person", self.consents_without_person),
            ("new", self.created),
            ("changed", self.changed),
            ("unchanged", self.unchanged),
            ("rejected", self.rejected),
            ("of erased people or too old, dropped", self.dropped),
        ];
        let always = ["rows", "new", "changed", "unchanged", "rejected"];
        let shown: Vec<_> =
            all.into_iter().filter(|(name, count)| *count > 0 || always.contains(name)).collect();
        out::line(format_args!("{} into {}: {}", self.file, self.source, self.state))?;
        out::counts(&shown)?;
        for reason in &self.first_reasons {
            out::line(format_args!("  rejected: {reason}"))?;
        }
        let more = self.rejected.saturating_sub(self.first_reasons.len() as u64);
        if more > 0 && !self.first_reasons.is_empty() {
            out::line(format_args!("  and {} more", out::thousands(more)))?;
        }
        let rate = out::thousands(self.rows_per_second);
        out::line(format_args!("{rate} rows per second, {:.1} s", self.seconds))
    }
}
