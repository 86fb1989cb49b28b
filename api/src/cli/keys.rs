//! `rondom keys`: who may ask the API.

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use profiles::access::Role;
use uuid::Uuid;

use super::{open, out};
use crate::config::StoreArgs;

/// API keys. A key belongs on a server, never in a browser or an app.
#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the keys, newest first
    List {
        /// Write a JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Make a key and write it to standard output, this once
    Create {
        /// What it is for, 1 to 100 characters
        #[arg(long)]
        name: String,
        /// What it may do
        #[arg(long, value_enum)]
        role: RoleName,
        /// For which purpose it reads people's data: it gets what that purpose may use of people who allow it. Without one
        /// analytics, service or personalisation, by the role
        #[arg(long, value_name = "KEY")]
        purpose: Option<String>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Take a key back. It stops working at once, or within five seconds where another process serves
    Revoke {
        /// Its id, as `keys list` shows it
        id: Uuid,
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// The roles as words of the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleName {
    /// Everything, connectors and keys included
    Admin,
    /// Read everything about customers, change nothing
    Analyst,
    /// Read customers in order to sell to and serve them, and record what they say about the use of their data
    Sales,
    /// A customer's own server: read single profiles in order to adapt what that person sees
    Frontend,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Analyst => Self::Analyst,
            RoleName::Sales => Self::Sales,
            RoleName::Frontend => Self::Frontend,
        }
    }
}

pub(super) async fn run(args: Keys) -> anyhow::Result<()> {
    match args.command {
        Command::List { json, store } => list(json, store).await,
        Command::Create { name, role, purpose, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            open::audited(&profiles, "keys create", None).await?;
            let (_, key) = profiles.create_key(&name, role.into(), purpose.as_deref()).await?;
            out::line(key)?;
            Ok(())
        }
        Command::Revoke { id, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            open::audited(&profiles, "keys revoke", Some(format!("ApiKey:{id}"))).await?;
            if !profiles.revoke_key(id).await? {
                bail!("there is no key {id} in force");
            }
            out::line(format_args!("revoked {id}"))?;
            Ok(())
        }
    }
}

async fn list(json: bool, store: StoreArgs) -> anyhow::Result<()> {
    let keys = open::existing(&open::settings(store)?).await?.list_keys().await?;
    if json {
        out::json(&keys)?;
        return Ok(());
    }
    let mut rows = vec![["id", "role", "purpose", "name", "created", "state"].map(str::to_owned)];
    for key in keys {
        rows.push([
            key.id.to_string(),
            key.role.as_str().to_owned(),
            key.purpose.as_deref().unwrap_or_default().to_owned(),
            key.name,
            key.created_at.format("%F %R").to_string(),
            key.revoked_at
                .map_or_else(|| "in force".to_owned(), |at| format!("revoked {}", at.format("%F %R"))),
        ]);
    }
    out::table(&rows)?;
    Ok(())
}
