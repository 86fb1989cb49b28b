//! Zita, of whom everything is marked, and Bas.

use chrono::{DateTime, Utc};
use connectors::Page;
use connectors::canonical::{
    Body, Company, ConsentStatement, ConsentStatus, Deal, Event, Identifier, IdentifierKind, OrderStatus,
    Person, Record,
};
use profiles::rules::Ruleset;
use serde_json::json;

use super::super::World;
use super::super::world::{at, order_of, person, product, record};

/// When whatever is not Zita's happened.
const DAY: &str = "2024-01-01T00:00:00Z";

/// Zita, of whom everything is marked, and Bas, who lives with her, works with her, shares a deal with her, and whom
/// somebody once took for her.
pub(super) struct Two {
    pub(super) world: World,
    /// What the walk begins at: a root field as it is asked for, and what it gives.
    pub(super) roots: Vec<(String, String)>,
}

pub(super) async fn two() -> Two {
    let world = World::empty().await;
    world.profiles.adopt_first(Ruleset::default()).await.unwrap();
    let crm = world.source("crm", "hubspot", "crm").await;
    world.deliver(crm, crm_page()).await;
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    world.deliver(shop, shop_page()).await;
    let who = async |email: &str| {
        let found = world
            .ask(&format!(
                r#"{{ profile(by: {{ email: "{email}" }}) {{ id sourceIdentities {{ id }} household {{ id }}
                    accounts {{ id }} orders {{ nodes {{ id }} }} deals {{ id }} }} }}"#
            ))
            .await["profile"]
            .take();
        assert!(found["id"].is_string(), "{email}");
        found
    };
    let (zita, bas) = (who("zita@example.com").await, who("bas@example.com").await);
    let done = async |mutation: String, name: &str| {
        let answer = world.ask(&format!("mutation {{ {mutation} }}")).await;
        assert_eq!(answer[name]["errors"], json!([]), "{mutation}");
        answer[name].clone()
    };
    // Somebody took them for one, and found out.
    let merged = done(
        format!("mergeProfiles(ids: [{}, {}], note: \"is zita bas\") {{ decision {{ id decidedAt }} errors {{ message }} }}", zita["id"], bas["id"]),
        "mergeProfiles",
    )
    .await;
    done(
        format!("undoDecision(id: {}) {{ errors {{ message }} }}", merged["decision"]["id"]),
        "undoDecision",
    )
    .await;
    let right = format!(
        r#"receiveSubjectRequest(kind: RECTIFICATION, profile: {}, corrections: [{{ key: "gender", value: "zq7" }}])
            {{ subjectRequest {{ id }} errors {{ message }} }}"#,
        zita["id"]
    );
    let request = done(right, "receiveSubjectRequest").await["subjectRequest"]["id"].clone();
    done(format!("fulfilSubjectRequest(id: {request}) {{ errors {{ message }} }}"), "fulfilSubjectRequest")
        .await;
    world.profiles.work_on_requests().await.unwrap();

    for (key, rule) in [("known", "email exists"), ("near", r#"in segment \"known\" and gender exists"#)] {
        let define = format!(
            r#"defineSegment(input: {{ key: "{key}", name: "x", rule: {{ text: "{rule}" }} }}) {{ errors {{ message }} }}"#
        );
        done(define, "defineSegment").await;
    }
    while world.profiles.work_out_some().await.unwrap() {}
    done(r#"createList(key: "fair", name: "x") { errors { message } }"#.to_owned(), "createList").await;
    let slot = r#"defineSlot(input: { key: "hero", name: "x", variants: [
        { key: "capped", segment: "near", content: 1, cap: { times: 1, within: "P1D" } }, { key: "rest", content: 2 }
    ] }) { errors { message } }"#;
    done(slot.to_owned(), "defineSlot").await;
    let persona = r#"definePersona(input: { key: "buyer", name: "x", marks: [
        { rule: { text: "count of orders >= 1 and tags exists" } }, { rule: { text: "job_title exists" }, weight: 2 }
    ] }) { errors { message } }"#;
    done(persona.to_owned(), "definePersona").await;
    let stages =
        r#"defineLifecycle(stages: [{ key: "lead", name: "x", segment: "known" }]) { errors { message } }"#;
    done(stages.to_owned(), "defineLifecycle").await;
    let meaning = r#"defineCampaignMeaning(input: { key: "x", parameter: CONTENT, pattern: "*",
        traits: [{ key: "colour", value: "blue" }], confidence: 0.5 }) { errors { message } }"#;
    done(meaning.to_owned(), "defineCampaignMeaning").await;
    world.profiles.drain(at("2026-11-21T09:30:00Z")).await.unwrap();
    let action = r#"defineAction(input: { key: "call", name: "x", benefit: "1", expectedRate: 0.5,
        eligibility: { text: "count of orders >= 1" } }) { errors { message } }"#;
    done(action.to_owned(), "defineAction").await;
    let limits = "setActionLimits(input: { weekly: [{ channel: PHONE, most: 1 }] }) { errors { message } }";
    done(limits.to_owned(), "setActionLimits").await;
    let key = r#"createWriteKey(input: { source: "web", name: "x" }) { errors { message } }"#;
    done(key.to_owned(), "createWriteKey").await;

    let mut roots: Vec<(String, String)> =
        ROOTS.map(|(ask, gives)| (ask.to_owned(), gives.to_owned())).into();
    // When they were held to be one.
    let then = merged["decision"]["decidedAt"].as_str().unwrap();
    let bas = r#"by: { email: "bas@example.com" }"#;
    roots.push((format!(r#"profile({bas}, asOf: "{then}")"#), "Profile".to_owned()));
    let ids = [
        &zita["id"],
        &zita["household"]["id"],
        &zita["accounts"][0]["id"],
        &zita["orders"]["nodes"][0]["id"],
        &zita["deals"][0]["id"],
        &zita["deals"][1]["id"],
        &merged["decision"]["id"],
        &zita["sourceIdentities"][0]["id"],
        &zita["sourceIdentities"][1]["id"],
    ];
    for id in ids {
        assert!(id.is_string(), "{zita}");
        roots.push((format!("node(id: {id})"), "Node".to_owned()));
    }
    roots.push((format!("household(id: {})", zita["household"]["id"]), "Household".to_owned()));
    roots.push((format!("account(id: {})", zita["accounts"][0]["id"]), "Account".to_owned()));
    Two { world, roots }
}

/// Where the walk begins whatever the world is.
const ROOTS: [(&str, &str); 52] = [
    (r#"profile(by: { email: "zita@example.com" })"#, "Profile"),
    (r#"profile(by: { phone: "+31620417735" })"#, "Profile"),
    (r#"profile(by: { record: { source: "crm", externalId: "zq7-crm" } })"#, "Profile"),
    (r#"profile(by: { email: "zita@example.com" }, asOf: "2024-06-01T00:00:00Z")"#, "Profile"),
    (r#"profile(by: { email: "bas@example.com" })"#, "Profile"),
    (r#"profile(by: { email: "bas@example.com" }, asOf: "2024-06-01T00:00:00Z")"#, "Profile"),
    ("profiles(first: 3)", "ProfileConnection"),
    (r#"profiles(first: 3, filter: { namePrefix: "Visser" })"#, "ProfileConnection"),
    ("households(first: 2)", "HouseholdConnection"),
    ("accounts(first: 2)", "AccountConnection"),
    ("overview", "Overview"),
    ("purposes", "Purpose"),
    (r#"notices(purpose: "profiling")"#, "Notice"),
    ("sources", "Source"),
    ("connectorKinds", "ConnectorKind"),
    ("connectors", "Connector"),
    ("identityRules", "IdentityRules"),
    ("matchCandidates(first: 2)", "MatchCandidateConnection"),
    ("identityModels", "IdentityModel"),
    ("modelVersions", "ModelVersion"),
    ("trainings", "Training"),
    ("insights", "Insights"),
    ("identityQuality", "IdentityQuality"),
    ("auditLog(first: 2)", "AuditEntry"),
    ("subjectRequests(first: 2)", "SubjectRequestConnection"),
    ("erasedOrders", "ErasedOrders"),
    ("retentionPreview", "RetentionCount"),
    ("apiKeys", "ApiKey"),
    ("previewIdentityRules(rules: {})", "PreviewIdentityRulesPayload"),
    ("segments", "Segment"),
    (r#"segment(key: "known")"#, "Segment"),
    ("segmentTemplates", "SegmentTemplate"),
    (r#"previewSegment(rule: { text: "everyone" })"#, "PreviewSegmentPayload"),
    (r#"explainSegment(profile: { email: "zita@example.com" }, segment: "near")"#, "SegmentExplanation"),
    (r#"explainSegment(profile: { email: "bas@example.com" }, segment: "near")"#, "SegmentExplanation"),
    ("writeKeys", "WriteKey"),
    ("slots", "Slot"),
    ("lists", "List"),
    ("personas", "Persona"),
    (r#"similarProfiles(profile: { email: "zita@example.com" }, first: 2)"#, "SimilarProfiles"),
    (r#"similarProfiles(profile: { email: "bas@example.com" }, first: 2)"#, "SimilarProfiles"),
    (r#"decide(slots: ["hero"], visitor: { email: "zita@example.com" })"#, "Decisions"),
    (r#"decide(slots: ["hero"], visitor: { email: "bas@example.com" })"#, "Decisions"),
    ("campaignMeanings", "CampaignMeaning"),
    ("lifecycle", "Lifecycle"),
    (
        r#"funnel(input: { steps: [{ event: "Email Opened" }, { event: "Email Opened" }], within: "P1D",
            from: "2023-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z", by: { firstTouch: CAMPAIGN } })"#,
        "Funnel",
    ),
    (
        r#"campaigns(from: "2023-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z", windowDays: 60)"#,
        "CampaignPerformance",
    ),
    ("lifecycleTemplate", "LifecycleStageTemplate"),
    ("destinationKinds", "DestinationKind"),
    ("destinations", "Destination"),
    ("actionCatalogue", "ActionCatalogue"),
    ("actionEvaluation", "ActionEvaluation"),
];

fn crm_page() -> Page {
    let home = connectors::canonical::address([
        ("street", Some("Kade 12")),
        ("postal_code", Some("2611AB")),
        ("city", Some("Delft")),
        ("country", Some("NL")),
    ]);
    let lives = |mut person: Person| {
        person.set_value("address", home.clone());
        person.companies.push("co".to_owned());
        person
    };
    let mut zita = lives(person("Zita", "Visser", "zita@example.com"));
    zita.set("phone", Some("+31 6 20417735"));
    zita.identify(IdentifierKind::Phone, Some("+31 6 20417735"));
    zita.set("job_title", Some("Buyer zq7"));
    zita.set("birth_date", Some("2001-01-01"));
    zita.set_value("tags", Some(json!(["tag zq7"])));
    let mut bas = lives(person("Bas", "Visser", "bas@example.com"));
    bas.set("job_title", Some("Baker"));
    bas.set_value("tags", Some(json!(["friend"])));
    let company = Company { name: Some("Acme".to_owned()), ..Company::default() };
    let deal = |name: &str, persons: &[&str]| {
        Body::Deal(Deal {
            name: Some(name.to_owned()),
            amount: "1200.5".parse().ok(),
            currency: Some("EUR".to_owned()),
            persons: persons.iter().map(|&one| one.to_owned()).collect(),
            ..Deal::default()
        })
    };
    let mut zitas = record("zq7-crm", "2023-03-07T10:00:00Z", Body::Person(zita));
    zitas.created_at = Some(at("2023-03-07T09:00:00Z"));
    let mut consents = vec![said("zq7-crm", "email_marketing", Some("zita@example.com"))];
    for purpose in ["personalisation", "analytics", "profiling"] {
        consents.push(said("zq7-crm", purpose, None));
        let plain = ConsentStatement { method: None, evidence: [].into(), ..said("bas-crm", purpose, None) };
        consents.push(plain);
    }
    let records = vec![
        record("co", DAY, Body::Company(company)),
        zitas,
        record("bas-crm", DAY, Body::Person(bas)),
        record("deal-both", DAY, deal("Machine", &["zq7-crm", "bas-crm"])),
        record("zq7-deal", "2023-03-07T12:00:00Z", deal("Deal zq7", &["zq7-crm"])),
    ];
    Page { records, consents, ..Page::default() }
}

fn said(person: &str, purpose: &str, email: Option<&str>) -> ConsentStatement {
    ConsentStatement {
        person: person.to_owned(),
        purpose: purpose.to_owned(),
        contact_point: email.map(|email| Identifier::new(IdentifierKind::Email, email)),
        status: ConsentStatus::Granted,
        stated_at: Some(at(DAY)),
        expires_at: None,
        method: Some("form zq7".to_owned()),
        notice: None,
        evidence: [("form".to_owned(), json!("zq7"))].into(),
    }
}

fn shop_page() -> Page {
    let mut zita = person("Zita", "Visser", "zita@example.com");
    zita.set("job_title", Some("Head of zq7"));
    let bas = person("Bas", "Visser", "bas@example.com");
    let records = vec![
        record("mug", DAY, Body::Product(product("Mug"))),
        record("zq7-shop", "2023-03-07T13:00:00Z", Body::Person(zita)),
        record("bas-shop", DAY, Body::Person(bas)),
        bought("zq7-order", "zq7-shop", "7310.55", "2023-03-07T14:00:00Z"),
        bought("bas-order", "bas-shop", "20.5", "2024-02-01T10:00:00Z"),
    ];
    let events = vec![
        visited("zq7-event", "zq7-shop", at("2023-03-07T15:00:00Z")),
        visited("bas-event", "bas-shop", at(DAY)),
    ];
    Page { records, events, ..Page::default() }
}

fn bought(id: &str, person: &str, total: &str, placed: &str) -> Record {
    let mut order = order_of(person, total, OrderStatus::Completed);
    order.number = Some(format!("N-{id}"));
    order.placed_at = Some(at(placed));
    record(id, placed, Body::Order(order))
}

fn visited(id: &str, person: &str, occurred_at: DateTime<Utc>) -> Event {
    Event {
        message_id: id.to_owned(),
        person: person.to_owned(),
        name: "Email Opened".to_owned(),
        occurred_at,
        properties: [("subject".to_owned(), json!(id)), ("category".to_owned(), json!(id))].into(),
        context: [
            ("page".to_owned(), json!({ "path": format!("/{id}") })),
            ("campaign".to_owned(), json!({ "name": id, "content": id })),
        ]
        .into(),
    }
}
