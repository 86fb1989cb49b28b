use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{Event, Line, Order, Person, Rule, Timeline};

/// An instant of RFC 3339, or midnight of a day.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    full.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An event with its properties in JSON.
pub(crate) fn event(name: &str, occurred: &str, properties: Value) -> Event {
    let Value::Object(properties) = properties else { panic!("{properties} is no object") };
    Event { name: name.to_owned(), occurred_at: at(occurred), properties }
}

/// An order of one mug.
pub(crate) fn order(placed: Option<&str>, revenue: &str, currency: &str) -> Order {
    let mug = Line {
        product: Some("p1".to_owned()),
        sku: Some("MUG-1".to_owned()),
        name: Some("Mug".to_owned()),
        categories: vec!["Kitchen".to_owned()],
    };
    Order {
        placed_at: placed.map(at),
        counts: true,
        is_return: false,
        revenue: revenue.parse().unwrap(),
        currency: currency.to_owned(),
        lines: vec![mug],
    }
}

/// Somebody with one trait that was always so.
pub(crate) fn with_trait(key: &str, value: Value) -> Person {
    Person { traits: [(key.to_owned(), Timeline::always(value))].into(), ..Person::default() }
}

/// A rule in JSON.
#[expect(clippy::needless_pass_by_value, reason = "tables are easier to read")]
pub(crate) fn rule(json: Value) -> Rule {
    Rule::from_value(&json).unwrap_or_else(|problems| panic!("{json}: {problems}"))
}

/// Asks a rule at several instants: whether it holds, and when that changes.
#[expect(clippy::needless_pass_by_value, reason = "tables are easier to read")]
pub(crate) fn ask(condition: Value, person: &Person, answers: &[(&str, bool, Option<&str>)]) {
    let rule = rule(condition.clone());
    for (now, holds, next) in answers {
        let answer = rule.evaluate(person, at(now));
        assert_eq!((answer.holds, answer.next), (*holds, next.map(at)), "{condition} at {now}");
    }
}
