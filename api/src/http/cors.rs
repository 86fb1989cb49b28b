//! Which pages of other origins may ask: none, unless the settings name them.
//!
//! Credentials are never allowed, so that a browser sends no session cookie along: such a page asks with a visitor's
//! token, or a key of its own.

use axum::http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::CorsLayer;

use super::request_id;
use super::token::API_KEY;

/// How long a browser may remember what it was told.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The headers for pages of these origins; `None` if there are none.
pub(crate) fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<_> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                HeaderName::from_static(API_KEY),
                request_id::HEADER,
            ])
            .expose_headers([header::RETRY_AFTER, request_id::HEADER])
            .max_age(MAX_AGE)
    })
}
