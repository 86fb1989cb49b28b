//! How a good answer is spoilt on its way out.

use std::{io, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;
use serde_json::{Value, json};

use super::{
    asked::Asked,
    faults::{Fault, WrongType},
    running::Shared,
    vendor::{Vendor, typed},
};

/// The first answer of a path under [`Fault::RepeatedPage`].
#[derive(Clone, Debug)]
pub(super) struct Stored {
    headers: HeaderMap,
    body: Bytes,
    repeated: u64,
}

/// Answers of the simulators fit in memory.
const WHOLE: usize = usize::MAX;

pub(super) async fn apply<V: Vendor>(
    shared: &Shared<V>,
    fault: &Fault,
    path: &str,
    asked: &Asked,
    answer: Response,
) -> Response {
    let (mut parts, body) = answer.into_parts();
    let mut body = to_bytes(body, WHOLE).await.unwrap_or_default();
    if parts.status != StatusCode::OK {
        return Response::from_parts(parts, Body::from(body));
    }
    match fault {
        Fault::TruncatedJson => body.truncate(body.len() / 2),
        Fault::CutConnection => {
            // The length promises the whole, so that the client can tell.
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            return Response::from_parts(parts, half(&body));
        }
        Fault::SlowBody(pause) => return Response::from_parts(parts, slow(body, *pause)),
        Fault::WrongType(wrong) => body = mistake(&body, *wrong),
        Fault::RepeatedPage { cursor_moves } => {
            let mut all = shared.stored();
            let fresh = Stored { headers: parts.headers.clone(), body: body.clone(), repeated: 0 };
            let stored = all.entry(path.to_owned()).or_insert(fresh);
            (parts.headers, body) = (stored.headers.clone(), stored.body.clone());
            stored.repeated += 1;
            if *cursor_moves && let Ok(mut page) = serde_json::from_slice(&body) {
                V::promise_more(&mut page, &mut parts.headers, asked, stored.repeated);
                body = Bytes::from(page.to_string());
            }
        }
        _ => {}
    }
    Response::from_parts(parts, Body::from(body))
}

/// The first half of the body, then an error that makes the server drop the connection.
fn half(body: &Bytes) -> Body {
    let start = body.slice(..body.len() / 2);
    Body::from_stream(stream::unfold(Some(start), |start| async move {
        if let Some(start) = start {
            return Some((Ok(start), None));
        }
        // Lets the first half out before the break.
        tokio::task::yield_now().await;
        Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
    }))
}

/// A JSON document of so many bytes, none of which exists before it is read.
pub(super) fn huge(bytes: u64) -> Response {
    const CHUNK: usize = 64 << 10;
    let (start, end) = (Bytes::from_static(b"{\"results\":[\""), Bytes::from_static(b"\"]}"));
    let filling = Bytes::from(vec![b'x'; CHUNK]);
    let pieces = stream::unfold(Some((start, bytes)), move |state| {
        let (filling, end) = (filling.clone(), end.clone());
        async move {
            let (piece, left) = state?;
            let length = usize::try_from(left.min(CHUNK as u64)).unwrap_or(CHUNK);
            let next = if left > 0 {
                Some((filling.slice(..length), left - length as u64))
            } else if piece == end {
                None
            } else {
                Some((end, 0))
            };
            Some((Ok::<_, io::Error>(piece), next))
        }
    });
    typed(StatusCode::OK, "application/json;charset=utf-8", Body::from_stream(pieces))
}

/// The body in eight pieces, each after a pause.
fn slow(body: Bytes, pause: Duration) -> Body {
    let size = body.len().div_ceil(8).max(1);
    Body::from_stream(stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = rest.split_to(size.min(rest.len()));
        Some((Ok::<_, io::Error>(piece), rest))
    }))
}

/// The fields whose type may change, the most telling first.
const FIELDS: [&str; 7] = ["email", "email_address", "dealname", "domain", "name", "status", "id"];

/// The page with its first record damaged.
fn mistake(body: &[u8], wrong: WrongType) -> Bytes {
    let Ok(mut page) = serde_json::from_slice::<Value>(body) else { return Bytes::copy_from_slice(body) };
    if let Some(Value::Object(record)) = first_record(&mut page) {
        if wrong == WrongType::MissingId {
            record.remove("id").or_else(|| record.remove("email_id"));
        } else {
            let fields = match record.get_mut("properties") {
                Some(Value::Object(properties)) => properties,
                _ => record,
            };
            if let Some(field) = FIELDS.iter().find(|name| fields.get(**name).is_some_and(Value::is_string)) {
                let value =
                    if wrong == WrongType::NumberForString { json!(42) } else { json!({"value": "42"}) };
                fields.insert((*field).to_owned(), value);
            }
        }
    }
    Bytes::from(page.to_string())
}

fn first_record(page: &mut Value) -> Option<&mut Value> {
    match page {
        Value::Array(records) => records.first_mut(),
        Value::Object(parts) => {
            ["results", "members", "campaigns", "emails", "unsubscribes", "lists"]
                .iter()
                .find_map(|name| {
                    // Looked up twice: a borrow may not leave the closure conditionally.
                    parts.get(*name)?.as_array()?.first()?;
                    Some(*name)
                })
                .and_then(|name| parts.get_mut(name)?.as_array_mut()?.first_mut())
        }
        _ => None,
    }
}
