//! Dates as files have them.

use std::fmt::{self, Display};
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use serde::{Serialize, Serializer};

/// What those are told whose date is none.
pub(super) const NO_DATE: &str =
    "is no date such as 2026-01-31, 20260131, 2026-01-31T12:30:00Z or 2026-01-31 12:30:00";

/// A day, counted from the first of January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i64);

impl FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        instant(text).map(Self::of).ok_or(NO_DATE)
    }
}

impl Day {
    /// The day of an instant.
    #[expect(clippy::cast_possible_truncation, reason = "days of years with four digits")]
    pub(super) fn of(instant: f64) -> Self {
        Self(instant.floor() as i64)
    }

    /// So many days later.
    pub(super) const fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = TimeDelta::try_days(self.0).and_then(|days| NaiveDate::default().checked_add_signed(days));
        match date {
            Some(date) => date.fmt(f),
            None => write!(f, "day {}", self.0),
        }
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// When something was, in days since the first of January 1970. An instant with an offset is taken to UTC, one without is
/// taken as it is.
pub(super) fn instant(text: &str) -> Option<f64> {
    let naive = match text.len() {
        8 if text.bytes().all(|byte| byte.is_ascii_digit()) => date(text, "%Y%m%d"),
        10 => date(text, "%Y-%m-%d"),
        // To the minute, and with seconds and their fractions.
        16 => at(text, "%Y-%m-%dT%H:%M").or_else(|| at(text, "%Y-%m-%d %H:%M")),
        19.. => at(text, "%Y-%m-%dT%H:%M:%S%.f")
            .or_else(|| at(text, "%Y-%m-%d %H:%M:%S%.f"))
            .or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.naive_utc())),
        17 | 18 => {
            DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z").ok().map(|instant| instant.naive_utc())
        }
        _ => None,
    }?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "microseconds of years with four digits are below 2^58, and are not asked for"
    )]
    Some(naive.and_utc().timestamp_micros() as f64 / 86_400e6)
}

fn date(text: &str, form: &str) -> Option<NaiveDateTime> {
    NaiveDate::parse_from_str(text, form).ok().map(|date| date.and_time(NaiveTime::MIN))
}

fn at(text: &str, form: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, form).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_instants_are_read() {
        for (text, expected) in [
            ("1970-01-02", 1.0),
            ("19700102", 1.0),
            ("1970-01-01T12:00:00Z", 0.5),
            ("1970-01-01 12:00:00", 0.5),
            ("1970-01-01T12:00", 0.5),
            ("1970-01-01T12:00:00.5", 0.5 + 0.5 / 86_400.0),
            ("1970-01-02T01:00:00+02:00", 1.0 - 1.0 / 24.0),
            ("1970-01-01T12:00Z", 0.5),
            ("1969-12-31", -1.0),
        ] {
            let got = instant(text).unwrap();
            assert!((got - expected).abs() < 1e-9, "{text}: {got}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "31/01/2026",
            "2026-13-01",
            "20260230",
            "yesterday",
            "1970-01-01T25:00:00",
            "ééééé",
            "99999999",
        ] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_shown_as_it_is_read() {
        for text in ["1997-09-30", "2024-02-29", "1969-12-31"] {
            assert_eq!(text.parse::<Day>().unwrap().to_string(), text);
        }
        assert_eq!("1997-09-30T23:59:59Z".parse::<Day>().unwrap().plus(1).to_string(), "1997-10-01");
    }
}
