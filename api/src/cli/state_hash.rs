//! `rondom state-hash`: one digest of everything derived.

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::Args;

use super::{open, out};
use crate::config::StoreArgs;

/// Two databases with the same facts, rules and secret key have the same digest, in whichever order the facts came.
#[derive(Debug, Args)]
pub(super) struct StateHash {
    /// The instant at which consent is decided, as in 2026-11-21T12:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    at: Option<DateTime<Utc>>,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: StateHash) -> anyhow::Result<()> {
    let profiles = open::existing(&open::settings(args.store)?).await?;
    // A process that was killed may have left facts from which nothing was derived yet.
    profiles.drain(profiles.now()).await?;
    if profiles.status().await?.waiting > 0 {
        bail!("another process is still deriving profiles; ask again in a moment");
    }
    let at = args.at.unwrap_or_else(|| profiles.now());
    out::line(profiles.state_hash(at).await?)?;
    Ok(())
}
