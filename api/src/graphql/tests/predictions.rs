//! What customers will do: by which model, why, and of whom nothing is said.

use connectors::Page;
use connectors::canonical::{Body, OrderStatus};
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{at, order_of, person, record};

const ASK: &str = r#"{ profile(by: { email: "c1@example.com" }) {
    churnRisk { __typename ... on Prediction { status computedAt percentile } probability band horizon base
      reasons { factor contribution text } model { version kind method inForce } }
    lifetimeValue(horizon: "P90D") { status historic expected interval { low high } currency horizon percentile base
      reasons { contribution } }
    withheld { field reason }
} }"#;

/// Sixty customers of whom each comes again, at paces of their own.
async fn world() -> World {
    let world = World::empty().await;
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let mut records = Vec::new();
    for number in 0..60_i64 {
        let who = format!("{number}");
        let email = format!("c{number}@example.com");
        records.push(record(&who, "2024-01-01T00:00:00Z", Body::Person(person("C", &who, &email))));
        let mut day = number % 30;
        for nth in 0..(3 + number % 9) {
            let placed = at("2025-06-01T10:00:00Z") + chrono::TimeDelta::days(day);
            let mut order = order_of(&who, &format!("{}.50", 10 + number % 7), OrderStatus::Completed);
            order.placed_at = Some(placed);
            records.push(record(&format!("{who}-{nth}"), &placed.to_rfc3339(), Body::Order(order)));
            day += 12 + (number * 13 + nth * 7) % 40;
        }
    }
    world.deliver(shop, Page { records, ..Page::default() }).await;
    world
}

/// Begins a training and waits for its end.
pub(super) async fn train(world: &World, mutation: &str) -> Value {
    let begun = world.ask(mutation).await;
    assert_eq!(begun["trainModel"]["errors"], json!([]), "{begun}");
    let look = format!(
        "{{ node(id: {}) {{ ... on Training {{ state endedAt steps {{ kind state phase version why promote }} }} }} }}",
        begun["trainModel"]["training"]["id"]
    );
    for _ in 0..600 {
        let mut training = world.ask(&look).await["node"].take();
        if training["endedAt"] != Value::Null {
            return training["steps"].take();
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the training does not end");
}

async fn ask(world: &World) -> Value {
    world.ask(ASK).await["profile"].take()
}

fn sum(said: &Value) -> f64 {
    let reasons = said["reasons"].as_array().unwrap().iter();
    said["base"].as_f64().unwrap() + reasons.map(|one| one["contribution"].as_f64().unwrap()).sum::<f64>()
}

#[tokio::test]
async fn a_sales_person_is_told_who_leaves_and_why_of_those_who_allow_it() {
    let world = world().await;
    let steps =
        train(&world, "mutation { trainModel(kinds: [PURCHASES]) { training { id } errors { message } } }")
            .await;
    assert_eq!(steps[0]["state"], "LEARNED", "{steps}");
    let models = "{ modelVersions(kind: PURCHASES) { version kind method inForce customers observations dataFrom dataTo currency dataHash
        horizon parameters { name value } backtest { verdict horizon origins metrics { name value low high baseline verdict }
          calibration { predicted observed count } lift { decile value } } } }";
    let model = world.ask(models).await["modelVersions"][0].take();
    assert_eq!(model["version"], steps[0]["version"]);
    assert_eq!(
        (&model["version"], &model["inForce"], &model["customers"]),
        (&json!(1), &json!(true), &json!(60))
    );
    assert_eq!(model["currency"], "EUR");
    assert!(model["parameters"].as_array().unwrap().len() >= 4, "{model}");

    // The same of everybody at once.
    let none = world.ask("{ insights { model } }").await;
    assert_eq!(none["insights"], Value::Null, "asked for purchases alone");
    train(&world, "mutation { trainModel(kinds: [FLEET]) { training { id } errors { message } } }").await;
    let insights =
        "{ insights { computedAt model customers risk { horizon low medium high bins { from to count } }
        value { currency tenths { customers mean share } } drivers { prediction factor mean }
        highValue { customers others marks { kind key value share others lift low high } } } }";
    let insights = world.ask(insights).await["insights"].take();
    let bins = insights["risk"]["bins"].as_array().unwrap();
    assert_eq!(bins.iter().map(|bin| bin["count"].as_u64().unwrap()).sum::<u64>(), 60, "{insights}");
    assert_eq!(
        (&insights["customers"], &insights["value"]),
        (&json!(60), &Value::Null),
        "too few for tenths"
    );
    assert_eq!(insights["drivers"].as_array().unwrap().len(), 7, "{insights}");
    assert_eq!(insights["highValue"]["marks"], json!([]), "of fewer than ten nothing is told");

    let before = ask(&world).await;
    assert_eq!(before["churnRisk"]["status"], "NO_CONSENT");
    assert_eq!(before["churnRisk"]["probability"], Value::Null);
    let id =
        world.ask(r#"{ profile(by: { email: "c1@example.com" }) { id } }"#).await["profile"]["id"].take();
    let allow = format!(
        r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "profiling" }}) {{ errors {{ message }} }} }}"#
    );
    world.ask(&allow).await;
    let said = ask(&world).await;
    let (churn, value) = (&said["churnRisk"], &said["lifetimeValue"]);
    assert_eq!((&churn["__typename"], &churn["status"]), (&json!("ChurnPrediction"), &json!("OK")));
    assert!((sum(churn) - churn["probability"].as_f64().unwrap()).abs() < 1e-9, "{churn}");
    assert_eq!(
        (&value["status"], &value["currency"], &value["horizon"]),
        (&json!("OK"), &json!("EUR"), &json!("P90D"))
    );
    assert!((sum(value) - value["expected"].as_f64().unwrap()).abs() < 1e-9, "{value}");
    assert_eq!(value["percentile"], Value::Null, "of another horizon than a year");
    let sales = world.answer(Role::Sales, ASK).await;
    assert_eq!(sales["data"]["profile"]["churnRisk"]["probability"], churn["probability"]);
    let (code, _) = world.fail(Role::Frontend, ASK).await;
    assert_eq!(code, "FORBIDDEN");

    // However many are asked about, one statement reads what they bought, and none which model is in force.
    let of = |first: u32| {
        format!(
            "{{ profiles(first: {first}) {{ nodes {{ churnRisk {{ status }} lifetimeValue {{ status }} }} }} }}"
        )
    };
    for number in 2..8 {
        let ask = format!(r#"{{ profile(by: {{ email: "c{number}@example.com" }}) {{ id }} }}"#);
        let id = world.ask(&ask).await["profile"]["id"].take();
        world.ask(&format!(r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "profiling" }}) {{ errors {{ message }} }} }}"#)).await;
    }
    world.ask(&of(60)).await;
    assert_eq!(world.statements(&of(60)).await, world.statements(&of(1)).await);

    let object = format!(
        "mutation {{ withdrawConsent(profile: {id}, input: {{ purpose: \"profiling\" }}) {{ errors {{ message }} }} }}"
    );
    world.ask(&object).await;
    assert_eq!(ask(&world).await["lifetimeValue"]["status"], "NO_CONSENT");
}

#[tokio::test]
async fn what_cannot_be_asked_is_told() {
    let world = world().await;
    for horizon in ["PT36H", "P0D", "P1826D", "P1M", "soon"] {
        let ask = format!(
            r#"{{ profile(by: {{ email: "c1@example.com" }}) {{ churnRisk(horizon: "{horizon}") {{ status }} }} }}"#
        );
        let (code, message) = world.fail(Role::Admin, &ask).await;
        assert_eq!(code, "BAD_USER_INPUT", "{horizon}: {message}");
        assert!(message.contains("horizon"), "{horizon}: {message}");
    }
    let none = world
        .ask("mutation { promoteModel(version: 7) { model { version } errors { code path message } } }")
        .await;
    assert_eq!(none["promoteModel"]["errors"][0]["code"], "NOT_FOUND", "{none}");
    let empty = World::empty().await;
    let few = train(&empty, "mutation { trainModel { training { id } errors { code message } } }").await;
    for step in few.as_array().unwrap() {
        assert_eq!((&step["state"], &step["version"]), (&json!("TOO_LITTLE"), &Value::Null), "{step}");
    }
    assert!(few[0]["why"].as_str().unwrap().contains("50 of them"), "{few}");
    let trainings = empty.ask("{ trainings { id state steps { kind } } }").await;
    let ended = format!(
        "mutation {{ cancelTraining(id: {}) {{ training {{ id }} errors {{ code path }} }} }}",
        trainings["trainings"][0]["id"]
    );
    let ended = empty.ask(&ended).await;
    assert_eq!(ended["cancelTraining"]["errors"][0]["code"], "CONFLICT", "{ended}");
    let (code, _) = world.fail(Role::Analyst, "mutation { trainModel { errors { code } } }").await;
    assert_eq!(code, "FORBIDDEN");
}
