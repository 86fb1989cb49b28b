//! A static list in HubSpot: who comes in becomes a contact, by e-mail address, with the mapped properties, and a member of the
//! list; who leaves is taken off the list and stays a contact. No property is ever emptied: HubSpot may know what Rondom does not.

use std::collections::HashMap;

use ::http::Method;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    contract::{Batch, Change, Deed, Destination, Outcome, Person, Surroundings, Unfit},
    outcome::Parts,
    registry::Kind,
    table::text,
};
use crate::{
    connector::Check,
    error::Error,
    http::{Http, Limit, Request},
    lenient::Id,
    secrets::Secrets,
    settings::{base_url, config, schema},
};

pub(super) const KIND: Kind = Kind {
    name: "hubspot",
    title: "HubSpot",
    description: "Makes people contacts in HubSpot, with properties from the profile, and keeps a static list of them. Who \
                  leaves is taken off the list and stays a contact. No property is emptied.",
    config_schema: schema::<Config>,
    secrets_schema: schema::<Credentials>,
    limit: Limit { per_second: 8.0, burst: 20, concurrency: 2 },
    // The most that HubSpot takes at once.
    batch: 100,
    default_fields: &[("firstname", "traits.first_name"), ("lastname", "traits.last_name")],
    build,
};

/// Which list. The mapping's fields are internal names of contact properties.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "HubSpot")]
struct Config {
    /// The id of a static contact list, from its address in HubSpot.
    #[schemars(title = "List id", example = &"42")]
    list: String,

    /// Where the API is. Only a test server needs another address.
    #[serde(default = "api")]
    #[schemars(title = "API address", example = &"https://api.hubapi.com")]
    base_url: Url,
}

/// What proves who asks. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "HubSpot credentials")]
struct Credentials {
    /// The access token of a private app with the scopes crm.objects.contacts.write, crm.objects.contacts.read, crm.lists.read
    /// and crm.lists.write.
    #[schemars(
        title = "Access token",
        with = "String",
        extend("format" = "password", "writeOnly" = true, "examples" = ["pat-eu1-…"])
    )]
    access_token: SecretString,
}

fn api() -> Url {
    Url::parse("https://api.hubapi.com").expect("a constant address")
}

struct HubSpot {
    base_url: Url,
    token: SecretString,
    list: String,
}

/// Contacts as a batch end point returns them.
#[derive(Deserialize)]
struct Contacts {
    results: Vec<Contact>,
    /// Of some alone: HTTP 207.
    #[serde(default)]
    errors: Vec<Refusal>,
}

/// Why some contacts were not taken.
#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    /// Lists of texts by name, among them the ids that it is about.
    #[serde(default)]
    context: Map<String, Value>,
}

impl Refusal {
    fn is_about(&self, email: &str) -> bool {
        let named = self.context.values().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        named.map(str::to_lowercase).any(|named| named == email)
    }
}

/// What became of contacts.
struct Found {
    /// The ids of contacts by address in lower case.
    ids: HashMap<String, String>,
    refused: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Contact {
    id: Id,
    #[serde(default)]
    properties: Map<String, Value>,
}

fn build(value: &Value, secrets: &Secrets, _: Surroundings<'_>) -> Result<Box<dyn Destination>, Error> {
    let config: Config = config(value)?;
    let Credentials { access_token } = secrets.parse()?;
    if config.list.is_empty() || !config.list.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = "expected the id of a list: digits".to_owned();
        return Err(Error::Configuration { path: "list".to_owned(), message });
    }
    Ok(Box::new(HubSpot { base_url: base_url(&config.base_url)?, token: access_token, list: config.list }))
}

impl HubSpot {
    async fn call(
        &self,
        http: &Http,
        method: Method,
        segments: &[&str],
        body: &Value,
    ) -> Result<Vec<u8>, Error> {
        let body = body.to_string().into_bytes();
        let request = Request::write(method, &self.base_url, segments, body).bearer(&self.token);
        Ok(http.send(&request).await?.body)
    }

    /// Contacts, after a call that tells them.
    async fn contacts(&self, http: &Http, end_point: &str, body: &Value) -> Result<Found, Error> {
        let segments = ["crm", "v3", "objects", "contacts", "batch", end_point];
        let answer = self.call(http, Method::POST, &segments, body).await?;
        let found: Contacts = serde_json::from_slice(&answer).map_err(|_| Error::Malformed {
            url: Request::get(&self.base_url, &segments).place(),
            message: "expected contacts with their ids".to_owned(),
        })?;
        let of = |contact: Contact| {
            Some((contact.properties.get("email")?.as_str()?.to_lowercase(), contact.id.0))
        };
        Ok(Found { ids: found.results.into_iter().filter_map(of).collect(), refused: found.errors })
    }

    async fn on_list(&self, http: &Http, what: &str, ids: &[&String]) -> Result<(), Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let segments = ["crm", "v3", "lists", &self.list, "memberships", what];
        self.call(http, Method::PUT, &segments, &json!(ids)).await.map(drop)
    }

    /// Puts people in. Of those whom HubSpot neither returns nor refuses nothing is known.
    async fn put_in(&self, http: &Http, people: &[(&str, &Person)]) -> Result<Vec<Outcome>, Error> {
        let inputs: Vec<Value> = people
            .iter()
            .map(|(email, person)| {
                let mut properties: Map<String, Value> = person
                    .fields
                    .iter()
                    .filter_map(|(name, value)| Some((name.clone(), property(value)?)))
                    .collect();
                properties.insert("email".to_owned(), (*email).into());
                json!({ "idProperty": "email", "id": email, "properties": properties })
            })
            .collect();
        let Found { ids, refused } = self.contacts(http, "upsert", &json!({ "inputs": inputs })).await?;
        self.on_list(http, "add", &ids.values().collect::<Vec<_>>()).await?;
        let of = |(email, _): &(&str, &Person)| {
            let email = email.to_lowercase();
            if ids.contains_key(&email) {
                return Outcome::Delivered;
            }
            match refused.iter().find(|refusal| refusal.is_about(&email)) {
                Some(refusal) => Outcome::Refused { why: format!("HubSpot: {}", refusal.message) },
                None => Outcome::Retry { after: None, why: "HubSpot did not return the contact".to_owned() },
            }
        };
        Ok(people.iter().map(of).collect())
    }

    /// Takes people off the list. Who is no contact is on none.
    async fn take_out(&self, http: &Http, emails: &[&str]) -> Result<(), Error> {
        let inputs: Vec<Value> = emails.iter().map(|email| json!({ "id": email })).collect();
        let body = json!({ "idProperty": "email", "properties": ["email"], "inputs": inputs });
        let ids = match self.contacts(http, "read", &body).await {
            Err(Error::Status { status: 404, .. }) => return Ok(()),
            found => found?.ids,
        };
        self.on_list(http, "remove", &ids.values().collect::<Vec<_>>()).await
    }

    async fn some(&self, http: &Http, part: &[Change]) -> Vec<Outcome> {
        let (mut coming, mut going) = (Vec::new(), Vec::new());
        for change in part {
            match &change.deed {
                Deed::Upsert { person, .. } => {
                    coming.push((person.first("email").unwrap_or_default(), person));
                }
                Deed::Remove { handle, .. } => going.push(handle.as_deref().unwrap_or_default()),
            }
        }
        let removed = if going.is_empty() {
            Outcome::Delivered
        } else {
            Outcome::told(&self.take_out(http, &going).await)
        };
        let put = if coming.is_empty() { Ok(Vec::new()) } else { self.put_in(http, &coming).await };
        let mut put = put.unwrap_or_else(|error| vec![Outcome::of(&error); coming.len()]).into_iter();
        part.iter()
            .map(|change| match &change.deed {
                Deed::Upsert { .. } => put.next().unwrap_or(Outcome::Delivered),
                Deed::Remove { .. } => removed.clone(),
            })
            .collect()
    }
}

/// A value as a property takes it: a list has its parts separated by semicolons. None where nothing is known, which leaves what
/// HubSpot knows.
fn property(value: &Value) -> Option<Value> {
    let text = match value {
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(";"),
        other => text(other),
    };
    (!text.is_empty()).then(|| text.into())
}

impl Destination for HubSpot {
    fn handle(&self, person: &Person) -> Result<Option<String>, Unfit> {
        person.first("email").map(|email| Some(email.to_lowercase())).ok_or(Unfit("has no e-mail address"))
    }

    fn check<'a>(&'a self, http: &'a Http, _: DateTime<Utc>) -> BoxFuture<'a, Result<Check, Error>> {
        Box::pin(async move {
            #[derive(Deserialize)]
            struct Answer {
                list: List,
            }
            #[derive(Deserialize)]
            #[serde(rename_all = "camelCase")]
            struct List {
                name: String,
                #[serde(default)]
                processing_type: String,
            }
            let request =
                Request::get(&self.base_url, &["crm", "v3", "lists", &self.list]).bearer(&self.token);
            let List { name, processing_type } = http.json::<Answer>(&request).await?.body.list;
            if processing_type == "DYNAMIC" {
                let message = "HubSpot fills this list by itself; give the id of a static one".to_owned();
                return Err(Error::Configuration { path: "list".to_owned(), message });
            }
            Ok(Check { account: format!("list {name} ({})", self.list) })
        })
    }

    fn deliver<'a>(&'a self, http: &'a Http, batch: Batch<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            let mut parts = Parts::of(batch.changes);
            while let Some(part) = parts.next() {
                let outcomes = self.some(http, part).await;
                parts.came_to(part, outcomes);
            }
            parts.outcomes()
        })
    }
}
