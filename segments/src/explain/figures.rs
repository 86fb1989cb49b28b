//! Numbers, dates and values in words.

use chrono::SecondsFormat;
use serde_json::Value;

use crate::evaluate::{Fixed, Instant, datetime, json_number, money_amount, to_decimal};

/// An instant.
pub(super) fn date(at: Instant) -> String {
    datetime(at)
        .map_or_else(|| "beyond all dates".to_owned(), |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// So many of something.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How often, and when for the last time.
pub(super) fn times(instants: &[Instant]) -> String {
    match instants.iter().max() {
        None => "never".to_owned(),
        Some(last) => format!("{}, last on {}", count(instants.len(), "time", "times"), date(*last)),
    }
}

/// A fraction of units, to six decimals.
pub(super) fn figure(sum: Fixed, count: usize) -> String {
    let count = Fixed::try_from(count).unwrap_or(Fixed::MAX).max(1);
    let exact = to_decimal(sum / count);
    exact.round_dp(6).normalize().to_string()
}

/// A value, not too long.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Number(number) => json_number(number).normalize().to_string(),
        Value::Object(object) => match (object.get("currency").and_then(Value::as_str), money_amount(object))
        {
            (Some(currency), Some(amount)) => format!("{amount} {currency}"),
            _ => "an object".to_owned(),
        },
        Value::Array(elements) => {
            let shown: Vec<String> = elements.iter().take(5).map(self::value).collect();
            let more = elements.len().saturating_sub(shown.len());
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("[{}]{rest}", shown.join(", "))
        }
        Value::String(text) if text.chars().nth(60).is_some() => {
            let start: String = text.chars().take(60).collect();
            format!("{}…", crate::text::Quoted(&start))
        }
        Value::String(text) => crate::text::Quoted(text).to_string(),
        Value::Null | Value::Bool(_) => value.to_string(),
    }
}
