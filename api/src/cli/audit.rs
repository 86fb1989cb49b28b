//! `rondom audit`: who did what, and whether the log of it is whole.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use profiles::audit::{Fault, Verified};

use super::{open, out};
use crate::config::StoreArgs;

/// The audit log: every mutation is written down before it is carried out, each entry chained to the one before it.
#[derive(Debug, Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the newest entries, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 20, value_name = "N")]
        last: u64,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Look whether an entry was changed, removed or added
    ///
    /// Writes the number and the hash of the last entry: note them where nobody who can write to the database can, and
    /// give them with --noted the next time; then an older copy of the whole log is found out as well.
    Verify {
        /// The number and hash of an entry as they were noted, as in 412:9f86d081…
        #[arg(long, value_name = "NUMBER:HASH")]
        noted: Option<String>,
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(super) async fn run(args: Audit) -> anyhow::Result<()> {
    match args.command {
        Command::List { last, store } => list(last, store).await,
        Command::Verify { noted, store } => verify(noted.as_deref(), store).await,
    }
}

async fn list(last: u64, store: StoreArgs) -> anyhow::Result<()> {
    let profiles = open::existing(&open::settings(store)?).await?;
    for entry in profiles.audit_entries(None, last).await? {
        let deed = entry.deed;
        let place = deed.origin.map(|origin| format!(" from {origin}")).unwrap_or_default();
        let purpose = deed.purpose.map(|purpose| format!(" for {purpose}")).unwrap_or_default();
        let subject = deed.subject.map(|subject| format!(" {subject}")).unwrap_or_default();
        let (number, at) = (entry.number, entry.at.format("%FT%TZ"));
        out::line(format!("{number} {at} {}: {}{subject}{purpose}{place}", deed.actor, deed.action))?;
    }
    Ok(())
}

async fn verify(noted: Option<&str>, store: StoreArgs) -> anyhow::Result<()> {
    let noted = noted.map(|noted| {
        let (number, hash) = noted.split_once(':').context("--noted: expected NUMBER:HASH")?;
        let number: i64 = number.parse().context("--noted: expected a number before the colon")?;
        anyhow::Ok((number, hash))
    });
    let noted = noted.transpose()?;
    let profiles = open::existing(&open::settings(store)?).await?;
    match profiles.verify_audit(noted).await? {
        Verified::Intact { entries: 0, .. } => out::line("intact: there are no entries yet")?,
        Verified::Intact { entries, head } => {
            out::line(format!("intact: {entries} entries; the last one is {entries}:{head}"))?;
        }
        Verified::Broken { number, fault: Fault::Missing } => bail!("broken: entry {number} is missing"),
        Verified::Broken { number, fault: Fault::Changed } => {
            bail!("broken: entry {number} is not as it was written, or an entry before it was removed")
        }
        Verified::Broken { number, fault: Fault::Added } => {
            bail!("broken: entry {number} was added by something other than Rondom")
        }
    }
    Ok(())
}
