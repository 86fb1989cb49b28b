//! Merging, splitting, and taking it back.

use connectors::Page;
use connectors::canonical::Body;
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{person, record};

const PAYLOAD: &str = "{ decision { id kind note actor decidedAt undone { id } undoes { id } pairs { verdict from { externalId } to { externalId } } }
    profiles { id displayName sourceIdentities { id externalId } } errors { code message path } }";

/// Anna, whom three sources know, and A. Visser, who may be she.
async fn world() -> (World, Value, Value) {
    let world = World::anna().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let other = person("A.", "Visser", "a.visser@example.com");
    let page =
        Page { records: vec![record("c2", "2024-05-01T00:00:00Z", Body::Person(other))], ..Page::default() };
    world.deliver(crm, page).await;
    let query = r#"{ anna: profile(by: { email: "anna@example.com" }) { id }
        other: profile(by: { email: "a.visser@example.com" }) { id } }"#;
    let data = world.ask(query).await;
    let (anna, other) = (data["anna"]["id"].clone(), data["other"]["id"].clone());
    (world, anna, other)
}

async fn merge(world: &World, ids: &Value) -> Value {
    let merge = format!(r#"mutation {{ mergeProfiles(ids: {ids}, note: "she called") {PAYLOAD} }}"#);
    world.ask(&merge).await["mergeProfiles"].take()
}

async fn undo(world: &World, id: &Value) -> Value {
    world.ask(&format!("mutation {{ undoDecision(id: {id}) {PAYLOAD} }}")).await["undoDecision"].take()
}

#[tokio::test]
async fn a_merge_is_shown_explained_and_undone() {
    let (world, anna, other) = world().await;
    let merged = merge(&world, &json!([anna, other])).await;
    assert_eq!(merged["errors"], json!([]));
    let profiles = merged["profiles"].as_array().unwrap();
    assert_eq!((profiles.len(), profiles[0]["sourceIdentities"].as_array().unwrap().len()), (1, 4));
    let decision = &merged["decision"];
    assert_eq!([&decision["kind"], &decision["note"], &decision["actor"]], ["MERGE", "she called", "test"]);
    assert_eq!(decision["pairs"].as_array().unwrap().len(), 1);
    assert_eq!(decision["pairs"][0]["verdict"], "SAME");
    for id in [&anna, &other] {
        let found = world.ask(&format!("{{ profile(by: {{ id: {id} }}) {{ id }} }}")).await;
        assert_eq!(found["profile"]["id"], profiles[0]["id"], "every id that was a profile's finds it");
    }
    let again = merge(&world, &json!([anna, other])).await;
    let [decision_of_none, error] = [&again["decision"], &again["errors"][0]];
    assert_eq!(
        [decision_of_none, &error["code"], &error["path"]],
        [&Value::Null, &json!("INVALID"), &json!(["ids", "1"])]
    );

    let undone = undo(&world, &decision["id"]).await;
    assert_eq!(undone["errors"], json!([]));
    assert_eq!(undone["decision"]["undoes"]["id"], decision["id"]);
    let ids: Vec<_> = undone["profiles"].as_array().unwrap().iter().map(|profile| &profile["id"]).collect();
    assert!(ids.contains(&&anna) && ids.contains(&&other) && ids.len() == 2);
    let node = format!("{{ node(id: {}) {{ ... on Decision {{ kind undone {{ id }} }} }} }}", decision["id"]);
    let expected = json!({ "kind": "MERGE", "undone": { "id": undone["decision"]["id"] } });
    assert_eq!(world.ask(&node).await["node"], expected);
    let twice = undo(&world, &decision["id"]).await;
    assert_eq!([&twice["decision"], &twice["errors"][0]["code"]], [&Value::Null, &json!("CONFLICT")]);

    let listed = format!("{{ profile(by: {{ id: {anna} }}) {{ decisions {{ id undone {{ id }} }} }} }}");
    let listed = world.ask(&listed).await["profile"]["decisions"].take();
    assert_eq!(listed, json!([{ "id": decision["id"], "undone": { "id": undone["decision"]["id"] } }]));
}

#[tokio::test]
async fn a_profile_is_split_into_the_named_groups_and_the_rest() {
    let world = World::anna().await;
    let members =
        r#"{ profile(by: { email: "anna@example.com" }) { id sourceIdentities { id externalId } } }"#;
    let anna = world.ask(members).await["profile"].take();
    let of = |external: &str| {
        let members = anna["sourceIdentities"].as_array().unwrap();
        members.iter().find(|member| member["externalId"] == external).unwrap()["id"].clone()
    };
    let split = async |groups: &Value| {
        let split = format!("mutation {{ splitProfile(id: {}, groups: {groups}) {PAYLOAD} }}", anna["id"]);
        world.ask(&split).await["splitProfile"].take()
    };
    let (shop, mail, crm) = (of("7"), of("m1"), of("c1"));
    for (groups, path) in [
        (json!([]), json!(["groups"])),
        (json!([[shop, mail, crm]]), json!(["groups"])),
        (json!([[shop], []]), json!(["groups", "1"])),
        (json!([[shop], [mail, shop]]), json!(["groups", "1", "1"])),
        (json!([["SourceIdentity:00000000-0000-0000-0000-000000000000"]]), json!(["groups", "0", "0"])),
    ] {
        let refused = split(&groups).await;
        let error = &refused["errors"][0];
        assert_eq!(
            [&refused["decision"], &error["code"], &error["path"]],
            [&Value::Null, &json!("INVALID"), &path]
        );
    }
    let parts = split(&json!([[shop]])).await;
    assert_eq!(parts["errors"], json!([]));
    let externals: Vec<Vec<_>> = parts["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| {
            part["sourceIdentities"].as_array().unwrap().iter().map(|one| &one["externalId"]).collect()
        })
        .collect();
    assert_eq!(externals[0], ["7"]);
    assert_eq!(externals[1].len(), 2);

    let ids = json!([parts["profiles"][0]["id"], parts["profiles"][1]["id"]]);
    let refused = merge(&world, &ids).await;
    assert_eq!(refused["errors"][0]["code"], "CONFLICT");
    let message = refused["errors"][0]["message"].as_str().unwrap();
    let decision = parts["decision"]["id"].as_str().unwrap().trim_start_matches("Decision:");
    assert!(message.contains(decision), "{message}");
    assert_eq!(undo(&world, &parts["decision"]["id"]).await["profiles"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_does_not_exist_is_data_and_what_is_no_such_id_an_error() {
    let (world, anna, _) = world().await;
    let nobody = "00000000-0000-0000-0000-000000000000";
    for (mutation, path) in [
        (format!(r#"mergeProfiles(ids: [{anna}, "Profile:{nobody}"])"#), "ids"),
        (format!(r#"splitProfile(id: "Profile:{nobody}", groups: [])"#), "id"),
        (format!(r#"undoDecision(id: "Decision:{nobody}")"#), "id"),
    ] {
        let answer = world.ask(&format!("mutation {{ it: {mutation} {{ decision {{ id }} profiles {{ id }} errors {{ code path }} }} }}")).await;
        let expected =
            json!({ "decision": null, "profiles": [], "errors": [{ "code": "NOT_FOUND", "path": [path] }] });
        assert_eq!(answer["it"], expected);
    }
    for mutation in [
        format!(r#"mergeProfiles(ids: [{anna}, "Order:{nobody}"])"#),
        format!("splitProfile(id: {anna}, groups: [[{anna}]])"),
        format!("undoDecision(id: {anna})"),
    ] {
        let query = format!("mutation {{ {mutation} {{ errors {{ code }} }} }}");
        assert_eq!(world.fail(Role::Admin, &query).await.0, "BAD_USER_INPUT", "{mutation}");
    }
    let query = format!("{{ profile(by: {{ id: {anna} }}) {{ decisions {{ note }} }} }}");
    assert_eq!(world.fail(Role::Frontend, &query).await.0, "FORBIDDEN", "notes are for staff");
}
