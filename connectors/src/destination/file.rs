//! A CSV or JSONL file on this server that always holds the whole audience.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    contract::{Batch, Deed, Destination, Outcome, Person, Surroundings, Unfit},
    registry::Kind,
    table::{Format, Rows, Table},
};
use crate::{
    connector::Check,
    error::Error,
    http::{Http, Limit},
    secrets::Secrets,
    settings::{config, schema},
};

pub(super) const KIND: Kind = Kind {
    name: "file",
    title: "File",
    description: "Keeps a CSV or JSONL file on this server that holds the whole audience, one row a person, and is replaced \
                  at once by each newer state. Copy it rather than move it away: what is missing is not written again.",
    config_schema: schema::<Config>,
    secrets_schema: schema::<Nothing>,
    limit: Limit { per_second: 1.0, burst: 1, concurrency: 1 },
    batch: 5_000,
    default_fields: &[
        ("email", "traits.email"),
        ("first_name", "traits.first_name"),
        ("last_name", "traits.last_name"),
    ],
    build,
};

/// Where the file is, and how it is written.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "File")]
struct Config {
    /// The path below the folder that the server's setting `activation.folder` names. No file may be there yet.
    #[schemars(title = "Path", example = &"crm/vip.csv")]
    path: String,

    /// How it is written. To change it, give another path or move the file away first.
    #[serde(default)]
    #[schemars(title = "Format")]
    format: Format,
}

/// No secrets.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "No secrets", extend("properties" = {}))]
pub(super) struct Nothing {}

struct ToFile(Table);

fn build(value: &Value, secrets: &Secrets, here: Surroundings<'_>) -> Result<Box<dyn Destination>, Error> {
    let Config { path, format } = config(value)?;
    let Nothing {} = secrets.parse()?;
    let key = "id";
    if here.fields.iter().any(|field| field == key) {
        let message = "the column id is the person's id already; call the field something else".to_owned();
        return Err(Error::Configuration { path: "mapping".to_owned(), message });
    }
    let folder = Table::check(here.folder, &path)?;
    Ok(Box::new(ToFile(Table { folder, path, format, key, columns: here.fields.to_vec() })))
}

impl Destination for ToFile {
    fn handle(&self, _: &Person) -> Result<Option<String>, Unfit> {
        Ok(None)
    }

    fn check<'a>(&'a self, _: &'a Http, _: DateTime<Utc>) -> BoxFuture<'a, Result<Check, Error>> {
        Box::pin(check(&self.0))
    }

    fn deliver<'a>(&'a self, _: &'a Http, batch: Batch<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        let rows = batch.changes.iter().map(|change| {
            let row = match &change.deed {
                Deed::Upsert { person, .. } => Some(person.fields.clone()),
                Deed::Remove { .. } => None,
            };
            (change.person.clone(), row)
        });
        Box::pin(write(&self.0, rows.collect(), batch.changes.len()))
    }

    fn claims(&self) -> Option<&str> {
        Some(&self.0.path)
    }

    fn vacant(&self) -> Result<(), Error> {
        self.0.vacant()
    }

    fn rest(&self, took: Duration) -> Duration {
        rest(took)
    }
}

/// A file is written anew for every change, however large it is: for a tenth of the time at most.
pub(super) fn rest(took: Duration) -> Duration {
    took * 9
}

/// Looks whether a file can be written.
pub(super) async fn check(table: &Table) -> Result<Check, Error> {
    let path = table.path.clone();
    let table = table.clone();
    let failed = |error: String| Error::Configuration { path: "path".to_owned(), message: error };
    let looked = tokio::task::spawn_blocking(move || table.look()).await;
    let bytes =
        looked.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    Ok(Check { account: format!("{path} can be written; it has {bytes} bytes") })
}

/// Merges rows into a file; what comes of it is the same for all.
pub(super) async fn write(table: &Table, rows: Rows, changes: usize) -> Vec<Outcome> {
    let path = table.path.clone();
    let table = table.clone();
    let written = tokio::task::spawn_blocking(move || table.merge(&rows)).await;
    let failure = match written {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(error) => Some(error.to_string()),
    };
    let outcome = match failure {
        None => Outcome::Delivered,
        Some(error) => Outcome::Retry { after: None, why: format!("{path}: {error}") },
    };
    vec![outcome; changes]
}
