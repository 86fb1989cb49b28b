//! Opening the profile store: the way that every command which needs it goes.
//!
//! Configuration, database, schema, secret key, store, rules: in this order, so that nothing is made for a command
//! that cannot run. Commands that bring facts in prepare the database ([`ready`]); the others want it prepared
//! ([`existing`]) and say how.

use std::{num::NonZeroU32, sync::Arc};

use anyhow::{Context, bail};
use migration::pending;
use profiles::{
    Error, Profiles,
    audit::Deed,
    store::{ConnectOptions, connect},
};

use super::secret;
use crate::{
    clock::SystemClock,
    config::{Config, Loaded, StoreArgs},
    telemetry,
};

/// One command asks few questions at a time.
const SMALL_POOL: NonZeroU32 = NonZeroU32::new(4).expect("four is not zero");

/// Reads the configuration of a command that does its work and ends, and starts its logs: only warnings, unless asked.
pub(super) fn settings(args: StoreArgs) -> anyhow::Result<Config> {
    let loaded = Loaded::read(&args.into(), std::env::vars_os())?;
    let quiet = loaded.is_default("log_filter");
    let mut config = loaded.config;
    if quiet {
        "warn".clone_into(&mut config.log_filter);
    }
    config.database_connections = config.database_connections.min(SMALL_POOL);
    telemetry::start_logs(&config)?;
    Ok(config)
}

/// Opens a prepared store as it is.
pub(super) async fn existing(config: &Config) -> anyhow::Result<Profiles> {
    if let Some(file) = config.sqlite_file()
        && !file.try_exists()?
    {
        bail!("there is no database {}; `rondom migrate` makes it", file.display());
    }
    let db = connect(&options(config)).await?;
    let missing = pending(&db).await?;
    if !missing.is_empty() {
        bail!("the database lacks {} migrations; `rondom migrate` applies them", missing.len());
    }
    let secret = secret::read(config, false)?;
    let profiles = Profiles::open(db, secret.keys, Arc::new(SystemClock)).await?;
    Ok(profiles.with_files_below(config.activation.folder.clone()))
}

/// Opens the store, and prepares it where that is needed: makes the key, applies the migrations, brings the configured
/// rules into force, and takes over those of retention.
pub(super) async fn ready(config: &Config) -> anyhow::Result<Profiles> {
    let (profiles, _) = prepared(config).await?;
    if profiles.adopt(config.ruleset()).await? {
        tracing::info!("the rules have changed; every profile will be derived again");
    }
    profiles.adopt_retention(&config.retention).await?;
    Ok(profiles)
}

/// Opens the store for bringing facts in, and prepares it where that is needed. The rules in force stay: a command
/// that happens to run without the configuration of the server must not derive everybody anew.
pub(super) async fn for_facts(config: &Config) -> anyhow::Result<Profiles> {
    let (profiles, _) = prepared(config).await?;
    profiles.adopt_first(config.ruleset()).await?;
    Ok(profiles)
}

/// Makes the key and applies the migrations; returns the names of those that were missing.
pub(super) async fn prepared(config: &Config) -> anyhow::Result<(Profiles, Vec<String>)> {
    let db = connect(&options(config)).await?;
    let applied = migration::bring_up_to_date(&db).await?;
    let secret = secret::read(config, true)?;
    match Profiles::open(db, secret.keys, Arc::new(SystemClock)).await {
        Ok(profiles) => {
            if let Some(file) = secret.made {
                tracing::warn!(file = %file.display(), "a secret key was made; keep a copy of it");
            }
            Ok((profiles.with_files_below(config.activation.folder.clone()), applied))
        }
        Err(error @ Error::Key(_)) if secret.made.is_some() => {
            // A new key for an old database: it must not lie there as if it were the right one.
            let file = secret.made.unwrap_or_default();
            std::fs::remove_file(&file).with_context(|| file.display().to_string())?;
            Err(error).context("there was no secret key")
        }
        Err(error) => Err(error.into()),
    }
}

/// Writes down what a command is about to change.
pub(super) async fn audited(
    profiles: &Profiles,
    action: &str,
    subject: Option<String>,
) -> anyhow::Result<()> {
    let deed =
        Deed { actor: "command line".to_owned(), action: action.to_owned(), subject, ..Deed::default() };
    profiles.audit(deed).await?;
    Ok(())
}

fn options(config: &Config) -> ConnectOptions {
    ConnectOptions { url: config.database_url.clone(), pool: config.database_connections.get() }
}
