//! Replays a recorded conversation: a list of questions, in their order, each with its answer. A connector
//! that asks anything else gets HTTP 418 and the test a list of the differences.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::net::TcpListener;

use crate::{
    connector::{Connector, Cursor, Next, Page},
    error::Error,
    http::{Http, HttpOptions, Limit, Retry},
    objects::{Mapped, Reason},
    registry::kind,
    secrets::Secrets,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    ask: Ask,
    answer: Say,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    method: String,
    path: String,
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Say {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Sent byte for byte.
    body: Box<RawValue>,
}

#[derive(Default)]
struct State {
    left: VecDeque<Exchange>,
    differences: Vec<String>,
    authorizations: Vec<String>,
}

/// A server that plays the vendor's part.
pub(crate) struct Conversation {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Conversation {
    pub(crate) async fn replay(recorded: &str) -> Self {
        let left = serde_json::from_str(recorded).expect("a list of exchanges");
        let state = Arc::new(Mutex::new(State { left, ..State::default() }));
        let player = state.clone();
        let app = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let player = player.clone();
            async move { player.lock().unwrap().play(&method, &uri, &headers, &body) }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, state }
    }

    /// Every question was asked, and no other.
    pub(crate) fn assert_over(&self) {
        let state = self.state.lock().unwrap();
        assert_eq!(state.differences, Vec::<String>::new());
        let left: Vec<_> = state.left.iter().map(|exchange| &exchange.ask).collect();
        assert!(left.is_empty(), "not asked: {left:#?}");
    }

    /// The distinct `Authorization` headers that came.
    pub(crate) fn authorizations(&self) -> Vec<String> {
        let mut seen = self.state.lock().unwrap().authorizations.clone();
        seen.dedup();
        seen
    }
}

impl State {
    fn play(&mut self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response {
        let query = uri.query().unwrap_or_default();
        let asked = Ask {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: serde_json::from_slice(body).unwrap_or_default(),
        };
        if let Some(value) = headers.get("authorization") {
            self.authorizations.push(value.to_str().unwrap().to_owned());
        }
        match self.left.pop_front() {
            Some(Exchange { ask, answer }) if ask == asked => {
                let headers: HeaderMap = answer
                    .headers
                    .iter()
                    .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
                    .collect();
                let status = StatusCode::from_u16(answer.status).unwrap();
                (status, headers, answer.body.get().to_owned()).into_response()
            }
            other => {
                let expected = other.map(|exchange| exchange.ask);
                self.differences.push(format!("asked {asked:#?}\nexpected {expected:#?}"));
                StatusCode::IM_A_TEAPOT.into_response()
            }
        }
    }
}

/// A client that does not wait.
pub(crate) fn http() -> Http {
    let retry = Retry {
        attempts: 3,
        first: Duration::from_millis(1),
        ceiling: Duration::from_millis(2),
        patience: Duration::from_secs(1),
    };
    let limit = Limit { per_second: 10_000.0, burst: 100, concurrency: 4 };
    Http::new(HttpOptions { limit, retry, ..HttpOptions::default() }).unwrap()
}

/// A connector of that kind.
pub(crate) fn build(name: &str, config: &Value, secrets: Value) -> Result<Box<dyn Connector>, Error> {
    (kind(name)?.build)(config, &Secrets::from_json(secrets)?)
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The instant that tests hand in. It is years off the fixtures' own dates, so that a test fails where this
/// machine's clock is used and the vendor's should be.
pub(crate) fn now() -> DateTime<Utc> {
    instant("2031-01-01T00:00:00Z")
}

/// Reads a stream until its run is over, and hands every cursor through its stored form on the way.
pub(crate) async fn run(
    connector: &dyn Connector,
    stream: &str,
    cursor: Option<&Cursor>,
) -> Result<(Vec<Page>, Cursor), Error> {
    let http = http();
    let mut pages = Vec::new();
    let mut cursor = cursor.cloned();
    loop {
        let page = connector.read(&http, stream, cursor.as_ref(), now()).await?;
        let next = page.next.clone();
        pages.push(page);
        assert!(pages.len() < 50, "a run without end");
        let stored = |cursor: &Cursor| {
            serde_json::from_str::<Cursor>(&serde_json::to_string(cursor).unwrap()).unwrap()
        };
        match next {
            Next::More(next) => cursor = Some(stored(&next)),
            Next::Done(rest) => return Ok((pages, stored(&rest))),
        }
    }
}

/// The rows below `key` in every answer of a recorded conversation (`""`: the answers that are lists), and each of
/// them again with one value at a time turned into something odd.
pub(crate) fn odd_rows(recorded: &str, path: &str, key: &str) -> Vec<Box<RawValue>> {
    let exchanges: Vec<Value> = serde_json::from_str(recorded).unwrap();
    let rows = exchanges
        .iter()
        .filter(|exchange| exchange["ask"]["path"].as_str().is_some_and(|asked| asked.contains(path)))
        .map(|exchange| &exchange["answer"]["body"])
        .filter_map(|body| if key.is_empty() { body.as_array() } else { body[key].as_array() })
        .flatten();
    let odd = rows.flat_map(|row| [vec![row.clone()], twisted(row)].concat());
    odd.map(|row| RawValue::from_string(row.to_string()).unwrap()).collect()
}

/// A value that must not be found in a reason.
pub(crate) const PRIVATE: &str = "expected ada@private.example";

fn twisted(row: &Value) -> Vec<Value> {
    let odd =
        [json!(null), json!(""), json!(PRIVATE), json!(1e300), json!(-1), json!([]), json!({}), json!(true)];
    let mut all = odd.to_vec();
    match row {
        Value::Object(fields) => {
            for (name, value) in fields {
                for twist in twisted(value) {
                    let mut row = fields.clone();
                    row.insert(name.clone(), twist);
                    all.push(row.into());
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                for twist in twisted(item) {
                    let mut row = items.clone();
                    row[at] = twist;
                    all.push(row.into());
                }
            }
        }
        _ => {}
    }
    all
}

/// Maps odd rows: none may panic, and no reason may tell what stood in the row.
pub(crate) fn assert_maps_or_refuses(
    rows: &[Box<RawValue>],
    map: impl Fn(&RawValue) -> Result<Mapped, Reason>,
) {
    assert!(rows.len() > 50, "only {} rows", rows.len());
    let reasons: Vec<_> = rows.iter().filter_map(|row| map(row).err()).collect();
    assert!(!reasons.is_empty() && reasons.len() < rows.len());
    for reason in reasons {
        assert!(!reason.contains("private") && !reason.contains("1e"), "{reason}");
        assert!(reason.contains("expected ") || reason.contains("missing field"), "{reason}");
    }
}
