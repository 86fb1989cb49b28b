//! Which kinds of destination there are. A kind is added by one line in `KINDS`.

use serde_json::Value;

use super::{
    audience,
    contract::{Destination, Surroundings},
    file, hubspot, mailchimp, segment, webhook,
};
use crate::{
    error::Error,
    http::{HttpOptions, Limit, Retry},
    secrets::Secrets,
};

/// Every kind, by name.
static KINDS: [Kind; 6] =
    [audience::KIND, file::KIND, hubspot::KIND, mailchimp::KIND, segment::KIND, webhook::KIND];

/// One kind of destination: what a person needs to choose and configure it, and how it is built.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Its name in configurations: `webhook`.
    pub name: &'static str,
    /// Its name for a person: `Webhook`.
    pub title: &'static str,
    /// What it does, for a person, in a sentence or two.
    pub description: &'static str,
    /// The JSON Schema of its configuration.
    pub config_schema: fn() -> Value,
    /// The JSON Schema of its secrets; every field is write-only.
    pub secrets_schema: fn() -> Value,
    /// How fast the tool may be told.
    pub limit: Limit,
    /// How many changes it is told at once, at most.
    pub batch: u64,
    /// The mapping unless the administrator gives another one: the tool's fields, and what of the profile goes there.
    pub default_fields: &'static [(&'static str, &'static str)],
    /// Builds a destination from a configuration and secrets, or says which field is wrong.
    pub build: Build,
}

/// Builds a destination from a configuration and secrets, or says which field is wrong.
pub type Build = fn(&Value, &Secrets, Surroundings<'_>) -> Result<Box<dyn Destination>, Error>;

impl Kind {
    /// How the HTTP client of such a destination behaves. Nothing is repeated by the client: that is for whoever keeps the journal.
    pub fn http_options(&self) -> HttpOptions {
        let retry = Retry { attempts: 1, ..Retry::default() };
        let timeout = std::time::Duration::from_secs(30);
        HttpOptions { limit: self.limit, retry, timeout, max_body: 4 << 20, ..HttpOptions::default() }
    }
}

/// Every kind of destination, by name.
pub fn kinds() -> &'static [Kind] {
    &KINDS
}

/// The kind of that name.
///
/// # Errors
/// [`Error::Configuration`] that lists the known ones.
pub fn kind(name: &str) -> Result<&'static Kind, Error> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        let message = format!("there is no destination {name:?}; there are {}", known.join(", "));
        Error::Configuration { path: "kind".to_owned(), message }
    })
}
