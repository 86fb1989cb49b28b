//! `rondom serve`: the API, the schedule and the derivation of profiles.

use anyhow::bail;
use profiles::{Profiles, access::Role};

use super::{open, out, server::Server, stop};
use crate::{
    config::{Config, ConfigArgs, Loaded},
    telemetry,
};

pub(super) async fn run(args: &ConfigArgs) -> anyhow::Result<()> {
    let config = Loaded::read(args, std::env::vars_os())?.config;
    telemetry::start_logs(&config)?;
    let stop = stop::on_signal(None);
    let profiles = open::ready(&config).await?;
    let key = first_key(&profiles, &config).await?;
    let server = Server::bind(&config).await?;
    let url = server.url();
    out::line(format_args!("Rondom answers at {url}/graphql"))?;
    if let Some(key) = &key {
        out::line(format_args!("API key of the role admin, shown this once: {key}"))?;
    }
    if config.http.graphiql {
        let key = key.map(|key| format!("#key={key}")).unwrap_or_default();
        out::line(format_args!("GraphiQL: {url}/graphiql{key}"))?;
    }
    tracing::info!(address = url, "serving");
    server.run(profiles, &config, stop).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Makes the first key where only this machine can ask; anywhere else one must exist.
async fn first_key(profiles: &Profiles, config: &Config) -> anyhow::Result<Option<String>> {
    if profiles.has_keys().await? {
        return Ok(None);
    }
    if !config.listen.ip().to_canonical().is_loopback() {
        bail!(
            "there is no API key, and {} can be reached from other machines: make one first with \
             `rondom keys create --name NAME --role admin`",
            config.listen
        );
    }
    let (_, key) = profiles.create_key("first key", Role::Admin).await?;
    Ok(Some(key))
}
