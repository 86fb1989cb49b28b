//! What a condition met at an instant, in words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::figures::{count, date, figure, times, value};
use crate::comparison::{Literal, Test, Window};
use crate::condition::{Aggregate, Condition, Near, Orders, Sequence};
use crate::evaluate::{self as facts, Figure, Found, Instant, micros};
use crate::person::{Event, Subject, Timeline};

/// What a condition that holds no others met.
pub(super) fn met(condition: &Condition, subject: &Subject<'_>, now: DateTime<Utc>) -> String {
    let person = subject.person;
    match condition {
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => String::new(),
        Condition::Trait(test) => match at_key(subject, &test.key, now) {
            Some(found) => tested(&test.is, &found),
            None => "no such trait".to_owned(),
        },
        Condition::Near(near) => place(near, subject, now),
        Condition::Did(did) => {
            let instants = facts::matching_events(&did.events, subject).map(|(at, _)| at);
            times(&instants.filter(|at| lies(did.window.as_ref(), Some(*at), now)).collect::<Vec<_>>())
        }
        Condition::Sequence(sequence) => steps(sequence, subject, now),
        Condition::First(occasion) => {
            dated(facts::matching_events(&occasion.events, subject).map(|(at, _)| at), now, false, "never")
        }
        Condition::Last(occasion) => {
            dated(facts::matching_events(&occasion.events, subject).map(|(at, _)| at), now, true, "never")
        }
        Condition::FirstOrder(_) => {
            dated(subject.orders.iter().filter_map(|(at, _)| *at), now, false, "no order with a date")
        }
        Condition::LastOrder(_) => {
            dated(subject.orders.iter().filter_map(|(at, _)| *at), now, true, "no order with a date")
        }
        Condition::Sum(of) => aggregate(of, Figure::Sum, subject, now),
        Condition::Average(of) => aggregate(of, Figure::Average, subject, now),
        Condition::Minimum(of) => aggregate(of, Figure::Minimum, subject, now),
        Condition::Maximum(of) => aggregate(of, Figure::Maximum, subject, now),
        Condition::Distinct(of) => {
            let mut values: Vec<String> =
                in_window(of, subject, now).flat_map(|event| facts::property_values(event, &of.of)).collect();
            values.sort_unstable();
            values.dedup();
            count(values.len(), "different value", "different values")
        }
        Condition::Orders(orders) => bought_for(orders, subject, now),
        Condition::Bought(bought) => {
            let met = facts::bought(&bought.goods, subject)
                .filter(|(at, _)| lies(bought.window.as_ref(), *at, now))
                .map(|(at, _)| at);
            let met: Vec<Option<Instant>> = met.collect();
            match met.iter().max() {
                None => "in no order".to_owned(),
                Some(last) => {
                    let last = last.map_or_else(String::new, |last| format!(", last on {}", date(last)));
                    format!("in {}{last}", count(met.len(), "order", "orders"))
                }
            }
        }
        Condition::Segment(segment) => {
            flag(&person.segments, &segment.key, now, ["a member", "not a member"])
        }
        Condition::List(list) => flag(&person.lists, &list.key, now, ["on the list", "not on the list"]),
        Condition::Consent(consent) => {
            flag(&person.consents, &consent.purpose, now, ["allowed", "not allowed"])
        }
        Condition::Prediction(test) => {
            match person.predictions.get(&test.name).and_then(|known| known.at(now)) {
                Some(number) if number.is_nan() => "not a number".to_owned(),
                Some(number) => number.to_string(),
                None => "not predicted: not allowed, or nothing is known".to_owned(),
            }
        }
        Condition::Sample(sample) => {
            let lot = rust_decimal::Decimal::new(facts::lot(&sample.salt, person.id).into(), 2);
            format!("drew {lot} of 0 to 99.99")
        }
    }
}

/// Whether something that happened, or always was so, lies in a window now.
fn lies(window: Option<&Window>, at: Option<Instant>, now: DateTime<Utc>) -> bool {
    let now = micros(now);
    facts::lies(window, at).is_some_and(|(enters, leaves)| enters <= now && now < leaves)
}

fn at_key<'p>(subject: &Subject<'p>, key: &str, now: DateTime<Utc>) -> Option<Found<'p>> {
    let (timeline, path) = facts::timeline(&subject.person.traits, key)?;
    let found = Found::within(timeline.at(now)?, path);
    (!found.is_empty()).then_some(found)
}

/// The value that was tested, and why it cannot be compared, if so.
fn tested(test: &Test, found: &Found<'_>) -> String {
    let shown: Vec<String> = found.nodes().iter().take(5).map(|node| value(node)).collect();
    let shown = shown.join(", ");
    let wanted = Wanted::of(test);
    if wanted.is_empty() || found.elements().any(|element| wanted.iter().any(|kind| kind.is(element, found)))
    {
        return shown;
    }
    let expected: Vec<String> = wanted.iter().map(Wanted::describe).collect();
    match found.elements().next().map(kind) {
        Some(kind) => format!("{shown} is {kind}, {} was expected", expected.join(" or ")),
        None => shown,
    }
}

/// A type that a test is made for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'t> {
    Text,
    Number,
    Boolean,
    Money(&'t str),
    Date,
    List,
}

impl<'t> Wanted<'t> {
    fn of(test: &'t Test) -> Vec<Self> {
        let amount = |currency: Option<&'t str>| vec![currency.map_or(Self::Number, Self::Money)];
        match test {
            Test::Equals(literal) | Test::NotEquals(literal) => vec![Self::of_literal(literal)],
            Test::OneOf(literals) | Test::NoneOf(literals) | Test::ContainsAll(literals) => {
                let mut wanted = Vec::new();
                for literal in literals.iter().map(Self::of_literal) {
                    if !wanted.contains(&literal) {
                        wanted.push(literal);
                    }
                }
                wanted
            }
            Test::Contains(_) | Test::StartsWith(_) | Test::EndsWith(_) => vec![Self::Text],
            Test::Above(_) | Test::AtLeast(_) | Test::Below(_) | Test::AtMost(_) | Test::Between(_) => {
                amount(test.currency())
            }
            Test::On(_)
            | Test::Before(_)
            | Test::After(_)
            | Test::BetweenDates(_)
            | Test::WithinLast(_)
            | Test::MoreThanAgo(_)
            | Test::WithinNext(_)
            | Test::AnniversaryWithin(_) => vec![Self::Date],
            Test::Size(_) => vec![Self::List],
            Test::Exists(_) => Vec::new(),
        }
    }

    fn of_literal(literal: &'t Literal) -> Self {
        match literal {
            Literal::Text(_) => Self::Text,
            Literal::Number(_) => Self::Number,
            Literal::Boolean(_) => Self::Boolean,
            Literal::Money(money) => Self::Money(&money.currency),
        }
    }

    fn is(&self, value: &Value, found: &Found<'_>) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Money(currency) => found.amount(value, Some(currency)).is_some(),
            Self::Date => facts::date(value).is_some(),
            Self::List => found.size().is_some(),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Money(currency) => format!("money in {currency}"),
            Self::Date => "a date".to_owned(),
            Self::List => "a list".to_owned(),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(object) if facts::money_amount(object).is_some() => "money",
        Value::Object(_) => "an object",
    }
}

fn place(near: &Near, subject: &Subject<'_>, now: DateTime<Utc>) -> String {
    let Some(found) = at_key(subject, &near.key, now) else { return "no such trait".to_owned() };
    let distances = found.elements().filter_map(|element| facts::kilometres_between(near, element));
    match distances.min_by(f64::total_cmp) {
        Some(kilometres) => format!("{kilometres:.1} km away"),
        None => "no place: latitude and longitude were expected".to_owned(),
    }
}

/// How many steps were taken.
fn steps(sequence: &Sequence, subject: &Subject<'_>, now: DateTime<Utc>) -> String {
    let taken = |steps: &usize| {
        let part = Sequence { steps: sequence.steps[..*steps].to_vec(), window: sequence.window.clone() };
        let now = micros(now);
        facts::whole(&Condition::Sequence(part), subject, now, now).at(now)
    };
    let all = sequence.steps.len();
    let furthest = (1..=all).rev().find(taken).unwrap_or(0);
    format!("{furthest} of {all} steps")
}

fn dated(instants: impl Iterator<Item = Instant>, now: DateTime<Utc>, last: bool, none: &str) -> String {
    let now = micros(now);
    let mut known = instants.take_while(|at| *at <= now);
    let found = if last { known.last() } else { known.next() };
    found.map_or_else(|| none.to_owned(), |at| format!("on {}", date(at)))
}

fn in_window<'s>(
    of: &'s Aggregate,
    subject: &'s Subject<'_>,
    now: DateTime<Utc>,
) -> impl Iterator<Item = &'s Event> {
    let events = facts::matching_events(&of.events, subject);
    events.filter(move |(at, _)| lies(of.window.as_ref(), Some(*at), now)).map(|(_, event)| event)
}

fn aggregate(of: &Aggregate, what: Figure, subject: &Subject<'_>, now: DateTime<Utc>) -> String {
    let numbers: Vec<_> =
        in_window(of, subject, now).flat_map(|event| facts::property_numbers(of, event)).collect();
    let currency = of.is.currency().map_or_else(String::new, |currency| format!(" {currency}"));
    match what.of(&numbers) {
        Some((sum, parts)) => {
            let values = count(numbers.len(), "value", "values");
            format!("{}{currency} of {values}", figure(sum, parts))
        }
        None => "no values".to_owned(),
    }
}

fn bought_for(orders: &Orders, subject: &Subject<'_>, now: DateTime<Utc>) -> String {
    let met =
        facts::matching_orders(orders, subject).filter(|(at, _)| lies(orders.window.as_ref(), *at, now));
    let revenues: Vec<_> = met.map(|(_, order)| facts::fixed(order.revenue)).collect();
    let number = count(revenues.len(), "order", "orders");
    let Some(currency) = &orders.currency else { return number };
    match facts::order_figure(orders.measure) {
        Figure::Count => format!("{number} in {currency}"),
        what => match what.of(&revenues) {
            Some((sum, parts)) => format!("{} {currency} in {number}", figure(sum, parts)),
            None => format!("no orders in {currency}"),
        },
    }
}

/// Whether something is so, and since when.
fn flag(
    timelines: &BTreeMap<String, Timeline<bool>>,
    key: &str,
    now: DateTime<Utc>,
    [yes, no]: [&str; 2],
) -> String {
    let Some(timeline) = timelines.get(key) else { return format!("{no}: nothing is known") };
    let is = |value: Option<&bool>| value == Some(&true);
    let holds = is(timeline.at(now));
    // Since the first of the entries in a row that say the same.
    let known = timeline.entries().iter().rev().skip_while(|(from, _)| from.is_some_and(|from| from > now));
    let same = known.take_while(|(_, value)| is(value.as_ref()) == holds);
    let since = same.last().and_then(|(from, _)| *from);
    let word = if holds { yes } else { no };
    since.map_or_else(|| word.to_owned(), |since| format!("{word} since {}", date(micros(since))))
}
