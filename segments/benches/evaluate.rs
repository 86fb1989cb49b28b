//! How long rules take: 200 of them for one person with 100 events, and the walk through all time.
//!
//! `cargo bench -p segments` prints microseconds. Nothing here is a test.
#![expect(clippy::print_stdout, reason = "figures are what a benchmark is for")]

use std::hint::black_box;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use mimalloc::MiMalloc;
use rust_decimal::Decimal;
use segments::{Event, Line, Order, Person, Rule, Subject, Timeline, templates};
use serde_json::{Map, Value, json};

/// As in the program.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const NAMES: [&str; 8] = [
    "Product Viewed",
    "Product Added",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
];

fn main() {
    let now: DateTime<Utc> = DateTime::from_timestamp(1_780_000_000, 0).unwrap_or_default();
    let rules: Vec<Rule> = texts().iter().filter_map(|text| Rule::parse(text).ok()).collect();
    assert_eq!(rules.len(), 200, "every rule can be read");
    for events in [10, 100, 1_000] {
        let person = person(events, now);
        let holding = rules.iter().filter(|rule| rule.evaluate(&person, now).holds).count();
        println!("{events} events, 200 rules, of which {holding} hold:");
        print("  put a person in order", || {
            black_box(Subject::new(&person));
        });
        let subject = Subject::new(&person);
        print("  200 rules at an instant, with when they change", || {
            for rule in &rules {
                black_box(rule.answer(&subject, now));
            }
        });
        print("  200 rules through all time", || {
            for rule in &rules {
                black_box(rule.history(&subject, None, now));
            }
        });
        print("  200 explanations", || {
            for rule in &rules {
                black_box(rule.explain(&subject, now));
            }
        });
    }
    let texts = texts();
    print("reading 200 rules", || {
        for text in &texts {
            black_box(Rule::parse(text)).ok();
        }
    });
}

/// Prints the median of some runs in microseconds.
fn print(what: &str, mut run: impl FnMut()) {
    let mut micros: Vec<u128> = (0..200)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_nanos()
        })
        .collect();
    micros.sort_unstable();
    println!("{what}: {:.1} µs", Decimal::from(micros[micros.len() / 2]) / Decimal::ONE_THOUSAND);
}

/// The templates, and others with figures of their own.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = templates().iter().map(|template| template.text.to_owned()).collect();
    for at in texts.len()..200 {
        let (days, name) = (at % 60 + 1, NAMES[at % NAMES.len()]);
        texts.push(match at % 6 {
            0 => format!("country is \"DE\" and did \"{name}\" at least {} times within the last {days} days", at % 4 + 1),
            1 => format!("did \"{name}\" within the last {days} days where \"price\" >= {at} or plan is one of (\"free\", \"pro\")"),
            2 => format!("sum of \"price\" in \"{name}\" >= {at} within the last {days} days and not in segment \"staff\""),
            3 => format!("did \"Product Viewed\" then \"{name}\" within {days} hours within the last 30 days"),
            4 => format!("last \"{name}\" more than {days} days ago and age between 18 and {}", 20 + at % 50),
            _ => format!("total of orders in EUR >= {at} within the last {days} days and email_marketing is allowed"),
        });
    }
    texts
}

/// Somebody who did something every six hours.
fn person(events: i32, now: DateTime<Utc>) -> Person {
    let ago = |hours: i32| now - TimeDelta::hours(i64::from(hours));
    let properties = |at: i32| -> Map<String, Value> {
        let price = f64::from(at % 90) + 0.99;
        [("price", json!(price)), ("currency", json!("EUR")), ("product_id", json!(format!("p{}", at % 17)))]
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect()
    };
    let mut person = Person { since: Some(ago(events * 6)), ..Person::default() };
    person.events = (0..events)
        .rev()
        .zip(NAMES.iter().cycle())
        .map(|(at, name)| Event {
            name: (*name).to_owned(),
            occurred_at: ago(at * 6),
            properties: properties(at),
        })
        .collect();
    person.orders = (0..events / 10)
        .map(|at| Order {
            placed_at: Some(ago(at * 300)),
            counts: true,
            is_return: false,
            revenue: Decimal::new(4_999, 2),
            currency: "EUR".to_owned(),
            lines: vec![Line { sku: Some("MUG-1".to_owned()), ..Line::default() }],
        })
        .collect();
    for (key, value) in [
        ("country", json!("DE")),
        ("plan", json!("pro")),
        ("age", json!(37)),
        ("birth_date", json!("1990-06-05")),
    ] {
        person.traits.insert(key.to_owned(), Timeline::since(ago(500), value));
    }
    person.consents.insert("email_marketing".to_owned(), Timeline::since(ago(400), true));
    person
}
