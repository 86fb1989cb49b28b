//! What plugins keep of a customer's opt-ins: entries of `meta_data`, under keys that only the configuration knows. Pure.
//!
//! Plugins may write anything there, in any shape. What is not understood says nothing and rejects nothing: an order is
//! not lost for a plugin's sake.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::config::{ConsentMeta, Contact};
use crate::{
    canonical::{ConsentStatement, ConsentStatus, IdentifierKind, Person},
    error::Error,
    settings::purpose,
};

/// Refuses what cannot be meant.
pub(super) fn check(all: &[ConsentMeta]) -> Result<(), Error> {
    for (at, meta) in all.iter().enumerate() {
        let wrong = |field: &str, message: &str| {
            let path = format!("consent_meta[{at}].{field}");
            Err(Error::Configuration { path, message: message.to_owned() })
        };
        if meta.key.trim().is_empty() {
            return wrong("key", "expected the key of an entry of meta_data");
        }
        purpose(|| format!("consent_meta[{at}].purpose"), &meta.purpose)?;
        if meta.denied.iter().any(|value| holds(&meta.granted, value)) {
            return wrong("denied", "a value that says yes cannot say no as well");
        }
    }
    Ok(())
}

/// A customer or an order, as far as it says something.
pub(super) struct Speaker<'a> {
    /// External id of the person whose word it is.
    pub(super) person: &'a str,
    /// Whom the object describes: the contact points.
    pub(super) described: &'a Person,
    pub(super) stated_at: Option<DateTime<Utc>>,
    pub(super) method: Option<&'a str>,
    /// Which object it is, by kind and id.
    pub(super) object: (&'a str, &'a str),
}

/// What the entries of an object's `meta_data` say.
pub(super) fn statements(
    configured: &[ConsentMeta],
    meta_data: Option<&RawValue>,
    speaker: &Speaker<'_>,
) -> Vec<ConsentStatement> {
    let entries = meta_data.map(entries).unwrap_or_default();
    let said = configured.iter().flat_map(|meta| {
        let of_key = entries.iter().filter(|entry| entry.key == meta.key);
        of_key.filter_map(|entry| statement(meta, &text(&entry.value)?, speaker))
    });
    said.collect()
}

#[derive(Deserialize)]
struct Entry {
    key: String,
    value: Value,
}

/// The entries that are objects with a key and a value.
fn entries(meta_data: &RawValue) -> Vec<Entry> {
    let all: Vec<&RawValue> = serde_json::from_str(meta_data.get()).unwrap_or_default();
    let objects = all.into_iter().map(RawValue::get).filter(|entry| entry.starts_with('{'));
    objects.filter_map(|entry| serde_json::from_str(entry).ok()).collect()
}

/// A value as a text, where it is none of several.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn statement(meta: &ConsentMeta, value: &str, speaker: &Speaker<'_>) -> Option<ConsentStatement> {
    let status = status(meta, value)?;
    let contact_point = meta.contact.and_then(|contact| {
        let kind = kind(contact);
        speaker.described.identifiers.iter().find(|identifier| identifier.kind == kind).cloned()
    });
    // A yes to an address that is not given is not a yes to the addresses that are known from elsewhere.
    if status == ConsentStatus::Granted && meta.contact.is_some() && contact_point.is_none() {
        return None;
    }
    let (object, id) = speaker.object;
    let evidence = [("meta_key", meta.key.as_str()), (object, id)];
    Some(ConsentStatement {
        person: speaker.person.to_owned(),
        purpose: meta.purpose.clone(),
        contact_point,
        status,
        stated_at: speaker.stated_at,
        expires_at: None,
        method: speaker.method.map(str::to_owned),
        notice: None,
        evidence: BTreeMap::from(evidence.map(|(name, value)| (name.to_owned(), Value::from(value)))),
    })
}

/// What a value says, if it says anything.
fn status(meta: &ConsentMeta, value: &str) -> Option<ConsentStatus> {
    if holds(&meta.granted, value) {
        Some(ConsentStatus::Granted)
    } else if holds(&meta.denied, value) {
        Some(ConsentStatus::Denied)
    } else {
        None
    }
}

/// Whether a value is one of these, whatever its capitals and the blanks around it.
fn holds(values: &[String], value: &str) -> bool {
    let plain = |text: &str| text.trim().to_lowercase();
    values.iter().any(|known| plain(known) == plain(value))
}

fn kind(contact: Contact) -> IdentifierKind {
    match contact {
        Contact::Email => IdentifierKind::Email,
        Contact::Phone => IdentifierKind::Phone,
    }
}
