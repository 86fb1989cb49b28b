//! The name of one request, by which a client's report and a log line find each other.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::SystemClock;

/// The header that carries it, in both directions.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request: the client's own if it sent a plain one, else one of ours. Not secret and not random.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// Takes over a client's id of up to 64 letters, digits, `.`, `_` and `-`; anything else could forge log lines.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let plain = |id: &&str| {
            (1..=64).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        match headers.get(&HEADER).and_then(|id| id.to_str().ok()).filter(plain) {
            Some(id) => Self(id.into()),
            None => Self::next(),
        }
    }

    /// The next id of this process: its start in microseconds, and a counter.
    pub(super) fn next() -> Self {
        static START: LazyLock<i64> = LazyLock::new(|| SystemClock.now().timestamp_micros());
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(format!("{:x}-{:x}", *START, COUNT.fetch_add(1, Ordering::Relaxed)).into())
    }

    /// As a header value.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0)
            .expect("an id is made of letters, digits, dots, dashes and underscores")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &'static str) -> String {
        RequestId::of(&HeaderMap::from_iter([(HEADER, HeaderValue::from_static(id))])).to_string()
    }

    #[test]
    fn a_plain_id_of_the_client_is_kept_and_any_other_replaced() {
        assert_eq!(of("trace-7.a_b"), "trace-7.a_b");
        assert_ne!(of("two words"), "two words");
        assert_ne!(of(""), "");
    }

    #[test]
    fn no_two_requests_of_a_process_share_an_id() {
        assert_ne!(RequestId::next(), RequestId::next());
    }
}
