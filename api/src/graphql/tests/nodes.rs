//! Global ids.

use profiles::access::Role;
use serde_json::Value;

use super::World;

#[tokio::test]
async fn every_object_is_found_again_by_its_id() {
    let world = World::anna().await;
    world
        .ask(
            r#"mutation {
                createConnector(input: { kind: "hubspot", key: "x", enabled: false, secrets: { access_token: "t" } }) { errors { message } }
                createApiKey(input: { name: "k", role: SALES }) { key }
            }"#,
        )
        .await;
    let data = world
        .ask(
            r#"{ profile(by: { email: "anna@example.com" }) {
                id __typename sourceIdentities { id __typename source { id __typename } }
                orders { nodes { id __typename lines { product { id __typename } } } }
                companies { id __typename } deals { id __typename }
            } connectors { id __typename } apiKeys { id __typename } }"#,
        )
        .await;
    let mut found = Vec::new();
    collect(&data, &mut found);
    for (id, typename) in &found {
        let node = world.ask(&format!(r#"{{ node(id: "{id}") {{ id __typename }} }}"#)).await["node"].take();
        assert_eq!((node["id"].as_str(), node["__typename"].as_str()), (Some(&**id), Some(&**typename)));
    }
    let mut types: Vec<_> = found.into_iter().map(|(_, typename)| typename).collect();
    types.sort_unstable();
    types.dedup();
    assert_eq!(
        types,
        ["ApiKey", "Company", "Connector", "Deal", "Order", "Product", "Profile", "Source", "SourceIdentity"]
    );
}

fn collect(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            if let (Some(Value::String(id)), Some(Value::String(typename))) =
                (fields.get("id"), fields.get("__typename"))
            {
                found.push((id.clone(), typename.clone()));
            }
            fields.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn an_id_of_nothing_is_null_and_one_that_is_none_an_error() {
    let world = World::anna().await;
    for kind in crate::graphql::ids::Kind::ALL {
        let key = match kind.name() {
            "SyncRun" | "RejectedRecord" => "0",
            _ => "00000000-0000-0000-0000-000000000000",
        };
        let query = format!(r#"{{ node(id: "{}:{key}") {{ id }} }}"#, kind.name());
        assert_eq!(world.ask(&query).await["node"], Value::Null, "{query}");
    }
    for id in ["", "7", "Profile:", "Nothing:7", "SyncRun:99999999999999999999"] {
        let (code, _) = world.fail(Role::Admin, &format!(r#"{{ node(id: "{id}") {{ id }} }}"#)).await;
        assert_eq!(code, "BAD_USER_INPUT");
    }
}
