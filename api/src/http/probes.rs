//! What an operator's machines ask: is it alive, is it ready, how is it doing.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Backend;
use super::door::{self, Peer};
use super::errors::code;
use super::problem::Problem;
use super::router::State;

/// `/healthz`: the process answers.
pub(super) async fn healthz() -> Response {
    Json(json!({"status": "alive"})).into_response()
}

/// `/readyz`: requests can be served.
pub(super) async fn readyz<B: Backend>(Shared(state): Shared<State<B>>) -> Response {
    match state.service.backend.ready().await {
        Ok(()) => Json(json!({"status": "ready"})).into_response(),
        Err(reason) => {
            let body = Json(json!({"status": "unavailable", "reason": reason}));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

/// `/metrics`, in the text format of Prometheus: to loopback, to administrators, or to anybody if so configured.
pub(super) async fn metrics<B: Backend>(
    Shared(state): Shared<State<B>>,
    peer: Peer,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let service = &state.service;
    let address = door::address(peer);
    if !service.settings.metrics_public && !is_local(address, &headers) {
        let caller = door::admit(&state, &headers, address).await?;
        if !service.backend.may_read_metrics(&caller) {
            let message = "the role of this API key does not allow reading metrics";
            return Err(Problem::new(StatusCode::FORBIDDEN, code::FORBIDDEN, message));
        }
    }
    let text = service.metrics.render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// Whether a request comes from this machine. One that a proxy on this machine passed on does not.
fn is_local(address: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let forwarded = headers.contains_key(header::FORWARDED) || headers.contains_key("x-forwarded-for");
    address.is_some_and(|address| address.to_canonical().is_loopback()) && !forwarded
}
