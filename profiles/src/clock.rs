//! Time is handed in. Nothing in this crate reads the wall clock.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// Where the present comes from: the wall clock in the program, a hand-moved one in tests.
pub trait Clock: Send + Sync {
    /// The present instant, truncated to microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// How far a clock elsewhere may be ahead of ours.
pub(crate) const SKEW: TimeDelta = TimeDelta::minutes(5);

/// Cuts an instant to microseconds, which is what both databases keep.
pub(crate) fn micros(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(instant)
}
