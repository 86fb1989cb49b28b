//! Campaigns, visits, stages and funnels as they are asked for.

use connectors::Page;
use connectors::canonical::{Body, Event, Person};
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{at, record};

/// What people of the shop did: who, what, and at which minute of a day in 2026.
async fn visits(world: &World, did: &[(&str, &str, u32)]) {
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let events = did.iter().map(|(who, name, minute)| Event {
        message_id: format!("{who} {name} {minute}"),
        person: (*who).to_owned(),
        name: (*name).to_owned(),
        occurred_at: at(&format!("2026-11-20T09:{minute:02}:00Z")),
        properties: [("category".to_owned(), json!("Tea"))].into(),
        context: [
            ("page".to_owned(), json!({ "url": "https://shop.example/a?b=c" })),
            (
                "campaign".to_owned(),
                json!({ "source": "news", "name": "spring", "content": "ceo-automotive" }),
            ),
        ]
        .into(),
    });
    world.deliver(shop, Page { events: events.collect(), ..Page::default() }).await;
}

async fn mean(world: &World, confidence: &str) -> Value {
    let ask = format!(
        r#"mutation {{ defineCampaignMeaning(input: {{ key: "ceo", parameter: CONTENT, pattern: "ceo-*",
            traits: [{{ key: "job_level", value: "ceo" }}, {{ key: "industry", value: "automotive" }}],
            confidence: {confidence} }}) {{ campaignMeaning {{ key version confidence pattern traits {{ key value }} }}
            errors {{ code path message }} }} }}"#
    );
    let made = world.ask(&ask).await["defineCampaignMeaning"].take();
    world.profiles.drain(at("2026-11-21T09:30:00Z")).await.unwrap();
    made
}

/// From here on a purpose may use data of these groups alone.
async fn narrow(world: &World, purpose: &str, groups: &str) {
    let define = format!(
        r#"mutation {{ definePurpose(input: {{ key: "{purpose}", name: "x", description: "x", basis: LEGITIMATE_INTERESTS,
            dataGroups: [{groups}] }}) {{ errors {{ message }} }} }}"#
    );
    assert_eq!(world.ask(&define).await["definePurpose"]["errors"], json!([]));
}

/// The shop says this of a customer.
async fn tell(world: &World, who: &str, traits: &Value) {
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let mut said = Person::default();
    for (key, value) in traits.as_object().unwrap() {
        said.set(key, value.as_str());
    }
    let mut said = record(who, "2026-11-20T10:00:00Z", Body::Person(said));
    said.payload = traits.to_string().into_bytes();
    world.deliver(shop, Page { records: vec![said], ..Page::default() }).await;
}

#[tokio::test]
async fn what_a_campaign_tells_is_a_trait_that_says_so() {
    let world = World::anna().await;
    visits(&world, &[("new", "Page Viewed", 0), ("new", "Product Viewed", 5)]).await;
    let made = mean(&world, "0.6").await;
    assert_eq!((&made["errors"], &made["campaignMeaning"]["confidence"]), (&json!([]), &json!(0.6)));
    let query = r#"{ profile(by: { record: { source: "shop", externalId: "new" } }) {
        traits(keys: ["job_level", "first_touch.content"]) { key value group rule
            winner { source { name } recordedAt inferred { meaning confidence messageId touch { source content click } } } }
        sessions(first: 1) { pageInfo { hasNextPage } edges { node { startedAt endedAt pageViews events entryPage
            referrer { host kind } campaign { campaign } device } } }
        interests { topic score events lastAt }
    } }"#;
    let profile = world.ask(query).await["profile"].take();
    let (first, level) = (&profile["traits"][0], &profile["traits"][1]);
    assert_eq!((&first["value"], &first["rule"]), (&json!("ceo-automotive"), &json!("EARLIEST")));
    assert_eq!((&first["group"], &first["winner"]["inferred"]), (&json!("QUANTITATIVE"), &Value::Null));
    let inferred = &level["winner"]["inferred"];
    assert_eq!(
        (&level["value"], &inferred["meaning"], &inferred["confidence"]),
        (&json!("ceo"), &json!("ceo"), &json!(0.6))
    );
    assert_eq!(inferred["touch"], json!({ "source": "news", "content": "ceo-automotive", "click": null }));
    assert_eq!(
        profile["sessions"]["edges"][0]["node"],
        json!({ "startedAt": "2026-11-20T09:00:00Z", "endedAt": "2026-11-20T09:05:00Z", "pageViews": 1, "events": 2,
            "entryPage": "https://shop.example/a", "referrer": { "host": null, "kind": "CAMPAIGN" },
            "campaign": { "campaign": "spring" }, "device": null })
    );
    assert_eq!(
        (&profile["interests"][0]["topic"], &profile["interests"][0]["events"]),
        (&json!("tea"), &json!(2))
    );

    for wrong in ["0", "-1", "1.0001", "2"] {
        let refused = mean(&world, wrong).await;
        assert_eq!(refused["errors"][0]["path"], json!(["input", "confidence"]), "{wrong}");
    }
    // Who may not know of visits is not told when and by which one it was.
    let query = r#"{ profile(by: { record: { source: "shop", externalId: "new" } }) {
        traits(keys: ["job_level"]) { value winner { recordedAt inferred { meaning touch { source } messageId } }
            losers { recordedAt inferred { messageId } } confirmedBy { recordedAt inferred { messageId } } }
        interests { topic } withheld { field group reason } } }"#;
    let seen = world.answer(Role::Sales, query).await["data"]["profile"].take();
    assert!(!seen["interests"].is_null() && !seen["traits"][0]["winner"]["recordedAt"].is_null(), "{seen}");
    narrow(&world, "service", "DESCRIPTIVE").await;
    let seen = world.answer(Role::Sales, query).await["data"]["profile"].take();
    let hidden =
        json!({ "recordedAt": null, "inferred": { "meaning": "ceo", "touch": null, "messageId": null } });
    assert_eq!((&seen["traits"][0]["value"], &seen["traits"][0]["winner"]), (&json!("ceo"), &hidden));
    assert_eq!(seen["interests"], Value::Null);
    let why = json!({ "field": "interests", "group": null, "reason": "NOT_FOR_THIS_PURPOSE" });
    let told = seen["withheld"].as_array().unwrap();
    assert_eq!(told.iter().filter(|one| **one == why).count(), 1, "{told:?}");
    let said = json!({ "job_level": "cto" });
    tell(&world, "new", &said).await;
    let seen = world.answer(Role::Sales, query).await["data"]["profile"]["traits"][0].take();
    assert_eq!(seen["losers"], json!([{ "recordedAt": null, "inferred": { "messageId": null } }]));
    tell(&world, "new", &json!({ "job_level": "ceo" })).await;
    let seen = world.answer(Role::Sales, query).await["data"]["profile"]["traits"][0].take();
    assert_eq!(seen["confirmedBy"], json!([{ "recordedAt": null, "inferred": { "messageId": null } }]));

    let all = world.ask("{ campaignMeanings { key } }").await["campaignMeanings"].take();
    assert_eq!(all, json!([{ "key": "ceo" }]));
    let gone = world.ask(r#"mutation { removeCampaignMeaning(key: "ceo") { key errors { code } } }"#).await;
    assert_eq!(gone["removeCampaignMeaning"], json!({ "key": "ceo", "errors": [] }));
}

#[tokio::test]
async fn sessions_come_in_pages_and_of_many_people_in_one_statement() {
    let world = World::anna().await;
    visits(&world, &[("a", "Page Viewed", 0), ("a", "Page Viewed", 40), ("b", "Page Viewed", 0)]).await;
    let page = |arguments: &str| {
        format!(
            r#"{{ profile(by: {{ record: {{ source: "shop", externalId: "a" }} }}) {{ sessions({arguments}) {{
                pageInfo {{ hasNextPage endCursor }} nodes {{ startedAt }} }} }} }}"#
        )
    };
    let first = world.ask(&page("first: 1")).await["profile"]["sessions"].take();
    assert_eq!(
        (&first["nodes"][0]["startedAt"], &first["pageInfo"]["hasNextPage"]),
        (&json!("2026-11-20T09:40:00Z"), &json!(true))
    );
    let cursor = &first["pageInfo"]["endCursor"];
    let second = world.ask(&page(&format!("first: 1, after: {cursor}"))).await["profile"]["sessions"].take();
    assert_eq!(
        (&second["nodes"][0]["startedAt"], &second["pageInfo"]["hasNextPage"]),
        (&json!("2026-11-20T09:00:00Z"), &json!(false))
    );
    let many =
        "{ profiles(first: 50) { nodes { sessions(first: 1) { nodes { events } } interests { topic } } } }";
    assert_eq!(world.statements(many).await, 3);
    let wrong = world.fail(
        Role::Admin,
        r#"{ profile(by: { email: "anna@example.com" }) { interests(halfLifeDays: 0) { topic } } }"#,
    );
    assert_eq!(wrong.await.0, "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_person_is_in_a_stage_and_the_lifecycle_says_how_many_are() {
    let world = World::anna().await;
    for (key, rule) in [("all", "everyone"), ("known", "email exists"), ("level", "job_level exists")] {
        let define = format!(
            r#"mutation {{ defineSegment(input: {{ key: "{key}", name: "x", rule: {{ text: "{rule}" }} }}) {{ errors {{ message }} }} }}"#
        );
        world.ask(&define).await;
    }
    while world.profiles.work_out_some().await.unwrap() {}
    let define = r#"mutation { defineLifecycle(stages: [{ key: "visitor", name: "Visitor", segment: "all" },
        { key: "lead", name: "Lead", segment: "known" }, { key: "boss", name: "Boss", segment: "level" }]) {
        lifecycle { version stages { key size segment { key } } } errors { code path message } } }"#;
    let made = world.ask(define).await["defineLifecycle"].take();
    assert_eq!(made["errors"], json!([]));
    let sizes: Vec<&Value> =
        made["lifecycle"]["stages"].as_array().unwrap().iter().map(|stage| &stage["size"]).collect();
    assert_eq!(sizes, [&json!(0), &json!(1), &json!(0)]);
    let anna = world
        .ask(r#"{ profile(by: { email: "anna@example.com" }) { stage { key name since } stages { key leftAt } } }"#)
        .await["profile"]
        .take();
    assert_eq!((&anna["stage"]["key"], &anna["stage"]["name"]), (&json!("lead"), &json!("Lead")));
    assert_eq!(anna["stages"].as_array().unwrap().last().unwrap(), &json!({ "key": "lead", "leftAt": null }));
    let told = world.answer(Role::Analyst, "{ lifecycle { stages { size } } }").await;
    assert_eq!(told["data"]["lifecycle"]["stages"][1]["size"], Value::Null, "few");
    // A stage is made of an address: who may not know of it is told that there is more to know.
    let stages = r#"{ profile(by: { email: "anna@example.com" }) { stage { key } stages { key } withheld { field reason } } }"#;
    let seen = world.answer(Role::Analyst, stages).await["data"]["profile"].take();
    assert_eq!((&seen["stage"]["key"], &seen["withheld"]), (&json!("lead"), &json!([])));
    narrow(&world, "analytics", "DESCRIPTIVE, QUANTITATIVE, QUALITATIVE, SOCIAL, MOBILE").await;
    let seen = world.answer(Role::Analyst, stages).await["data"]["profile"].take();
    assert_eq!((&seen["stage"], &seen["stages"]), (&Value::Null, &Value::Null));
    for field in ["stage", "stages"] {
        let why = json!({ "field": field, "reason": "NOT_FOR_THIS_PURPOSE" });
        assert!(seen["withheld"].as_array().unwrap().contains(&why), "{seen}");
    }
    let refused =
        world.ask(r#"mutation { removeSegment(key: "known") { key errors { code message } } }"#).await;
    assert_eq!(refused["removeSegment"]["errors"][0]["code"], "CONFLICT");
    let wrong = r#"mutation { defineLifecycle(stages: [{ key: "a", name: "x", segment: "gone" }]) { lifecycle { version } errors { path } } }"#;
    let wrong = world.ask(wrong).await["defineLifecycle"].take();
    assert_eq!(wrong, json!({ "lifecycle": null, "errors": [{ "path": ["stages", "0", "segment"] }] }));
    let template = world.ask("{ lifecycleTemplate { key name text } }").await["lifecycleTemplate"].take();
    assert_eq!(template[5]["key"], "lapsed");
}

#[tokio::test]
async fn a_funnel_and_campaigns_tell_analysts_what_ten_or_more_did() {
    let world = World::anna().await;
    let names: Vec<String> = (0..12).map(|n| format!("n{n}")).collect();
    let mut did: Vec<(&str, &str, u32)> = Vec::new();
    for (place, name) in names.iter().enumerate() {
        did.push((name, "Page Viewed", 0));
        if place % 4 != 0 {
            did.push((name, "Product Viewed", 10));
        }
    }
    visits(&world, &did).await;
    let funnel = |steps: &str| {
        format!(
            r#"{{ funnel(input: {{ steps: [{steps}], within: "PT1H", from: "2026-11-20T00:00:00Z", to: "2026-11-21T00:00:00Z",
                by: {{ firstTouch: SOURCE }} }}) {{ steps {{ people conversion medianSeconds }}
                groups {{ value steps {{ people }} }} others {{ people }} }} }}"#
        )
    };
    let ask = funnel(
        r#"{ event: "Page Viewed" }, { rule: { text: "did \"Product Viewed\" where category is \"Tea\"" } }"#,
    );
    let found = world.ask(&ask).await["funnel"].take();
    assert_eq!((&found["steps"][0]["people"], &found["steps"][1]["people"]), (&json!(12), &json!(9)));
    assert_eq!(found["steps"][1]["conversion"], json!(0.75));
    let median = found["steps"][1]["medianSeconds"].as_f64().unwrap();
    assert!((median - 600.0).abs() <= 6.0, "{median}");
    assert_eq!(found["groups"], json!([{ "value": "news", "steps": [{ "people": 12 }, { "people": 9 }] }]));
    let told = world.answer(Role::Analyst, &ask).await["data"]["funnel"].take();
    assert_eq!((&told["steps"][0]["people"], &told["steps"][1]["people"]), (&json!(12), &Value::Null));
    let spelled = funnel(
        r#"{ event: "page_viewed" }, { rule: { text: "did \"view_item\" where category is \"Tea\"" } }"#,
    );
    assert_eq!(world.ask(&spelled).await["funnel"], found, "as sites may spell them");
    for wrong in [
        r#"{ event: "a" }"#,
        r#"{ event: "a" }, { event: "b\u0000" }"#,
        r#"{ event: "a" }, { rule: { text: "did \"b\\u{0}\"" } }"#,
        r#"{ event: "a" }, { event: " " }"#,
        r#"{ event: "a" }, { rule: { text: "email exists" } }"#,
        r#"{ event: "a" }, { rule: { text: "did \"a\" at least 2 times" } }"#,
        r#"{ event: "a" }, { rule: { text: "did" } }"#,
    ] {
        assert_eq!(world.fail(Role::Admin, &funnel(wrong)).await.0, "BAD_USER_INPUT", "{wrong}");
    }
    let ask = r#"{ campaigns(from: "2026-11-20T00:00:00Z", to: "2026-11-21T00:00:00Z") {
        source medium name reach visits others emailCampaign byFirstTouch { orders } } }"#;
    for role in [Role::Admin, Role::Analyst] {
        let found = world.answer(role, ask).await["data"]["campaigns"].take();
        let spring = json!([{ "source": "news", "medium": null, "name": "spring", "reach": 12, "visits": 12, "others": false,
            "emailCampaign": null, "byFirstTouch": [] }]);
        assert_eq!(found, spring, "{role:?}");
    }
    assert_eq!(world.fail(Role::Sales, ask).await.0, "FORBIDDEN");
}
