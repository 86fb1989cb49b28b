//! Answers that are no GraphQL result, in the shape of one, so that every client can read them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::accept::Media;
use super::backend::AuthError;
use super::errors::code;

/// A refusal before any GraphQL: `{"errors":[{"message", "extensions": {"code"}}]}`, without `data`.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    media: Media,
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Problem {
    /// A refusal in `application/json`.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), media: Media::Json, header: None }
    }

    /// A request that cannot be understood.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code::BAD_REQUEST, message)
    }

    /// The media type that the client asked for.
    pub(super) fn in_media(self, media: Media) -> Self {
        Self { media, ..self }
    }

    /// One more header.
    pub(super) fn with_header(self, name: header::HeaderName, value: &'static str) -> Self {
        Self { header: Some((name, HeaderValue::from_static(value))), ..self }
    }

    /// A request that may be sent again after so many seconds, because there is too much to do.
    pub(crate) fn too_many(message: impl Into<String>, seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, code::RATE_LIMITED, message).retry_after(seconds)
    }

    /// A request that may be sent again after so many seconds, because something does not work.
    pub(crate) fn unavailable(message: impl Into<String>, seconds: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, message).retry_after(seconds)
    }

    /// When to try again.
    fn retry_after(self, seconds: u64) -> Self {
        Self { header: Some((header::RETRY_AFTER, seconds.into())), ..self }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let message = error.to_string();
        match error {
            AuthError::Foreign => Self::new(StatusCode::FORBIDDEN, code::FORBIDDEN, message),
            AuthError::Missing | AuthError::Invalid | AuthError::Visitor(_) | AuthError::Ended => {
                Self::new(StatusCode::UNAUTHORIZED, code::UNAUTHENTICATED, message)
                    .with_header(header::WWW_AUTHENTICATE, "Bearer")
            }
            AuthError::TooMany(seconds) => Self::too_many(message, seconds),
            AuthError::Unavailable => Self::unavailable(message, 5),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({"errors": [{"message": self.message, "extensions": {"code": self.code}}]});
        let mut response = (self.status, Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, self.media.content_type());
        response.headers_mut().extend(self.header);
        response
    }
}
