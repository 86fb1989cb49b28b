//! `rondom destinations`: which tools are told who is in a segment, how they are doing, and dead letters.

use anyhow::bail;
use clap::{Args, Subcommand};
use profiles::{Profiles, activation::DestinationInfo};
use serde_json::json;

use super::{open, out};
use crate::config::StoreArgs;

/// Destinations: tools that are told who is in a segment. `createDestination` in GraphQL makes one.
#[derive(Debug, Args)]
pub(super) struct Destinations {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the destinations and how they are doing
    List {
        /// Write a JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Ask the tool once whether it answers
    Check {
        /// The destination's key
        key: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Send dead letters again, at most 1,000 at once; a running server does it
    Replay {
        /// The destination's key
        key: String,
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(super) async fn run(args: Destinations) -> anyhow::Result<()> {
    match args.command {
        Command::List { json, store } => list(json, store).await,
        Command::Check { key, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            let found = named(&profiles, &key).await?;
            open::audited(&profiles, "destinations check", Some(format!("Destination:{}", found.id))).await?;
            out::line(profiles.check_destination(found.id).await?.account)?;
            Ok(())
        }
        Command::Replay { key, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            let found = named(&profiles, &key).await?;
            open::audited(&profiles, "destinations replay", Some(format!("Destination:{}", found.id)))
                .await?;
            let replay = profiles.replay_deliveries(found.id, None).await?;
            out::line(format_args!(
                "{} are sent again, {} are not, because something newer is known",
                replay.replayed, replay.superseded
            ))?;
            Ok(())
        }
    }
}

async fn named(profiles: &Profiles, key: &str) -> anyhow::Result<DestinationInfo> {
    let all = profiles.destinations().await?;
    let known: Vec<&str> = all.iter().map(|found| found.key.as_str()).collect();
    match all.iter().find(|found| found.key == key) {
        Some(found) => Ok(found.clone()),
        None if known.is_empty() => bail!("there is no destination yet"),
        None => bail!("there is no destination {key:?}; there are {}", known.join(", ")),
    }
}

async fn list(json: bool, store: StoreArgs) -> anyhow::Result<()> {
    let profiles = open::existing(&open::settings(store)?).await?;
    let all = profiles.destinations().await?;
    let lag = |found: &DestinationInfo| {
        found.waiting_since.map_or(0, |since| (profiles.now() - since).num_seconds().max(0))
    };
    let state = |found: &DestinationInfo| format!("{:?}", found.state).to_lowercase();
    if json {
        let rows = all.iter().map(|found| {
            json!({
                "id": found.id, "key": found.key, "name": found.name, "kind": found.kind, "segment": found.segment,
                "purpose": found.purpose, "state": state(found), "members": found.members, "waiting": found.waiting,
                "dead": found.dead, "lag_seconds": lag(found),
                "last_error": found.last_error.as_ref().map(|(error, _)| error),
            })
        });
        out::json(&rows.collect::<Vec<_>>())?;
        return Ok(());
    }
    let head =
        ["key", "kind", "segment", "purpose", "state", "members", "waiting", "dead", "lag", "last error"];
    let mut rows = vec![head.map(str::to_owned)];
    for found in &all {
        rows.push([
            found.key.clone(),
            found.kind.clone(),
            found.segment.clone(),
            found.purpose.clone(),
            state(found),
            found.members.to_string(),
            found.waiting.to_string(),
            found.dead.to_string(),
            format!("{} s", lag(found)),
            found.last_error.as_ref().map(|(error, _)| error.clone()).unwrap_or_default(),
        ]);
    }
    out::table(&rows)?;
    Ok(())
}
