//! The rules under which profiles are derived.

use profiles::access::Role;
use profiles::rules::Ruleset;
use serde_json::{Value, json};

use super::World;

/// What these rules, written as a GraphQL value, would change.
async fn preview(world: &World, rules: &str) -> Value {
    let query = format!(
        "{{ previewIdentityRules(rules: {rules}) {{
            preview {{ merges splits affectedProfiles profiles samples {{ before after because {{ rule weight }} }} }}
            errors {{ code message path }} }} }}"
    );
    world.ask(&query).await["previewIdentityRules"].take()
}

#[tokio::test]
async fn a_change_is_previewed_applied_and_followed() {
    let world = World::anna().await;
    world.profiles.adopt_first(Ruleset::default()).await.unwrap();
    let told = preview(&world, "{ identity: { max_group: 1 } }").await;
    assert_eq!((&told["preview"]["splits"], &told["preview"]["merges"]), (&json!(1), &json!(0)), "{told}");
    assert_eq!(told["preview"]["samples"][0]["before"].as_array().unwrap().len(), 1, "{told}");

    let apply = "mutation { applyIdentityRules(rules: { identity: { max_group: 1 } }) {
        rules { version actor rules waiting } errors { code } } }";
    let applied = world.ask(apply).await["applyIdentityRules"].take();
    assert_eq!(applied["rules"]["rules"]["identity"]["max_group"], 1, "{applied}");
    assert!(applied["rules"]["waiting"].as_u64() > Some(0), "{applied}");
    assert!(applied["rules"]["actor"].is_string(), "{applied}");
    world.profiles.drain(world.profiles.now()).await.unwrap();
    assert_eq!(world.ask("{ identityRules { waiting } }").await["identityRules"]["waiting"], 0);

    let back = preview(&world, "{}").await;
    assert_eq!(back["preview"]["merges"], 1, "{back}");
    assert!(back["preview"]["samples"][0]["because"][0]["rule"].is_string(), "{back}");
}

#[tokio::test]
async fn rules_that_cannot_be_used_are_told_with_their_path() {
    let world = World::anna().await;
    let told = preview(&world, "{ identity: { identifiers: { fax: {} } } }").await;
    assert!(told["preview"].is_null());
    assert_eq!(told["errors"][0]["code"], "INVALID", "{told}");
    assert!(told["errors"][0]["message"].as_str().unwrap().contains("fax"), "{told}");
    let query = "{ previewIdentityRules(rules: {}) { preview { merges } } }";
    assert_eq!(world.fail(Role::Analyst, query).await.0, "FORBIDDEN");
}
