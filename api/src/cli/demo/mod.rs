//! `rondom demo`: the whole product on one machine, with made-up people whose true identities are known.
//!
//! Three vendors are simulated ([`vendors`]), configured as an administrator would, and read; then it tells what was
//! found, how right the links are ([`accuracy`]), who is in which segment ([`segments`]), what one person looks like
//! ([`sample`]), and how to ask further ([`queries`]). Nothing here may reach around the application: what the demo does, anybody can do.

mod accuracy;
mod actions;
mod personas;
mod predictions;
mod queries;
mod sample;
mod segments;
mod vendors;

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use profiles::{Profiles, access::Role};
use simulators::Seed;
use tempfile::TempDir;
use tokio::sync::watch;

use super::{
    open, out,
    server::Server,
    stop,
    sync::{self, Outcome},
};
use crate::{clock::SystemClock, config::Config, telemetry};

/// The database that is kept, unless another is named.
const KEPT: &str = "rondom-demo.db";
/// The most people that are worth waiting for.
const MOST_PEOPLE: i64 = 200_000;

/// See it at work: made-up people at three simulated vendors, synced, linked and served
///
/// Starts servers that behave like HubSpot, WooCommerce and Mailchimp, errors included, reads them, and prints what was
/// found, one profile, and queries to try. Serves until Ctrl-C. Uses no configuration and touches no other database.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// How many people there are
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=MOST_PEOPLE))]
    people: u32,

    /// Which people: the same number, the same people
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// The port to serve at; 0 takes any that is free
    #[arg(long, value_name = "PORT", default_value_t = 4020)]
    port: u16,

    /// Keep the database, with its key file beside it [default path: rondom-demo.db]
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_missing_value = KEPT)]
    keep: Option<PathBuf>,

    /// End after printing instead of serving on
    #[arg(long)]
    once: bool,
}

pub(super) async fn run(args: Demo) -> anyhow::Result<()> {
    let place = Place::choose(args.keep)?;
    let config = Config {
        database_url: format!("sqlite://{}", place.database.display()),
        secret_key_file: Some(place.database.with_extension("key")),
        listen: (Ipv4Addr::LOCALHOST, args.port).into(),
        log_filter: "error".to_owned(),
        ..Config::default()
    };
    telemetry::start_logs(&config)?;
    let stop = stop::on_signal(None);
    let server = Server::bind(&config).await?;

    let began = Instant::now();
    let now = SystemClock.now();
    let seed = Seed { seed: args.seed, people: usize::try_from(args.people)?, now };
    let fleet = vendors::start(seed).await?;
    let people = out::thousands(args.people.into());
    out::line(format_args!(
        "Rondom demo: {people} made-up people (seed {}), known to three vendors.",
        args.seed
    ))?;
    out::line("Each has a part of them, partly misspelt or missing, and fails now and then.\n")?;
    let profiles = open::ready(&config).await?;
    vendors::configure(&profiles, &fleet).await?;
    let synced = sync(&profiles, stop.clone(), began).await?;
    if !synced {
        bail!("interrupted");
    }

    let people = accuracy::look(&profiles, &fleet).await?;
    found(&profiles, &people).await?;
    predictions::learn(&profiles).await?;
    segments::define(&profiles).await?;
    personas::define(&profiles).await?;
    let (key, secret) = profiles.create_key("demo", Role::Admin, None).await?;
    let asker = queries::Asker::new(&profiles, &config, Arc::new(key.into()), stop.clone());
    let sample =
        sample::choose(&people).context("nobody is known to all three vendors; try more --people")?;
    let shown = sample::show(&asker, sample).await?;
    predictions::allow(&asker, &shown).await?;
    actions::show(&asker, &shown).await?;
    personas::allow(&asker).await?;
    queries::print(&asker, &server.url(), &secret, &shown).await?;
    place.tell(&config)?;
    if args.once {
        return Ok(());
    }
    out::line("\nServing until Ctrl-C.")?;
    server.run(profiles, &config, stop).await
}

/// Reads all three vendors; false if it was interrupted.
async fn sync(profiles: &Profiles, stop: watch::Receiver<bool>, began: Instant) -> anyhow::Result<bool> {
    let connectors = profiles.connectors().await?;
    let outcomes = sync::run_all(profiles, &connectors, stop.clone()).await;
    if *stop.borrow() {
        return Ok(false);
    }
    if let Some(failed) = outcomes.iter().find(|outcome| !outcome.succeeded()) {
        bail!("a sync did not succeed: {}", failed.line());
    }
    out::line(format_args!("Synced in {:.1} s", began.elapsed().as_secs_f64()))?;
    let heading = ["source", "read", "new", "rejected", "pages", "calls", "retried"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(heading).chain(outcomes.iter().filter_map(row)).collect();
    out::indented(&rows)?;
    Ok(true)
}

fn row(outcome: &Outcome) -> Option<[String; 7]> {
    let run = outcome.run.as_ref().ok()?;
    let numbers = [run.read, run.created, run.rejected, run.pages, run.calls, run.retries];
    let mut texts = numbers.map(|number| out::thousands(super::progress::count(number))).into_iter();
    Some(std::array::from_fn(
        |place| {
            if place == 0 { outcome.key.clone() } else { texts.next().unwrap_or_default() }
        },
    ))
}

async fn found(profiles: &Profiles, people: &accuracy::People) -> anyhow::Result<()> {
    let status = profiles.status().await?;
    out::line("\nFound")?;
    let count = |name: &str, count: u64| [name.to_owned(), out::thousands(count)];
    out::indented(&[
        count("records", status.records),
        count("rejected records", status.rejected_records),
        count("source identities", status.source_identities),
        count("profiles", status.profiles),
        count("orders", status.orders),
        count("events", status.events),
    ])?;
    let pairs = people.pairs();
    out::line("\nLinks against the truth, counted in pairs of source identities")?;
    let ratio = |name: &str, part: u64, whole: u64, meaning: &str| {
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
        let ratio = part as f64 / (whole.max(1)) as f64;
        let (part, whole) = (out::thousands(part), out::thousands(whole));
        [name.to_owned(), format!("{ratio:.4}"), format!("{part} of {whole} {meaning}")]
    };
    out::indented(&[
        ratio("precision", pairs.right, pairs.linked, "pairs in one profile are one person"),
        ratio("recall", pairs.right, pairs.of_one_person, "pairs of one person are in one profile"),
    ])?;
    if people.unknown > 0 {
        let unknown = out::thousands(people.unknown);
        out::line(format_args!("  {unknown} source identities are on one side only and are not counted"))?;
    }
    Ok(())
}

/// Where the database lies.
struct Place {
    database: PathBuf,
    /// Removed when the demo ends.
    temporary: Option<TempDir>,
}

impl Place {
    fn choose(keep: Option<PathBuf>) -> anyhow::Result<Self> {
        let Some(database) = keep else {
            let folder = tempfile::Builder::new().prefix("rondom-demo-").tempdir()?;
            return Ok(Self { database: folder.path().join(KEPT), temporary: Some(folder) });
        };
        if database.try_exists()? {
            let path = database.display();
            bail!(
                "{path} is there already; remove it or name another. To look at it: \
                 rondom serve --database-url sqlite://{path} --secret-key-file {}",
                database.with_extension("key").display()
            );
        }
        Ok(Self { database, temporary: None })
    }

    fn tell(&self, config: &Config) -> anyhow::Result<()> {
        if self.temporary.is_none() {
            let key = config.secret_key_path();
            out::line("\nThe database is kept; to look at it later:")?;
            out::line(format_args!(
                "  rondom serve --database-url {} --secret-key-file {}",
                config.database_url,
                key.display()
            ))?;
        }
        Ok(())
    }
}

/// A day, for people.
fn day(instant: Option<DateTime<Utc>>) -> String {
    instant.map_or_else(|| "undated".to_owned(), |instant| instant.format("%F").to_string())
}
