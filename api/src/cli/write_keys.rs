//! `rondom write-keys`: with which sites and apps send what happens.

use anyhow::bail;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{open, out};
use crate::config::StoreArgs;

/// Write keys. One stands in the source of every page that sends: it is no secret, and opens nothing to read.
#[derive(Debug, Args)]
pub(super) struct WriteKeys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the write keys, newest first
    List {
        /// Write a JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a write key for a source, and write it to standard output
    Create {
        /// The source of what is sent, such as `shop-web`: 1 to 64 lower-case letters, digits, - or _. It is made where
        /// there is none
        #[arg(long, value_name = "KEY")]
        source: String,
        /// What it is for, 1 to 100 characters
        #[arg(long)]
        name: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Take a write key back. It stops working at once, or within five seconds where another process serves
    Revoke {
        /// Its id, as `write-keys list` shows it
        id: Uuid,
        #[command(flatten)]
        store: StoreArgs,
    },
}

pub(super) async fn run(args: WriteKeys) -> anyhow::Result<()> {
    match args.command {
        Command::List { json, store } => list(json, store).await,
        Command::Create { source, name, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            open::audited(&profiles, "write-keys create", None).await?;
            out::line(profiles.create_write_key(&source, &name).await?.key)?;
            Ok(())
        }
        Command::Revoke { id, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            open::audited(&profiles, "write-keys revoke", Some(format!("WriteKey:{id}"))).await?;
            if !profiles.revoke_write_key(id).await? {
                bail!("there is no write key {id} in force");
            }
            out::line(format_args!("revoked {id}"))?;
            Ok(())
        }
    }
}

async fn list(json: bool, store: StoreArgs) -> anyhow::Result<()> {
    let profiles = open::existing(&open::settings(store)?).await?;
    let keys = profiles.list_write_keys().await?;
    if json {
        out::json(&keys)?;
        return Ok(());
    }
    let sources = profiles.sources().await?;
    let mut rows = vec![["id", "key", "source", "name", "created", "state"].map(str::to_owned)];
    for key in keys {
        rows.push([
            key.id.to_string(),
            key.key,
            sources.get(&key.source).map(|source| source.key.clone()).unwrap_or_default(),
            key.name,
            key.created_at.format("%F %R").to_string(),
            key.revoked_at
                .map_or_else(|| "in force".to_owned(), |at| format!("revoked {}", at.format("%F %R"))),
        ]);
    }
    out::table(&rows)?;
    Ok(())
}
