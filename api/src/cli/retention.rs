//! `rondom retention`: what is too old to be kept.

use clap::{Args, Subcommand};
use profiles::{Profiles, retention::Expiring};

use super::{open, out, progress};
use crate::config::{Config, StoreArgs};

/// How long what is kept: the limits of `[retention]` in the settings.
#[derive(Debug, Args)]
pub(super) struct Retention {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Count what is too old by the configured limits, and remove nothing
    Preview(StoreArgs),
    /// Bring the configured limits into force at once, and remove what is too old. It cannot be undone
    ///
    /// `serve` does this once a day, and announces new or shorter limits in the audit log a day before they come into
    /// force.
    Run(StoreArgs),
}

const ACTOR: &str = "command line";

pub(super) async fn run(args: Retention) -> anyhow::Result<()> {
    match args.command {
        Command::Preview(store) => {
            let (config, profiles) = opened(store).await?;
            let waiting = progress::spinner("counting");
            let expiring = profiles.preview_retention(&config.retention).await?;
            waiting.finish_and_clear();
            told(&profiles, &expiring).await
        }
        Command::Run(store) => {
            let (config, profiles) = opened(store).await?;
            open::audited(&profiles, "retention run", None).await?;
            let waiting = progress::spinner("removing what is too old");
            profiles.adopt_retention(&config.retention).await?;
            let expiring = profiles.apply_retention(ACTOR).await?;
            // Where a server is at it already, it goes on with this.
            profiles.retain(|| true).await?;
            profiles.drain(profiles.now()).await?;
            waiting.finish_and_clear();
            told(&profiles, &expiring).await
        }
    }
}

async fn opened(store: StoreArgs) -> anyhow::Result<(Config, Profiles)> {
    let config = open::settings(store)?;
    let profiles = open::existing(&config).await?;
    Ok((config, profiles))
}

async fn told(profiles: &Profiles, expiring: &[Expiring]) -> anyhow::Result<()> {
    if expiring.is_empty() {
        return Ok(out::line("nothing is too old")?);
    }
    let sources = profiles.sources().await?;
    let heading = ["source", "kind", "rows", "oldest"].map(str::to_owned);
    let rows = expiring.iter().map(|expiring| {
        let source = expiring.source.and_then(|id| sources.get(&id));
        [
            source.map_or_else(|| "–".to_owned(), |source| source.key.clone()),
            expiring.kind.as_str().to_owned(),
            out::thousands(expiring.rows),
            expiring.oldest.format("%F").to_string(),
        ]
    });
    Ok(out::table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>())?)
}
