//! The identity of a fact's content.

use chrono::{DateTime, Utc};
use connectors::canonical::{Body, ConsentStatement, Event, Extent, Record};
use serde_json::Value;

use crate::{clock::micros, error::Error, keys::sha256};

/// The canonical JSON of a record's body, and the hash over everything of the version but its last-seen
/// stamp; of what only counts since it was first said, without the time. The payload counts with sorted keys and no white space, so that a source that writes its fields in
/// another order does not make a new version.
pub(crate) fn version(record: &Record) -> Result<(String, Vec<u8>), Error> {
    let body = serde_json::to_string(&record.body).map_err(|error| Error::stored("record body", error))?;
    let payload = match serde_json::from_slice::<Value>(&record.payload) {
        Ok(value) => value.to_string().into_bytes(),
        Err(_) => record.payload.clone(),
    };
    let hash = sha256(&[
        &stamp(record.updated_at.filter(|_| is_dated(record))),
        &stamp(record.created_at),
        &[u8::from(record.deleted)],
        body.as_bytes(),
        &payload,
    ]);
    Ok((body, hash))
}

/// Whether the same, said at another time, is another version.
fn is_dated(record: &Record) -> bool {
    !matches!(&record.body, Body::Person(person) if person.extent == Extent::Since)
}

/// Details of a fact as they are stored.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::stored("details of a fact", error))
}

/// The hash over an event's content.
pub(crate) fn event(event: &Event, properties: &str, context: &str) -> Vec<u8> {
    sha256(&[
        event.person.as_bytes(),
        event.name.as_bytes(),
        &stamp(Some(event.occurred_at)),
        properties.as_bytes(),
        context.as_bytes(),
    ])
}

/// The hash over a consent statement's content.
pub(crate) fn statement(statement: &ConsentStatement) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(statement).map_err(|error| Error::stored("consent statement", error))?;
    Ok(sha256(&[&json]))
}

fn stamp(instant: Option<DateTime<Utc>>) -> Vec<u8> {
    instant.map(|instant| micros(instant).timestamp_micros().to_be_bytes().to_vec()).unwrap_or_default()
}
