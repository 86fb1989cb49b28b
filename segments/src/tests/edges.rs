//! What nobody should ever send, and somebody will.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::support::{at, event, order, with_trait};
use crate::{Event, Person, Rule, Subject, Timeline};

/// One rule of every kind, and some of the largest figures that a rule may hold.
fn rules() -> Vec<Rule> {
    [
        "x exists and not x is missing",
        "x > 999999999999999 or x < -999999999999999 or x is 0.000000000001",
        "x within the last 36500 days or x more than 36500 days ago or x within the next 36500 days",
        "x anniversary within the next 365 days and not x anniversary within the next 0 days",
        "x between 0001-01-01 and 9999-12-31 or x is on 9999-12-31T23:59:59.999999Z",
        "did any event at least 4294967295 times within the last 36500 days",
        "did \"A\" between 0001-01-01 and 9999-12-31",
        "did \"A\" then \"A\" within 36500 days then not \"A\" within 36500 days then not \"B\" within the last 36500 days",
        "last \"A\" anniversary within the next 7 days",
        "first \"A\" more than 36500 days ago",
        "sum of \"x\" in \"A\" >= 999999999999999 within the last 1 second",
        "average of \"x\" in any event < 999999999999999 EUR",
        "minimum of \"x\" in \"A\" < -999999999999999 and maximum of \"x\" in \"A\" > 999999999999999",
        "distinct \"x\" in \"A\" > 1",
        "total of orders in EUR > 1 and average of orders in EUR > 1 and count of orders > 1",
        "last order more than 1 second ago and first order within the next 36500 days",
        "bought product \"p1\" within the last 36500 days",
        "prediction x > 1 or prediction x exists",
        "x within 21000 km of (90, 180) or x within 0 km of (-90, -180)",
        "x is allowed or in segment \"x\" or in list \"x\" or in sample 100% of \"x\"",
    ]
    .iter()
    .map(|text| Rule::parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems}")))
    .collect()
}

fn instants() -> Vec<DateTime<Utc>> {
    let ends = [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC];
    ["0001-01-01", "1970-01-01", "2026-06-01", "9999-12-31T23:59:59.999999999Z"]
        .map(at)
        .into_iter()
        .chain(ends)
        .collect()
}

fn monsters() -> Vec<Value> {
    vec![
        json!(null),
        json!([]),
        json!({}),
        json!([[["x"]]]),
        json!(""),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(u64::MAX),
        json!(i64::MIN),
        json!("0000-00-00"),
        json!("9999-12-31"),
        json!("0000-02-29"),
        json!("9999-12-31T23:59:60Z"),
        json!("2026-06-01T00:00:00+23:59"),
        json!("-262143-01-01T00:00:00Z"),
        json!("日本日本"),
        json!({"amount": "79228162514264337593543950335", "currency": "EUR"}),
        json!({"amount": "not a number", "currency": 5}),
        json!({"latitude": 1e308, "longitude": -1e308}),
        json!({"latitude": -90, "longitude": 180}),
        json!("x".repeat(100_000)),
    ]
}

/// Asks everything that can be asked.
fn ask(person: &Person) {
    let subject = Subject::new(person);
    for rule in rules() {
        for now in instants() {
            let answer = rule.answer(&subject, now);
            assert!(answer.next.is_none_or(|next| next > now), "{rule} at {now}: {answer:?}");
            let explained = rule.explain(&subject, now);
            assert_eq!((explained.holds, explained.next), (answer.holds, answer.next), "{rule} at {now}");
            for known in [None, Some((at("2026-01-01"), true))] {
                let history = rule.history(&subject, known, now);
                assert!(
                    history.changes.iter().all(|change| change.at.is_none_or(|at| at <= now)),
                    "{rule}: {history:?}"
                );
            }
        }
    }
}

#[test]
fn monstrous_values_break_nothing() {
    for value in monsters() {
        let mut person = with_trait("x", value.clone());
        person.events = instants()
            .into_iter()
            .map(|occurred_at| Event {
                name: "A".to_owned(),
                occurred_at,
                properties: [("x".to_owned(), value.clone()), ("currency".to_owned(), json!("EUR"))]
                    .into_iter()
                    .collect(),
            })
            .collect();
        ask(&person);
    }
}

#[test]
fn monstrous_facts_break_nothing() {
    let ends = || instants().into_iter().map(Some).chain([None]);
    let mut person = Person { since: Some(DateTime::<Utc>::MIN_UTC), ..Person::default() };
    person.orders = ends()
        .flat_map(|placed_at| {
            [Decimal::MAX, Decimal::MIN, Decimal::new(1, 28)].map(|revenue| {
                let mut order = order(None, "0", "EUR");
                (order.placed_at, order.revenue) = (placed_at, revenue);
                order
            })
        })
        .collect();
    person.traits.insert(
        "x".to_owned(),
        Timeline::new(ends().map(|from| (from, Some(json!("2000-02-29")))).collect()),
    );
    let flags = || {
        Timeline::new(ends().enumerate().map(|(n, from)| (from, (n % 3 > 0).then_some(n % 2 == 0))).collect())
    };
    for flag in [&mut person.consents, &mut person.segments, &mut person.lists] {
        flag.insert("x".to_owned(), flags());
    }
    let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -0.];
    person.predictions.insert(
        "x".to_owned(),
        Timeline::new(ends().zip(numbers).map(|(from, number)| (from, Some(number))).collect()),
    );
    ask(&person);
    ask(&Person::default());
}

#[test]
fn sums_of_what_is_too_large_do_not_overflow() {
    let revenues = vec![Decimal::MAX; 1_000];
    let mut person = Person::default();
    for revenue in revenues {
        let mut order = order(Some("2026-01-01"), "0", "EUR");
        order.revenue = revenue;
        person.orders.push(order);
    }
    let rule = Rule::parse(
        "total of orders in EUR > 999999999999999 and average of orders in EUR > 999999999999999",
    )
    .unwrap();
    assert!(rule.evaluate(&person, at("2026-06-01")).holds);
}

#[test]
fn large_bags_and_long_lives_are_no_trouble() {
    let bag: Map<String, Value> = (0..5_000).map(|at| (format!("key{at}"), json!(at))).collect();
    let now = at("2026-06-01");
    let person = Person {
        events: (0..5_000_i64)
            .map(|minute| Event {
                name: if minute % 2 == 0 { "A" } else { "B" }.to_owned(),
                occurred_at: now - TimeDelta::minutes(minute),
                properties: if minute == 7 { bag.clone() } else { Map::new() },
            })
            .collect(),
        ..Person::default()
    };
    let subject = Subject::new(&person);
    for (text, holds) in [
        ("did \"B\" where \"key4999\" is 4999", true),
        (
            "did \"A\" then \"B\" within 1 hour then \"A\" within 1 hour then \"B\" then not \"C\" within 1 hour within the last 1 day",
            true,
        ),
        ("did \"A\" then not \"B\" within 1 hour", false),
        ("did \"A\" at least 30 times within the last 1 hour", true),
        ("did \"A\" at least 31 times within the last 1 hour", false),
    ] {
        let rule = Rule::parse(text).unwrap();
        assert_eq!(rule.answer(&subject, now).holds, holds, "{text}");
        assert!(rule.history(&subject, None, now).holds == holds, "{text}");
    }
}

#[test]
fn the_largest_rule_is_answered_and_explained() {
    let many = vec!["(a > 1 or did \"A\" then \"A\" within 1 hour)"; 165].join(" and ");
    let rule = Rule::parse(&format!("{many} and not nobody")).unwrap();
    let person = Person {
        events: (0..200)
            .map(|hour| {
                event("A", &format!("2026-01-{:02}T{:02}:00:00Z", hour / 24 + 1, hour % 24), json!({}))
            })
            .collect(),
        ..Person::default()
    };
    let said = rule.explain(&Subject::new(&person), at("2026-06-01"));
    let missing = said.missing.unwrap();
    assert_eq!((missing.conditions.map(|paths| paths.len()), missing.exact), (Some(1), true));
}
