//! A tag in a Mailchimp audience: who comes in is made a member, unless there, with the mapped merge fields, and gets the tag;
//! who leaves loses the tag and stays a member. Nobody's subscription is ever changed, and no field is ever emptied: Mailchimp may
//! know what Rondom does not.

use ::http::Method;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, future::BoxFuture, stream};
use md5::{Digest, Md5};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    contract::{Batch, Change, Deed, Destination, Outcome, Person, Surroundings, Unfit},
    outcome::Calls,
    registry::Kind,
    table::text,
};
use crate::{
    connector::Check,
    error::Error,
    http::{Http, Limit, Request},
    mailchimp::address,
    secrets::Secrets,
    settings::{config, schema},
};

/// How many people are under way at the same time.
const AT_ONCE: usize = 4;

pub(super) const KIND: Kind = Kind {
    name: "mailchimp",
    title: "Mailchimp",
    description: "Gives the members of a Mailchimp audience a tag, with merge fields from the profile, and takes it away \
                  from those who leave. Nobody is deleted, nobody's subscription is changed, and no field is emptied.",
    config_schema: schema::<Config>,
    secrets_schema: schema::<Credentials>,
    // As the connector: Mailchimp refuses the eleventh simultaneous connection of an account.
    limit: Limit { per_second: 10.0, burst: 10, concurrency: AT_ONCE },
    batch: 100,
    default_fields: &[("FNAME", "traits.first_name"), ("LNAME", "traits.last_name")],
    build,
};

/// Which audience and tag. The mapping's fields are merge fields.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mailchimp")]
struct Config {
    /// The id of the audience, from its settings in Mailchimp.
    #[schemars(title = "Audience id", example = &"a1b2c3d4e5")]
    list: String,

    /// The tag that people get; the name of the segment unless given.
    #[serde(default)]
    #[schemars(title = "Tag")]
    tag: Option<String>,

    /// What becomes of somebody who is not in the audience yet: `subscribed` only where your purpose asks for consent to
    /// e-mail, `transactional` otherwise.
    #[serde(default)]
    #[schemars(title = "New members")]
    new_members: NewMembers,

    /// Where the API is, unless the key's ending says so. Only a test server needs another address.
    #[serde(default)]
    #[schemars(title = "API address")]
    base_url: Option<Url>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NewMembers {
    /// They get no campaigns.
    #[default]
    Transactional,
    /// They get campaigns.
    Subscribed,
    /// They are asked to confirm first.
    Pending,
}

/// What proves who asks. It is stored encrypted and never shown again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Mailchimp credentials")]
struct Credentials {
    /// An API key with its ending, which names the data centre: `…-us3`.
    #[schemars(
        title = "API key",
        with = "String",
        extend("format" = "password", "writeOnly" = true, "examples" = ["…-us3"])
    )]
    api_key: SecretString,
}

struct Mailchimp {
    base_url: Url,
    key: SecretString,
    list: String,
    tag: String,
    status_if_new: &'static str,
}

fn build(value: &Value, secrets: &Secrets, here: Surroundings<'_>) -> Result<Box<dyn Destination>, Error> {
    let config: Config = config(value)?;
    let Credentials { api_key } = secrets.parse()?;
    if config.list.is_empty() || !config.list.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = "expected the id of an audience: letters and digits".to_owned();
        return Err(Error::Configuration { path: "list".to_owned(), message });
    }
    Ok(Box::new(Mailchimp {
        base_url: address(config.base_url.as_ref(), &api_key)?,
        key: api_key,
        list: config.list,
        tag: config.tag.unwrap_or_else(|| here.audience.to_owned()),
        status_if_new: match config.new_members {
            NewMembers::Transactional => "transactional",
            NewMembers::Subscribed => "subscribed",
            NewMembers::Pending => "pending",
        },
    }))
}

/// What Mailchimp calls a member by.
fn subscriber(email: &str) -> String {
    hex::encode(Md5::digest(email.to_lowercase().as_bytes()))
}

impl Mailchimp {
    /// What a member is called by follows from the address, and nobody else is to read it.
    async fn call(
        &self,
        http: &Http,
        method: Method,
        member: &str,
        below: &[&str],
        body: &Value,
    ) -> Result<(), Error> {
        let segments = [&["3.0", "lists", self.list.as_str(), "members", member], below].concat();
        // Mailchimp looks at the password alone.
        let request = Request::write(method, &self.base_url, &segments, body.to_string().into_bytes())
            .basic(&SecretString::from("rondom"), &self.key)
            .hiding(member);
        http.send(&request).await.map(drop)
    }

    async fn put_in(&self, http: &Http, person: &Person) -> Result<(), Error> {
        let email = person.first("email").unwrap_or_default();
        let member = subscriber(email);
        let merge: Map<String, Value> =
            person.fields.iter().filter_map(|(name, value)| Some((name.clone(), merged(value)?))).collect();
        let body =
            json!({ "email_address": email, "status_if_new": self.status_if_new, "merge_fields": merge });
        self.call(http, Method::PUT, &member, &[], &body).await?;
        self.tag(http, &member, "active").await
    }

    async fn tell(&self, http: &Http, change: &Change) -> Outcome {
        match &change.deed {
            Deed::Upsert { person, .. } => Outcome::told(&self.put_in(http, person).await),
            Deed::Remove { handle, .. } => {
                match self.tag(http, handle.as_deref().unwrap_or_default(), "inactive").await {
                    // Who is no member has no tag.
                    Err(Error::Status { status: 404, .. }) => Outcome::Delivered,
                    answer => Outcome::told(&answer),
                }
            }
        }
    }

    async fn tag(&self, http: &Http, member: &str, status: &str) -> Result<(), Error> {
        let body = json!({ "tags": [{ "name": self.tag, "status": status }] });
        self.call(http, Method::POST, member, &["tags"], &body).await
    }
}

/// A value as a merge field takes it; none where nothing is known, which leaves what Mailchimp knows.
fn merged(value: &Value) -> Option<Value> {
    let text = match value {
        Value::Number(_) => return Some(value.clone()),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => text(other),
    };
    (!text.is_empty()).then(|| text.into())
}

impl Destination for Mailchimp {
    fn handle(&self, person: &Person) -> Result<Option<String>, Unfit> {
        person.first("email").map(|email| Some(subscriber(email))).ok_or(Unfit("has no e-mail address"))
    }

    fn check<'a>(&'a self, http: &'a Http, _: DateTime<Utc>) -> BoxFuture<'a, Result<Check, Error>> {
        Box::pin(async move {
            #[derive(Deserialize)]
            struct List {
                name: String,
            }
            let request = Request::get(&self.base_url, &["3.0", "lists", &self.list])
                .query("fields", "name")
                .basic(&SecretString::from("rondom"), &self.key);
            let list = http.json::<List>(&request).await?.body;
            Ok(Check { account: format!("audience {} ({})", list.name, self.list) })
        })
    }

    fn deliver<'a>(&'a self, http: &'a Http, batch: Batch<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        let calls = Calls::default();
        let told = stream::iter(batch.changes)
            .map(move |change| calls.clone().make(async move { self.tell(http, change).await }));
        Box::pin(told.buffered(AT_ONCE).collect())
    }
}
