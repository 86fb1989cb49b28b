//! What customers are most interested in: shown to whom, why, and at which cost.

use chrono::TimeDelta;
use connectors::Page;
use connectors::canonical::{Body, OrderStatus, Product};
use profiles::access::Role;
use profiles::insights::Kind;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::World;
use super::world::{at, order_of, person, product, record};

const THINGS: [&str; 12] =
    ["cup", "pot", "tea", "lemon", "honey", "tray", "milk", "sugar", "coffee", "filter", "mill", "spoon"];

/// Sixty customers who buy three of four neighbouring things, a few times over.
async fn world() -> World {
    let world = World::empty().await;
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let thing = |name: &str, price: usize| Product { price: Some(price.into()), ..product(name) };
    let mut records: Vec<_> = (1..)
        .zip(THINGS)
        .map(|(price, name)| record(name, "2024-01-01T00:00:00Z", Body::Product(thing(name, price))))
        .collect();
    for number in 0..60_usize {
        let who = format!("{number}");
        let email = format!("c{number}@example.com");
        records.push(record(&who, "2024-01-01T00:00:00Z", Body::Person(person("C", &who, &email))));
        for nth in 0..5 {
            let days = i64::try_from(number % 30 + 20 * nth).unwrap();
            let placed = at("2026-07-01T10:00:00Z") + TimeDelta::days(days);
            let mut order = order_of(&who, "17.00", OrderStatus::Completed);
            for (at, line) in order.lines.iter_mut().enumerate() {
                line.product =
                    Some(THINGS[(number % 3 * 4 + (nth + at * (1 + number % 2)) % 4) % 12].to_owned());
            }
            order.placed_at = Some(placed);
            records.push(record(&format!("{who}-{nth}"), &placed.to_rfc3339(), Body::Order(order)));
        }
    }
    world.deliver(shop, Page { records, ..Page::default() }).await;
    world
}

async fn train(world: &World) {
    let kinds = [Kind::Recommendations];
    let training = world.profiles.request_training(&kinds, None, true, "test").await.unwrap();
    let (_stop, stopped) = watch::channel(false);
    let training = world.profiles.work_on_training(training.id, stopped).await.unwrap();
    assert!(training.steps[0].version.is_some(), "{training:?}");
}

async fn allow(world: &World, number: u32) {
    let ask = format!(r#"{{ profile(by: {{ email: "c{number}@example.com" }}) {{ id }} }}"#);
    let id = world.ask(&ask).await["profile"]["id"].take();
    let allow = format!(
        r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "profiling" }}) {{ errors {{ message }} }} }}"#
    );
    world.ask(&allow).await;
}

fn of(arguments: &str, fields: &str) -> String {
    format!(
        r#"{{ profile(by: {{ email: "c1@example.com" }}) {{ recommendations{arguments} {{ status {fields} }} }} }}"#
    )
}

async fn ask(world: &World, arguments: &str, fields: &str) -> Value {
    world.ask(&of(arguments, fields)).await["profile"]["recommendations"].take()
}

const ITEMS: &str =
    "computedAt model { version kind inForce backtest { metrics { name value } } } items { score basis demand
    product { id name inStock } reasons { factor contribution text product { name } } }";

#[tokio::test]
async fn a_sales_person_is_told_what_somebody_wants_and_why_of_those_who_allow_it() {
    let world = world().await;
    allow(&world, 1).await;
    assert_eq!(ask(&world, "", "items { score }").await, json!({ "status": "LOW_DATA", "items": [] }));
    train(&world).await;
    let said = ask(&world, "(first: 3, purpose: NEW)", ITEMS).await;
    assert_eq!((&said["status"], &said["model"]["inForce"]), (&json!("OK"), &json!(true)), "{said}");
    let items = said["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    for item in items {
        let reasons = item["reasons"].as_array().unwrap().iter();
        let sum: f64 = reasons.map(|reason| reason["contribution"].as_f64().unwrap()).sum();
        assert!((sum - item["score"].as_f64().unwrap()).abs() < 1e-9, "{item}");
        assert!(item["product"]["name"].is_string());
    }
    let first = items[0]["product"]["id"].as_str().unwrap();
    let why = |product: &str| format!(r#"whyNot(product: "{product}")"#);
    let again = ask(&world, "(purpose: AGAIN)", &why(first)).await;
    assert_eq!(again["whyNot"], "NEVER_BOUGHT");
    assert_eq!(ask(&world, "(purpose: NEW)", &why(first)).await["whyNot"], Value::Null);
    let none = why("Product:00000000-0000-0000-0000-000000000000");
    assert_eq!(ask(&world, "", &none).await["whyNot"], "UNKNOWN");
    let other = ask(&world, r#"(category: "Garden")"#, &format!("items {{ score }} {}", why(first))).await;
    assert_eq!(other, json!({ "status": "OK", "items": [], "whyNot": "OTHER_CATEGORY" }));

    let query = of("", "items { score }");
    assert_eq!(world.answer(Role::Sales, &query).await["errors"], Value::Null);
    let (code, _) = world.fail(Role::Frontend, &query).await;
    assert_eq!(code, "FORBIDDEN");
    let unasked =
        r#"{ profile(by: { email: "c2@example.com" }) { recommendations { status items { score } } } }"#;
    let unasked = world.ask(unasked).await["profile"]["recommendations"].take();
    assert_eq!(unasked, json!({ "status": "NO_CONSENT", "items": [] }));
    let past = r#"{ profile(by: { email: "c1@example.com" }, asOf: "2026-09-01T00:00:00Z") { recommendations { status } } }"#;
    assert_eq!(world.ask(past).await["profile"]["recommendations"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_asked_is_told() {
    let world = world().await;
    allow(&world, 1).await;
    train(&world).await;
    for (arguments, fields, word) in [
        ("(first: 51)", "", "first"),
        ("(first: -1)", "", "first"),
        ("(diversity: 1.5)", "", "diversity"),
        ("(restDays: -1)", "", "restDays"),
        ("(restDays: 3651)", "", "restDays"),
        ("", r#"whyNot(product: "Order:00000000-0000-0000-0000-000000000000")"#, "product"),
        ("", "items { product { similar(first: 21) { count } } }", "first"),
    ] {
        let (code, message) = world.fail(Role::Admin, &of(arguments, fields)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{arguments}: {message}");
        assert!(message.contains(word), "{arguments}: {message}");
    }
    let (code, message) = world.fail(Role::Admin, &of(r#"(segment: "none")"#, "")).await;
    assert_eq!(code, "NOT_FOUND", "{message}");
}

#[tokio::test]
async fn however_many_are_asked_about_the_statements_are_as_many() {
    let world = world().await;
    train(&world).await;
    for number in 0..60 {
        allow(&world, number).await;
    }
    let define = r#"mutation { defineSegment(input: { key: "all", name: "All", rule: { text: "everyone" } }) { errors { message } } }"#;
    world.ask(define).await;
    while world.profiles.work_out_some().await.unwrap() {}
    for arguments in ["(first: 5)", r#"(first: 5, segment: "all", purpose: NEW)"#] {
        let of = |first: u32| {
            format!(
                "{{ profiles(first: {first}) {{ nodes {{ recommendations{arguments} {{ status items {{ score product {{ name }}
                    reasons {{ text product {{ name }} }} }} }} }} }} }}"
            )
        };
        world.ask(&of(60)).await;
        assert_eq!(world.statements(&of(60)).await, world.statements(&of(1)).await, "{arguments}");
    }
}

#[tokio::test]
async fn products_say_what_goes_with_them_to_whoever_reads_products() {
    let world = world().await;
    let query = r#"{ profile(by: { email: "c1@example.com" }) { orders(first: 1) { nodes { lines { product { name
        boughtTogether(first: 3) { product { name } count support confidence lift similarity }
        upSell { product { name price { amount } } count }
        similar { product { name } similarity } } } } } } }"#;
    let product = |answer: &Value| answer["profile"]["orders"]["nodes"][0]["lines"][0]["product"].clone();
    assert_eq!(product(&world.ask(query).await)["similar"], json!([]), "nothing was learned");
    train(&world).await;
    let said = product(&world.ask(query).await);
    let together = said["boughtTogether"].as_array().unwrap();
    assert!(!together.is_empty() && together.len() <= 3, "{said}");
    assert!(
        together
            .iter()
            .all(|one| one["count"].as_u64().unwrap() >= 5 && one["lift"].as_f64().unwrap() >= 1.0)
    );
    assert!(!said["similar"].as_array().unwrap().is_empty(), "{said}");
    assert_eq!(product(&world.answer(Role::Sales, query).await["data"]), said);
}
