//! `rondom connectors`: which outside systems are read.

use std::{io::Read, path::PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use profiles::{
    Profiles,
    sync::{ConnectorInfo, NewConnector},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::{open, out};
use crate::config::StoreArgs;

/// Connectors: which outside systems are read, and how.
#[derive(Debug, Args)]
pub(super) struct Connectors {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the kinds of connector there are
    Kinds {
        /// Write a JSON array, with the JSON Schemas of settings and secrets
        #[arg(long)]
        json: bool,
    },
    /// List the configured connectors
    List {
        /// Write a JSON array; secrets are never part of it
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Configure a connector; its settings are checked before anything is written
    Add(Add),
    /// Forget a connector's settings, secrets and cursors; what it read stays
    Remove {
        /// Its key
        key: String,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Call the outside system once and say which account answers
    Check {
        /// Its key
        key: String,
        #[command(flatten)]
        store: StoreArgs,
    },
}

const EXAMPLE: &str = "For example:
  rondom connectors add --kind woocommerce --set base_url=https://shop.example \\
    --secret consumer_key=@key.txt --secret consumer_secret=env:SHOP_SECRET";

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLE)]
struct Add {
    /// Its kind, as `connectors kinds` lists them
    #[arg(long)]
    kind: String,

    /// Short unique name of lower-case letters, digits, - and _ [default: the kind]
    #[arg(long)]
    key: Option<String>,

    /// What people see [default: the kind's title]
    #[arg(long)]
    name: Option<String>,

    /// A file with the settings as one JSON object, or - for standard input
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,

    /// One setting; the value is JSON, or else a text. Wins over the file
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,

    /// One secret: @FILE reads it from a file (@- from standard input), env:NAME from an environment variable.
    /// A value that stands here itself shows in the list of processes and the shell's history
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    secret: Vec<(String, String)>,

    /// When it runs: a cron expression of five fields [default: the kind's]
    #[arg(long, value_name = "CRON")]
    schedule: Option<String>,

    /// The time zone of the schedule, as in Europe/Amsterdam [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,

    /// Each run starts up to so many seconds late, 0 to 86400
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    jitter_seconds: i32,

    /// How much its values are believed, 0 to 100 [default: by category]
    #[arg(long)]
    trust: Option<i32>,

    /// Leave it out of the schedule
    #[arg(long)]
    disabled: bool,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: Connectors) -> anyhow::Result<()> {
    match args.command {
        Command::Kinds { json } => kinds(json),
        Command::List { json, store } => list(json, store).await,
        Command::Add(add) => self::add(add).await,
        Command::Remove { key, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            let connector = find(&profiles, &key).await?;
            open::audited(&profiles, "connectors remove", Some(format!("Connector:{}", connector.source.id)))
                .await?;
            profiles.delete_connector(connector.source.id).await?;
            out::line(format_args!("removed {key}; what it read stays"))?;
            Ok(())
        }
        Command::Check { key, store } => {
            let profiles = open::existing(&open::settings(store)?).await?;
            let connector = find(&profiles, &key).await?;
            let check = profiles.check_connector(connector.source.id).await?;
            out::line(format_args!("{key}: {} answers", check.account))?;
            Ok(())
        }
    }
}

fn kinds(json: bool) -> anyhow::Result<()> {
    if json {
        let all = connectors::kinds().iter().map(|kind| {
            json!({
                "kind": kind.name,
                "title": kind.title,
                "category": kind.category,
                "description": kind.description,
                "authentication": kind.authentication,
                "defaultSchedule": kind.default_schedule,
                "settings": (kind.config_schema)(),
                "secrets": (kind.secrets_schema)(),
                "streams": (kind.streams)(),
            })
        });
        out::json(&all.collect::<Vec<_>>())?;
        return Ok(());
    }
    for kind in connectors::kinds() {
        out::line(format_args!("{}: {}. {}", kind.name, kind.title, kind.description))?;
        for (what, schema) in [("setting", (kind.config_schema)()), ("secret", (kind.secrets_schema)())] {
            for line in fields(&schema) {
                out::line(format_args!("  {what} {line}"))?;
            }
        }
    }
    Ok(())
}

/// The fields of a form: name, title and whether it must be filled in.
fn fields(schema: &Value) -> Vec<String> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = schema["properties"].as_object().into_iter().flatten();
    let line = |(name, field): (&String, &Value)| {
        let title = field["title"].as_str().unwrap_or_default();
        let required = if required.contains(&name.as_str()) { " (required)" } else { "" };
        format!("{name}{required}: {title}")
    };
    fields.map(line).collect()
}

async fn list(json: bool, store: StoreArgs) -> anyhow::Result<()> {
    let all = open::existing(&open::settings(store)?).await?.connectors().await?;
    if json {
        let all = all.iter().map(|connector| {
            json!({
                "key": connector.source.key,
                "name": connector.source.name,
                "kind": connector.kind,
                "settings": connector.config,
                "hasSecrets": connector.has_secrets,
                "enabled": connector.enabled,
                "schedule": connector.schedule,
                "timeZone": connector.time_zone,
                "jitterSeconds": connector.jitter_seconds,
                "trust": connector.source.trust,
                "running": connector.running,
                "nextRunAt": connector.next_run_at,
            })
        });
        out::json(&all.collect::<Vec<_>>())?;
        return Ok(());
    }
    let mut rows = vec![["key", "kind", "name", "schedule", "next run"].map(str::to_owned)];
    for connector in all {
        let next = match connector.next_run_at {
            _ if connector.running => "running".to_owned(),
            Some(next) => next.format("%F %R UTC").to_string(),
            None => "disabled".to_owned(),
        };
        let schedule = format!("{} ({})", connector.schedule, connector.time_zone);
        rows.push([connector.source.key, connector.kind, connector.source.name, schedule, next]);
    }
    out::table(&rows)?;
    Ok(())
}

async fn add(args: Add) -> anyhow::Result<()> {
    let mut config = match &args.settings {
        Some(file) => read_settings(file)?,
        None => Map::new(),
    };
    for (name, value) in args.set {
        let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
        config.insert(name, value);
    }
    let secrets = args.secret.into_iter().map(|(name, value)| {
        let value = secret(&value).with_context(|| format!("secret {name}"))?;
        Ok((name, Value::String(value)))
    });
    let secrets = secrets.collect::<anyhow::Result<Map<_, _>>>()?;

    let profiles = open::existing(&open::settings(args.store)?).await?;
    open::audited(&profiles, "connectors add", None).await?;
    let connector = profiles
        .create_connector(NewConnector {
            kind: args.kind,
            key: args.key,
            name: args.name,
            config: Value::Object(config),
            secrets: if secrets.is_empty() { Value::Null } else { Value::Object(secrets) },
            schedule: args.schedule,
            time_zone: args.time_zone,
            jitter_seconds: args.jitter_seconds,
            trust: args.trust,
            enabled: !args.disabled,
        })
        .await?;
    let key = &connector.source.key;
    out::line(format_args!(
        "added {key}; `rondom connectors check {key}` tries it, `rondom sync {key}` reads it"
    ))?;
    Ok(())
}

async fn find(profiles: &Profiles, key: &str) -> anyhow::Result<ConnectorInfo> {
    let all = profiles.connectors().await?;
    let known: Vec<_> = all.iter().map(|connector| connector.source.key.clone()).collect();
    all.into_iter().find(|connector| connector.source.key == key).ok_or_else(|| match known.as_slice() {
        [] => anyhow!("there is no connector {key:?}, and no other either"),
        known => anyhow!("there is no connector {key:?}; there are {}", known.join(", ")),
    })
}

fn read_settings(file: &std::path::Path) -> anyhow::Result<Map<String, Value>> {
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin().lock())?
    } else {
        std::fs::read_to_string(file).with_context(|| file.display().to_string())?
    };
    match serde_json::from_str(&text).with_context(|| file.display().to_string())? {
        Value::Object(settings) => Ok(settings),
        _ => bail!("{}: expected one JSON object", file.display()),
    }
}

/// The secret that a setting holds or names.
pub(super) fn secret_setting(
    name: &str,
    value: Option<&SecretString>,
) -> anyhow::Result<Option<SecretString>> {
    let read = |value: &SecretString| secret(value.expose_secret()).context(name.to_owned());
    Ok(value.map(read).transpose()?.map(SecretString::from))
}

/// Where a secret stands: in a file, in the environment, or here. Line ends at its end are no part of it.
fn secret(value: &str) -> anyhow::Result<String> {
    let text = if value == "@-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text)?;
        text
    } else if let Some(file) = value.strip_prefix('@') {
        std::fs::read_to_string(file).with_context(|| file.to_owned())?
    } else if let Some(variable) = value.strip_prefix("env:") {
        std::env::var(variable).with_context(|| format!("environment variable {variable}"))?
    } else {
        value.to_owned()
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_where_it_stands() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "s3cret=\n").unwrap();
        assert_eq!(secret(&format!("@{}", file.path().display())).unwrap(), "s3cret=");
        assert_eq!(secret("plain").unwrap(), "plain");
        let error = format!("{:#}", secret("env:RONDOM_TEST_ABSENT").unwrap_err());
        assert!(error.contains("RONDOM_TEST_ABSENT"), "{error}");
    }

    #[test]
    fn a_value_may_hold_further_equal_signs() {
        assert_eq!(pair("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert!(pair("=b").is_err() && pair("ab").is_err());
    }

    #[test]
    fn every_kind_names_its_fields() {
        for kind in connectors::kinds() {
            assert!(fields(&(kind.secrets_schema)()).iter().any(|line| line.contains("(required)")));
        }
    }
}
