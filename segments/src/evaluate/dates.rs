//! When a date passes a test: some tests of dates are answered differently from one instant to the next.

use chrono::{DateTime, Datelike, NaiveDate};
use serde_json::Value;

use super::{Frame, Instant, datetime, micros};
use crate::comparison::{Test, When, midnight};

/// The date that a text is: a day, which begins at midnight in UTC, or an instant of RFC 3339.
pub(crate) fn date(value: &Value) -> Option<Instant> {
    let text = value.as_str()?;
    if text.len() < 10 || !text.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    if text.len() == 10 {
        return day(text).map(|day| micros(midnight(day)));
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| micros(at.to_utc()))
}

/// A day in the form 2026-01-31.
pub(crate) fn day(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = bytes.get(from..to)?;
        digits
            .iter()
            .try_fold(0_u16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0')))
    };
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    NaiveDate::from_ymd_opt(number(0, 4)?.into(), number(5, 7)?.into(), number(8, 10)?.into())
}

/// Whether the answer to a test of a date depends on the instant at which it is asked.
pub(crate) const fn is_relative(test: &Test) -> bool {
    matches!(
        test,
        Test::WithinLast(_) | Test::MoreThanAgo(_) | Test::WithinNext(_) | Test::AnniversaryWithin(_)
    )
}

/// Whether a date passes a test whose answer is the same at every instant.
pub(crate) fn passes(test: &Test, date: Instant) -> bool {
    let lies = |from: When, to: When| (micros(from.start())..micros(to.end())).contains(&date);
    match test {
        Test::On(when) => lies(*when, *when),
        Test::BetweenDates(range) => lies(range.from, range.to),
        Test::Before(when) => date < micros(when.start()),
        Test::After(when) => date >= micros(when.end()),
        _ => false,
    }
}

/// When a date passes a relative test: from … until just before ….
pub(crate) fn passing(test: &Test, date: Instant, frame: Frame, into: &mut Vec<(Instant, Instant)>) {
    match test {
        Test::WithinLast(length) => into.push((date, date.saturating_add(length.micros()))),
        Test::MoreThanAgo(length) => into.push((date.saturating_add(length.micros()), Instant::MAX)),
        Test::WithinNext(length) => into.push((date.saturating_sub(length.micros()), date)),
        Test::AnniversaryWithin(length) => anniversaries(date, length.micros(), frame, into),
        _ => {}
    }
}

/// Every year from the first one after the date on, as far as the frame reaches, within the years 1 to 9999.
fn anniversaries(date: Instant, before: Instant, frame: Frame, into: &mut Vec<(Instant, Instant)>) {
    let Some(first) = datetime(date).map(|date| date.date_naive()) else { return };
    let year = |at: Instant, otherwise: i32| datetime(at).map_or(otherwise, |at| at.year());
    let from = year(frame.from, i32::MIN).saturating_sub(1).max(first.year() + 1).max(1);
    // One more than the horizon: days before an anniversary may lie in the year before it.
    let to = year(frame.horizon, i32::MAX).saturating_add(1).min(9999);
    for year in from..=to {
        let day = first.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 2, 28));
        if let Some(start) = day.map(|day| micros(midnight(day))) {
            into.push((start.saturating_sub(before), start.saturating_add(DAY)));
        }
    }
}

const DAY: Instant = 86_400_000_000;
