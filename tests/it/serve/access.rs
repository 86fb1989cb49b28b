//! Who gets in.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Installation, on_both};

const OVERVIEW: &str = "{ overview { profiles } }";

#[tokio::test]
async fn without_a_key_it_does_not_listen_beyond_this_machine() {
    let said = Installation::on_sqlite().fails(&["serve", "--listen", "0.0.0.0:0"]).await;
    assert!(said.contains("rondom keys create"), "{said}");
}

#[tokio::test]
async fn a_wrong_or_missing_key_gets_401_and_no_data() {
    on_both(async |installation| {
        let server = installation.serve().await;
        let wrong = format!("rk_{}", "0".repeat(64));
        for key in [None, Some(wrong.as_str()), Some("x"), Some("rk_")] {
            let (status, answer) = server.post(key, OVERVIEW, Value::Null).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{key:?}");
            assert!(answer.get("data").is_none(), "{answer}");
        }
        assert_eq!(server.ask(OVERVIEW, Value::Null).await["overview"]["profiles"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_role_without_the_right_is_forbidden() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    let key = installation.ok(&["keys", "create", "--name", "web", "--role", "frontend"]).await;
    let (_, answer) = server.post(Some(key.trim()), OVERVIEW, Value::Null).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
}

#[tokio::test]
async fn a_key_that_is_revoked_through_the_api_stops_working_at_once() {
    let installation = Installation::on_sqlite();
    let server = installation.serve().await;
    let create = "mutation { createApiKey(input: { name: \"web\", role: ANALYST }) { key apiKey { id } } }";
    let created = server.ask(create, Value::Null).await;
    let key = created["createApiKey"]["key"].as_str().unwrap();
    assert_eq!(server.post(Some(key), OVERVIEW, Value::Null).await.0, StatusCode::OK);
    let revoke = "mutation($id: ID!) { revokeApiKey(id: $id) { errors { message } } }";
    server.ask(revoke, json!({ "id": created["createApiKey"]["apiKey"]["id"] })).await;
    assert_eq!(server.post(Some(key), OVERVIEW, Value::Null).await.0, StatusCode::UNAUTHORIZED);
}
