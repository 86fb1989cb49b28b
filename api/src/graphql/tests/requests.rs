//! What data subjects ask for, through the API.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body as HttpBody, to_bytes};
use axum::http::{Request, StatusCode};
use connectors::Page;
use connectors::canonical::Body;
use profiles::access::{Caller, CallerKind, Role};
use profiles::privacy::receipt;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use super::World;
use super::world::{person, record};

async fn receive(world: &World, kind: &str, profile: &str) -> Value {
    let query = format!(
        r#"mutation {{ receiveSubjectRequest(kind: {kind}, profile: "{profile}", receivedAt: "2026-01-31T10:00:00Z")
            {{ subjectRequest {{ id state dueAt overdue profile {{ id }} }} errors {{ code path }} }} }}"#
    );
    world.ask(&query).await["receiveSubjectRequest"].take()
}

async fn word(world: &World, mutation: &str, arguments: &str) -> Value {
    let query = format!(
        "mutation {{ {mutation}({arguments}) {{ subjectRequest {{ id state reason }} errors {{ code message }} }} }}"
    );
    world.ask(&query).await[mutation].take()
}

async fn anna(world: &World) -> Value {
    world.ask(r#"{ profile(by: { email: "anna@example.com" }) { id } }"#).await["profile"].take()
}

#[tokio::test]
async fn a_person_is_erased_with_a_receipt_and_stays_away() {
    let world = World::anna().await;
    let anna = anna(&world).await["id"].as_str().unwrap().to_owned();
    let received = receive(&world, "ERASURE", &anna).await;
    let request = &received["subjectRequest"];
    assert_eq!(
        (&request["dueAt"], &request["overdue"], &request["profile"]["id"]),
        (&json!("2026-02-28T10:00:00Z"), &json!(true), &json!(anna)),
        "a month after the last of January"
    );
    let id = request["id"].as_str().unwrap();
    let running = word(&world, "fulfilSubjectRequest", &format!(r#"id: "{id}", keepOrderSums: true"#)).await;
    assert_eq!(running["subjectRequest"]["state"], "RUNNING");
    world.profiles.work_on_requests().await.unwrap();

    let done = world
        .ask(
            r"{ subjectRequests(state: DONE) { edges { node { id state profile { id } receipt } } }
                  erasedOrders { source { key } year currency orders total } receiptKey }",
        )
        .await;
    let node = &done["subjectRequests"]["edges"][0]["node"];
    assert_eq!((&node["id"], &node["profile"]), (&json!(id), &Value::Null));
    let verified = receipt::verify(&node["receipt"].to_string(), done["receiptKey"].as_str()).unwrap();
    assert_eq!(verified.said["removed"]["person_records"], 3);
    assert_eq!(done["erasedOrders"][0]["source"]["key"], "shop");

    // She comes again, and nothing knows her; what is asked about her says why.
    let shop = world.source("shop", "woocommerce", "ecommerce").await;
    let body = Body::Person(person("Anna", "Again", "ANNA@example.com"));
    let again = Page { records: vec![record("77", "2026-05-01T00:00:00Z", body)], ..Page::default() };
    world.deliver(shop, again).await;
    let gone = world
        .ask(&format!(
            r#"{{ one: profile(by: {{ email: "anna@example.com" }}) {{ id }}
                                      two: profile(by: {{ id: "{anna}" }}) {{ id }} }}"#
        ))
        .await;
    assert_eq!(gone, json!({ "one": null, "two": null }));
    assert_eq!(receive(&world, "ERASURE", &anna).await["errors"][0]["code"], "ERASED");
    let consent = format!(
        r#"mutation {{ recordConsent(profile: "{anna}", input: {{ purpose: "profiling" }}) {{ errors {{ code }} }} }}"#
    );
    assert_eq!(world.ask(&consent).await["recordConsent"]["errors"][0]["code"], "ERASED");
    let log = world.ask("{ auditLog { subject } }").await.to_string();
    assert!(!log.contains(&anna), "{log}");
}

#[tokio::test]
async fn a_request_is_refused_with_a_reason_and_decided_once() {
    let world = World::anna().await;
    let anna = anna(&world).await["id"].as_str().unwrap().to_owned();
    let id = receive(&world, "ERASURE", &anna).await["subjectRequest"]["id"].as_str().unwrap().to_owned();
    let none = word(&world, "refuseSubjectRequest", &format!(r#"id: "{id}", reason: " ""#)).await;
    assert_eq!(none["errors"][0]["code"], "INVALID");
    let refused =
        word(&world, "refuseSubjectRequest", &format!(r#"id: "{id}", reason: "not the person""#)).await;
    assert_eq!(
        refused["subjectRequest"],
        json!({ "id": id, "state": "REFUSED", "reason": "not the person" })
    );
    for late in ["fulfilSubjectRequest", "liftSubjectRequest"] {
        let late = word(&world, late, &format!(r#"id: "{id}""#)).await;
        assert_eq!(late["errors"][0]["code"], "CONFLICT");
    }
    let unknown = r#"id: "SubjectRequest:00000000-0000-0000-0000-000000000000""#;
    let unknown = word(&world, "fulfilSubjectRequest", unknown).await;
    assert_eq!(unknown["errors"][0]["code"], "NOT_FOUND");
    let answer = world.answer(Role::Sales, &format!(r#"{{ node(id: "{id}") {{ id }} }}"#)).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn who_restricts_the_use_is_used_for_nothing() {
    let world = World::anna().await;
    let anna = anna(&world).await["id"].as_str().unwrap().to_owned();
    let id = receive(&world, "RESTRICTION", &anna).await["subjectRequest"]["id"].as_str().unwrap().to_owned();
    word(&world, "fulfilSubjectRequest", &format!(r#"id: "{id}""#)).await;
    world.profiles.work_on_requests().await.unwrap();
    let asked = r#"{ profile(by: { email: "anna@example.com" }) { consent(purpose: "service") { allowed reason since } } }"#;
    let decision = |answer: Value| answer["profile"]["consent"].clone();
    let refused = decision(world.ask(asked).await);
    assert_eq!((&refused["allowed"], &refused["reason"]), (&json!(false), &json!("RESTRICTED")));
    assert!(refused["since"].as_str().unwrap() > "2026-11", "from when it was decided: {refused}");
    let own = r#"mutation { definePurpose(input: { key: "restriction", name: "x", description: "x", basis: CONSENT, dataGroups: [] }) { errors { path } } }"#;
    assert_eq!(world.ask(own).await["definePurpose"]["errors"][0]["path"], json!(["input", "key"]));
    word(&world, "liftSubjectRequest", &format!(r#"id: "{id}""#)).await;
    assert_eq!(decision(world.ask(asked).await)["allowed"], true);
}

/// What a caller of that role is answered at a path of archives.
async fn fetch(world: &World, role: Role, path: &str) -> (StatusCode, String) {
    let caller =
        Caller { name: "test".to_owned(), role, purpose: None, kind: CallerKind::ApiKey, id: Uuid::nil() };
    let paths = crate::archive::paths(world.profiles.clone()).layer(Extension(Arc::new(caller)));
    let answer = paths.oneshot(Request::get(path).body(HttpBody::empty()).unwrap()).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn who_asks_for_access_gets_an_archive_from_an_administrator() {
    let world = World::anna().await;
    let anna = anna(&world).await["id"].as_str().unwrap().to_owned();
    let id = receive(&world, "ACCESS", &anna).await["subjectRequest"]["id"].as_str().unwrap().to_owned();
    let path = |file: &str| format!("/requests/{id}/archive.{file}");
    assert_eq!(fetch(&world, Role::Admin, &path("json")).await.0, StatusCode::CONFLICT, "not decided yet");
    word(&world, "fulfilSubjectRequest", &format!(r#"id: "{id}""#)).await;
    world.profiles.work_on_requests().await.unwrap();
    let done = world.ask("{ subjectRequests(state: DONE) { edges { node { kind } } } }").await;
    assert_eq!(done["subjectRequests"]["edges"][0]["node"]["kind"], "ACCESS");

    for role in [Role::Analyst, Role::Sales, Role::Frontend] {
        assert_eq!(fetch(&world, role, &path("html")).await.0, StatusCode::FORBIDDEN);
    }
    assert_eq!(fetch(&world, Role::Admin, &path("zip")).await.0, StatusCode::NOT_FOUND);
    let (status, json) = fetch(&world, Role::Admin, &path("json")).await;
    assert_eq!((status, json.contains("anna@example.com")), (StatusCode::OK, true));
    let (status, page) = fetch(&world, Role::Admin, &path("html")).await;
    assert_eq!((status, page.contains("anna@example.com")), (StatusCode::OK, true));
    assert!(!page.contains("<script") && page.contains("Where you are known"), "{page}");
    let (_, schema) = fetch(&world, Role::Admin, &path("schema.json")).await;
    assert!(schema.contains("\"knownAs\""));
    let log = world.ask("{ auditLog { action subject } }").await;
    let fetched = log["auditLog"].as_array().unwrap().iter().filter(|entry| entry["action"] == "archive");
    assert_eq!(fetched.filter(|entry| entry["subject"] == json!(id)).count(), 3, "each time: {log}");

    let erasure =
        receive(&world, "ERASURE", &anna).await["subjectRequest"]["id"].as_str().unwrap().to_owned();
    word(&world, "fulfilSubjectRequest", &format!(r#"id: "{erasure}""#)).await;
    world.profiles.work_on_requests().await.unwrap();
    assert_eq!(fetch(&world, Role::Admin, &path("json")).await.0, StatusCode::GONE);
}
