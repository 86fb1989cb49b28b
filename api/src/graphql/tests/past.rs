//! Profiles of the past, who they were made of, and their history.

use connectors::Page;
use connectors::canonical::Body;
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{person, record};

/// Anna, whom three sources know; in the CRM she is split off, and joined again, after a contact of her mail tool had
/// another address for a while.
async fn world() -> (World, Value, Value) {
    let world = World::anna().await;
    let mail = world.source("mail", "mailchimp", "email").await;
    for (email, when) in
        [("other@example.com", "2024-06-01T00:00:00Z"), ("anna@example.com", "2024-07-01T00:00:00Z")]
    {
        let record = record("m1", when, Body::Person(person("Anna", "Visser", email)));
        world.deliver(mail, Page { records: vec![record], ..Page::default() }).await;
    }
    let members =
        r#"{ profile(by: { email: "anna@example.com" }) { id sourceIdentities { id externalId } } }"#;
    let anna = world.ask(members).await["profile"].take();
    let crm =
        anna["sourceIdentities"].as_array().unwrap().iter().find(|one| one["externalId"] == "c1").unwrap();
    let split = format!(
        r#"mutation {{ splitProfile(id: {}, groups: [[{}]], note: "her sister") {{ decision {{ id }} errors {{ message }} }} }}"#,
        anna["id"], crm["id"]
    );
    let decision = world.ask(&split).await["splitProfile"]["decision"]["id"].take();
    world.ask(&format!("mutation {{ undoDecision(id: {decision}) {{ errors {{ message }} }} }}")).await;
    let id = anna["id"].clone();
    (world, id, decision)
}

#[tokio::test]
async fn a_profile_of_the_past_is_made_of_who_belonged_together_then() {
    let (world, _, decision) = world().await;
    let then = async |by: &str, instant: &str| {
        let query = format!(
            r#"{{ profile(by: {{ {by} }}, asOf: "{instant}") {{
                id asOf displayName sourceIdentities {{ externalId source {{ key }} }} links {{ rule from {{ externalId }} to {{ externalId }} }}
                identifiers {{ value }} totals {{ orders }} orders {{ totalCount nodes {{ number status }} }}
                timeline {{ nodes {{ name }} }} companies {{ name }} deals {{ name }} decisions {{ id }}
            }} }}"#
        );
        world.ask(&query).await["profile"].take()
    };
    let externals = |profile: &Value| {
        let members = profile["sourceIdentities"].as_array().unwrap();
        let mut names: Vec<_> =
            members.iter().map(|one| one["externalId"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let spring = then(r#"email: "anna@example.com""#, "2024-05-01T00:00:00Z").await;
    assert_eq!(externals(&spring), ["7", "c1", "m1"]);
    assert_eq!(
        (spring["links"].as_array().unwrap().len(), &spring["companies"]),
        (3, &json!([{ "name": "Acme" }]))
    );
    assert_eq!([&spring["deals"][0]["name"], &spring["decisions"]], [&json!("Mugs for all"), &json!([])]);

    let summer = then(r#"email: "other@example.com""#, "2024-06-15T00:00:00Z").await;
    assert_eq!(externals(&summer), ["m1"]);
    assert_eq!(summer["identifiers"], json!([{ "value": "other@example.com" }]));
    assert_eq!(summer["timeline"]["nodes"], json!([{ "name": "Email Opened" }]));
    assert_eq!(
        [&summer["orders"]["totalCount"], &summer["companies"], &summer["deals"]],
        [&json!(0), &json!([]), &json!([])]
    );
    assert_eq!(externals(&then(r#"email: "anna@example.com""#, "2024-06-15T00:00:00Z").await), ["7", "c1"]);

    let made = world.ask(&format!("{{ node(id: {decision}) {{ ... on Decision {{ decidedAt }} }} }}")).await;
    let split =
        then(r#"record: { source: "crm", externalId: "c1" }"#, made["node"]["decidedAt"].as_str().unwrap())
            .await;
    assert_eq!(externals(&split), ["c1"]);
    assert_eq!(split["decisions"], json!([{ "id": decision }]));
}

#[tokio::test]
async fn who_was_merged_into_an_elder_one_was_in_the_segments_of_whom_they_are_today() {
    let world = World::empty().await;
    let web = world.source("web", "web", "web").await;
    let people = ["a", "b"].map(|id| {
        record(id, "2024-01-01T00:00:00Z", Body::Person(person("Ann", "Bo", &format!("{id}@example.com"))))
    });
    world.deliver(web, Page { records: people.into(), ..Page::default() }).await;
    let define = r#"mutation { defineSegment(input: { key: "all", name: "x", rule: { text: "everyone" } }) { errors { message } } }"#;
    assert_eq!(world.ask(define).await["defineSegment"]["errors"], json!([]));
    while world.profiles.work_out_some().await.unwrap() {}
    let stages = r#"mutation { defineLifecycle(stages: [{ key: "visitor", name: "x", segment: "all" }]) { errors { message } } }"#;
    assert_eq!(world.ask(stages).await["defineLifecycle"]["errors"], json!([]));
    let joined = record("b", "2024-06-01T00:00:00Z", Body::Person(person("Ann", "Bo", "a@example.com")));
    world.deliver(web, Page { records: vec![joined], ..Page::default() }).await;
    let mut ids = Vec::new();
    for id in ["a", "b"] {
        let query = format!(
            r#"{{ profile(by: {{ record: {{ source: "web", externalId: "{id}" }} }}, asOf: "2024-05-01T00:00:00Z") {{
                id segments {{ segment {{ key }} }} stage {{ key }} stages {{ key }} }} }}"#
        );
        let then = world.ask(&query).await["profile"].take();
        assert_eq!(then["segments"], json!([{ "segment": { "key": "all" } }]), "{id}");
        assert_eq!(
            (&then["stage"]["key"], &then["stages"][0]["key"]),
            (&json!("visitor"), &json!("visitor"))
        );
        ids.push(then["id"].clone());
    }
    assert_ne!(ids[0], ids[1], "they were two");
}

#[tokio::test]
async fn a_history_tells_merges_splits_and_changes_newest_first() {
    let (world, anna, decision) = world().await;
    let query = |more: &str| {
        format!(
            "{{ profile(by: {{ id: {anna} }}) {{ history({more}) {{ truncated pageInfo {{ hasNextPage endCursor }} nodes {{
                __typename at
                ... on ProfileMerge {{ into profiles decision {{ id kind undoes {{ note }} }} link {{ rule value weight from {{ externalId }} to {{ externalId }} }} changed {{ externalId }} }}
                ... on ProfileSplit {{ from parts: into decision {{ id actor note }} changed {{ externalId }} }}
                ... on TraitChange {{ key group before after source {{ key }} since }}
            }} }} }} }}"
        )
    };
    let page = world.ask(&query("first: 100")).await["profile"]["history"].take();
    assert_eq!(page["truncated"], false);
    let nodes = page["nodes"].as_array().unwrap();
    let of = |name: &str| nodes.iter().filter(|node| node["__typename"] == name).collect::<Vec<_>>();
    let (merges, splits, changes) = (of("ProfileMerge"), of("ProfileSplit"), of("TraitChange"));

    assert_eq!(
        [&merges[0]["decision"]["kind"], &merges[0]["decision"]["undoes"]["note"]],
        ["UNDO", "her sister"]
    );
    assert_eq!(merges[0]["link"], Value::Null);
    assert_eq!([&merges[1]["at"], &merges[1]["decision"]], [&json!("2024-07-01T00:00:00Z"), &Value::Null]);
    assert_eq!([&merges[1]["link"]["rule"], &merges[1]["link"]["value"]], ["EMAIL", "anna@example.com"]);
    assert_eq!(
        [&merges[1]["link"]["weight"], &merges[1]["changed"]],
        [&json!(1.0), &json!([{ "externalId": "m1" }])]
    );
    assert!(merges.iter().all(
        |merge| merge["into"] == anna || splits[0]["parts"].as_array().unwrap().contains(&merge["into"])
    ));

    assert_eq!(splits[0]["decision"], json!({ "id": decision, "actor": "test", "note": "her sister" }));
    assert_eq!(splits[0]["parts"].as_array().unwrap().len(), 2);
    let by_facts = json!([&splits[1]["at"], &splits[1]["decision"], &splits[1]["changed"]]);
    assert_eq!(by_facts, json!(["2024-06-01T00:00:00Z", null, [{ "externalId": "m1" }]]));
    let bought = changes
        .iter()
        .find(|change| change["after"] == "Head of buying" && change["before"] == "Buyer")
        .unwrap();
    assert_eq!(
        [&bought["key"], &bought["group"], &bought["source"]["key"]],
        ["job_title", "DESCRIPTIVE", "shop"]
    );
    assert_eq!([&bought["at"], &bought["since"]], ["2024-02-01T00:00:00Z"; 2]);

    let (mut read, mut after) = (Vec::new(), Value::Null);
    loop {
        let part = world.ask(&query(&format!("first: 2, after: {after}"))).await["profile"]["history"].take();
        read.extend(part["nodes"].as_array().unwrap().clone());
        after = part["pageInfo"]["endCursor"].clone();
        if part["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(read, *nodes, "page by page it reads the same");
    let frontend = format!("{{ profile(by: {{ id: {anna} }}) {{ history {{ truncated }} }} }}");
    assert_eq!(world.fail(Role::Frontend, &frontend).await.0, "FORBIDDEN");
}
