//! Values of rules that may be of several kinds, or are written as text.
//!
//! Each takes the kinds of value that the JSON form takes there, and keeps them as they were written. What stands in a text,
//! such as a day that is none, the crate tells with everything else that is wrong.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use segments::Duration;

/// Whether this may be money: an object, and nothing deeper in it.
fn is_flat(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            let plain = |value: &Value| {
                matches!(value, Value::String(_) | Value::Number(_) | Value::Boolean(_) | Value::Null)
            };
            fields.values().all(plain)
        }
        _ => false,
    }
}

/// A value in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentValue(Value);

/// What values are compared with: text of at most 1,000 characters, a number of at most 15 digits, 12 of them decimals, true
/// or false, or money as `{"amount": "12.50", "currency": "EUR"}`.
#[Scalar]
impl ScalarType for SegmentValue {
    fn parse(value: Value) -> InputValueResult<Self> {
        taken(value, Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_) | Value::Number(_) | Value::Boolean(_)) || is_flat(value)
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// What numbers are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentAmount(Value);

/// What numbers are compared with: a number of at most 15 digits, 12 of them decimals, or money as
/// `{"amount": "12.50", "currency": "EUR"}`, which compares with money of the same currency alone.
#[Scalar]
impl ScalarType for SegmentAmount {
    fn parse(value: Value) -> InputValueResult<Self> {
        taken(value, Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::Number(_)) || is_flat(value)
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// An end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentBound(Value);

/// An end of a range: a number of at most 15 digits, 12 of them decimals, money as `{"amount": "12.50", "currency": "EUR"}`,
/// or a date as in `SegmentDate`.
#[Scalar]
impl ScalarType for SegmentBound {
    fn parse(value: Value) -> InputValueResult<Self> {
        taken(value, Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_) | Value::Number(_)) || is_flat(value)
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// A number, also written as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentNumber(Value);

/// A number of at most 15 digits, 12 of them decimals: `12.5`, or as text `"12.5"`.
#[Scalar]
impl ScalarType for SegmentNumber {
    fn parse(value: Value) -> InputValueResult<Self> {
        taken(value, Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_) | Value::Number(_))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// A date in a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentDate(Value);

/// A day in UTC, such as `"2026-01-31"`, or an instant with any offset, such as `"2026-01-31T12:00:00Z"`, as RFC 3339 writes
/// them; in the years 1 to 9999.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for SegmentDate {
    fn parse(value: Value) -> InputValueResult<Self> {
        taken(value, Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// How long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SegmentDuration(Value);

impl SegmentDuration {
    /// The length of time.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::graphql) fn read(&self) -> Result<Duration, String> {
        match &self.0 {
            Value::String(text) => Duration::parse(text),
            _ => Err("expected a length of time such as \"P30D\"".to_owned()),
        }
    }
}

/// A length of time as ISO 8601 writes it, in whole weeks, days of 24 hours, hours, minutes and seconds: `"P30D"`, `"PT2H"`,
/// `"P1DT12H"`. Months and years have no fixed length and cannot be used.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#appendix-A")]
impl ScalarType for SegmentDuration {
    fn parse(value: Value) -> InputValueResult<Self> {
        taken(value, Self)
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

impl From<Duration> for SegmentDuration {
    fn from(duration: Duration) -> Self {
        Self(Value::String(duration.to_iso()))
    }
}

/// The value as a scalar that takes it.
fn taken<T>(value: Value, scalar: fn(Value) -> T) -> InputValueResult<T>
where
    T: ScalarType + async_graphql::InputType,
{
    if T::is_valid(&value) { Ok(scalar(value)) } else { Err(InputValueError::expected_type(value)) }
}
