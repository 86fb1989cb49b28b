//! Segments as they are asked for.

use connectors::Page;
use connectors::canonical::Event;
use futures_util::StreamExt;
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::at;

async fn define(world: &World, key: &str, rule: &str) -> Value {
    let rule = json!(rule);
    let query = format!(
        r#"mutation {{ defineSegment(input: {{ key: "{key}", name: "{key}", rule: {{ text: {rule} }} }}) {{
            segment {{ key version text complete size }} errors {{ code message path }} }} }}"#
    );
    let made = world.ask(&query).await["defineSegment"].take();
    while world.profiles.work_out_some().await.unwrap() {}
    made
}

#[tokio::test]
async fn a_segment_is_defined_asked_for_explained_and_taken_away() {
    let world = World::anna().await;
    let made = define(&world, "mails", r#"email exists and not did "Email Bounced""#).await;
    assert_eq!(made["errors"], json!([]));
    assert_eq!((&made["segment"]["version"], &made["segment"]["complete"]), (&json!(1), &json!(false)));
    let answer = world
        .ask(
            r#"{ segment(key: "mails") {
                id key name text rule version size complete groups
                members(first: 5) { edges { node { enteredAt profile { displayName segments { segment { key } enteredAt } } } }
                    pageInfo { hasNextPage } }
                sizeHistory(from: "2020-01-01T00:00:00Z", to: "2026-12-01T00:00:00Z", points: 2) { at size }
                overlap(with: "mails") { onlyThis both }
            } }"#,
        )
        .await;
    let segment = &answer["segment"];
    assert_eq!((&segment["size"], &segment["complete"]), (&json!(1), &json!(true)));
    assert_eq!(segment["overlap"], json!({ "onlyThis": 0, "both": 1 }));
    assert_eq!(segment["sizeHistory"][1]["size"], 1);
    assert_eq!(segment["rule"]["all"][0]["trait"]["key"], "email");
    let member = &segment["members"]["edges"][0]["node"];
    assert_eq!(member["profile"]["segments"][0]["segment"]["key"], "mails");
    let explained = world
        .ask(
            r#"{ explainSegment(profile: { email: "anna@example.com" }, segment: "mails") {
                holds missing conditions { path depth kind text holds met } } }"#,
        )
        .await["explainSegment"]
        .take();
    assert_eq!((&explained["holds"], &explained["missing"]), (&json!(true), &Value::Null));
    assert_eq!(explained["conditions"].as_array().unwrap().len(), 4, "{explained}");
    let asked_again =
        world.ask(&format!("{{ node(id: {}) {{ id ... on Segment {{ key }} }} }}", segment["id"])).await;
    assert_eq!(asked_again["node"]["key"], "mails");
    let removed = world.ask(r#"mutation { removeSegment(key: "mails") { key errors { code } } }"#).await;
    assert_eq!(removed["removeSegment"], json!({ "key": "mails", "errors": [] }));
    assert_eq!(world.ask("{ segments { key } }").await["segments"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_told_with_its_place() {
    let world = World::anna().await;
    let refused = define(&world, "a", "country is").await;
    assert_eq!(refused["segment"], Value::Null);
    assert_eq!(refused["errors"][0]["code"], "INVALID");
    assert_eq!(refused["errors"][0]["path"][0], "input");
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("line 1, column 11"), "{message}");
    let refused = define(&world, "a", r#"in segment "b""#).await;
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("no segment `b`"), "{refused}");
    let preview = world
        .ask(r#"{ previewSegment(rule: { text: "x y" }) { preview { size } errors { message path } } }"#);
    let preview = preview.await;
    assert_eq!(preview["previewSegment"]["errors"][0]["path"][0], "rule");
}

#[tokio::test]
async fn a_preview_counts_and_shows_and_few_are_told_to_nobody_who_reads_for_a_purpose() {
    // Whoever could try any rule could ask about anybody.
    let world = World::anna().await;
    let query = r#"{ previewSegment(rule: { text: "email exists" }) { errors { message }
        preview { size of asked sample { displayName } estimatedReach { purpose people } } } }"#;
    let preview = world.ask(query).await["previewSegment"]["preview"].take();
    assert_eq!((&preview["size"], &preview["of"], &preview["asked"]), (&json!(1), &json!(1), &json!(1)));
    assert_eq!(preview["sample"][0]["displayName"], "Anna Visser");
    let reach = preview["estimatedReach"].as_array().unwrap();
    assert!(reach.iter().any(|reach| reach["purpose"] == "email_marketing"), "{reach:?}");
    assert_eq!(world.fail(Role::Analyst, query).await.0, "FORBIDDEN");
    define(&world, "mails", "email exists").await;
    let query = r#"{ segment(key: "mails") { size overlap(with: "mails") { onlyThis onlyOther both } } }"#;
    let found = world.answer(Role::Analyst, query).await["data"]["segment"].take();
    let nothing = json!({ "onlyThis": null, "onlyOther": null, "both": null });
    assert_eq!((&found["size"], &found["overlap"]), (&Value::Null, &nothing));
}

#[tokio::test]
async fn who_enters_is_told_at_once_to_those_who_follow() {
    let world = World::anna().await;
    define(&world, "openers", r#"did "Email Opened" at least 3 times"#).await;
    let query = r#"subscription { segmentChanged(key: "openers") { entered at profile { displayName } segment { key } } }"#;
    let mut changes = world.subscribe(Role::Admin, query);
    let mail = world.source("mail", "mailchimp", "email").await;
    // Somebody enters again and again, until the one who follows is told of one.
    let mut told = Value::Null;
    for n in 0..1_000 {
        let opened = |time: u32| Event {
            message_id: format!("{n} {time}"),
            person: format!("reader {n}"),
            name: "Email Opened".to_owned(),
            occurred_at: at("2024-03-01T00:00:00Z"),
            properties: [].into(),
            context: [].into(),
        };
        let change = changes.next();
        let deliver = world.deliver(mail, Page { events: (0..3).map(opened).collect(), ..Page::default() });
        tokio::select! {
            biased;
            change = change => told = change.unwrap(),
            () = deliver => {}
        }
        if !told.is_null() {
            break;
        }
    }
    let change = &told["data"]["segmentChanged"];
    assert_eq!((&change["entered"], &change["segment"]["key"]), (&json!(true), &json!("openers")), "{told}");
    assert!(change["profile"].is_object());
}
