//! One profile, and all that hangs on it.

use profiles::access::Role;
use serde_json::{Value, json};

use super::World;

#[tokio::test]
async fn every_field_of_a_profile_can_say_who_said_it() {
    let world = World::anna().await;
    let data = world
        .ask(
            r#"{ profile(by: { email: " ANNA@example.com" }) {
                displayName active limited asOf createdAt firstSeen lastSeen
                traits(keys: ["first_name", "job_title"]) {
                    key group party value rule
                    winner { source { key name kind } recordedAt }
                    losers { value source { key } recordedAt }
                }
                identifiers { kind value sources { key } }
            } }"#,
        )
        .await;
    let anna = &data["profile"];
    assert_eq!(anna["displayName"], "Anna Visser");
    assert_eq!(
        [&anna["active"], &anna["limited"], &anna["asOf"]],
        [&json!(true), &json!(false), &Value::Null]
    );
    assert_eq!(anna["createdAt"], "2023-06-01T00:00:00Z");
    assert_eq!(anna["lastSeen"], "2024-03-01T10:00:00Z");
    let first_name = &anna["traits"][0];
    assert_eq!(first_name["key"], "first_name");
    assert_eq!([&first_name["group"], &first_name["party"]], ["IDENTITY", "FIRST"]);
    assert_eq!(first_name["rule"], "MOST_FREQUENT");
    assert_eq!(first_name["value"], "Anna");
    let winner = json!({ "source": { "key": "crm", "name": "CRM", "kind": "hubspot" }, "recordedAt": "2024-01-01T00:00:00Z" });
    assert_eq!(first_name["winner"], winner);
    let loser = json!({ "value": "Ana", "source": { "key": "shop" }, "recordedAt": "2024-02-01T00:00:00Z" });
    assert!(first_name["losers"].as_array().unwrap().contains(&loser), "{first_name}");
    assert_eq!(anna["traits"][1]["value"], "Head of buying", "the most recent");
    let phone = json!({ "kind": "PHONE", "value": "+31620417735", "sources": [{ "key": "crm" }] });
    assert!(anna["identifiers"].as_array().unwrap().contains(&phone), "{}", anna["identifiers"]);
}

#[tokio::test]
async fn orders_show_money_lines_and_products() {
    let world = World::anna().await;
    let data = world
        .ask(
            r#"{ profile(by: { record: { source: "shop", externalId: "7" } }) { orders { totalCount nodes {
                number type status placedAt lineCount coupons source { key } sourceIdentity { externalId }
                total { amount currency } refunded { amount } tax { amount } shipping { amount }
                lines { id sku name quantity unitPrice { amount } total { amount currency } product { name categories price { amount } } }
            } } } }"#,
        )
        .await;
    let orders = &data["profile"]["orders"];
    assert_eq!(orders["totalCount"], 2);
    assert_eq!(orders["nodes"][0]["status"], "CANCELLED", "newest first");
    let order = &orders["nodes"][1];
    assert_eq!(order["total"], json!({ "amount": "25.5", "currency": "EUR" }));
    assert_eq!([&order["tax"]["amount"], &order["shipping"]], [&json!("3"), &Value::Null]);
    assert_eq!(order["sourceIdentity"]["externalId"], "7");
    let line = &order["lines"][1];
    assert_eq!(
        line["product"],
        json!({ "name": "Mug", "categories": ["Kitchen"], "price": { "amount": "8.5" } })
    );
    assert_eq!([&line["quantity"], &line["total"]["currency"]], ["1", "EUR"]);
}

#[tokio::test]
async fn the_timeline_holds_events_and_orders_newest_first() {
    let world = World::anna().await;
    let data = world
        .ask(
            r#"{ profile(by: { phone: "+31620417735" }) { timeline {
                nodes { kind name occurredAt properties source { key } order { number } }
            } } }"#,
        )
        .await;
    let nodes = data["profile"]["timeline"]["nodes"].as_array().unwrap();
    let names: Vec<_> = nodes.iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Order Cancelled", "Email Opened", "Order Completed"]);
    let event = json!({
        "kind": "EVENT", "name": "Email Opened", "occurredAt": "2024-02-15T08:00:00Z",
        "properties": { "subject": "Spring" }, "source": { "key": "mail" }, "order": null,
    });
    assert_eq!(nodes[1], event);
    assert_eq!(nodes[2]["order"]["number"], "N-1");
    let properties = json!({ "number": "N-1", "status": "completed", "total": "25.5", "currency": "EUR" });
    assert_eq!(nodes[2]["properties"], properties);
}

#[tokio::test]
async fn a_profile_says_what_it_is_made_of_and_why() {
    let world = World::anna().await;
    let data = world
        .ask(
            r#"{ profile(by: { email: "anna@example.com" }) {
                id sourceIdentities { source { key } externalId known deleted profile { displayName } }
                links { rule value weight from { externalId } to { externalId } }
                companies { name employees source { key } }
                deals { name outcome amount { amount currency } }
                totals { orders currencies { currency orders cancelled revenue { amount } averageOrder { amount } lastOrderAt } }
            } }"#,
        )
        .await;
    let anna = &data["profile"];
    let identities = anna["sourceIdentities"].as_array().unwrap();
    assert_eq!(identities.len(), 3);
    assert!(identities.iter().all(|identity| identity["profile"]["displayName"] == "Anna Visser"));
    let links = anna["links"].as_array().unwrap();
    assert!(!links.is_empty());
    for link in links {
        assert_eq!([&link["rule"], &link["value"]], ["EMAIL", "anna@example.com"]);
        assert_eq!(link["weight"], 1.0);
        assert_ne!(link["from"]["externalId"], link["to"]["externalId"]);
    }
    assert_eq!(anna["companies"], json!([{ "name": "Acme", "employees": 12, "source": { "key": "crm" } }]));
    let amount = json!({ "amount": "1200.5", "currency": "EUR" });
    assert_eq!(anna["deals"], json!([{ "name": "Mugs for all", "outcome": "WON", "amount": amount }]));
    let euros = json!({
        "currency": "EUR", "orders": 1, "cancelled": 1, "revenue": { "amount": "25.5" },
        "averageOrder": { "amount": "25.5" }, "lastOrderAt": "2024-02-01T10:00:00Z",
    });
    assert_eq!(anna["totals"], json!({ "orders": 1, "currencies": [euros] }));
}

#[tokio::test]
async fn a_past_moment_shows_what_was_known_then() {
    let world = World::anna().await;
    let as_of = |instant: &str| {
        format!(
            r#"{{ profile(by: {{ email: "anna@example.com" }}, asOf: "{instant}") {{
                asOf traits(keys: ["job_title"]) {{ value }} orders {{ totalCount nodes {{ number }} }}
                timeline {{ nodes {{ name }} }}
            }} }}"#
        )
    };
    let then = world.ask(&as_of("2024-02-01T12:00:00+01:00")).await["profile"].take();
    assert_eq!(then["asOf"], "2024-02-01T11:00:00Z");
    assert_eq!(
        [&then["orders"]["totalCount"], &then["traits"][0]["value"]],
        [&json!(1), &json!("Head of buying")]
    );
    assert_eq!(then["timeline"]["nodes"], json!([{ "name": "Order Completed" }]));
    let earlier = world.ask(&as_of("2024-01-15T00:00:00Z")).await["profile"].take();
    assert_eq!(earlier["traits"][0]["value"], "Buyer");
    assert_eq!(earlier["orders"], json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(world.ask(&as_of("2020-01-01T00:00:00Z")).await["profile"], Value::Null);
    let (code, message) = world.fail(Role::Admin, &as_of("2100-01-01T00:00:00Z")).await;
    assert_eq!([code, message], ["BAD_USER_INPUT", "asOf: this instant is in the future"]);
}

#[tokio::test]
async fn a_name_of_nobody_is_null_and_one_that_is_none_is_told_so() {
    let world = World::anna().await;
    for by in [
        r#"email: "nobody@example.com""#,
        r#"record: { source: "shop", externalId: "8" }"#,
        r#"id: "Profile:00000000-0000-0000-0000-000000000000""#,
        r#"userId: "x""#,
    ] {
        assert_eq!(
            world.ask(&format!("{{ profile(by: {{ {by} }}) {{ id }} }}")).await["profile"],
            Value::Null
        );
    }
    for by in [r#"email: "no address""#, r#"id: "7""#, r#"id: "Order:00000000-0000-0000-0000-000000000000""#]
    {
        let (code, message) =
            world.fail(Role::Admin, &format!("{{ profile(by: {{ {by} }}) {{ id }} }}")).await;
        assert_eq!(code, "BAD_USER_INPUT", "{by}");
        assert!(message.starts_with("by."), "{message}");
    }
}

#[tokio::test]
async fn a_profile_is_named_in_exactly_one_way() {
    let world = World::anna().await;
    for by in ["{}", r#"{ email: "a@b.nl", phone: "+31620417735" }"#, "{ email: null }"] {
        let (_, message) = world.fail(Role::Admin, &format!("{{ profile(by: {by}) {{ id }} }}")).await;
        assert!(!message.is_empty());
    }
}

#[tokio::test]
async fn the_id_of_a_member_finds_its_profile() {
    let world = World::anna().await;
    let query = r#"{ profile(by: { email: "anna@example.com" }) { id sourceIdentities { id } } }"#;
    let data = world.ask(query).await;
    for member in data["profile"]["sourceIdentities"].as_array().unwrap() {
        let by = member["id"].as_str().unwrap();
        let found = world.ask(&format!(r#"{{ profile(by: {{ id: "{by}" }}) {{ id }} }}"#)).await;
        assert_eq!(found["profile"]["id"], data["profile"]["id"]);
    }
}

#[tokio::test]
async fn a_page_is_the_same_however_its_fields_are_written_down() {
    let world = World::anna().await;
    let ask = async |fields: &str| {
        let query = format!(r#"{{ profile(by: {{ email: "anna@example.com" }}) {{ {fields} }} }}"#);
        world.ask(&query).await
    };
    let plain = ask("id displayName orders { nodes { number lines { name product { name } } } }
         traits { key value winner { source { name } } }")
    .await;
    assert!(plain["profile"]["orders"]["nodes"][0]["lines"][0]["product"]["name"].is_string(), "{plain}");
    for other in [
        // Twice the same name: merged, also within.
        "id id displayName orders { nodes { number } } orders { nodes { lines { name } } }
         orders { nodes { lines { product { name } } } } traits { key winner { source { name } } } traits { value }",
        "... { id displayName orders { nodes { ... on Order { number lines { name ... { product { name } } } } } } }
         traits { key ... on Trait { value winner { source { name } } } }",
        "id @include(if: true) active @skip(if: true) displayName orders { nodes { number lines { name product { name } } } }
         traits { key value winner { source { name } } }",
    ] {
        assert_eq!(ask(other).await, plain, "{other}");
    }
    let named = ask("__typename traits(keys: [\"email\"]) { __typename key }").await;
    assert_eq!(
        named["profile"],
        json!({ "__typename": "Profile", "traits": [{ "__typename": "Trait", "key": "email" }] })
    );
}
