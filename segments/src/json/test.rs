use std::str::FromStr;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::reader::{Reader, join, optional};
use crate::comparison::{Amount, Literal, Money, Range, Test, When, Window};
use crate::condition::{KeyTest, Times};
use crate::duration::Duration;
use crate::evaluate::{day, json_number};

const TESTS: [&str; 22] = [
    "equals",
    "notEquals",
    "oneOf",
    "noneOf",
    "contains",
    "startsWith",
    "endsWith",
    "above",
    "atLeast",
    "below",
    "atMost",
    "between",
    "on",
    "before",
    "after",
    "withinLast",
    "moreThanAgo",
    "withinNext",
    "anniversaryWithin",
    "exists",
    "containsAll",
    "size",
];

/// A date as rules write it: a day, or an instant with its offset.
pub(crate) fn when(text: &str) -> Option<When> {
    if let Some(day) = day(text) {
        return Some(When::Day(day));
    }
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    // Instants are counted in microseconds everywhere.
    DateTime::<Utc>::from_timestamp_micros(at.timestamp_micros()).map(When::Instant)
}

impl Reader {
    /// A test: an object with one key.
    pub(super) fn test(&mut self, value: &Value, path: &str) -> Option<Test> {
        let (key, value) = self.only(value, path, "a test", &TESTS)?;
        let path = &join(path, key);
        Some(match key {
            "equals" => Test::Equals(self.literal(value, path)?),
            "notEquals" => Test::NotEquals(self.literal(value, path)?),
            "oneOf" => Test::OneOf(self.list(value, path, Self::literal)?),
            "noneOf" => Test::NoneOf(self.list(value, path, Self::literal)?),
            "containsAll" => Test::ContainsAll(self.list(value, path, Self::literal)?),
            "contains" => Test::Contains(self.string(value, path)?),
            "startsWith" => Test::StartsWith(self.string(value, path)?),
            "endsWith" => Test::EndsWith(self.string(value, path)?),
            "above" => Test::Above(self.amount(value, path)?),
            "atLeast" => Test::AtLeast(self.amount(value, path)?),
            "below" => Test::Below(self.amount(value, path)?),
            "atMost" => Test::AtMost(self.amount(value, path)?),
            "between" => self.between(value, path)?,
            "on" => Test::On(self.when(value, path)?),
            "before" => Test::Before(self.when(value, path)?),
            "after" => Test::After(self.when(value, path)?),
            "withinLast" => Test::WithinLast(self.duration(value, path)?),
            "moreThanAgo" => Test::MoreThanAgo(self.duration(value, path)?),
            "withinNext" => Test::WithinNext(self.duration(value, path)?),
            "anniversaryWithin" => Test::AnniversaryWithin(self.duration(value, path)?),
            "exists" => match value {
                Value::Bool(exists) => Test::Exists(*exists),
                other => return self.expected(path, "true or false", other),
            },
            // A size of a size is nothing: no need to follow it down.
            _ if path.ends_with("size.size") => {
                return self.problem(path, "expected a test of numbers, found another `size`");
            }
            _ => Test::Size(Box::new(self.test(value, path)?)),
        })
    }

    fn between(&mut self, value: &Value, path: &str) -> Option<Test> {
        let object = self.object(value, path, &["from", "to"])?;
        let (from, to) = (self.required(object, path, "from"), self.required(object, path, "to"));
        let (from, to) = (from?, to?);
        let (at_from, at_to) = (join(path, "from"), join(path, "to"));
        if from.is_string() || to.is_string() {
            let (from, to) = (self.when(from, &at_from), self.when(to, &at_to));
            return Some(Test::BetweenDates(Range { from: from?, to: to? }));
        }
        let (from, to) = (self.amount(from, &at_from), self.amount(to, &at_to));
        Some(Test::Between(Range { from: from?, to: to? }))
    }

    fn literal(&mut self, value: &Value, path: &str) -> Option<Literal> {
        Some(match value {
            Value::String(text) => Literal::Text(text.clone()),
            Value::Bool(flag) => Literal::Boolean(*flag),
            Value::Number(number) => Literal::Number(json_number(number)),
            Value::Object(_) => Literal::Money(self.money(value, path)?),
            other => return self.expected(path, "text, a number, true or false, or money", other),
        })
    }

    fn amount(&mut self, value: &Value, path: &str) -> Option<Amount> {
        match value {
            Value::Number(number) => Some(Amount::Number(json_number(number))),
            Value::Object(_) => self.money(value, path).map(Amount::Money),
            other => self.expected(
                path,
                "a number, or money as {\"amount\": \"50\", \"currency\": \"EUR\"}",
                other,
            ),
        }
    }

    fn money(&mut self, value: &Value, path: &str) -> Option<Money> {
        let object = self.object(value, path, &["amount", "currency"])?;
        let currency = self.text(object, path, "currency");
        let amount = self.required(object, path, "amount")?;
        let amount = self.number(amount, &join(path, "amount"));
        Some(Money { amount: amount?, currency: currency? })
    }

    /// A number, also written as text.
    pub(super) fn number(&mut self, value: &Value, path: &str) -> Option<Decimal> {
        match value {
            Value::Number(number) => Some(json_number(number)),
            Value::String(text) => match Decimal::from_str(text) {
                Ok(number) if text.len() <= 40 => Some(number),
                _ => self.expected(path, "a number", value),
            },
            other => self.expected(path, "a number", other),
        }
    }

    fn when(&mut self, value: &Value, path: &str) -> Option<When> {
        match value.as_str().and_then(when) {
            Some(when) => Some(when),
            None => self.expected(path, "a date such as 2026-01-31 or 2026-01-31T12:00:00Z", value),
        }
    }

    pub(super) fn duration(&mut self, value: &Value, path: &str) -> Option<Duration> {
        let Value::String(text) = value else {
            return self.expected(path, "a duration such as P30D or PT2H", value);
        };
        match Duration::parse(text) {
            Ok(duration) => Some(duration),
            Err(message) => self.problem(path, message),
        }
    }

    /// A test under its key.
    pub(super) fn key_test(&mut self, value: &Value, path: &str) -> Option<KeyTest> {
        let object = self.object(value, path, &["key", "is", "ignoreCase"])?;
        let key = self.text(object, path, "key");
        let is = self.is(object, path);
        let ignore_case = self.flag(object, path, "ignoreCase");
        Some(KeyTest { key: key?, is: is?, ignore_case: ignore_case? })
    }

    /// The test under `is`.
    pub(super) fn is(&mut self, object: &serde_json::Map<String, Value>, path: &str) -> Option<Test> {
        let value = self.required(object, path, "is")?;
        self.test(value, &join(path, "is"))
    }

    /// The window of an object that may have one.
    #[expect(clippy::option_option, reason = "nothing there, or nothing that could be read")]
    pub(super) fn window(
        &mut self,
        object: &serde_json::Map<String, Value>,
        path: &str,
    ) -> Option<Option<Window>> {
        let Some(value) = optional(object, "window") else { return Some(None) };
        let path = join(path, "window");
        let (key, value) = self.only(value, &path, "a window", &["last", "between", "since", "before"])?;
        let path = join(&path, key);
        Some(Some(match key {
            "last" => Window::Last(self.duration(value, &path)?),
            "since" => Window::Since(self.when(value, &path)?),
            "before" => Window::Before(self.when(value, &path)?),
            _ => {
                let object = self.object(value, &path, &["from", "to"])?;
                let from = self.required(object, &path, "from")?;
                let to = self.required(object, &path, "to")?;
                let from = self.when(from, &join(&path, "from"));
                let to = self.when(to, &join(&path, "to"));
                Window::Between(Range { from: from?, to: to? })
            }
        }))
    }

    /// How often; if nothing is said, at least once.
    pub(super) fn times(&mut self, object: &serde_json::Map<String, Value>, path: &str) -> Option<Times> {
        let Some(value) = optional(object, "times") else { return Some(Times::default()) };
        let path = join(path, "times");
        let (key, value) = self.only(value, &path, "how often", &["atLeast", "atMost", "exactly"])?;
        let Some(count) = value.as_u64().and_then(|count| u32::try_from(count).ok()) else {
            return self.expected(&join(&path, key), "a whole number", value);
        };
        Some(match key {
            "atLeast" => Times::AtLeast(count),
            "atMost" => Times::AtMost(count),
            _ => Times::Exactly(count),
        })
    }
}
