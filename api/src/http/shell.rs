//! What is around every request: an id, a time limit, a net for panics, security headers, a count and a log line.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use metrics::{counter, histogram};

use super::RequestId;
use super::errors::code;
use super::problem::Problem;
use super::request_id;
use crate::telemetry::{HTTP_REQUESTS, HTTP_SECONDS};

/// Headers of every answer, unless a handler has set its own.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
];

/// The middleware around all handlers.
pub(super) async fn around(State(limit): State<Duration>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let method = method(request.method());
    // The template, never the path itself: a path or query that nobody foresaw may hold anything.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();

    let answer = AssertUnwindSafe(tokio::time::timeout(limit, next.run(request))).catch_unwind().await;
    let mut response = match answer {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            let message = too_long(limit);
            Problem::new(StatusCode::GATEWAY_TIMEOUT, code::TIMEOUT, message).into_response()
        }
        Err(_) => {
            tracing::error!(reference = %id, route, "a request handler panicked");
            let message =
                format!("something went wrong on the server; quote the reference {id} when you report it");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, message).into_response()
        }
    };
    dress(response.headers_mut(), &id);

    let (status, seconds) = (response.status().as_u16(), started.elapsed().as_secs_f64());
    let class = format!("{}xx", status / 100);
    counter!(HTTP_REQUESTS, "method" => method, "route" => route.clone(), "status" => class).increment(1);
    histogram!(HTTP_SECONDS, "route" => route.clone()).record(seconds);
    tracing::debug!(method, route, status, ms = seconds * 1_000.0, request = %id, "http");
    response
}

/// What somebody is told whose request is given up.
pub(super) fn too_long(limit: Duration) -> String {
    format!(
        "this took longer than {} seconds and was given up; the setting request_timeout_seconds says how long anything may take",
        limit.as_secs()
    )
}

fn dress(headers: &mut HeaderMap, id: &RequestId) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.insert(request_id::HEADER, id.header());
}

/// The method as a label: a client can invent methods, and each label is kept for ever.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
