//! Personas, and people who resemble one another, as they are asked for.

use connectors::Page;
use connectors::canonical::{Body, OrderStatus};
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{at, order_of, person, record};

async fn define(world: &World, persona: &str) -> Value {
    let query = format!(
        "mutation {{ definePersona(input: {persona}) {{ persona {{ key name description threshold version definedBy
           marks {{ text rule weight groups }} }} errors {{ code message path }} }} }}"
    );
    world.ask(&query).await["definePersona"].take()
}

async fn say(world: &World, email: &str, mutation: &str, purpose: &str) {
    let ask = format!(r#"{{ profile(by: {{ email: "{email}" }}) {{ id }} }}"#);
    let id = world.ask(&ask).await["profile"]["id"].take();
    let said = format!(
        r#"mutation {{ {mutation}(profile: {id}, input: {{ purpose: "{purpose}" }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&said).await[mutation]["errors"], json!([]));
}

const BUYER: &str = r#"{ key: "buyer", name: "Buyer for others", description: "Buys for a company.", threshold: 0.6, marks: [
    { rule: { text: "job_title exists" }, weight: 3 }
    { rule: { condition: { orders: { measure: count, is: { atLeast: 5 } } } } }
] }"#;

const ASK: &str = r#"{ profile(by: { email: "anna@example.com" }) { personas(first: 2) {
    status computedAt
    nearest { persona { key name } score reached }
    matches { persona { key } score reached
      reasons { text holds weight contribution why { holds missing conditions { text holds met } } } }
} } }"#;

#[tokio::test]
async fn a_persona_is_defined_told_with_its_reasons_and_taken_away() {
    let world = World::anna().await;
    let made = define(&world, BUYER).await;
    assert_eq!(made["errors"], json!([]), "{made}");
    let persona = &made["persona"];
    assert_eq!((&persona["version"], &persona["threshold"]), (&json!(1), &json!(0.6)));
    assert_eq!(persona["marks"][0]["text"], "job_title exists");
    assert_eq!(persona["marks"][0]["groups"], json!(["DESCRIPTIVE"]));
    assert_eq!(persona["marks"][1]["weight"], json!(1.0));
    let leads = r#"{ key: "alead", name: "Lead", threshold: 1, marks: [{ rule: { text: "count of orders is 0" } }] }"#;
    assert_eq!(define(&world, leads).await["errors"], json!([]));

    let found = world.ask(ASK).await["profile"]["personas"].take();
    assert_eq!((&found["status"], &found["nearest"]), (&json!("NO_CONSENT"), &Value::Null));
    assert_eq!(found["matches"], json!([]));
    say(&world, "anna@example.com", "recordConsent", "profiling").await;
    for role in [Role::Admin, Role::Analyst, Role::Sales] {
        let found = world.answer(role, ASK).await["data"]["profile"]["personas"].take();
        assert_eq!(found["status"], "OK", "{role:?}: {found}");
        assert_eq!(
            found["nearest"],
            json!({ "persona": { "key": "buyer", "name": "Buyer for others" }, "score": 0.75, "reached": true })
        );
        let reasons = &found["matches"][0]["reasons"];
        assert_eq!((&reasons[0]["holds"], &reasons[0]["contribution"]), (&json!(true), &json!(0.75)));
        assert_eq!((&reasons[1]["holds"], &reasons[1]["contribution"]), (&json!(false), &json!(0.0)));
        assert_eq!(reasons[0]["why"]["conditions"][0]["met"], "\"Head of buying\"");
        assert_eq!(found["matches"][1]["reached"], false, "{found}");
    }
    let (code, _) = world.fail(Role::Frontend, ASK).await;
    assert_eq!(code, "FORBIDDEN");
    let past = ASK.replace(" }) { personas", r#" }, asOf: "2024-06-01T00:00:00Z") { personas"#);
    assert_eq!(world.ask(&past).await["profile"]["personas"], Value::Null);

    // Who may not see what a persona is made of is not told of it.
    let narrow = r#"mutation { definePurpose(input: { key: "service", name: "x", description: "x",
        basis: LEGITIMATE_INTERESTS, dataGroups: [QUANTITATIVE] }) { errors { message } } }"#;
    world.ask(narrow).await;
    let found = world.answer(Role::Sales, ASK).await["data"]["profile"]["personas"].take();
    let keys: Vec<&Value> =
        found["matches"].as_array().unwrap().iter().map(|one| &one["persona"]["key"]).collect();
    assert_eq!(keys, ["alead"]);
    assert_eq!(found["nearest"], Value::Null);

    let all = world.answer(Role::Sales, "{ personas { key } }").await;
    assert_eq!(all["data"]["personas"], json!([{ "key": "alead" }, { "key": "buyer" }]));
    let remove = r#"mutation { removePersona(key: "buyer") { key errors { code path } } }"#;
    assert_eq!(world.ask(remove).await["removePersona"], json!({ "key": "buyer", "errors": [] }));
    let gone = json!({ "key": null, "errors": [{ "code": "NOT_FOUND", "path": ["key"] }] });
    assert_eq!(world.ask(remove).await["removePersona"], gone);
}

#[tokio::test]
async fn what_is_wrong_with_a_persona_is_told_with_its_place() {
    let world = World::anna().await;
    let with = |marks: &str| format!(r#"{{ key: "a", name: "A", marks: [{marks}] }}"#);
    let good = r#"{ rule: { text: "tags exists" } }"#;
    for (persona, path, told) in [
        (
            with(&format!(r#"{good}, {{ rule: {{ text: "country is" }} }}"#)),
            "marks 1 rule text",
            "line 1, column 11",
        ),
        (with(r#"{ rule: { text: "in segment \"b\"" } }"#), "marks 0 rule", "no segment `b`"),
        (with(r#"{ rule: { text: "email exists" } }"#), "marks 0 rule", "IDENTITY"),
        (
            with(&format!(r#"{good}, {{ rule: {{ text: "tags exists" }}, weight: -1 }}"#)),
            "marks 1 weight",
            "more than 0",
        ),
        (with(""), "marks", "1 to 20"),
        (BUYER.replace("0.6", "2"), "threshold", "at most 1"),
        (BUYER.replace("buyer", "Buyer"), "key", "lower-case"),
    ] {
        let made = define(&world, &persona).await;
        assert_eq!(
            (&made["persona"], &made["errors"][0]["code"]),
            (&Value::Null, &json!("INVALID")),
            "{made}"
        );
        let found: Vec<&str> =
            made["errors"][0]["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(found.join(" "), format!("input {path}"), "{made}");
        assert!(made["errors"][0]["message"].as_str().unwrap().contains(told), "{made}");
    }
    for role in [Role::Analyst, Role::Sales, Role::Frontend] {
        let query = format!("mutation {{ definePersona(input: {BUYER}) {{ errors {{ code }} }} }}");
        assert_eq!(world.fail(role, &query).await.0, "FORBIDDEN", "{role:?}");
    }
}

/// Customers of whom some buy as much as others.
async fn customers(count: u32) -> World {
    let world = World::empty().await;
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let mut records = Vec::new();
    for number in 0..count {
        let who = number.to_string();
        let email = format!("c{number}@example.com");
        records.push(record(&who, "2024-01-01T00:00:00Z", Body::Person(person("C", &who, &email))));
        for nth in 0..=number % 4 {
            let placed = at("2026-06-01T10:00:00Z") + chrono::TimeDelta::days(i64::from(nth));
            let mut order = order_of(&who, "17.00", OrderStatus::Completed);
            order.placed_at = Some(placed);
            records.push(record(&format!("{who}-{nth}"), &placed.to_rfc3339(), Body::Order(order)));
        }
    }
    world.deliver(shop, Page { records, ..Page::default() }).await;
    for number in 0..count {
        say(&world, &format!("c{number}@example.com"), "recordConsent", "profiling").await;
    }
    world
}

#[tokio::test]
async fn however_many_are_asked_about_personas_cost_as_many_statements() {
    let world = customers(12).await;
    for number in 0..3 {
        let persona = BUYER.replace(r#""buyer""#, &format!("\"buyer-{number}\""));
        assert_eq!(define(&world, &persona).await["errors"], json!([]));
    }
    let of = |first: u32| {
        format!(
            "{{ profiles(first: {first}) {{ nodes {{ personas {{ status matches {{ score reasons {{ holds }} }} }} }} }} }}"
        )
    };
    let found = world.ask(&of(12)).await;
    let all = found["profiles"]["nodes"].as_array().unwrap();
    assert!(all.iter().all(|one| one["personas"]["matches"].as_array().unwrap().len() == 3), "{found}");
    assert_eq!(world.statements(&of(12)).await, world.statements(&of(1)).await);
}

#[tokio::test]
async fn look_alikes_are_found_told_with_reasons_and_cost_as_many_statements_however_many_there_are() {
    let few = customers(4).await;
    let world = customers(12).await;
    let ask = r#"{ similarProfiles(profile: { email: "c1@example.com" }, first: 5) { status compared computedAt
        nodes { similarity profile { displayName } reasons { factor contribution most text } } } }"#;
    for role in [Role::Admin, Role::Analyst, Role::Sales] {
        let found = world.answer(role, ask).await["data"]["similarProfiles"].take();
        assert_eq!((&found["status"], &found["compared"]), (&json!("OK"), &json!(11)), "{role:?}: {found}");
        let nodes = found["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), 5);
        // Who has as many orders comes first.
        let first: Vec<&str> =
            nodes[..2].iter().map(|one| one["profile"]["displayName"].as_str().unwrap()).collect();
        assert!(first.contains(&"C 5") && first.contains(&"C 9"), "{first:?}");
        let reasons = nodes[0]["reasons"].as_array().unwrap();
        assert!(reasons.iter().any(|one| one["text"] == "ordered 2 and 2 times"), "{reasons:?}");
        let added: f64 = reasons.iter().map(|one| one["contribution"].as_f64().unwrap()).sum();
        assert!((added - nodes[0]["similarity"].as_f64().unwrap()).abs() < 1e-9, "{reasons:?}");
    }
    assert_eq!(world.statements(ask).await, few.statements(ask).await);
    let (code, _) = world.fail(Role::Frontend, ask).await;
    assert_eq!(code, "FORBIDDEN");
    for (first, told) in [("-1", "0 to 50"), ("51", "at most 50")] {
        let (code, message) =
            world.fail(Role::Admin, &ask.replace("first: 5", &format!("first: {first}"))).await;
        assert_eq!(code, "BAD_USER_INPUT");
        assert!(message.contains(told), "{message}");
    }
    let nobody = ask.replace("c1@", "nobody@");
    assert_eq!(world.ask(&nobody).await["similarProfiles"], Value::Null);

    // Whoever refuses is not found, and is told of nobody.
    say(&world, "c5@example.com", "withdrawConsent", "profiling").await;
    let found = world.ask(ask).await["similarProfiles"].take();
    assert_eq!(found["compared"], 10);
    assert!(!found.to_string().contains("\"C 5\""), "{found}");
    let refused = world.ask(&ask.replace("c1@", "c5@")).await["similarProfiles"].take();
    assert_eq!((&refused["status"], &refused["nodes"]), (&json!("NO_CONSENT"), &json!([])));
    // Who objects to the purpose of the key is not shown to it.
    say(&world, "c9@example.com", "withdrawConsent", "service").await;
    let found = world.answer(Role::Sales, ask).await["data"]["similarProfiles"].take();
    assert_eq!(found["compared"], 9);
    assert!(!found.to_string().contains("\"C 9\""), "{found}");
    let unseen = world.answer(Role::Sales, &ask.replace("c1@", "c9@")).await;
    assert_eq!(unseen["data"]["similarProfiles"], Value::Null);
}
