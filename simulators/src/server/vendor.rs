//! What makes a server one vendor's.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use super::{asked::Asked, running::Shared};

/// A vendor's data with the interface that it has over HTTP. Implemented by [`crate::hubspot::Portal`],
/// [`crate::woocommerce::Shop`] and [`crate::mailchimp::Account`].
pub trait Vendor: Sized + Send + 'static {
    #[doc(hidden)]
    const API_PATH: &'static str;
    /// Requests in ten seconds, unless set otherwise.
    #[doc(hidden)]
    const RATE_LIMIT: u32;
    /// How many requests may be under way at once.
    #[doc(hidden)]
    const CONCURRENCY: usize;

    #[doc(hidden)]
    fn routes() -> Router<Shared<Self>>;
    #[doc(hidden)]
    fn knows(&self, headers: &HeaderMap, asked: &Asked) -> bool;
    #[doc(hidden)]
    fn refuse(refusal: Refusal, number: u64) -> Response;
    /// Makes a page claim that more follow, in a way that differs at each turn.
    #[doc(hidden)]
    fn promise_more(page: &mut Value, headers: &mut HeaderMap, asked: &Asked, turn: u64);
    /// Adds the headers that the vendor sends with every answer.
    #[doc(hidden)]
    fn sign(headers: &mut HeaderMap, path: &str, allowance: Allowance);
}

#[doc(hidden)]
/// Why a server does not answer what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No or wrong credentials.
    Unauthorized,
    /// Over the limit.
    TooMany,
    /// Out of order.
    Broken,
    /// Unknown cursor.
    Cursor,
    /// No such path.
    NotFound,
}

#[doc(hidden)]
/// What is left of the rate limit.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Requests per ten seconds.
    pub max: u64,
    /// Of these, left.
    pub remaining: u64,
    /// Since when the server runs, in requests.
    pub served: u64,
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    typed(status, "application/json;charset=utf-8", body.to_string())
}

/// An answer of that media type.
pub(crate) fn typed(status: StatusCode, media_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

/// Sets a header to a number.
pub(crate) fn number(headers: &mut HeaderMap, name: &'static str, value: u64) {
    headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
}
