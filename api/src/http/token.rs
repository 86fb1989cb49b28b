//! Where the API key stands in a request.

use axum::http::{HeaderMap, header};
use serde_json::Value;

/// The other header that may carry the key, for clients that cannot set `Authorization`.
pub(super) const API_KEY: &str = "x-api-key";

/// The API key in the headers: `Authorization: Bearer …`, else `X-API-Key`.
pub(super) fn in_headers(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text(header::AUTHORIZATION.as_str())
        .and_then(bearer)
        .or_else(|| text(API_KEY))
        .filter(|key| !key.is_empty())
}

/// The API key in the payload of `connection_init`, under the names of the headers in any case.
pub(super) fn in_payload(payload: &Value) -> Option<&str> {
    let text = |name: &str| {
        let (_, value) = payload.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_str()
    };
    text(header::AUTHORIZATION.as_str())
        .and_then(bearer)
        .or_else(|| text(API_KEY))
        .filter(|key| !key.is_empty())
}

/// The credentials of the scheme `Bearer`, whose name has no case (RFC 9110, 11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim_start())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_key_is_found_in_either_header_and_bearer_wins() {
        assert_eq!(in_headers(&headers(&[("authorization", "bearer  rk_1")])), Some("rk_1"));
        assert_eq!(in_headers(&headers(&[("x-api-key", "rk_2")])), Some("rk_2"));
        assert_eq!(
            in_headers(&headers(&[("x-api-key", "rk_2"), ("authorization", "Bearer rk_1")])),
            Some("rk_1")
        );
    }

    #[test]
    fn another_scheme_or_an_empty_key_is_no_key() {
        assert_eq!(in_headers(&headers(&[("authorization", "Basic cmtfMQ==")])), None);
        assert_eq!(in_headers(&headers(&[("authorization", "Bearer ")])), None);
        assert_eq!(in_headers(&headers(&[("x-api-key", "")])), None);
    }

    #[test]
    fn a_socket_sends_the_same_names_in_its_payload() {
        assert_eq!(in_payload(&json!({"Authorization": "Bearer rk_1"})), Some("rk_1"));
        assert_eq!(in_payload(&json!({"x-api-key": "rk_2"})), Some("rk_2"));
        assert_eq!(in_payload(&json!({"authorization": 7})), None);
        assert_eq!(in_payload(&json!(["authorization"])), None);
    }
}
