//! Which leads become customers, and who buys what: how it is asked for, and by whom.

use connectors::Page;
use connectors::canonical::{Body, Event, OrderStatus};
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::predictions::train;
use super::world::{order_of, person, record};

const ASK: &str = r#"{ profile(by: { email: "l3@example.com" }) {
    leadScore { __typename ... on Prediction { status computedAt percentile } probability logOdds base horizon
      reasons { factor contribution text } model { version kind inForce } }
    propensity(category: "Kitchen") { status probability logOdds base horizon reasons { factor contribution text } }
} }"#;

/// Leads of whom each looks at mugs in one of four months, and two in three of them buy one in the next.
async fn world() -> World {
    let world = World::empty().await;
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let today = world.profiles.now().date_naive().and_hms_opt(12, 0, 0).unwrap().and_utc();
    let day = |month: i64, day: i64| today - chrono::TimeDelta::days(120 - 30 * month - day);
    let mut page = Page::default();
    let mugs = super::world::product("Mug");
    page.records.push(record("mug", "2024-01-01T00:00:00Z", Body::Product(mugs)));
    for number in 0..520_i64 {
        let (who, keen) = (number.to_string(), number % 4);
        let email = format!("l{number}@example.com");
        page.records.push(record(&who, "2024-01-01T00:00:00Z", Body::Person(person("L", &who, &email))));
        let mut event = |id: String, name: &str, when, properties: Value| {
            page.events.push(Event {
                message_id: id,
                person: who.clone(),
                name: name.to_owned(),
                occurred_at: when,
                properties: serde_json::from_value(properties).unwrap(),
                context: [].into(),
            });
        };
        for month in 0..4 {
            event(format!("{who}-{month}"), "Page Viewed", day(month, number % 7), json!({}));
        }
        for nth in 0..3 {
            let about = json!({ "product_id": "mug" });
            event(format!("{who}-v{nth}"), "Product Viewed", day(keen, 3 + 8 * nth + number % 5), about);
        }
        if number / 4 % 3 != 0 && keen < 3 {
            let mut order = order_of(&who, "20.00", OrderStatus::Completed);
            let placed = day(keen + 1, 1 + number % 28);
            order.placed_at = Some(placed);
            page.records.push(record(&format!("o{who}"), &placed.to_rfc3339(), Body::Order(order)));
        }
    }
    world.deliver(shop, page).await;
    world
}

async fn allow(world: &World, number: u32) {
    let ask = format!(r#"{{ profile(by: {{ email: "l{number}@example.com" }}) {{ id }} }}"#);
    let id = world.ask(&ask).await["profile"]["id"].take();
    let allow = format!(
        r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "profiling" }}) {{ errors {{ message }} }} }}"#
    );
    world.ask(&allow).await;
}

fn adds_up(said: &Value) {
    let reasons = said["reasons"].as_array().unwrap().iter();
    let sum: f64 = reasons.map(|one| one["contribution"].as_f64().unwrap()).sum();
    assert!(
        (said["base"].as_f64().unwrap() + sum - said["logOdds"].as_f64().unwrap()).abs() < 1e-9,
        "{said}"
    );
    assert!((0.0..=1.0).contains(&said["probability"].as_f64().unwrap()), "{said}");
    assert_eq!(said["horizon"], "P30D");
}

#[tokio::test]
async fn a_sales_person_is_told_which_leads_will_buy_and_what() {
    let world = world().await;
    let steps = train(
        &world,
        "mutation { trainModel(kinds: [LEAD_SCORE, PROPENSITY]) { training { id } errors { message } } }",
    )
    .await;
    for step in steps.as_array().unwrap() {
        assert_eq!(step["state"], "LEARNED", "{step}");
    }
    let before = world.ask(ASK).await["profile"].take();
    for said in [&before["leadScore"], &before["propensity"]] {
        assert_eq!((&said["status"], &said["probability"]), (&json!("NO_CONSENT"), &Value::Null));
    }
    allow(&world, 3).await;
    let said = world.ask(ASK).await["profile"].take();
    let lead = &said["leadScore"];
    assert_eq!((&lead["__typename"], &lead["status"]), (&json!("ScorePrediction"), &json!("OK")), "{lead}");
    assert_eq!((&lead["model"]["kind"], &lead["model"]["inForce"]), (&json!("LEAD_SCORE"), &json!(true)));
    adds_up(lead);
    adds_up(&said["propensity"]);
    assert!(
        said["propensity"]["reasons"].to_string().contains("looked at something of it 3 times"),
        "{said}"
    );
    let sales = world.answer(Role::Sales, ASK).await;
    assert_eq!(sales["data"]["profile"]["leadScore"]["probability"], lead["probability"]);
    for field in ["leadScore { status }", r#"propensity(category: "Kitchen") { status }"#] {
        let ask = format!(r#"{{ profile(by: {{ email: "l3@example.com" }}) {{ {field} }} }}"#);
        assert_eq!(world.fail(Role::Frontend, &ask).await.0, "FORBIDDEN");
    }

    // However many are asked about, as many statements read what they did.
    for number in 4..10 {
        allow(&world, number).await;
    }
    let of = |first: u32| {
        format!(
            r#"{{ profiles(first: {first}) {{ nodes {{ leadScore {{ status }} propensity(category: "kitchen") {{ status }} }} }} }}"#
        )
    };
    world.ask(&of(60)).await;
    assert_eq!(world.statements(&of(60)).await, world.statements(&of(2)).await);
}

#[tokio::test]
async fn what_nobody_can_be_asked_to_buy_is_told() {
    let world = World::anna().await;
    let ask = |arguments: &str| {
        format!(
            r#"{{ profile(by: {{ email: "anna@example.com" }}) {{ propensity{arguments} {{ status }} }} }}"#
        )
    };
    let nothing = "(product: \"Product:00000000-0000-0000-0000-000000000000\")";
    let long = format!("(category: \"{}\")", "x".repeat(101));
    for (arguments, told) in [
        ("", "a product or a category"),
        (r#"(product: "Product:00000000-0000-0000-0000-000000000000", category: "x")"#, "not both"),
        (nothing, "no such product"),
        (r#"(product: "Order:00000000-0000-0000-0000-000000000000")"#, "product"),
        (r#"(category: " ")"#, "1 to 100"),
        (long.as_str(), "1 to 100"),
    ] {
        let (code, message) = world.fail(Role::Admin, &ask(arguments)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{arguments}: {message}");
        assert!(message.contains(told), "{arguments}: {message}");
    }
    let past = r#"{ profile(by: { email: "anna@example.com" }, asOf: "2024-06-01T00:00:00Z") { leadScore { status } } }"#;
    assert_eq!(world.ask(past).await["profile"]["leadScore"], Value::Null);
}
