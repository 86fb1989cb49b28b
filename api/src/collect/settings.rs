//! `GET /v1/projects/{writeKey}/settings`: what Segment's browser library asks before it sends anything.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::serve::Door;
use crate::http::{Problem, code};

/// Where the library shall send what it collects: here.
pub(super) async fn settings(
    State(door): State<Door>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    door.source(Some(&key)).await?;
    let unknown = || Problem::new(StatusCode::BAD_REQUEST, code::BAD_REQUEST, "expected a Host header");
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let (protocol, host) = match door.public_url.as_ref() {
        Some(url) => (url.scheme().to_owned(), url.authority().to_owned()),
        None => ("http".to_owned(), host.ok_or_else(unknown)?.to_owned()),
    };
    let body = json!({
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": format!("{host}/v1"),
                "protocol": protocol,
                "unbundledIntegrations": [],
                "addBundledMetadata": false,
                "versionSettings": { "version": "4.4.7", "componentTypes": ["browser"] },
            },
        },
        "plan": { "track": { "__default": { "enabled": true } } },
        "edgeFunction": {},
        "analyticsNextEnabled": true,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": { "sampleRate": 0 },
        "legacyVideoPluginsEnabled": false,
        "remotePlugins": [],
    });
    Ok(Json(body).into_response())
}
