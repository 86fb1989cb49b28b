//! Every mutation is written down before it is carried out, and what people read before they get it.

use profiles::access::{Caller, CallerKind, Role};
use profiles::audit::Verified;
use serde_json::json;
use uuid::Uuid;

use super::World;

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
    Caller { name: "Eve".to_owned(), role, kind: CallerKind::Person, id: Uuid::from_u128(7) }
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
    let (_, subject, _) = reads(&world).await.pop().unwrap();
    assert_eq!(subject.matches("Profile:").count(), 40);
    assert!(subject.ends_with(" and 5 more"), "{subject}");

    world.privacy.audit_machine_reads = true;
    world.ask(one).await;
    assert_eq!(reads(&world).await.len(), 5);
    // What is masked is no read of a person in the clear.
    world.privacy.masked_roles = [Role::Sales].into();
    world.answer_to(somebody(Role::Sales), one).await;
    assert_eq!(reads(&world).await.len(), 5);
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
