//! A web address of your own that hears of each change, signed as Standard Webhooks has it
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>): `webhook-id`,
//! `webhook-timestamp` and `webhook-signature`, HMAC-SHA256 over `id.timestamp.body`. A change that is sent again has the same id.

use ::http::Method;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::{StreamExt, future::BoxFuture, stream};
use hmac::{Hmac, KeyInit, Mac};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::{
    contract::{Batch, Change, Deed, Destination, Outcome, Person, Surroundings, Unfit},
    outcome::Calls,
    registry::Kind,
};
use crate::{
    connector::Check,
    error::Error,
    http::{Http, Limit, Request},
    secrets::Secrets,
    settings::{base_url, config, schema},
};

/// How many changes are under way at the same time.
const AT_ONCE: usize = 8;
/// The fewest bytes of a signing secret, as the specification has it.
const SHORTEST: usize = 24;

pub(super) const KIND: Kind = Kind {
    name: "webhook",
    title: "Webhook",
    description: "Posts each change as JSON to a web address of yours, signed as Standard Webhooks has it.",
    config_schema: schema::<Config>,
    secrets_schema: schema::<Credentials>,
    limit: Limit { per_second: 100.0, burst: 100, concurrency: AT_ONCE },
    batch: 100,
    default_fields: &[],
    build,
};

/// Where changes are posted to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Webhook")]
struct Config {
    /// The address that changes are posted to: https, or http on this machine. Answer 2xx once the change is safe with you;
    /// the same webhook-id may come again.
    #[schemars(title = "Address", example = &"https://tools.example/hooks/rondom")]
    url: Url,
}

/// What signs the changes. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Webhook secrets")]
struct Credentials {
    /// At least 24 bytes in base64, with or without `whsec_` before them: `openssl rand -base64 32` makes one.
    #[schemars(
        title = "Signing secret",
        with = "String",
        extend("format" = "password", "writeOnly" = true, "examples" = ["whsec_…"])
    )]
    signing_secret: SecretString,
}

struct Webhook {
    url: Url,
    key: Zeroizing<Vec<u8>>,
    audience: String,
}

fn build(value: &Value, secrets: &Secrets, here: Surroundings<'_>) -> Result<Box<dyn Destination>, Error> {
    let config: Config = config(value)?;
    let credentials: Credentials = secrets.parse()?;
    Ok(Box::new(Webhook {
        url: address(&config.url)?,
        key: key(&credentials.signing_secret)?,
        audience: here.audience.to_owned(),
    }))
}

/// An address may have a query, unlike those of vendors.
pub(super) fn address(url: &Url) -> Result<Url, Error> {
    let mut bare = url.clone();
    bare.set_query(None);
    base_url(&bare).map_err(|error| match error {
        Error::Configuration { message, .. } => Error::Configuration { path: "url".to_owned(), message },
        error => error,
    })?;
    Ok(url.clone())
}

/// The bytes of a signing secret.
pub(super) fn key(secret: &SecretString) -> Result<Zeroizing<Vec<u8>>, Error> {
    let text = secret.expose_secret();
    let decoded = BASE64_STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).map(Zeroizing::new);
    decoded.ok().filter(|key| key.len() >= SHORTEST).ok_or_else(|| Error::Configuration {
        path: "secrets.signing_secret".to_owned(),
        message: "expected at least 24 bytes in base64; `openssl rand -base64 32` makes them".to_owned(),
    })
}

/// A signed post of one message. Whoever gets it may refuse what is stamped minutes ago.
pub(super) fn message(url: &Url, key: &[u8], id: &str, now: DateTime<Utc>, body: Vec<u8>) -> Request {
    let timestamp = now.timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&body);
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    Request::write(Method::POST, url, &[], body)
        .header("webhook-id", id.to_owned())
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", format!("v1,{signature}"))
}

impl Webhook {
    fn body(&self, change: &Change) -> Vec<u8> {
        let (name, known) = match &change.deed {
            Deed::Upsert { enters, person } => {
                let name = if *enters { "audience.entered" } else { "audience.updated" };
                (name, json!({ "identifiers": person.identifiers, "fields": person.fields }))
            }
            Deed::Remove { .. } => ("audience.left", json!({})),
        };
        let mut data = json!({ "person": change.person, "audience": self.audience });
        if let (Value::Object(data), Value::Object(known)) = (&mut data, known) {
            data.extend(known);
        }
        let timestamp = change.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        json!({ "type": name, "timestamp": timestamp, "data": data }).to_string().into_bytes()
    }
}

impl Destination for Webhook {
    fn handle(&self, _: &Person) -> Result<Option<String>, Unfit> {
        Ok(None)
    }

    fn check<'a>(&'a self, http: &'a Http, now: DateTime<Utc>) -> BoxFuture<'a, Result<Check, Error>> {
        Box::pin(check(http, &self.url, &self.key, now))
    }

    fn deliver<'a>(&'a self, http: &'a Http, batch: Batch<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        let (calls, clock) = (Calls::default(), batch.clock());
        let posts = stream::iter(batch.changes).map(move |change| {
            calls.clone().make(async move {
                let request = message(&self.url, &self.key, &change.id, clock(), self.body(change));
                Outcome::told(&http.send(&request).await)
            })
        });
        Box::pin(posts.buffered(AT_ONCE).collect())
    }
}

/// Posts a message that says nothing.
pub(super) async fn check(http: &Http, url: &Url, key: &[u8], now: DateTime<Utc>) -> Result<Check, Error> {
    let body = json!({ "type": "check", "data": {} }).to_string().into_bytes();
    http.send(&message(url, key, "check", now, body)).await?;
    Ok(Check { account: format!("{} took a test message", url.host_str().unwrap_or_default()) })
}
