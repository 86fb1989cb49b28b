//! An audience for advertising: people as hashes, in a file to upload or posted to a web address that passes them on.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use secrecy::{SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    contract::{Batch, Change, Deed, Destination, Outcome, Person, Surroundings, Unfit},
    file,
    hashed::{Platform, hash},
    outcome::Parts,
    registry::Kind,
    table::{Format, Table},
    webhook,
};
use crate::{
    connector::Check,
    error::Error,
    http::{Http, Limit},
    secrets::Secrets,
    settings::{config, schema},
};

pub(super) const KIND: Kind = Kind {
    name: "audience",
    title: "Hashed advertising audience",
    description: "Gives people to an advertising platform as SHA-256 of their normalised addresses, numbers and names: in a \
                  CSV file with the platform's columns, or posted to a web address of yours.",
    config_schema: schema::<Config>,
    secrets_schema: schema::<Credentials>,
    limit: Limit { per_second: 10.0, burst: 10, concurrency: 1 },
    batch: 1_000,
    default_fields: &[
        ("first_name", "traits.first_name"),
        ("last_name", "traits.last_name"),
        ("birth_date", "traits.birth_date"),
        ("gender", "traits.gender"),
        ("city", "traits.address.city"),
        ("postal_code", "traits.address.postal_code"),
        ("country", "traits.address.country"),
    ],
    build,
};

/// For which platform, and where it goes: to `path` or to `url`. The fields `first_name`, `last_name`, `birth_date`, `gender`,
/// `city`, `postal_code` and `country` are used, where the mapping has them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Hashed advertising audience")]
struct Config {
    /// Whose rules of normalising and whose columns.
    #[schemars(title = "Platform")]
    platform: Platform,

    /// A CSV file below the folder that the server's setting `activation.folder` names; it always holds the whole audience. None
    /// may be there yet.
    #[serde(default)]
    #[schemars(title = "Path", example = &"ads/vip.csv")]
    path: Option<String>,

    /// An address that additions and removals are posted to, signed as a webhook is.
    #[serde(default)]
    #[schemars(title = "Address", example = &"https://tools.example/hooks/ads")]
    url: Option<Url>,
}

/// What signs what is posted. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Audience secrets")]
struct Credentials {
    /// For an address: at least 24 bytes in base64, with or without `whsec_` before them.
    #[serde(default, deserialize_with = "given")]
    #[schemars(
        title = "Signing secret",
        with = "Option<String>",
        extend("format" = "password", "writeOnly" = true, "examples" = ["whsec_…"])
    )]
    signing_secret: Option<SecretString>,
}

/// A secret that is there is never null.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    SecretString::deserialize(deserializer).map(Some)
}

struct Hashed {
    platform: Platform,
    audience: String,
    to: To,
}

enum To {
    File(Table),
    Address(Url, Zeroizing<Vec<u8>>),
}

fn build(value: &Value, secrets: &Secrets, here: Surroundings<'_>) -> Result<Box<dyn Destination>, Error> {
    let Config { platform, path, url } = config(value)?;
    let Credentials { signing_secret } = secrets.parse()?;
    let wrong = |path: &str, message: &str| Error::Configuration {
        path: path.to_owned(),
        message: message.to_owned(),
    };
    let to = match (path, url) {
        (Some(path), None) => To::File(Table {
            folder: Table::check(here.folder, &path)?,
            path,
            format: Format::Csv,
            key: "id",
            columns: platform.columns().iter().map(|&name| name.to_owned()).collect(),
        }),
        (None, Some(url)) => {
            let secret = signing_secret
                .ok_or_else(|| wrong("secrets.signing_secret", "is needed for posting to an address"))?;
            To::Address(webhook::address(&url)?, webhook::key(&secret)?)
        }
        _ => return Err(wrong("path", "give either path or url")),
    };
    Ok(Box::new(Hashed { platform, audience: here.audience.to_owned(), to }))
}

impl Hashed {
    /// Additions and removals in one message, whose id follows from theirs.
    fn body(&self, changes: &[Change]) -> (String, Vec<u8>) {
        let (mut add, mut remove): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
        let known = |handle: &Option<String>| -> Map<String, Value> {
            handle.as_deref().and_then(|handle| serde_json::from_str(handle).ok()).unwrap_or_default()
        };
        for change in changes {
            match &change.deed {
                Deed::Upsert { person, .. } => {
                    add.extend(self.platform.row(person).map(Value::Object));
                }
                Deed::Remove { handle, stays } => {
                    let (mut gone, stays) = (known(handle), known(stays));
                    // By what is still theirs a platform would take them out.
                    gone.retain(|column, hash| stays.get(column) != Some(&*hash));
                    remove.extend((!gone.is_empty()).then_some(Value::Object(gone)));
                }
            }
        }
        let id = match changes {
            [one] => one.id.clone(),
            many => hash(&many.iter().map(|change| change.id.as_str()).collect::<Vec<_>>().join(" ")),
        };
        let at = changes.iter().map(|change| change.at).max().unwrap_or_default();
        let timestamp = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let data = json!({ "audience": self.audience, "add": add, "remove": remove });
        let body = json!({ "type": "audience.changed", "timestamp": timestamp, "data": data });
        (id, body.to_string().into_bytes())
    }

    async fn tell(&self, http: &Http, batch: Batch<'_>) -> Vec<Outcome> {
        let (url, key) = match &self.to {
            To::Address(url, key) => (url, key),
            To::File(table) => {
                let rows = batch.changes.iter().map(|change| {
                    let row = match &change.deed {
                        Deed::Upsert { person, .. } => self.platform.row(person),
                        Deed::Remove { .. } => None,
                    };
                    (hash(&change.person), row)
                });
                return file::write(table, rows.collect(), batch.changes.len()).await;
            }
        };
        let (mut parts, clock) = (Parts::of(batch.changes), batch.clock());
        while let Some(part) = parts.next() {
            let (id, body) = self.body(part);
            let request = webhook::message(url, key, &id, clock(), body);
            let outcome = Outcome::told(&http.send(&request).await);
            parts.came_to(part, vec![outcome; part.len()]);
        }
        parts.outcomes()
    }
}

impl Destination for Hashed {
    /// A platform knows people by the hashes of address and number alone, so those are kept.
    fn handle(&self, person: &Person) -> Result<Option<String>, Unfit> {
        let mut row = self.platform.row(person).ok_or(Unfit("has neither an e-mail address nor a number"))?;
        let known_by = self.platform.known_by();
        row.retain(|column, hash| known_by.contains(&column.as_str()) && *hash != "");
        Ok(matches!(self.to, To::Address(..)).then(|| Value::Object(row).to_string()))
    }

    fn check<'a>(&'a self, http: &'a Http, now: DateTime<Utc>) -> BoxFuture<'a, Result<Check, Error>> {
        match &self.to {
            To::File(table) => Box::pin(file::check(table)),
            To::Address(url, key) => Box::pin(webhook::check(http, url, key, now)),
        }
    }

    fn deliver<'a>(&'a self, http: &'a Http, batch: Batch<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(self.tell(http, batch))
    }

    fn claims(&self) -> Option<&str> {
        match &self.to {
            To::File(table) => Some(&table.path),
            To::Address(..) => None,
        }
    }

    fn vacant(&self) -> Result<(), Error> {
        match &self.to {
            To::File(table) => table.vacant(),
            To::Address(..) => Ok(()),
        }
    }

    fn rest(&self, took: Duration) -> Duration {
        match &self.to {
            To::File(_) => file::rest(took),
            To::Address(..) => Duration::ZERO,
        }
    }
}
