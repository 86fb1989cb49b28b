//! The body of a request: one message, or a batch of them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;

use super::{map, mend::mended, message::Message};
use crate::{Page, Rejected, lenient};

/// The largest message in bytes.
pub const LARGEST_MESSAGE: usize = 32 << 10;
/// The largest body of a batch in bytes, unpacked.
pub const LARGEST_BATCH: usize = 500 << 10;
/// How far the time of sending may be from that of arrival before the sender's clock counts as wrong.
const LATENCY: TimeDelta = TimeDelta::seconds(30);
/// How many bytes are kept of a message that is too large: enough to find where it came from.
const KEPT: usize = 1 << 10;

/// What a path of the protocol takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// One message of the kind that the path names.
    One(&'static str),
    /// Any number of messages that name their kinds.
    Batch,
}

/// What arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The write key in the body.
    pub write_key: Option<String>,
    /// What the messages tell.
    pub page: Page,
    /// How many messages there were.
    pub messages: usize,
}

/// Why a body tells nothing at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// No JSON.
    #[error("the body is no JSON: {0}")]
    Json(String),
    /// JSON of another shape.
    #[error("{0}")]
    Shape(String),
    /// One message that is too large.
    #[error("the message has {0} bytes; at most {LARGEST_MESSAGE} are taken")]
    Message(usize),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    batch: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow, default)]
    write_key: Option<&'a RawValue>,
    /// What holds for every message of a batch that does not say otherwise.
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
}

/// Reads a body that arrived at an instant.
///
/// # Errors
/// Where nothing of it can be read. What is wrong with single messages of a batch stands in the page.
pub fn read(body: &[u8], endpoint: Endpoint, arrived: DateTime<Utc>) -> Result<Received, Fault> {
    let text = String::from_utf8_lossy(body);
    let text = mended(text.trim_start_matches('\u{feff}'));
    let envelope: Envelope<'_> = serde_json::from_str(&text).map_err(|error| fault(&error, endpoint))?;
    let single: [&RawValue; 1];
    let (messages, context) = match (endpoint, &envelope.batch) {
        (Endpoint::Batch, Some(batch)) => (batch.as_slice(), envelope.context),
        (Endpoint::Batch, None) => return Err(shape("expected an object with `batch`, a list of messages")),
        (Endpoint::One(_), _) => {
            if text.len() > LARGEST_MESSAGE {
                return Err(Fault::Message(text.len()));
            }
            single = [serde_json::from_str(&text).map_err(|error| fault(&error, endpoint))?];
            (single.as_slice(), None)
        }
    };
    let sent_at = envelope.sent_at.and_then(instant);
    let context = context.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let mut page = Page::default();
    // Clocks tell milliseconds: what one batch says of the same instant happened in the order in which it stands there.
    let (mut before, mut after) = (None, TimeDelta::zero());
    for raw in messages {
        let told = Message::read(raw.get(), endpoint, context.as_ref()).and_then(|message| {
            let sent_at = message.sent_at().or(sent_at);
            let at = occurred(message.stated(), sent_at, arrived);
            after = if before == Some(at) { after + TimeDelta::microseconds(1) } else { TimeDelta::zero() };
            before = Some(at);
            map::tell(&message, raw.get(), at + after)
        });
        match told {
            Ok(told) => {
                page.events.push(told.event);
                page.records.extend(told.records);
            }
            Err(reason) => page.rejected.push(rejected(raw.get(), reason)),
        }
    }
    Ok(Received {
        write_key: envelope.write_key.and_then(|raw| serde_json::from_str(raw.get()).ok()),
        messages: messages.len(),
        page,
    })
}

/// When something happened: as the sender says, by our clock. A clock that says to have sent at another time than it
/// arrived is wrong by the difference; nothing has happened that is still to come.
fn occurred(
    stated: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
    arrived: DateTime<Utc>,
) -> DateTime<Utc> {
    let Some(stated) = stated else { return arrived };
    let behind = sent_at.map(|sent_at| arrived - sent_at).filter(|behind| behind.abs() > LATENCY);
    let at = behind.map_or(Some(stated), |behind| stated.checked_add_signed(behind));
    at.unwrap_or(stated).min(arrived)
}

fn instant(raw: &RawValue) -> Option<DateTime<Utc>> {
    serde_json::from_str::<lenient::Instant>(raw.get()).ok()?.0
}

fn rejected(raw: &str, reason: String) -> Rejected {
    let payload = if raw.len() > LARGEST_MESSAGE { &raw.as_bytes()[..KEPT] } else { raw.as_bytes() };
    Rejected { external_id: None, reason, payload: payload.to_vec() }
}

fn shape(expected: &str) -> Fault {
    Fault::Shape(expected.to_owned())
}

fn fault(error: &serde_json::Error, endpoint: Endpoint) -> Fault {
    match (error.is_data(), endpoint) {
        (false, _) => Fault::Json(error.to_string()),
        (true, Endpoint::Batch) => shape("expected an object with `batch`, a list of messages"),
        (true, Endpoint::One(_)) => shape("expected an object, the message"),
    }
}
