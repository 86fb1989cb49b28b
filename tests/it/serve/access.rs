//! Who gets in.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Installation, http, on_both};

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

/// Nobody listens at that port.
const SIGN_IN: &str = "public_url = \"http://localhost:4020\"\n[oidc]\nissuer = \"http://127.0.0.1:9\"\n\
                       client_id = \"rondom\"\nclient_secret = \"@secret\"\n[oidc.roles]\nadmins = \"admin\"\n";

#[tokio::test]
async fn it_starts_and_serves_keys_while_the_identity_provider_is_away() {
    let installation = Installation::on_sqlite();
    installation.write("rondom.toml", SIGN_IN);
    installation.write("secret", "hunter2\n");
    let server = installation.serve().await;
    let answer = http().get(format!("{}/auth/login", server.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().await.unwrap().contains("cannot be reached"));
    assert_eq!(server.ask(OVERVIEW, Value::Null).await["overview"]["profiles"], 0);
    let shown = installation.ok(&["config"]).await;
    assert!(shown.contains("http://127.0.0.1:9") && shown.contains("(hidden)"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn without_an_identity_provider_nobody_signs_in() {
    let server = Installation::on_sqlite().serve().await;
    let answer = http().get(format!("{}/auth/login", server.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_client_secret_that_is_not_there_is_told_by_the_check() {
    let installation = Installation::on_sqlite();
    installation.write("rondom.toml", SIGN_IN);
    let said = installation.fails(&["config"]).await;
    assert!(said.contains("oidc.client_secret") && said.contains("secret"), "{said}");
}
