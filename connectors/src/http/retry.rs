//! When to ask again, and after how long. Pure: the wait is computed here and slept elsewhere.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{HeaderMap, RETRY_AFTER},
};

use super::answer::date;

/// How often and how patiently a failed request is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is tried in all, at least 1.
    pub attempts: u32,
    /// The bound of the first wait; it doubles from one wait to the next.
    pub first: Duration,
    /// The wait never grows beyond this, unless the vendor names a longer one.
    pub ceiling: Duration,
    /// The longest wait that a vendor may ask for; beyond it the request is given up.
    pub patience: Duration,
}

impl Default for Retry {
    /// Eight tries, waits from half a second up to 30 seconds, patience for two minutes.
    fn default() -> Self {
        Self {
            attempts: 8,
            first: Duration::from_millis(500),
            ceiling: Duration::from_secs(30),
            patience: Duration::from_mins(2),
        }
    }
}

/// Why a request may be worth repeating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) cause: Cause,
    /// For a person: what happened.
    pub(super) text: String,
    /// How long the vendor asked to wait.
    pub(super) retry_after: Option<Duration>,
}

/// The kinds of passing failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// No answer, or not the whole of it.
    Transport,
    /// The vendor refuses for a time.
    Limited,
    /// The vendor is in trouble.
    Server,
    /// A success whose body is not what it should be: a proxy's page, a cut document.
    Malformed,
}

/// A malformed answer is usually a passing page of a proxy, and otherwise does not get better by asking.
const MALFORMED_ATTEMPTS: u32 = 3;

impl Retry {
    /// How long to wait before the next attempt, after `attempt` (counted from 1) failed; `None` to give up.
    /// `chance` is uniform in 0..1.
    pub(super) fn wait(&self, attempt: u32, failure: &Failure, chance: f64) -> Option<Duration> {
        let attempts = match failure.cause {
            Cause::Malformed => self.attempts.min(MALFORMED_ATTEMPTS),
            _ => self.attempts,
        };
        if attempt >= attempts || failure.retry_after.is_some_and(|wait| wait > self.patience) {
            return None;
        }
        let bound = self.first.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(self.ceiling);
        Some(match (failure.retry_after, failure.cause) {
            // A little later than asked, and not everybody at the same moment.
            (Some(wait), _) => wait + self.first.mul_f64(chance),
            // A limit has to be waited out, so half of the wait is certain.
            (None, Cause::Limited) => bound / 2 + (bound / 2).mul_f64(chance),
            (None, _) => bound.mul_f64(chance),
        })
    }
}

/// Which statuses pass by themselves.
pub(super) fn cause(status: StatusCode) -> Option<Cause> {
    match status.as_u16() {
        429 => Some(Cause::Limited),
        408 | 425 | 500 | 502 | 503 | 504 => Some(Cause::Server),
        _ => None,
    }
}

/// The wait that `Retry-After` asks for: seconds, or a date, which is measured against the answer's own `Date`
/// so that this machine's clock does not matter. A date without that is no use and is left out.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = chrono::DateTime::<chrono::Utc>::from(httpdate::parse_http_date(value).ok()?);
    Some((until - date(headers)?).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::DATE;

    use super::*;

    fn failure(cause: Cause, retry_after: Option<u64>) -> Failure {
        Failure { cause, text: String::new(), retry_after: retry_after.map(Duration::from_secs) }
    }

    fn headers(pairs: &[(reqwest::header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_as_a_date_by_the_vendors_own_clock() {
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, "7")])), Some(Duration::from_secs(7)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let later = "Sun, 06 Nov 1994 08:49:49 GMT";
        assert_eq!(
            retry_after(&headers(&[(RETRY_AFTER, later), (DATE, date)])),
            Some(Duration::from_secs(12))
        );
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, date), (DATE, later)])), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[(RETRY_AFTER, later)])), None);
        for nonsense in ["", "soon", "-3", "NaN", "1e300"] {
            assert_eq!(retry_after(&headers(&[(RETRY_AFTER, nonsense)])), None, "{nonsense}");
        }
    }

    #[test]
    fn a_wait_beyond_our_patience_is_given_up_at_once() {
        let retry = Retry::default();
        assert_eq!(retry.wait(1, &failure(Cause::Limited, Some(121)), 0.5), None);
        assert!(retry.wait(1, &failure(Cause::Limited, Some(120)), 0.5).is_some());
    }

    #[test]
    fn a_malformed_answer_is_asked_for_again_twice_and_no_more() {
        let retry = Retry::default();
        assert!(retry.wait(2, &failure(Cause::Malformed, None), 0.5).is_some());
        assert_eq!(retry.wait(3, &failure(Cause::Malformed, None), 0.5), None);
    }

    proptest! {
        #[test]
        fn waits_end_and_keep_their_bounds(
            attempt in 1_u32..100,
            chance in 0.0..1.0_f64,
            after in proptest::option::of(0_u64..1000),
        ) {
            let retry = Retry::default();
            for cause in [Cause::Transport, Cause::Limited, Cause::Server, Cause::Malformed] {
                match retry.wait(attempt, &failure(cause, after), chance) {
                    None => prop_assert!(attempt >= 3 || after.is_some_and(|after| after > 120)),
                    Some(wait) => {
                        prop_assert!(attempt < retry.attempts);
                        let asked = Duration::from_secs(after.unwrap_or(0));
                        prop_assert!(wait >= asked);
                        prop_assert!(wait <= asked + retry.ceiling);
                    }
                }
            }
        }
    }
}
