//! The scalars that GraphQL itself does not have.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, InputValueError, InputValueResult, Name, OutputType, Positioned, Scalar, ScalarType,
    ServerResult, Value,
};
use chrono::{SecondsFormat, Utc};

/// An instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) chrono::DateTime<Utc>);

/// An instant with up to six decimal places of a second, as RFC 3339 writes it. Answers are always in UTC and end in
/// `Z`; arguments may have any offset.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => chrono::DateTime::parse_from_rfc3339(text)
                .map(|instant| Self(instant.to_utc()))
                .map_err(|_| InputValueError::custom("expected an instant such as 2026-11-21T09:30:00Z")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

/// A decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) rust_decimal::Decimal);

/// An exact decimal number as text: `"12.50"`, `"-3"`. Never a binary floating point number.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => text
                .parse()
                .map(Self)
                .map_err(|_| InputValueError::custom("expected a decimal number as text, such as \"12.50\"")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl From<i64> for Count {
    /// A stored count; below 0 there is none.
    fn from(count: i64) -> Self {
        Self(count.max(0).unsigned_abs())
    }
}

/// A whole number of 0 or more, as a JSON number. It may go beyond 32 bits and stays below 2^53.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc7493#section-2.2")]
impl ScalarType for Count {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number
                .as_u64()
                .map(Self)
                .ok_or_else(|| InputValueError::custom("expected a whole number of 0 or more")),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

/// Any JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Json(pub(crate) Value);

/// Any JSON value, as it stands.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// A [`Json`] that belongs to somebody else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct JsonRef<'a>(pub(crate) &'a serde_json::Value);

impl OutputType for JsonRef<'_> {
    fn type_name() -> Cow<'static, str> {
        <Json as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Json as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(copy(self.0))
    }
}

/// The value as GraphQL holds it.
pub(super) fn copy(json: &serde_json::Value) -> Value {
    use serde_json::Value as J;
    match json {
        J::Null => Value::Null,
        J::Bool(truth) => Value::Boolean(*truth),
        J::Number(number) => Value::Number(number.clone()),
        J::String(text) => Value::String(text.clone()),
        J::Array(items) => Value::List(items.iter().map(copy).collect()),
        J::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (Name::new(name), copy(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[test]
    fn instants_end_in_z_and_carry_no_needless_digits() {
        for (given, expected) in [
            ("2026-11-21T09:30:00Z", "2026-11-21T09:30:00Z"),
            ("2026-11-21T10:30:00.5+01:00", "2026-11-21T09:30:00.500Z"),
        ] {
            let instant = DateTime::parse(value!(given)).unwrap();
            assert_eq!(instant.to_value(), value!(expected));
        }
        assert!(DateTime::parse(value!("21 November")).is_err());
    }

    #[test]
    fn decimals_are_exact_text() {
        let amount = Decimal::parse(value!("0.10")).unwrap();
        assert_eq!(amount.to_value(), value!("0.10"));
        assert!(Decimal::parse(value!(0.1)).is_err(), "a float is not exact");
    }

    #[test]
    fn json_stays_as_it_is() {
        let json = serde_json::json!({"b": [1, 2.5, null, true], "a": {"x": "y"}});
        assert_eq!(copy(&json).into_json().unwrap(), json);
    }
}
