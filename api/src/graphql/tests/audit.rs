//! Every mutation is written down before it is carried out.

use profiles::access::Role;
use profiles::audit::Verified;
use serde_json::json;

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
