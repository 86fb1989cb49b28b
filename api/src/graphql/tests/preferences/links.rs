//! Making links.

use serde_json::{Value, json};

use super::{World, anna};

const SHOWN: &str = "{ url path expiresAt errors { code message path } }";

async fn link(world: &World, arguments: &str) -> Value {
    let made = world.ask(&format!("mutation {{ createPreferenceLink({arguments}) {SHOWN} }}")).await;
    made["createPreferenceLink"].clone()
}

#[tokio::test]
async fn a_link_leads_to_the_public_address_for_thirty_days_and_is_written_down() {
    let world = World::anna().await;
    let id = anna(&world).await;
    let made = link(&world, &format!(r#"profile: "{id}""#)).await;
    let path = made["path"].as_str().unwrap();
    assert_eq!(made["url"], format!("https://shop.example/rondom{path}"));
    assert_eq!(made["errors"], json!([]));
    let ends: chrono::DateTime<chrono::Utc> = made["expiresAt"].as_str().unwrap().parse().unwrap();
    assert_eq!((ends - world.profiles.now()).num_hours(), 30 * 24 - 1);
    let token = path.strip_prefix("/preferences/").unwrap();
    assert_eq!(format!("Profile:{}", world.profiles.open_link(token).unwrap().profile), id);

    let other = link(&world, &format!(r#"profile: "{id}", language: DA, validForMinutes: 1"#)).await;
    assert!(other["path"].as_str().unwrap().ends_with("?lang=da"), "{other}");
    let log = world.ask("{ auditLog(first: 1) { action subject } }").await;
    assert_eq!(log["auditLog"], json!([{ "action": "createPreferenceLink", "subject": id }]));
    assert!(!log.to_string().contains(token));
}

#[tokio::test]
async fn a_link_for_nobody_or_for_too_long_is_refused_with_its_field() {
    let world = World::anna().await;
    let id = anna(&world).await;
    for minutes in [0, -5, 400 * 24 * 60 + 1] {
        let refused = link(&world, &format!(r#"profile: "{id}", validForMinutes: {minutes}"#)).await;
        assert_eq!(refused["path"], Value::Null);
        assert_eq!(refused["errors"][0]["path"], json!(["validForMinutes"]), "{minutes}");
    }
    let nobody = link(&world, r#"profile: "Profile:00000000-0000-0000-0000-000000000000""#).await;
    assert_eq!(nobody["errors"][0]["code"], "NOT_FOUND");
    assert_eq!(nobody["errors"][0]["path"], json!(["profile"]));
}
