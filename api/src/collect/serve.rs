//! The paths of the protocol.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use connectors::tracking::{self, Endpoint, Fault, LARGEST_BATCH};
use metrics::counter;
use profiles::Profiles;
use profiles::collect::{Collected, Collector, Refusal};
use serde_json::json;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use url::Url;
use uuid::Uuid;

use super::body::{Packed, unpacked};
use super::script::script;
use super::settings::settings;
use crate::http::{Problem, code, only};
use crate::telemetry::{COLLECTED, REFUSED};

/// How long a browser may remember that every page may send.
const MAX_AGE: Duration = Duration::from_hours(24);
/// The most reasons that one answer tells.
const REASONS: usize = 10;
/// The kinds of message with the short forms that libraries use.
const KINDS: [(&str, &[&str]); 6] = [
    ("track", &["/v1/track", "/v1/t"]),
    ("page", &["/v1/page", "/v1/p"]),
    ("screen", &["/v1/screen", "/v1/s"]),
    ("identify", &["/v1/identify", "/v1/i"]),
    ("group", &["/v1/group", "/v1/g"]),
    ("alias", &["/v1/alias", "/v1/a"]),
];
const BATCHES: [&str; 3] = ["/v1/batch", "/v1/b", "/v1/import"];

/// What the handlers have at hand.
#[derive(Clone)]
pub(super) struct Door {
    profiles: Profiles,
    collector: Collector,
    pub(super) public_url: Option<Url>,
}

/// The paths, open to every page: a write key stands in its source, and says where what is sent belongs.
pub fn router(profiles: Profiles, collector: Collector, public_url: Option<Url>) -> Router {
    let mut paths = Router::new()
        .route("/rondom.js", only(get(script), "GET"))
        .route("/v1/projects/{key}/settings", only(get(settings), "GET"));
    let single =
        KINDS.iter().flat_map(|(kind, paths)| paths.iter().map(move |path| (*path, Endpoint::One(kind))));
    for (path, endpoint) in single.chain(BATCHES.map(|path| (path, Endpoint::Batch))) {
        let take = move |door, headers, body| take(door, headers, body, endpoint);
        paths = paths.route(path, only(post(take), "POST"));
    }
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        // A star would not stand for Authorization.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([header::RETRY_AFTER])
        .max_age(MAX_AGE);
    paths.layer(DefaultBodyLimit::max(LARGEST_BATCH)).layer(cors).with_state(Door {
        profiles,
        collector,
        public_url,
    })
}

async fn take(
    State(door): State<Door>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
    endpoint: Endpoint,
) -> Result<Response, Problem> {
    // Whose key is wrong need not be read.
    let named = match in_headers(&headers) {
        Some(key) => Some(door.source(Some(&key)).await?),
        None => None,
    };
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => bad("the body could not be read to its end"),
    })?;
    let plain = unpacked(&body).map_err(|packed| match packed {
        Packed::TooLarge => too_large(),
        Packed::Broken => bad("the body is no gzip stream that ends"),
    })?;
    let received = tracking::read(&plain, endpoint, door.profiles.now()).map_err(|fault| match fault {
        Fault::Message(_) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, code::BAD_REQUEST, fault.to_string())
        }
        fault => bad(fault.to_string()),
    })?;
    let source = match named {
        Some(source) => source,
        None => door.source(received.write_key.as_deref()).await?,
    };
    let reasons: Vec<String> =
        received.page.rejected.iter().take(REASONS).map(|one| one.reason.clone()).collect();
    let stored = door.collector.store(source, received.page, plain.len()).await;
    let Collected { taken, rejected } = stored.map_err(|refusal| {
        counter!(REFUSED).increment(received.messages as u64);
        match refusal {
            Refusal::Full => Problem::too_many(refusal.to_string(), 1),
            Refusal::Failed => Problem::unavailable(refusal.to_string(), 5),
        }
    })?;
    counter!(COLLECTED, "outcome" => "taken").increment(taken);
    counter!(COLLECTED, "outcome" => "rejected").increment(rejected);
    let mut answer = json!({ "success": true });
    if rejected > 0 {
        answer["rejected"] = json!({ "count": rejected, "reasons": reasons });
    }
    Ok(Json(answer).into_response())
}

impl Door {
    /// The source of a write key.
    pub(super) async fn source(&self, key: Option<&str>) -> Result<Uuid, Problem> {
        let refused = |message| Problem::new(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, message);
        let key = key.ok_or_else(|| {
            refused(
                "expected a write key, as the user name of Basic authorization or as `writeKey` in the body",
            )
        })?;
        let source = self.profiles.source_of_write_key(key).await.map_err(|error| {
            tracing::error!(%error, "the write keys cannot be read");
            Problem::unavailable("the write key cannot be looked up just now; send it again", 5)
        })?;
        source.ok_or_else(|| refused("there is no such write key in force"))
    }
}

/// The user name of Basic authorization.
fn in_headers(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let user = decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user);
    (!user.is_empty()).then(|| user.to_owned())
}

fn bad(message: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code::BAD_REQUEST, message)
}

fn too_large() -> Problem {
    let message = format!("the body is larger than {LARGEST_BATCH} bytes unpacked: send smaller batches");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, code::BAD_REQUEST, message)
}
