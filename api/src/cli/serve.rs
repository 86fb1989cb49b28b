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
    open::audited(profiles, "keys create", None).await?;
    let (_, key) = profiles.create_key("first key", Role::Admin, None).await?;
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_key_is_made_once_and_written_down() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            database_url: format!("sqlite://{}", folder.path().join("rondom.db").display()),
            secret_key_file: Some(folder.path().join("rondom.key")),
            ..Config::default()
        };
        let profiles = open::ready(&config).await.unwrap();
        assert!(first_key(&profiles, &config).await.unwrap().is_some());
        assert!(first_key(&profiles, &config).await.unwrap().is_none());
        let entries = profiles.audit_entries(None, 10).await.unwrap();
        let made = entries.iter().filter(|entry| entry.deed.action == "keys create");
        assert_eq!(made.count(), 1, "{entries:?}");
    }
}
