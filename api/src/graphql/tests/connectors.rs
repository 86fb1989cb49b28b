//! Configuring and running connectors, and keys.

use futures_util::StreamExt;
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;

const SECRET: &str = "pat-never-shown";

async fn create(world: &World, more: &str) -> Value {
    let query = format!(
        r#"mutation {{ createConnector(input: {{ kind: "hubspot", secrets: {{ access_token: "{SECRET}" }} {more} }}) {{
            connector {{ id key name kind config hasSecrets schedule timeZone jitterSeconds enabled state nextRunAt
                streams {{ name incremental cursor inProgress }} source {{ key trust }} }}
            errors {{ code message path }}
        }} }}"#
    );
    world.ask(&query).await["createConnector"].take()
}

#[tokio::test]
async fn a_connector_is_configured_shown_without_secrets_changed_and_deleted() {
    let world = World::empty().await;
    let made = create(&world, r#", name: "EU", timeZone: "Europe/Amsterdam", enabled: false"#).await;
    assert_eq!(made["errors"], json!([]));
    let connector = &made["connector"];
    assert_eq!([&connector["key"], &connector["name"], &connector["state"]], ["hubspot", "EU", "DISABLED"]);
    assert_eq!([&connector["hasSecrets"], &connector["nextRunAt"]], [&json!(true), &Value::Null]);
    assert_eq!(connector["streams"][0]["cursor"], Value::Null);
    let id = &connector["id"];

    let update = format!(
        r#"mutation {{ updateConnector(id: {id}, input: {{ schedule: "0 3 * * *", trust: 90, enabled: true }}) {{
            connector {{ schedule state source {{ trust }} }} errors {{ message }} }} }}"#
    );
    let changed = world.ask(&update).await["updateConnector"].take();
    let expected = json!({ "schedule": "0 3 * * *", "state": "NEVER_RUN", "source": { "trust": 90 } });
    assert_eq!(changed, json!({ "connector": expected, "errors": [] }));

    let everything = world
        .ask("{ connectors { id config name kind } sources { key } overview { connectors { state count } } }")
        .await;
    assert!(!format!("{made}{everything}").contains(SECRET));
    assert_eq!(everything["overview"]["connectors"], json!([{ "state": "NEVER_RUN", "count": 1 }]));

    let delete = format!("mutation {{ deleteConnector(id: {id}) {{ deletedId errors {{ code path }} }} }}");
    assert_eq!(world.ask(&delete).await["deleteConnector"], json!({ "deletedId": id, "errors": [] }));
    let again = world.ask(&delete).await["deleteConnector"].take();
    assert_eq!(again, json!({ "deletedId": null, "errors": [{ "code": "NOT_FOUND", "path": ["id"] }] }));
    assert_eq!(world.ask(&format!("{{ connector(id: {id}) {{ id }} }}")).await["connector"], Value::Null);
}

#[tokio::test]
async fn what_cannot_be_is_told_with_its_place_and_changes_nothing() {
    let world = World::empty().await;
    for (more, path, part) in [
        (r#", schedule: "every day""#, json!(["input", "schedule"]), "cron"),
        (r#", timeZone: "Amsterdam""#, json!(["input", "timeZone"]), "IANA"),
        (r#", key: "A B""#, json!(["input", "key"]), "lower-case"),
        (", jitterSeconds: -1", json!(["input", "jitterSeconds"]), "86400"),
        (r#", config: { base_url: "http://shop.example" }"#, json!(["input", "config", "base_url"]), "https"),
    ] {
        let answer = create(&world, more).await;
        assert_eq!(answer["connector"], Value::Null);
        let error = &answer["errors"][0];
        assert_eq!([&error["code"], &error["path"]], [&json!("INVALID"), &path]);
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
    let kind = world.ask(r#"mutation { createConnector(input: { kind: "x" }) { errors { path } } }"#).await;
    assert_eq!(kind["createConnector"]["errors"], json!([{ "path": ["input", "kind"] }]));
    assert_eq!(
        world.ask("{ connectors { id } sources { id } }").await,
        json!({ "connectors": [], "sources": [] })
    );
    create(&world, ", enabled: false").await;
    assert_eq!(create(&world, "").await["errors"][0]["code"], "CONFLICT");
}

#[tokio::test]
async fn kinds_carry_what_a_form_needs() {
    let world = World::empty().await;
    let query = "{ connectorKinds { kind title category description authentication configSchema secretsSchema
        defaultSchedule streams { name description incremental } } }";
    let kinds = world.ask(query).await["connectorKinds"].take();
    let hubspot = &kinds[0];
    assert_eq!(
        [&hubspot["kind"], &hubspot["category"], &hubspot["authentication"]],
        ["hubspot", "CRM", "BEARER_TOKEN"]
    );
    assert_eq!(hubspot["configSchema"]["type"], "object");
    assert_eq!(hubspot["secretsSchema"]["properties"]["access_token"]["writeOnly"], true);
}

#[tokio::test]
async fn a_sync_runs_beyond_its_request_until_it_is_cancelled() {
    let world = World::empty().await;
    // A vendor that takes the call and never answers.
    let vendor = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config =
        format!(r#", enabled: false, config: {{ base_url: "http://{}" }}"#, vendor.local_addr().unwrap());
    let id = create(&world, &config).await["connector"]["id"].take();

    let progress =
        format!("subscription {{ syncProgress(connectorId: {id}) {{ id state cancelRequested }} }}");
    assert_eq!(world.subscribe(Role::Admin, &progress).next().await, None, "it has never run");

    let sync = format!(
        "mutation {{ syncConnector(id: {id}) {{ connector {{ state }} run {{ id state trigger read rate }} errors {{ code }} }} }}"
    );
    let begun = world.ask(&sync).await["syncConnector"].take();
    assert_eq!([&begun["connector"]["state"], &begun["run"]["state"]], ["RUNNING", "RUNNING"]);
    assert_eq!([&begun["run"]["trigger"], &begun["run"]["read"]], [&json!("MANUAL"), &json!(0)]);
    let second = world.ask(&sync).await["syncConnector"].take();
    assert_eq!([&second["run"], &second["errors"]], [&Value::Null, &json!([{ "code": "CONFLICT" }])]);

    let mut progress = world.subscribe(Role::Analyst, &progress);
    assert_eq!(progress.next().await.unwrap()["data"]["syncProgress"]["state"], "RUNNING");
    let cancel = format!("mutation {{ cancelSync(id: {id}) {{ errors {{ code }} }} }}");
    assert_eq!(world.ask(&cancel).await["cancelSync"]["errors"], json!([]));
    let mut last = Value::Null;
    while let Some(answer) = progress.next().await {
        assert_eq!(answer["errors"], Value::Null);
        last = answer["data"]["syncProgress"].clone();
    }
    assert_eq!(last, json!({ "id": begun["run"]["id"], "state": "CANCELLED", "cancelRequested": true }));
    world.background.finished().await;
    assert_eq!(world.ask(&cancel).await["cancelSync"]["errors"], json!([{ "code": "CONFLICT" }]));

    let node = format!("{{ node(id: {}) {{ ... on SyncRun {{ state finishedAt }} }} }}", begun["run"]["id"]);
    assert_eq!(world.ask(&node).await["node"]["state"], "CANCELLED");
}

#[tokio::test]
async fn a_sync_ends_with_the_process() {
    let world = World::empty().await;
    let vendor = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config =
        format!(r#", enabled: false, config: {{ base_url: "http://{}" }}"#, vendor.local_addr().unwrap());
    let id = create(&world, &config).await["connector"]["id"].take();
    world.ask(&format!("mutation {{ syncConnector(id: {id}) {{ run {{ id }} }} }}")).await;
    world.stop.send_replace(true);
    world.background.finished().await;
    let data = world.ask(&format!("{{ connector(id: {id}) {{ runs(first: 1) {{ state }} }} }}")).await;
    assert_eq!(data["connector"]["runs"], json!([{ "state": "INTERRUPTED" }]));
}

#[tokio::test]
async fn rejected_records_are_read_page_by_page() {
    let world = World::empty().await;
    let id = create(&world, ", enabled: false").await["connector"]["id"].take();
    let source = world.profiles.connectors().await.unwrap().remove(0).source.id;
    for n in 0..3 {
        let rejected = connectors::Rejected {
            external_id: Some(n.to_string()),
            reason: "total: expected a decimal number".to_owned(),
            payload: format!(r#"{{"id":{n}}}"#).into_bytes(),
        };
        world.deliver(source, connectors::Page { rejected: vec![rejected], ..Default::default() }).await;
    }
    let (mut read, mut after) = (Vec::new(), Value::Null);
    for _ in 0..3 {
        let query = format!(
            "{{ connector(id: {id}) {{ rejectedRecords(first: 1, after: {after}) {{ totalCount
                nodes {{ externalId reason payload stream }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
        );
        let page = world.ask(&query).await["connector"]["rejectedRecords"].take();
        assert_eq!(page["totalCount"], 3);
        read.push(page["nodes"][0]["payload"].as_str().unwrap().to_owned());
        assert_eq!(page["pageInfo"]["hasNextPage"], read.len() < 3);
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(read, [r#"{"id":2}"#, r#"{"id":1}"#, r#"{"id":0}"#], "latest first");
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_taken_back() {
    let world = World::empty().await;
    let make = r#"mutation { createApiKey(input: { name: "till", role: SALES }) { key apiKey { id role revokedAt } errors { code } } }"#;
    let made = world.ask(make).await["createApiKey"].take();
    let key = made["key"].as_str().unwrap();
    assert_eq!(world.profiles.find_key(key).await.unwrap().unwrap().role, Role::Sales);
    let listed = world.ask("{ apiKeys { id name role createdAt revokedAt } }").await;
    assert!(!listed.to_string().contains(key));
    assert_eq!(listed["apiKeys"][0]["name"], "till");

    let revoke = format!(
        "mutation {{ revokeApiKey(id: {}) {{ apiKey {{ revokedAt }} errors {{ code }} }} }}",
        made["apiKey"]["id"]
    );
    let revoked = world.ask(&revoke).await["revokeApiKey"].take();
    assert!(revoked["apiKey"]["revokedAt"].is_string());
    assert_eq!(world.profiles.find_key(key).await.unwrap(), None);
    assert_eq!(world.ask(&revoke).await["revokeApiKey"]["errors"], json!([{ "code": "CONFLICT" }]));
    let nameless = world
        .ask(r#"mutation { createApiKey(input: { name: " ", role: ADMIN }) { key errors { code path } } }"#)
        .await;
    let error = json!([{ "code": "INVALID", "path": ["input", "name"] }]);
    assert_eq!(nameless["createApiKey"], json!({ "key": null, "errors": error }));
}
