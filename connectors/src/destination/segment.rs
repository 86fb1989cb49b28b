//! Another system that speaks the Segment tracking protocol: `identify` with what is known of a person, and `track` where one
//! comes in or goes. The id of a change is the `messageId`, by which the other side knows a repetition.

use ::http::Method;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{
    contract::{Batch, Change, Deed, Destination, Outcome, Person, Surroundings, Unfit},
    outcome::Parts,
    registry::Kind,
};
use crate::{
    connector::Check,
    error::Error,
    http::{Http, Limit, Request},
    secrets::Secrets,
    settings::{base_url, config, schema},
};

/// The largest batch in bytes: the protocol takes 500 KB.
const LARGEST: usize = 450_000;

pub(super) const KIND: Kind = Kind {
    name: "segment",
    title: "Segment protocol",
    description: "Identifies people to another system that takes the Segment tracking protocol, and tracks who comes into \
                  the audience and who leaves it.",
    config_schema: schema::<Config>,
    secrets_schema: schema::<Credentials>,
    limit: Limit { per_second: 20.0, burst: 20, concurrency: 2 },
    batch: 250,
    default_fields: &[
        ("email", "traits.email"),
        ("firstName", "traits.first_name"),
        ("lastName", "traits.last_name"),
    ],
    build,
};

/// Which system is told, and how people are called there.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Segment protocol")]
struct Config {
    /// Where the protocol is spoken; /v1/batch is added.
    #[schemars(title = "Address", example = &"https://api.segment.io")]
    base_url: Url,

    /// What people are called there: `profile` is the id that Rondom gives them, `user_id` your own id of the person; who has
    /// none is then not sent.
    #[serde(default)]
    #[schemars(title = "User id")]
    user_id: UserId,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UserId {
    #[default]
    Profile,
    UserId,
}

/// What proves who asks. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Segment protocol credentials")]
struct Credentials {
    /// The write key of the source at the other system.
    #[schemars(title = "Write key", with = "String", extend("format" = "password", "writeOnly" = true))]
    write_key: SecretString,
}

struct Forwarder {
    base_url: Url,
    user_id: UserId,
    write_key: SecretString,
    audience: String,
}

fn build(value: &Value, secrets: &Secrets, here: Surroundings<'_>) -> Result<Box<dyn Destination>, Error> {
    let config: Config = config(value)?;
    let Credentials { write_key } = secrets.parse()?;
    let (base_url, audience) = (base_url(&config.base_url)?, here.audience.to_owned());
    Ok(Box::new(Forwarder { base_url, user_id: config.user_id, write_key, audience }))
}

impl Forwarder {
    fn messages(&self, change: &Change) -> Vec<Value> {
        let at = instant(change.at);
        let (known, passage) = match &change.deed {
            Deed::Upsert { enters, person } => (Some(person), enters.then_some("Audience Entered")),
            Deed::Remove { .. } => (None, Some("Audience Exited")),
        };
        let handle = match &change.deed {
            Deed::Upsert { person, .. } => self.handle(person).ok().flatten(),
            Deed::Remove { handle, .. } => handle.clone(),
        };
        let user = handle.unwrap_or_else(|| change.person.clone());
        let mut messages = Vec::new();
        if let Some(person) = known {
            messages.push(json!({
                "type": "identify", "messageId": change.id, "userId": user, "timestamp": at, "traits": person.fields,
            }));
        }
        if let Some(event) = passage {
            messages.push(json!({
                "type": "track", "messageId": format!("{}-{}", change.id, if known.is_some() { "in" } else { "out" }),
                "userId": user, "timestamp": at, "event": event, "properties": { "audience": self.audience },
            }));
        }
        messages
    }

    async fn post(&self, http: &Http, body: Vec<u8>) -> Result<(), Error> {
        let request = Request::write(Method::POST, &self.base_url, &["v1", "batch"], body)
            .basic(&self.write_key, &SecretString::from(""));
        http.send(&request).await.map(drop)
    }

    async fn tell(&self, http: &Http, batch: Batch<'_>) -> Vec<Outcome> {
        let mut parts = Parts::of(batch.changes);
        while let Some(part) = parts.next() {
            let messages: Vec<Value> = part.iter().flat_map(|change| self.messages(change)).collect();
            let body = json!({ "batch": messages, "sentAt": instant(batch.now) }).to_string().into_bytes();
            if body.len() > LARGEST && parts.halve(part) {
                continue;
            }
            let outcome = Outcome::told(&self.post(http, body).await);
            parts.came_to(part, vec![outcome; part.len()]);
        }
        parts.outcomes()
    }
}

impl Destination for Forwarder {
    fn handle(&self, person: &Person) -> Result<Option<String>, Unfit> {
        match self.user_id {
            UserId::Profile => Ok(None),
            UserId::UserId => {
                person.first("user_id").map(|id| Some(id.to_owned())).ok_or(Unfit("has no user id of yours"))
            }
        }
    }

    fn check<'a>(&'a self, http: &'a Http, _: DateTime<Utc>) -> BoxFuture<'a, Result<Check, Error>> {
        Box::pin(async move {
            self.post(http, json!({ "batch": [] }).to_string().into_bytes()).await?;
            let host = self.base_url.host_str().unwrap_or_default();
            Ok(Check { account: format!("{host} takes the write key") })
        })
    }

    fn deliver<'a>(&'a self, http: &'a Http, batch: Batch<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(self.tell(http, batch))
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
