//! `rondom sync`: connectors are run now.

use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use futures_util::{StreamExt, stream};
use profiles::{
    Profiles,
    sync::{ConnectorInfo, Run, Trigger},
};
use tokio::sync::watch;

use super::{
    open, out,
    progress::{self, Progress},
    stop,
};
use crate::config::StoreArgs;

/// How many connectors run at a time.
const AT_ONCE: usize = 4;

/// Read what changed at the sources since the last time.
///
/// Each page is stored with the place where to go on, so a run that was stopped or killed loses nothing. Ctrl-C stops
/// after the page under way. The exit code is 1 if any run failed.
#[derive(Debug, Args)]
pub(super) struct Sync {
    /// Keys of the connectors to run [default: all that are enabled]
    #[arg(value_name = "CONNECTOR")]
    keys: Vec<String>,

    #[command(flatten)]
    store: StoreArgs,
}

/// How the run of one connector ended.
pub(super) struct Outcome {
    pub(super) key: String,
    pub(super) run: anyhow::Result<Run>,
}

impl Outcome {
    pub(super) fn succeeded(&self) -> bool {
        self.run.as_ref().is_ok_and(|run| run.state == "succeeded")
    }

    /// The run in one line.
    pub(super) fn line(&self) -> String {
        match &self.run {
            Err(error) => format!("{}: failed: {error:#}", self.key),
            Ok(run) => {
                let read = out::thousands(progress::count(run.read));
                let rate = out::thousands(progress::rate(run));
                let problem = run.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
                let counts = progress::counts(run);
                format!("{}: {}, {read} read, {counts}, {rate}/s{problem}", self.key, run.state)
            }
        }
    }
}

pub(super) async fn run(args: Sync) -> anyhow::Result<()> {
    let profiles = open::for_facts(&open::settings(args.store)?).await?;
    let chosen = choose(profiles.connectors().await?, &args.keys)?;
    let stop = stop::on_signal(Some(stop::AFTER_PAGE));
    let outcomes = run_all(&profiles, &chosen, stop).await;
    let mut failed = 0;
    for outcome in &outcomes {
        out::line(outcome.line())?;
        failed += usize::from(!outcome.succeeded());
    }
    if failed > 0 {
        bail!(
            "{failed} of {} runs did not succeed; the next sync goes on where they stopped",
            outcomes.len()
        );
    }
    Ok(())
}

fn choose(all: Vec<ConnectorInfo>, keys: &[String]) -> anyhow::Result<Vec<ConnectorInfo>> {
    if all.is_empty() {
        bail!("no connector is configured; `rondom connectors add` does that");
    }
    if keys.is_empty() {
        let enabled: Vec<_> = all.into_iter().filter(|connector| connector.enabled).collect();
        if enabled.is_empty() {
            bail!("no connector is enabled; name the ones to run");
        }
        return Ok(enabled);
    }
    if let Some(unknown) = keys.iter().find(|key| all.iter().all(|connector| connector.source.key != **key)) {
        let known: Vec<_> = all.iter().map(|connector| connector.source.key.as_str()).collect();
        bail!("there is no connector {unknown:?}; there are {}", known.join(", "));
    }
    Ok(all.into_iter().filter(|connector| keys.contains(&connector.source.key)).collect())
}

/// Runs connectors beside each other and shows their progress.
pub(super) async fn run_all(
    profiles: &Profiles,
    connectors: &[ConnectorInfo],
    stop: watch::Receiver<bool>,
) -> Vec<Outcome> {
    let progress = Arc::new(Progress::of(connectors.iter().map(|connector| connector.source.key.as_str())));
    let runs = connectors.iter().map(|connector| {
        let (key, id) = (connector.source.key.clone(), connector.source.id);
        let (profiles, progress, stop) = (profiles.clone(), Arc::clone(&progress), stop.clone());
        let bar = progress.run(&key);
        async move {
            // A task of its own, so that runs share the processor's cores.
            let run = tokio::spawn(async move {
                let run = profiles.run_connector(id, Trigger::Manual, stop, |run| bar.report(run)).await;
                bar.end();
                run
            });
            let run = run.await.map_err(anyhow::Error::from).and_then(|run| Ok(run?));
            Outcome { key, run }
        }
    });
    stream::iter(runs).buffered(AT_ONCE).collect().await
}
