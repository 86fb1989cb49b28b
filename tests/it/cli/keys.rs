//! API keys.

use crate::support::on_both;

#[tokio::test]
async fn a_key_is_shown_once_and_listed_without_it() {
    on_both(async |installation| {
        installation.ok(&["migrate"]).await;
        let key = installation.ok(&["keys", "create", "--name", "web", "--role", "frontend"]).await;
        assert!(key.starts_with("rk_") && key.lines().count() == 1, "only the key: {key}");
        let listed = installation.json(&["keys", "list", "--json"]).await;
        assert_eq!(listed[0]["name"], "web");
        assert_eq!(listed[0]["role"], "frontend");
        assert!(!listed.to_string().contains(key.trim()));

        let id = listed[0]["id"].as_str().unwrap();
        installation.ok(&["keys", "revoke", id]).await;
        assert!(installation.json(&["keys", "list", "--json"]).await[0]["revokedAt"].is_string());
        assert!(installation.fails(&["keys", "revoke", id]).await.contains("no key"));
    })
    .await;
}
