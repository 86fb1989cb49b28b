//! What pages show: to visitors of whom nothing is known, to those who allow it, and to nobody else.

use connectors::Page;
use connectors::canonical::{Body, Event, IdentifierKind, visitor_id};
use profiles::access::{Caller, Role, Visitor};
use profiles::view::read::ProfileRef;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::World;
use super::world::{at, person, record};

/// When the clock of the world begins.
const NOW: &str = "2026-11-21T09:00:00Z";

const ASK: &str = r#"{ decide(slots: ["hero"]) { cacheKey slots {
    slot variant content reason segment since refusal cacheKey excluded { variant reason group } } } }"#;

async fn define(world: &World, slot: &str) -> Value {
    let query = format!(
        "mutation {{ defineSlot(input: {slot}) {{ slot {{ key version control fallback \
           variants {{ key segment content cap {{ times within }} }} }} errors {{ code message path }} }} }}"
    );
    world.ask(&query).await["defineSlot"].take()
}

async fn segment(world: &World, key: &str, rule: &str) {
    let rule = json!(rule);
    let query = format!(
        r#"mutation {{ defineSegment(input: {{ key: "{key}", name: "{key}", rule: {{ text: {rule} }} }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&query).await["defineSegment"]["errors"], json!([]));
    while world.profiles.work_out_some().await.unwrap() {}
}

fn signed(world: &World, user: &str) -> Caller {
    let by = ProfileRef::Identifier(profiles::IdentifierKind::UserId, user.to_owned());
    world.profiles.visitor(Visitor::Signed(by))
}

async fn shown(world: &World, caller: Caller) -> Value {
    world.answer_to(caller, ASK).await["data"]["decide"]["slots"][0].take()
}

async fn allow(world: &World, by: &str) {
    let id = world.ask(&format!("{{ profile(by: {by}) {{ id }} }}")).await["profile"]["id"].take();
    let allow = format!(
        r#"mutation {{ recordConsent(profile: {id}, input: {{ purpose: "personalisation" }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&allow).await["recordConsent"]["errors"], json!([]));
}

fn did(person: &str, name: &str, when: &str, properties: &Value) -> Event {
    Event {
        message_id: format!("{person} {name} {when}"),
        person: person.to_owned(),
        name: name.to_owned(),
        occurred_at: at(when),
        properties: serde_json::from_value(properties.clone()).unwrap(),
        context: [].into(),
    }
}

const HERO: &str = r#"{ key: "hero", name: "Top of the start page", fallback: { title: "Hello" }, variants: [
    { key: "cart", segment: "left-cart", content: { title: "Still interested?" }, cap: { times: 2, within: "P1D" } },
    { key: "new", segment: "new", content: { title: "Welcome" } }
] }"#;

#[tokio::test]
async fn a_visitor_sees_what_is_for_their_segment_as_often_as_its_cap_allows() {
    let world = World::empty().await;
    segment(&world, "left-cart", r#"did "Product Added""#).await;
    segment(&world, "new", r#"not did "Order Completed""#).await;
    let made = define(&world, HERO).await;
    assert_eq!(made["errors"], json!([]));
    assert_eq!(made["slot"]["variants"][0]["cap"], json!({ "times": 2, "within": "P1D" }));

    let token = world.profiles.anonymous_visitor().unwrap();
    let (visitor, _) = world.profiles.open_anonymous(token.token.expose_secret()).unwrap();
    let ask = async || shown(&world, world.profiles.visitor(visitor.clone())).await;
    // Nobody is known: what holds of whom nothing is known holds.
    let first = ask().await;
    assert_eq!((&first["variant"], &first["reason"]), (&json!("new"), &json!("SEGMENT")));
    assert_eq!((&first["segment"], &first["excluded"]), (&Value::Null, &json!([])), "no page is told more");

    let web = world.source("web", "web", "web").await;
    let who = visitor_id(&token.visitor);
    let deliver = async |events: Vec<Event>| {
        world.deliver(web, Page { events, ..Page::default() }).await;
    };
    deliver(vec![did(&who, "Product Added", NOW, &json!({}))]).await;
    let refused = ask().await;
    assert_eq!((&refused["reason"], &refused["refusal"]), (&json!("NOT_ALLOWED"), &json!("NEVER_ASKED")));
    assert_eq!(refused["content"], json!({ "title": "Hello" }));
    // What an administrator's key may see is another thing than what may be shown to somebody.
    let by_server =
        ASK.replace(r#"["hero"]"#, &format!(r#"["hero"], visitor: {{ anonymousId: "{}" }}"#, token.visitor));
    for role in [Role::Admin, Role::Analyst, Role::Sales, Role::Frontend] {
        let told = world.answer(role, &by_server).await["data"]["decide"]["slots"][0].take();
        assert_eq!(
            (&told["reason"], &told["refusal"]),
            (&json!("NOT_ALLOWED"), &json!("NEVER_ASKED")),
            "{role:?}"
        );
    }
    allow(&world, &format!(r#"{{ anonymousId: "{}" }}"#, token.visitor)).await;
    let cart = ask().await;
    assert_eq!(
        (&cart["variant"], &cart["content"]),
        (&json!("cart"), &json!({ "title": "Still interested?" }))
    );

    let seen = |number: u32| {
        let seen = json!({ "experiment_id": "hero", "variation_id": "cart" });
        let mut event = did(&who, "Experiment Viewed", NOW, &seen);
        event.message_id.push_str(&number.to_string());
        event
    };
    deliver(vec![seen(1)]).await;
    assert_eq!(ask().await["variant"], "cart");
    deliver(vec![seen(2)]).await;
    let next = ask().await;
    assert_eq!(next["variant"], "new");
    assert_eq!(next["cacheKey"], first["cacheKey"], "the same content under the same key");
    assert_ne!(next["cacheKey"], cart["cacheKey"]);

    // A server is told why.
    let told = world.answer(Role::Frontend, &by_server).await["data"]["decide"]["slots"][0].take();
    assert_eq!((&told["variant"], &told["segment"]), (&json!("new"), &json!("new")));
    assert_eq!(told["excluded"], json!([{ "variant": "cart", "reason": "CAPPED", "group": null }]));
}

/// From here on things are shown without being allowed first, by data of these groups.
async fn show_unasked(world: &World, groups: &str) {
    let purpose = format!(
        r#"mutation {{ definePurpose(input: {{ key: "personalisation", name: "x", description: "x", basis: CONTRACT,
            dataGroups: [{groups}] }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&purpose).await["definePurpose"]["errors"], json!([]));
}

/// What is shown in the slot to somebody who is named so.
async fn decided(world: &World, by: &str, role: Role) -> Value {
    let query = format!(
        "{{ decide(slots: [\"hero\"], visitor: {{ {by} }}) {{ slots {{ variant reason excluded {{ variant reason group }} }} }} }}"
    );
    world.answer(role, &query).await["data"]["decide"]["slots"][0].take()
}

async fn hundred(world: &World) {
    let web = world.source("web", "web", "web").await;
    let mut records = Vec::new();
    for number in 0..100 {
        let mut one = person("Anna", "Visser", &format!("a{number}@example.com"));
        one.identify(IdentifierKind::UserId, Some(&format!("user-{number}")));
        records.push(record(&number.to_string(), NOW, Body::Person(one)));
    }
    world.deliver(web, Page { records, ..Page::default() }).await;
}

fn with_control(control: u32) -> String {
    format!(
        r#"{{ key: "hero", name: "x", control: {control}, variants: [{{ key: "a", segment: "annas", content: 1 }},
           {{ key: "b", content: 2 }}] }}"#
    )
}

#[tokio::test]
async fn the_control_group_is_the_same_before_and_after_somebody_is_known() {
    let world = World::empty().await;
    show_unasked(&world, "IDENTITY, QUANTITATIVE").await;
    segment(&world, "annas", r#"first_name is "Anna""#).await;
    let mut drawn = Vec::new();
    for percent in [30, 100] {
        assert_eq!(define(&world, &with_control(percent)).await["errors"], json!([]));
        let control = async || {
            let mut control = Vec::new();
            for number in 0..100 {
                let asked =
                    [("userId", format!("user-{number}")), ("email", format!("a{number}@example.com"))];
                for (kind, name) in asked {
                    let one = decided(&world, &format!("{kind}: \"{name}\""), Role::Admin).await;
                    control.push(one["reason"] == "CONTROL");
                }
            }
            control
        };
        let before = control().await;
        if percent == 30 {
            hundred(&world).await;
            assert_eq!(control().await, before);
            let shouted = decided(&world, "email: \"A7@EXAMPLE.COM\"", Role::Admin).await;
            assert_eq!(shouted["reason"] == "CONTROL", before[15], "an address is the same in any spelling");
        }
        drawn.push(before.iter().filter(|control| **control).count());
    }
    assert!((30..=90).contains(&drawn[0]), "{drawn:?}");
    assert_eq!(drawn[1], 200);

    // A page by its token, and the server by the same id.
    define(&world, &with_control(50)).await;
    for _ in 0..10 {
        let token = world.profiles.anonymous_visitor().unwrap();
        let (visitor, _) = world.profiles.open_anonymous(token.token.expose_secret()).unwrap();
        let page = shown(&world, world.profiles.visitor(visitor)).await;
        let server = decided(&world, &format!("anonymousId: \"{}\"", token.visitor), Role::Frontend).await;
        assert_eq!(page["reason"], server["reason"]);
    }
}

#[tokio::test]
async fn a_segment_tells_only_what_the_purpose_may_use() {
    let world = World::empty().await;
    hundred(&world).await;
    segment(&world, "annas", r#"first_name is "Anna""#).await;
    show_unasked(&world, "QUANTITATIVE").await;
    define(&world, &with_control(0)).await;
    let kept = decided(&world, "userId: \"user-1\"", Role::Sales).await;
    assert_eq!(kept["variant"], "b");
    assert_eq!(kept["excluded"], json!([{ "variant": "a", "reason": "WITHHELD", "group": "IDENTITY" }]));
}

#[tokio::test]
async fn what_is_wrong_with_a_slot_is_told_where_it_stands() {
    let world = World::anna().await;
    segment(&world, "left-cart", r#"did "Product Added""#).await;
    for (slot, message) in [
        (r#"{ key: "Hero!", name: "x" }"#, "key"),
        (r#"{ key: "hero", name: "" }"#, "1 to 100 characters"),
        (r#"{ key: "hero", name: "a\u0000" }"#, "no control characters"),
        (r#"{ key: "hero", name: "x", control: 101 }"#, "0 to 100 percent"),
        (r#"{ key: "hero", name: "x", control: -1 }"#, "0 to 100 percent"),
        (
            r#"{ key: "hero", name: "x", variants: [{ key: "a", content: 1 }, { key: "a", content: 2 }] }"#,
            "two of this key",
        ),
        (
            r#"{ key: "hero", name: "x", variants: [{ key: "a", segment: "nobody", content: 1 }] }"#,
            "no segment `nobody`",
        ),
        (
            r#"{ key: "hero", name: "x", variants: [{ key: "a", content: 1, cap: { times: 0, within: "P1D" } }] }"#,
            "1 to 1000 times",
        ),
        (
            r#"{ key: "hero", name: "x", variants: [{ key: "a", content: 1, cap: { times: 1, within: "P1M" } }] }"#,
            "months",
        ),
    ] {
        let made = define(&world, slot).await;
        assert_eq!(made["slot"], Value::Null, "{slot}");
        let error = &made["errors"][0];
        assert_eq!(error["code"], "INVALID", "{error}");
        assert!(format!("{} {}", error["path"], error["message"]).contains(message), "{error}");
    }
    let big = json!("x".repeat(17_000));
    let made = define(&world, &format!(r#"{{ key: "hero", name: "x", fallback: {big} }}"#)).await;
    assert!(made["errors"][0]["message"].as_str().unwrap().contains("16384"), "{made}");

    let with_cart =
        r#"{ key: "hero", name: "x", variants: [{ key: "a", segment: "left-cart", content: 1 }] }"#;
    assert_eq!(define(&world, with_cart).await["errors"], json!([]));
    let kept = world.ask(r#"mutation { removeSegment(key: "left-cart") { errors { code message } } }"#).await;
    let error = &kept["removeSegment"]["errors"][0];
    assert_eq!(error["code"], "CONFLICT");
    assert!(error["message"].as_str().unwrap().contains("`hero`"), "{error}");

    for (query, message) in [
        (r#"{ decide(slots: ["other"], visitor: { userId: "x" }) { cacheKey } }"#, "no slot `other`"),
        (r#"{ decide(slots: ["hero"]) { cacheKey } }"#, "to whom"),
        (
            r#"{ decide(slots: ["hero", "hero"], visitor: { userId: "x" }) { cacheKey } }"#,
            "`hero` is named twice",
        ),
    ] {
        let answer = world.answer(Role::Frontend, query).await;
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(message), "{answer}");
    }
    let both = r#"{ decide(slots: ["hero"], visitor: { userId: "x" }) { cacheKey } }"#;
    let answer = world.answer_to(signed(&world, "4711"), both).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("token says already"), "{answer}");

    let removed = world.ask(r#"mutation { removeSlot(key: "hero") { key errors { code } } }"#).await;
    assert_eq!(removed["removeSlot"], json!({ "key": "hero", "errors": [] }));
    let again = world.ask(r#"mutation { removeSlot(key: "hero") { key errors { code } } }"#).await;
    assert_eq!(again["removeSlot"]["errors"][0]["code"], "NOT_FOUND");
    assert_eq!(world.ask("{ slots { key } }").await["slots"], json!([]));
}

#[tokio::test]
async fn a_list_is_made_filled_asked_for_and_taken_away() {
    let world = World::anna().await;
    let make = r#"mutation { createList(key: "fair", name: "Trade fair") { list { key size createdBy } errors { code } } }"#;
    let made = world.ask(make).await["createList"].take();
    assert_eq!(made["errors"], json!([]));
    assert_eq!((&made["list"]["key"], &made["list"]["size"]), (&json!("fair"), &json!(0)));
    assert_eq!(world.ask(make).await["createList"]["errors"][0]["code"], "CONFLICT");
    let change = async |what: &str, who: &str| {
        let query = format!(
            r#"mutation {{ {what}(list: "fair", profiles: [{who}]) {{ changed unknown errors {{ code message }} }} }}"#
        );
        world.ask(&query).await[what].take()
    };
    let added = change("addToList", r#"{ email: "anna@example.com" }, { userId: "nobody" }"#).await;
    assert_eq!(added, json!({ "changed": 1, "unknown": [1], "errors": [] }));
    world.profiles.drain(world.profiles.now()).await.unwrap();
    segment(&world, "visitors-of-the-fair", r#"in list "fair""#).await;
    let seen = r#"{ lists { key size } segment(key: "visitors-of-the-fair") { size } }"#;
    let expected = json!({ "lists": [{ "key": "fair", "size": 1 }], "segment": { "size": 1 } });
    assert_eq!(world.ask(seen).await, expected);
    let removed = change("removeFromList", r#"{ email: "anna@example.com" }"#).await;
    assert_eq!(removed["changed"], 1);
    world.profiles.drain(world.profiles.now()).await.unwrap();
    assert_eq!(world.ask(seen).await["segment"]["size"], 0);
    let remove = r#"mutation { removeList(key: "fair") { key errors { code message } } }"#;
    assert_eq!(world.ask(remove).await["removeList"]["errors"][0]["code"], "CONFLICT");
}

#[tokio::test]
async fn lists_are_counted_in_one_statement_and_what_is_wrong_is_told_where_it_stands() {
    let world = World::anna().await;
    for key in ["a", "b", "c"] {
        let make = format!(r#"mutation {{ createList(key: "{key}", name: "x") {{ errors {{ code }} }} }}"#);
        assert_eq!(world.ask(&make).await["createList"]["errors"], json!([]));
    }
    assert_eq!(world.statements("{ lists { key size } }").await, 2);
    let many = format!(r#"addToList(list: "a", profiles: [{}])"#, r#"{ userId: "x" }, "#.repeat(1_001));
    for (change, expected) in [
        (r#"addToList(list: "d", profiles: [])"#, json!({ "code": "NOT_FOUND", "path": ["list"] })),
        (r#"removeFromList(list: "\u0000", profiles: [])"#, json!({ "code": "NOT_FOUND", "path": ["list"] })),
        (many.as_str(), json!({ "code": "INVALID", "path": ["profiles"] })),
        (
            r#"addToList(list: "a", profiles: [{ userId: "x" }, { email: "no address" }])"#,
            json!({ "code": "INVALID", "path": ["profiles", "1"] }),
        ),
        (r#"createList(key: "d", name: "a\u0000b")"#, json!({ "code": "INVALID", "path": ["name"] })),
        (r#"removeList(key: "\u0000")"#, json!({ "code": "NOT_FOUND", "path": ["key"] })),
    ] {
        let done = world.ask(&format!("mutation {{ it: {change} {{ errors {{ code path }} }} }}")).await;
        assert_eq!(done["it"]["errors"], json!([expected]), "{change:.60}");
    }
    let preview = r#"{ previewSegment(rule: { text: "in list \"d\"" }) { preview { size } errors { code path message } } }"#;
    let refused = world.ask(preview).await["previewSegment"].take();
    assert_eq!(
        refused["errors"],
        json!([{ "code": "INVALID", "path": ["rule"], "message": "there is no list `d` to ask for" }])
    );
}
