//! The gate: whoever reads of a person reads for a purpose, and gets what it may use of people who allow it.

use std::collections::BTreeSet;

use connectors::Page;
use connectors::canonical::{Body, Event};
use profiles::access::{Caller, Role};
use profiles::view::catalogue::Group;
use serde_json::{Value, json};

use super::World;
use super::world::key;
use super::world::{at, person, record};
use crate::graphql::types::PARTS;

/// What is told of anybody: it is nothing of the person, or says what may be used.
const ALWAYS: [&str; 8] = ["id", "updatedAt", "active", "limited", "asOf", "consents", "consent", "withheld"];
/// What is data of the person and told in part, or null anyway.
const ELSE: [&str; 2] = ["traits", "createdAt"];

/// The fields of a type, each with a selection that fits, as the schema tells them.
async fn fields(world: &World, of: &str) -> Vec<(String, String)> {
    let kind = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
    let query = format!(
        r#"{{ __type(name: "{of}") {{ fields {{ name args {{ name type {{ kind }} defaultValue }} type {{ {kind} }} }} }} }}"#
    );
    let found = world.ask(&query).await;
    let mut all = Vec::new();
    for field in found["__type"]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        let needs = |arg: &&Value| arg["type"]["kind"] == "NON_NULL" && arg["defaultValue"].is_null();
        let arguments = match field["args"].as_array().unwrap().iter().filter(needs).count() {
            // Either of two.
            _ if name == "propensity" => r#"(category: "mugs")"#.to_owned(),
            0 => String::new(),
            _ if name == "consent" => r#"(purpose: "profiling")"#.to_owned(),
            _ => panic!("{name} needs arguments that this test does not know"),
        };
        let mut inner = &field["type"];
        while inner["name"].is_null() {
            inner = &inner["ofType"];
        }
        let selection =
            if inner["kind"] == "OBJECT" || inner["kind"] == "INTERFACE" { " { __typename }" } else { "" };
        all.push((name.to_owned(), format!("{name}{arguments}{selection}")));
    }
    all
}

#[tokio::test]
async fn every_field_of_a_profile_is_decided() {
    let world = World::empty().await;
    let found: BTreeSet<String> = fields(&world, "Profile").await.into_iter().map(|(name, _)| name).collect();
    // What tells several things stands in several lines, one after another.
    let parts = PARTS.chunk_by(|one, next| one.0 == next.0).map(|lines| lines[0].0);
    let decided = parts.chain(ALWAYS).chain(ELSE);
    let decided: Vec<String> = decided.map(str::to_owned).collect();
    assert_eq!(decided.len(), found.len(), "a field is decided twice or not at all");
    assert_eq!(decided.into_iter().collect::<BTreeSet<_>>(), found);
}

/// What a role sees of Anna, field by field: which are null, and which it is told are withheld, with the reason.
async fn seen(world: &World, role: Role) -> (BTreeSet<String>, BTreeSet<(String, String)>) {
    seen_by(world, &key(role)).await
}

/// As [`seen`], to any caller.
async fn seen_by(world: &World, caller: &Caller) -> (BTreeSet<String>, BTreeSet<(String, String)>) {
    let role = caller.role;
    let (mut null, mut withheld) = (BTreeSet::new(), BTreeSet::new());
    for (name, selection) in fields(world, "Profile").await {
        let query = format!(
            r#"{{ profile(by: {{ email: "anna@example.com" }}) {{ {selection} why: withheld {{ field group reason }} }} }}"#
        );
        let answer = world.answer_to(caller.clone(), &query).await;
        let profile = &answer["data"]["profile"];
        if let Some(code) = answer["errors"][0]["extensions"].get("code") {
            assert_eq!(code, "FORBIDDEN", "{name} for {role:?}: {answer}");
            continue;
        }
        if profile[&name].is_null() {
            null.insert(name);
        }
        for why in profile["why"].as_array().unwrap() {
            if why["group"].is_null() {
                let text = |name: &str| why[name].as_str().unwrap().to_owned();
                withheld.insert((text("field"), text("reason")));
            }
        }
    }
    (null, withheld)
}

async fn say(world: &World, purpose: &str, mutation: &str) {
    tell(world, mutation, &format!(r#"purpose: "{purpose}""#)).await;
}

async fn tell(world: &World, mutation: &str, input: &str) {
    let anna = world.ask(r#"{ profile(by: { email: "anna@example.com" }) { id } }"#).await;
    let anna = anna["profile"]["id"].as_str().unwrap();
    let query = format!(
        r#"mutation {{ {mutation}(profile: "{anna}", input: {{ {input} }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&query).await[mutation]["errors"], json!([]));
}

#[tokio::test]
async fn each_role_sees_what_its_purpose_may_use_and_is_told_what_is_withheld() {
    let world = World::anna().await;
    let everything: BTreeSet<&str> = PARTS.iter().map(|(name, _)| *name).chain(ELSE).collect();
    // For each role: the purpose that it reads for, and whether it must be allowed first.
    let cases = [
        (Role::Admin, None, false),
        (Role::Analyst, Some("analytics"), false),
        (Role::Sales, Some("service"), false),
        (Role::Frontend, Some("personalisation"), true),
    ];
    for (role, purpose, needs_consent) in cases {
        let (null_before, withheld) = seen(&world, role).await;
        let refused = |reason: &str| -> BTreeSet<(String, String)> {
            everything.iter().map(|field| ((*field).to_owned(), reason.to_owned())).collect()
        };
        if needs_consent {
            assert_eq!(withheld, refused("NEVER_ASKED"), "{role:?}");
            let forbidden = [
                "accounts",
                "household",
                "decisions",
                "history",
                "consentHistory",
                "churnRisk",
                "lifetimeValue",
                "nextBestActions",
                "personas",
                "leadScore",
                "propensity",
                "recommendations",
            ];
            let expected = everything.iter().filter(|field| !forbidden.contains(field));
            assert!(expected.clone().all(|field| null_before.contains(*field)), "{null_before:?}");
        } else {
            assert_eq!(withheld, BTreeSet::new(), "{role:?}");
            assert!(
                !null_before.contains("orders") && !null_before.contains("identifiers"),
                "{null_before:?}"
            );
        }
        let Some(purpose) = purpose else { continue };
        say(&world, purpose, "withdrawConsent").await;
        let (null, withheld) = seen(&world, role).await;
        let reason = if needs_consent { "WITHDRAWN" } else { "OBJECTED" };
        assert_eq!(withheld, refused(reason), "{role:?}");
        assert!(
            null.contains("orders") && null.contains("traits") && null.contains("displayName"),
            "{null:?}"
        );
        // Granted again, it returns.
        say(&world, purpose, "recordConsent").await;
        let (null, withheld) = seen(&world, role).await;
        assert_eq!(withheld, BTreeSet::new(), "{role:?}");
        assert!(!null.contains("orders") && !null.contains("traits"), "{null:?}");
    }
}

/// What the schema calls a group.
fn group_name(group: Group) -> String {
    serde_json::to_value(group).unwrap().as_str().unwrap().to_uppercase()
}

#[tokio::test]
async fn a_key_of_any_role_made_for_any_purpose_gets_what_that_purpose_may_use_of_who_allows_it() {
    let world = World::anna().await;
    let purposes = world.ask("{ purposes { key channel basis dataGroups } }").await["purposes"].take();
    let mut tried = 0;
    for purpose in purposes.as_array().unwrap().iter().filter(|purpose| purpose["channel"].is_null()) {
        let name = purpose["key"].as_str().unwrap();
        let groups: Vec<&str> =
            purpose["dataGroups"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let no = if purpose["basis"] == "CONSENT" { "WITHDRAWN" } else { "OBJECTED" };
        for role in [Role::Analyst, Role::Sales, Role::Frontend] {
            let create = format!(
                r#"mutation {{ createApiKey(input: {{ name: "x", role: {}, purpose: "{name}" }}) {{ key errors {{ message }} }} }}"#,
                role.as_str().to_uppercase()
            );
            let made = world.ask(&create).await["createApiKey"].take();
            let secret = made["key"].as_str().unwrap_or_else(|| panic!("{made}"));
            let caller = Caller::from(world.profiles.find_key(secret).await.unwrap().unwrap());
            say(&world, name, "withdrawConsent").await;
            let (null, withheld) = seen_by(&world, &caller).await;
            for (part, _) in PARTS {
                let told = withheld.contains(&(part.to_owned(), no.to_owned()));
                assert!(told, "{role:?} for {name}: {part} is not said to be withheld");
                let not_of_pages = [
                    "decisions",
                    "history",
                    "consentHistory",
                    "accounts",
                    "household",
                    "churnRisk",
                    "lifetimeValue",
                    "nextBestActions",
                    "personas",
                    "leadScore",
                    "propensity",
                    "recommendations",
                ];
                let forbidden = role == Role::Frontend && not_of_pages.contains(&part);
                assert!(
                    null.contains(part) || forbidden || part == "consentHistory",
                    "{role:?} for {name}: {part}"
                );
            }
            say(&world, name, "recordConsent").await;
            let (_, withheld) = seen_by(&world, &caller).await;
            let expected = PARTS.iter().filter(|(_, group)| !groups.contains(&&*group_name(*group)));
            let expected: BTreeSet<(String, String)> =
                expected.map(|(part, _)| ((*part).to_owned(), "NOT_FOR_THIS_PURPOSE".to_owned())).collect();
            let told: BTreeSet<_> = withheld.into_iter().filter(|(part, _)| part != "createdAt").collect();
            assert_eq!(told, expected, "{role:?} for {name}");
            tried += 1;
        }
    }
    assert!(tried >= 18, "{tried}");
    for (role, purpose, told) in [
        ("ADMIN", "service", "no purpose"),
        ("FRONTEND", "email_marketing", "each address"),
        ("FRONTEND", "no_such", "no such purpose"),
    ] {
        let create = format!(
            r#"mutation {{ createApiKey(input: {{ name: "x", role: {role}, purpose: "{purpose}" }}) {{ key errors {{ message path }} }} }}"#
        );
        let refused = world.ask(&create).await["createApiKey"].take();
        assert!(refused["errors"][0]["message"].as_str().unwrap().contains(told), "{refused}");
        assert_eq!(refused["errors"][0]["path"], json!(["input", "purpose"]));
    }
}

#[tokio::test]
async fn a_purpose_gets_the_groups_that_it_may_use_and_is_told_about_the_others() {
    let world = World::anna().await;
    say(&world, "personalisation", "recordConsent").await;
    let define = |groups: &str| {
        format!(
            r#"mutation {{ definePurpose(input: {{ key: "personalisation", name: "x", description: "x", basis: CONSENT,
                dataGroups: [{groups}] }}) {{ errors {{ message }} }} }}"#
        )
    };
    let asked = r#"{ profile(by: { email: "anna@example.com" }) {
        displayName identifiers { value } orders { totalCount } totals { currencies { orders } }
        traits { key } withheld { field group reason } } }"#;
    world.ask(&define("DESCRIPTIVE")).await;
    let found = world.answer(Role::Frontend, asked).await["data"]["profile"].take();
    assert_eq!(
        [&found["displayName"], &found["identifiers"], &found["orders"], &found["totals"]],
        [&Value::Null; 4]
    );
    let keys = found["traits"].to_string();
    assert!(!keys.contains("first_name") && !keys.contains("email"), "{keys}");
    let told = found["withheld"].as_array().unwrap();
    let part = json!({ "field": "traits", "group": "IDENTITY", "reason": "NOT_FOR_THIS_PURPOSE" });
    assert!(told.contains(&part), "{told:?}");
    let whole = json!({ "field": "orders", "group": null, "reason": "NOT_FOR_THIS_PURPOSE" });
    assert!(told.contains(&whole), "{told:?}");

    world.ask(&define("DESCRIPTIVE, IDENTITY, QUANTITATIVE, SOCIAL, QUALITATIVE, MOBILE")).await;
    let found = world.answer(Role::Frontend, asked).await["data"]["profile"].take();
    assert_eq!(found["withheld"], json!([]));
    assert!(!found["displayName"].is_null() && !found["orders"].is_null());
}

/// From here on sales may use data of this group alone.
async fn narrow_service(world: &World) {
    world
        .ask(
            r#"mutation { definePurpose(input: { key: "service", name: "x", description: "x", basis: LEGITIMATE_INTERESTS,
                dataGroups: [QUANTITATIVE] }) { errors { message } } }"#,
        )
        .await;
}

#[tokio::test]
async fn what_sources_call_as_they_like_tells_no_address_to_who_may_not_know_it() {
    let world = World::anna().await;
    let web = world.source("web", "web", "web").await;
    let event = Event {
        message_id: "e2".to_owned(),
        person: "w1".to_owned(),
        name: "Form Sent".to_owned(),
        occurred_at: at("2024-02-16T08:00:00Z"),
        properties: [("to", json!("anna@example.com")), ("mobile", json!(20_417_735)), ("seats", json!(2))]
            .map(|(name, value)| (name.to_owned(), value))
            .into(),
        context: [].into(),
    };
    let anna = person("Anna", "Visser", "anna@example.com");
    let records = vec![record("w1", "2024-01-05T00:00:00Z", Body::Person(anna))];
    world.deliver(web, Page { records, events: vec![event], ..Page::default() }).await;
    let properties = async || {
        let asked =
            r#"{ profile(by: { email: "anna@example.com" }) { timeline { nodes { name properties } } } }"#;
        let found = world.answer(Role::Sales, asked).await["data"]["profile"].take();
        let nodes = found["timeline"]["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["name"] == "Form Sent").unwrap()["properties"].clone()
    };
    let clear = json!({ "to": "anna@example.com", "mobile": 20_417_735, "seats": 2 });
    assert_eq!(properties().await, clear);
    narrow_service(&world).await;
    assert_eq!(properties().await, json!({ "to": "a***@example.com", "mobile": "20 ****35", "seats": 2 }));
}

#[tokio::test]
async fn who_may_not_know_who_somebody_is_learns_rightly_what_they_allow() {
    let world = World::anna().await;
    let agreed = r#"purpose: "email_marketing", contactPoint: { email: "anna@example.com" }, method: "form""#;
    tell(&world, "recordConsent", agreed).await;
    let asked = r#"{ profile(by: { email: "anna@example.com" }) {
        consent(purpose: "email_marketing") { allowed reason }
        consents { purpose { key } contactPoint { email } decision { allowed statement { contactPoint { email } } } } } }"#;
    let clear = world.answer(Role::Sales, asked).await["data"]["profile"].take();
    assert!(clear.to_string().contains("anna@example.com"), "the test looks at nothing");
    narrow_service(&world).await;
    let found = world.answer(Role::Sales, asked).await["data"]["profile"].take();
    assert_eq!(found["consent"], json!({ "allowed": true, "reason": "CONSENTED" }));
    let decided = |profile: &Value| -> Vec<Value> {
        let all = profile["consents"].as_array().unwrap().iter();
        all.map(|one| json!([one["purpose"]["key"], one["decision"]["allowed"]])).collect()
    };
    assert_eq!(decided(&found), decided(&clear));
    assert!(decided(&found).contains(&json!(["email_marketing", true])));
    let points = found["consents"].as_array().unwrap();
    assert!(points.iter().all(|one| one["contactPoint"].is_null()), "{points:?}");
    assert!(!found.to_string().contains("example.com"), "{found:#}");
}

#[tokio::test]
async fn no_other_way_leads_to_what_is_withheld() {
    let world = World::anna().await;
    let all = r#"{ profile(by: { email: "anna@example.com" }) {
        id sourceIdentities { id } orders { edges { node { id } } } household { id } } }"#;
    let anna = world.ask(all).await["profile"].take();
    say(&world, "service", "withdrawConsent").await;
    let asked = async |query: String| world.answer(Role::Sales, &query).await;
    for id in [&anna["sourceIdentities"][0]["id"], &anna["orders"]["edges"][0]["node"]["id"]] {
        let node = asked(format!("{{ node(id: {id}) {{ id }} }}")).await;
        assert_eq!(node["data"], json!({ "node": null }), "{node}");
    }
    let past = asked(
        r#"{ profile(by: { email: "anna@example.com" }, asOf: "2026-01-01T00:00:00Z") { displayName orders { totalCount } withheld { reason } } }"#
            .to_owned(),
    )
    .await;
    let past = &past["data"]["profile"];
    assert!(past["displayName"].is_null() && past["orders"].is_null(), "{past}");
    assert_eq!(past["withheld"][0]["reason"], "OBJECTED");
    let list = asked("{ profiles { edges { cursor } nodes { id } } }".to_owned()).await;
    assert_eq!(
        list["data"]["profiles"],
        json!({ "edges": [], "nodes": [] }),
        "a cursor tells where somebody stands"
    );
    let said = asked(
        r#"{ profile(by: { email: "anna@example.com" }) { consents { decision { statement { contactPoint { email } } } }
            consent(purpose: "email_marketing", contactPoint: { email: "anna@example.com" }) { statement { contactPoint { email } } } } }"#
            .to_owned(),
    )
    .await;
    assert!(!said.to_string().contains("@example.com"), "{said}");
    let id = &anna["household"]["id"];
    if !id.is_null() {
        let home = asked(format!(
            "{{ household(id: {id}) {{ name address totals {{ currencies {{ orders }} }} }} }}"
        ))
        .await;
        assert_eq!(home["data"]["household"], json!({ "name": null, "address": null, "totals": null }));
    }
    for role in [Role::Analyst, Role::Sales, Role::Frontend] {
        let node = world.answer(role, r#"{ node(id: "RejectedRecord:1") { id } }"#).await;
        assert_eq!(node["errors"][0]["extensions"]["code"], "FORBIDDEN", "payloads are of nobody known");
    }
}
