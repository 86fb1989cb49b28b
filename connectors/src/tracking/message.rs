//! One message, as clients write it.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::body::{Endpoint, LARGEST_MESSAGE};
use crate::lenient;

/// The kinds of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Track,
    Page,
    Screen,
    Identify,
    Group,
    Alias,
}

impl Kind {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "track" => Self::Track,
            "page" => Self::Page,
            "screen" => Self::Screen,
            "identify" => Self::Identify,
            "group" => Self::Group,
            "alias" => Self::Alias,
            _ => return None,
        })
    }
}

/// The fields of a message, each of which any client may leave out or set to null.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fields {
    r#type: Value,
    message_id: Value,
    user_id: Value,
    anonymous_id: Value,
    previous_id: Value,
    group_id: Value,
    event: Value,
    name: Value,
    category: Value,
    timestamp: Value,
    original_timestamp: Value,
    sent_at: Value,
    properties: Value,
    traits: Value,
    context: Value,
}

/// A message that is of a known kind and names somebody.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) id: Option<String>,
    pub(super) user: Option<String>,
    pub(super) visitor: Option<String>,
    pub(super) previous: Option<String>,
    pub(super) group: Option<String>,
    pub(super) event: Option<String>,
    pub(super) name: Option<String>,
    pub(super) category: Option<String>,
    pub(super) properties: BTreeMap<String, Value>,
    pub(super) traits: Map<String, Value>,
    pub(super) context: BTreeMap<String, Value>,
    stated: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
}

impl Message {
    /// Reads a message. `batch` is the context that all messages of a batch have in common.
    ///
    /// # Errors
    /// Why it cannot be understood.
    pub(super) fn read(
        raw: &str,
        endpoint: Endpoint,
        batch: Option<&BTreeMap<String, Value>>,
    ) -> Result<Self, String> {
        if raw.len() > LARGEST_MESSAGE {
            return Err(format!("{} bytes; at most {LARGEST_MESSAGE} are taken", raw.len()));
        }
        let fields: Fields =
            serde_json::from_str(raw).map_err(|error| format!("no message: {}", place(&error)))?;
        let named = text(&fields.r#type);
        let kind = match (endpoint, named.as_deref()) {
            (Endpoint::One(kind), _) | (Endpoint::Batch, Some(kind)) => kind,
            (Endpoint::Batch, None) => return Err(format!("type: expected {KINDS}, found none")),
        };
        let kind = Kind::parse(kind).ok_or_else(|| format!("type: expected {KINDS}"))?;
        let mut context = object(fields.context, "context")?;
        for (key, value) in batch.into_iter().flatten() {
            context.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let mut traits: Map<String, Value> = object(fields.traits, "traits")?.into_iter().collect();
        // Where some clients put them.
        if let (Some(Value::Object(more)), Kind::Identify) = (context.remove("traits"), kind) {
            for (key, value) in more {
                traits.entry(key).or_insert(value);
            }
        }
        let message = Self {
            kind,
            id: text(&fields.message_id),
            user: text(&fields.user_id),
            visitor: text(&fields.anonymous_id),
            previous: text(&fields.previous_id),
            group: text(&fields.group_id),
            event: text(&fields.event),
            name: text(&fields.name),
            category: text(&fields.category),
            properties: object(fields.properties, "properties")?,
            traits,
            context,
            stated: instant(&fields.original_timestamp).or_else(|| instant(&fields.timestamp)),
            sent_at: instant(&fields.sent_at),
        };
        if message.user.is_none() && message.visitor.is_none() {
            return Err("userId, anonymousId: expected at least one of them".to_owned());
        }
        Ok(message)
    }

    /// When it happened by the clock of the sender.
    pub(super) fn stated(&self) -> Option<DateTime<Utc>> {
        self.stated
    }

    /// When it was sent by the clock of the sender, where the message itself says so.
    pub(super) fn sent_at(&self) -> Option<DateTime<Utc>> {
        self.sent_at
    }
}

/// The first year that is believed.
const EARLIEST: i32 = 1990;

const KINDS: &str = "track, page, screen, identify, group or alias";

/// A text that says something; a number as it is written.
fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// An instant; one that cannot be read is as good as none, and so is one before there were sites: a clock that was never
/// set, or the first instant that a language knows.
fn instant(value: &Value) -> Option<DateTime<Utc>> {
    lenient::instant(&text(value)?).filter(|instant| instant.year() >= EARLIEST)
}

fn object(value: Value, field: &str) -> Result<BTreeMap<String, Value>, String> {
    match value {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(fields) => Ok(fields.into_iter().collect()),
        _ => Err(format!("{field}: expected an object")),
    }
}

/// What is wrong, without what was sent.
fn place(error: &serde_json::Error) -> String {
    if error.is_data() {
        "expected an object".to_owned()
    } else {
        format!("not JSON that can be read, at column {}", error.column())
    }
}
