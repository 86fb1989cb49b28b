//! One field of one row: its text found, parsed and typed, or the fault that says what was expected.
//! No value of the row ever stands in a fault.

use std::{borrow::Cow, collections::BTreeMap};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{
    formats::{Formats, boolean},
    mapping::{Mapping, Records, is_currency},
    rows::Row,
    value::{Condition, Shape, Typed, Value},
};

/// Why a part of a row is not understood: the field and what was expected.
#[derive(Debug)]
pub(super) struct Fault(pub(super) String);

impl Fault {
    fn new(value: &Value, expected: &str) -> Self {
        Self(format!("{}: {expected}", value.label()))
    }
}

/// `Ok(None)`: the row does not describe such a thing.
pub(super) type Mapped<T> = Result<Option<T>, Fault>;

/// The mapping of one file, ready to be applied to its rows.
#[derive(Debug)]
pub(super) struct Mapper {
    pub(super) records: Records,
    formats: Formats,
    currency: Option<String>,
}

impl Mapper {
    pub(super) fn new(mapping: Mapping) -> Self {
        Self { formats: mapping.formats(), currency: mapping.currency, records: mapping.records }
    }

    /// A field that `parse` understands.
    pub(super) fn parsed<T>(
        &self,
        value: Option<&Value>,
        row: &Row,
        parse: impl FnOnce(&Formats, &str) -> Result<T, String>,
    ) -> Mapped<T> {
        let Some(value) = value else { return Ok(None) };
        let Some(text) = value.text(row) else { return Ok(None) };
        parse(&self.formats, &text).map(Some).map_err(|expected| Fault::new(value, &expected))
    }

    pub(super) fn decimal(&self, value: Option<&Value>, row: &Row) -> Mapped<Decimal> {
        self.parsed(value, row, Formats::decimal)
    }

    pub(super) fn instant(&self, value: Option<&Value>, row: &Row) -> Mapped<DateTime<Utc>> {
        self.parsed(value, row, Formats::instant)
    }

    /// The row's own currency, otherwise the file's.
    pub(super) fn currency(&self, value: Option<&Value>, row: &Row) -> Mapped<String> {
        let own = self.parsed(value, row, |_, text| {
            let code = text.to_ascii_uppercase();
            if is_currency(&code) {
                Ok(code)
            } else {
                Err("expected an ISO 4217 code such as EUR".to_owned())
            }
        })?;
        Ok(own.or_else(|| self.currency.clone()))
    }

    /// A value of free shape; a list may also be written as a JSON array.
    pub(super) fn json(&self, typed: Option<&Typed>, row: &Row) -> Mapped<Json> {
        let Some(typed) = typed else { return Ok(None) };
        self.parsed(Some(&typed.value), row, |formats, text| match typed.shape {
            Shape::Text => Ok(Json::from(text)),
            Shape::Number => formats.decimal(text).map(number),
            Shape::Bool => boolean(text).map(Json::from),
            Shape::Date => formats.date(text).map(|date| Json::from(date.to_string())),
            Shape::Instant => formats
                .instant(text)
                .map(|moment| Json::from(moment.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))),
            Shape::List => Ok(items(text, &typed.separator).into()),
        })
    }

    /// Fields of free shape by key, absent ones left out.
    pub(super) fn free(
        &self,
        fields: &BTreeMap<String, Typed>,
        row: &Row,
    ) -> Result<BTreeMap<String, Json>, Fault> {
        let mut values = BTreeMap::new();
        for (key, typed) in fields {
            if let Some(value) = self.json(Some(typed), row)? {
                values.insert(key.clone(), value);
            }
        }
        Ok(values)
    }

    /// Lists and single texts as one list.
    pub(super) fn texts(&self, fields: &[Typed], row: &Row) -> Result<Vec<String>, Fault> {
        let mut texts = Vec::new();
        for typed in fields {
            match self.json(Some(typed), row)? {
                Some(Json::Array(items)) => {
                    texts.extend(items.iter().filter_map(Json::as_str).map(str::to_owned));
                }
                Some(Json::String(text)) => texts.push(text),
                Some(other) => texts.push(other.to_string()),
                None => {}
            }
        }
        Ok(texts)
    }
}

/// One of the canonical words, in any case.
pub(super) fn named<T: for<'de> Deserialize<'de>>(text: &str, words: &str) -> Result<T, String> {
    serde_json::from_value(Json::from(text.to_lowercase()))
        .map_err(|_| format!("expected one of {words}; translate others with `map`"))
}

pub(super) fn all(conditions: &[Condition], row: &Row) -> bool {
    conditions.iter().all(|condition| condition.holds(row))
}

pub(super) fn text(value: Option<&Value>, row: &Row) -> Option<String> {
    value?.text(row).map(Cow::into_owned)
}

pub(super) fn missing(value: Option<&Value>, expected: &str) -> Fault {
    Fault(format!("{}: expected {expected}", value.map_or_else(|| "line".to_owned(), Value::label)))
}

pub(super) fn whole(number: Decimal, value: Option<&Value>) -> Result<i64, Fault> {
    if number.fract().is_zero() { i64::try_from(number).ok() } else { None }
        .ok_or_else(|| missing(value, "a whole number"))
}

/// A JSON number: whole numbers exactly, others as the nearest float, as JSON readers take them.
fn number(number: Decimal) -> Json {
    serde_json::from_str(&number.normalize().to_string()).unwrap_or_default()
}

fn items(text: &str, separator: &str) -> Vec<String> {
    if let Ok(items) = serde_json::from_str::<Vec<Json>>(text) {
        let word = |item: Json| match item {
            Json::Null => String::new(),
            Json::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        return items.into_iter().map(word).filter(|word| !word.is_empty()).collect();
    }
    text.split(separator).map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
