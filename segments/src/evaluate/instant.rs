use chrono::{DateTime, Utc};

/// Microseconds since 1970, so that windows that reach beyond all calendars end at the greatest number and not in a panic.
pub(crate) type Instant = i64;

/// The microsecond in which an instant lies.
pub(crate) const fn micros(at: DateTime<Utc>) -> Instant {
    at.timestamp_micros()
}

/// The instant, unless no calendar reaches so far.
pub(crate) fn datetime(at: Instant) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(at)
}
