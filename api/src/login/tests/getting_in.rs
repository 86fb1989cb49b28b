//! Who gets in, as whom, and what is written down about it.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;

#[tokio::test]
async fn a_person_signs_in_and_asks_with_the_session() {
    let world = World::new().await;
    assert_eq!(world.ask(OVERVIEW).await.status, StatusCode::UNAUTHORIZED);
    let back = world.way_back("/auth/login?return_to=%2Fgraphiql%3Fa%3D1").await;
    let answer = world.get(&back).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(answer.location(), world.url.join("/graphiql?a=1").unwrap().as_str());
    let session = world.cookie("rondom").unwrap();
    let [session, sign_in] = [format!("rondom={session}; "), "rondom-sign-in=; ".to_owned()].map(|start| {
        let cookies = answer.cookies();
        cookies.iter().find(|cookie| cookie.starts_with(&start)).map(|cookie| (*cookie).to_owned())
    });
    assert!(session.unwrap().ends_with("; Path=/; HttpOnly; SameSite=Lax"));
    assert!(sign_in.unwrap().ends_with("; Max-Age=0"), "a sign-in is good for one answer");
    assert_eq!(world.ask(OVERVIEW).await.json(), json!({ "data": { "overview": { "profiles": 0 } } }));
    assert_eq!(world.provider.lock().unwrap().scope, "openid profile");
}

#[tokio::test]
async fn what_a_person_does_is_written_down_under_a_name_that_tells_nothing_else() {
    let world = World::new().await;
    world.sign_in().await;
    let made = world.ask(r#"mutation { createApiKey(input: { name: "k", role: SALES }) { key } }"#).await;
    assert!(made.json()["data"]["createApiKey"]["key"].is_string(), "{}", made.body);
    let log = world.profiles.audit_entries(None, 10).await.unwrap();
    let actions: Vec<_> = log.iter().map(|entry| entry.deed.action.as_str()).collect();
    assert_eq!(actions, ["createApiKey", "sign in"]);
    let person = world.profiles.person(
        &world.provider.lock().unwrap().issuer,
        "248289761001",
        "Anna Jansen",
        profiles::access::Role::Admin,
    );
    for entry in &log {
        assert_eq!(
            (entry.deed.actor.as_str(), entry.deed.origin.as_deref()),
            (person.actor().as_str(), Some("127.0.0.1"))
        );
        assert!(!entry.deed.actor.contains("248289761001") && !entry.deed.actor.contains("example.org"));
    }
}

#[tokio::test]
async fn nothing_of_a_person_reaches_the_log_at_any_level() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&lines);
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || Lines(Arc::clone(&writer)))
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::new().await;
    world.sign_in().await;
    world.ask(OVERVIEW).await;
    world.provider.lock().unwrap().claims = json!({ "groups": ["everybody"] });
    world.sign_in().await;
    world.provider.lock().unwrap().claims = json!({ "nonce": "x" });
    world.sign_in().await;
    let lines = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("turned away") && lines.contains("nonce mismatch"), "{lines}");
    let session = world.cookie("rondom").unwrap();
    for secret in [
        "Anna",
        "anna",
        "everybody",
        "cdp-admins",
        "248289761001",
        "code-",
        "eyJ",
        idp::SECRET,
        session.as_str(),
    ] {
        assert!(!lines.contains(secret), "{secret}: {lines}");
    }
}

/// Keeps what is logged.
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_name_that_is_an_address_is_not_written_down() {
    let world = World::new().await;
    world.provider.lock().unwrap().claims =
        json!({ "name": "anna@example.org", "preferred_username": "anna" });
    world.sign_in().await;
    let log = world.profiles.audit_entries(None, 1).await.unwrap();
    assert!(log[0].deed.actor.starts_with("anna (Person:"), "{}", log[0].deed.actor);
}

#[tokio::test]
async fn groups_decide_the_role_and_the_highest_counts() {
    let world = World::new().await;
    for (groups, may_write) in [
        (json!("cdp-readers"), false),
        (json!(["cdp-readers", 7, "x"]), false),
        (json!(["cdp-readers", "cdp-admins"]), true),
    ] {
        world.provider.lock().unwrap().claims = json!({ "groups": groups });
        assert_eq!(world.sign_in().await.status, StatusCode::SEE_OTHER);
        assert!(world.ask(OVERVIEW).await.json()["errors"].is_null());
        let write =
            world.ask(r#"mutation { createApiKey(input: { name: "k", role: SALES }) { key } }"#).await;
        let code = &write.json()["errors"][0]["extensions"]["code"];
        assert_eq!(*code, if may_write { Value::Null } else { json!("FORBIDDEN") }, "{groups}");
    }
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_fetched_once_and_kept() {
    let world = World::new().await;
    let fetches = || world.provider.lock().unwrap().key_fetches;
    world.sign_in().await;
    world.sign_in().await;
    assert_eq!(fetches(), 1);
    world.provider.lock().unwrap().rotate();
    for _ in 0..2 {
        assert_eq!(world.sign_in().await.status, StatusCode::SEE_OTHER);
        assert_eq!(fetches(), 2);
    }
    // A key that the provider does not show is looked for no more than now and then.
    world.provider.lock().unwrap().signing = Signing::ForeignKey;
    for _ in 0..3 {
        assert_eq!(world.sign_in().await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(fetches(), 2);
    assert_eq!(world.provider.lock().unwrap().discoveries, 1);
}

#[tokio::test]
async fn a_provider_that_is_away_keeps_nobody_but_people_out_and_may_come_back() {
    let world = World::new().await;
    let provider = world.provider.lock().unwrap().issuer.clone();
    // What it says it is, it is not: as good as away.
    world.provider.lock().unwrap().issuer = "http://127.0.0.1:9".to_owned();
    let (_, key) = world.profiles.create_key("web", profiles::access::Role::Admin, None).await.unwrap();
    for _ in 0..3 {
        let answer = world.get("/auth/login").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.body.contains("cannot be reached") && answer.headers.contains_key("retry-after"));
        assert_eq!(world.ask_with(&[("x-api-key", &key)], OVERVIEW).await.status, StatusCode::OK);
    }
    assert_eq!(world.provider.lock().unwrap().discoveries, 1, "it is left alone for some seconds");
    world.provider.lock().unwrap().issuer = provider;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(5)).await;
    tokio::time::resume();
    assert_eq!(world.sign_in().await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nobody_listening_is_no_reason_to_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let settings = crate::config::OidcSettings {
        issuer: Some(nobody),
        client_id: Some("rondom".to_owned()),
        ..crate::config::OidcSettings::default()
    };
    let url = "http://127.0.0.1:4020".parse().unwrap();
    let provider = crate::login::provider::Provider::new(&settings, &url, None).unwrap();
    let begun = provider.begin(url.clone(), chrono::DateTime::UNIX_EPOCH).await;
    assert_eq!(begun.err(), Some(crate::login::provider::Failure::Unavailable));
}
