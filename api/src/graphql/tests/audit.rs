//! Every mutation is written down before it is carried out, and what people read before they get it.

use std::collections::HashSet;

use connectors::Page;
use connectors::canonical::{Body, address};
use profiles::access::{Caller, CallerKind, Role};
use profiles::audit::Verified;
use serde_json::json;
use uuid::Uuid;

use super::World;
use super::world::{person, record};

#[tokio::test]
async fn a_mutation_is_written_down_with_its_ids_and_nothing_that_it_holds() {
    let world = World::anna().await;
    let id = "Profile:00000000-0000-0000-0000-000000000001";
    let merge = format!(
        r#"mutation {{ mergeProfiles(ids: ["{id}", "{id}"], note: "anna@example.org") {{ errors {{ code }} }} }}"#
    );
    world.ask(&merge).await;
    let record = format!(
        r#"mutation {{ recordConsent(profile: "{id}", input: {{ purpose: "email_marketing", contactPoint: {{ email: "anna@example.org" }} }}) {{ errors {{ code }} }} }}"#
    );
    world.answer(Role::Sales, &record).await;
    world.answer(Role::Analyst, &record).await;
    let found = world.ask("{ auditLog { number action subject purpose actor } }").await;
    let log = found["auditLog"].as_array().unwrap();
    assert_eq!(log.len(), 2, "whom nobody let in did nothing: {log:?}");
    assert_eq!(
        [&log[0]["action"], &log[0]["subject"], &log[0]["purpose"]],
        [&json!("recordConsent"), &json!(id), &json!("service")]
    );
    assert_eq!(log[1]["subject"], json!(format!("{id} {id}")));
    assert!(!found.to_string().contains("anna@example.org"));
    assert!(log[0]["actor"].as_str().unwrap().contains("(ApiKey:"), "{}", log[0]["actor"]);
    let verified = world.profiles.verify_audit(None).await.unwrap();
    assert!(matches!(verified, Verified::Intact { entries: 2, .. }), "{verified:?}");
    let older = world.ask("{ auditLog(before: 2) { number } }").await;
    assert_eq!(older["auditLog"], json!([{ "number": 1 }]));
}

/// Somebody who signed in.
fn somebody(role: Role) -> Caller {
    Caller { name: "Eve".to_owned(), role, purpose: None, kind: CallerKind::Person, id: Uuid::from_u128(7) }
}

async fn reads(world: &World) -> Vec<(String, String, String)> {
    let entries = world.profiles.audit_entries(None, 100).await.unwrap().into_iter().rev();
    let reads = entries.filter(|entry| entry.deed.action == "read");
    reads
        .map(|entry| (entry.deed.actor, entry.deed.subject.unwrap(), entry.deed.purpose.unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn what_a_person_reads_is_written_down_once_for_an_operation_and_what_a_machine_reads_if_wanted() {
    let mut world = World::shop(45).await;
    let one = r#"{ profile(by: { email: "n7@example.com" }) { id } }"#;
    let id = world.ask(one).await["profile"]["id"].as_str().unwrap().to_owned();
    assert_eq!(reads(&world).await, [], "a key is no person");

    let twice = r#"{ a: profile(by: { email: "n7@example.com" }) { displayName sourceIdentities { profile { id } } }
        b: profile(by: { email: "n7@example.com" }) { displayName } c: overview { profiles } }"#;
    world.answer_to(somebody(Role::Sales), twice).await;
    let node = format!(r#"{{ node(id: "{id}") {{ id }} }}"#);
    world.answer_to(somebody(Role::Admin), &node).await;
    let past = r#"{ profile(by: { email: "n7@example.com" }, asOf: "2026-01-01T00:00:00Z") { id } }"#;
    world.answer_to(somebody(Role::Analyst), past).await;
    world.answer_to(somebody(Role::Admin), "{ overview { profiles } }").await;
    world.answer_to(somebody(Role::Admin), r#"{ profile(by: { email: "who@example.com" }) { id } }"#).await;
    let found = reads(&world).await;
    let purposes: Vec<_> =
        found.iter().map(|(_, subject, purpose)| (subject.clone(), purpose.as_str())).collect();
    assert_eq!(purposes, [(id.clone(), "service"), (id.clone(), ""), (id.clone(), "analytics")]);
    assert!(found.iter().all(|(actor, ..)| actor.starts_with("Eve (Person:")), "{found:?}");

    world.answer_to(somebody(Role::Sales), "{ profiles(first: 45) { nodes { id } } }").await;
    let found = reads(&world).await;
    let named: Vec<&str> = found[3..].iter().flat_map(|(_, subject, _)| subject.split(' ')).collect();
    assert_eq!(
        found[3..].iter().map(|(_, subject, _)| subject.split(' ').count()).collect::<Vec<_>>(),
        [40, 5]
    );
    assert_eq!(named.iter().collect::<HashSet<_>>().len(), 45, "everybody is named: {named:?}");

    world.privacy.audit_machine_reads = true;
    world.ask(one).await;
    assert_eq!(reads(&world).await.len(), 6);
    // What is masked is no read of a person in the clear.
    world.privacy.masked_roles = [Role::Sales].into();
    world.answer_to(somebody(Role::Sales), one).await;
    assert_eq!(reads(&world).await.len(), 6);
}

#[tokio::test]
async fn what_is_read_of_a_person_by_another_way_than_the_profile_is_written_down_as_well() {
    let world = World::anna().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let mut bo = person("Bo", "Bos", "bo@example.com");
    let home = [("street", Some("Kerkstraat 1")), ("postal_code", Some("2801 AB")), ("city", Some("Gouda"))];
    bo.set_value("address", address(home));
    let records = vec![record("c2", "2024-01-01T00:00:00Z", Body::Person(bo))];
    world.deliver(crm, Page { records, ..Page::default() }).await;
    let id = async |email: &str| {
        let found = world.ask(&format!(r#"{{ profile(by: {{ email: "{email}" }}) {{ id }} }}"#)).await;
        found["profile"]["id"].as_str().unwrap().to_owned()
    };
    let (anna, bo) = (id("anna@example.com").await, id("bo@example.com").await);
    let inside = r#"{ profile(by: { email: "anna@example.com" }) {
        sourceIdentities { id } orders(first: 1) { nodes { id } } deals { id } } }"#;
    let found = &world.ask(inside).await["profile"];
    let those = [&found["sourceIdentities"][0], &found["orders"]["nodes"][0], &found["deals"][0]];

    for (place, (role, those)) in [(Role::Admin, those), (Role::Sales, those)].into_iter().enumerate() {
        for (inner, that) in those.into_iter().enumerate() {
            let node = format!("{{ node(id: {}) {{ __typename }} }}", that["id"]);
            let answer = world.answer_to(somebody(role), &node).await;
            assert!(!answer["data"]["node"].is_null(), "{answer}");
            let found = reads(&world).await;
            assert_eq!(found.len(), place * 4 + inner + 1, "{node}");
            assert_eq!(found.last().unwrap().1, anna);
        }
        let homes = "{ households(minMembers: 1) { nodes { name address } } }";
        let answer = world.answer_to(somebody(role), homes).await;
        assert_eq!(answer["data"]["households"]["nodes"][0]["name"], "Bos", "{answer}");
        assert_eq!(reads(&world).await.last().unwrap().1, bo);
    }
}

#[tokio::test]
async fn a_read_that_cannot_be_written_down_is_no_answer() {
    let world = World::anna().await;
    let one = r#"{ profile(by: { email: "anna@example.com" }) { id displayName } }"#;
    world.execute_raw("ALTER TABLE audit_entry RENAME TO gone").await;
    let answer = world.answer_to(somebody(Role::Admin), one).await;
    assert!(answer["data"].is_null() && !answer["errors"][0].is_null(), "{answer}");
    assert!(!world.ask(one).await["profile"]["id"].is_null());
}
