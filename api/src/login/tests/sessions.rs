//! What a session is good for, and how it ends.

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

use super::*;

const OWN: &[(&str, &str)] = &[("sec-fetch-site", "same-origin")];

async fn signed_in() -> World {
    let world = World::new().await;
    assert_eq!(world.sign_in().await.status, StatusCode::SEE_OTHER);
    world
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = signed_in().await;
    for _ in 0..3 {
        world.pass(TimeDelta::hours(7));
        assert_eq!(world.ask(OVERVIEW).await.status, StatusCode::OK);
    }
    world.pass(TimeDelta::hours(3));
    let answer = world.ask(OVERVIEW).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "a day is the end");
    assert!(answer.body.contains("/auth/login"), "{}", answer.body);

    world.sign_in().await;
    world.pass(TimeDelta::hours(8));
    assert_eq!(world.ask(OVERVIEW).await.status, StatusCode::UNAUTHORIZED, "it was idle");
}

#[tokio::test]
async fn signing_out_ends_the_session_for_every_copy_of_its_cookie() {
    let world = signed_in().await;
    let copy = world.cookie("rondom").unwrap();
    assert_eq!(world.ask(OVERVIEW).await.status, StatusCode::OK);
    let answer = world.send(Method::POST, "/auth/logout", OWN, None).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(world.cookie("rondom"), None);
    assert_eq!(world.profiles.audit_entries(None, 1).await.unwrap()[0].deed.action, "sign out");
    world.set_cookie("rondom", &copy);
    assert_eq!(world.ask(OVERVIEW).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.send(Method::POST, "/auth/logout", OWN, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get("/auth/logout").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_session_that_another_process_ended_does_not_hold() {
    let world = signed_in().await;
    world.profiles.end_session(&world.cookie("rondom").unwrap()).await.unwrap();
    assert_eq!(world.ask(OVERVIEW).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_of_another_origin_can_do_nothing_with_the_cookie() {
    let world = signed_in().await;
    let own = world.url.origin().ascii_serialization();
    let write = r#"mutation { createApiKey(input: { name: "k", role: ADMIN }) { key } }"#;
    for foreign in [
        vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        vec![("sec-fetch-site", "same-site"), ("origin", own.as_str())],
        vec![("origin", "https://evil.example"), ("x-requested-with", "x")],
        vec![("origin", "null")],
        vec![],
    ] {
        let answer = world.ask_with(&foreign, write).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{foreign:?}: {}", answer.body);
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let query = world.send(Method::GET, "/graphql?query=%7B__typename%7D", &foreign, None).await;
        assert_eq!(query.status, StatusCode::FORBIDDEN, "{foreign:?}");
        let logout = world.send(Method::POST, "/auth/logout", &foreign, None).await;
        assert_eq!(logout.status, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    assert_eq!(world.profiles.list_keys().await.unwrap().len(), 0);
    for own in [vec![("origin", own.as_str())], vec![("x-requested-with", "console")]] {
        assert_eq!(world.ask_with(&own, OVERVIEW).await.status, StatusCode::OK, "{own:?}");
    }
}

#[tokio::test]
async fn forms_and_links_write_nothing() {
    let world = signed_in().await;
    let body = json!({ "query": "mutation { __typename }" });
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", kind)];
        let answer = world.send(Method::POST, "/graphql", &headers, Some(&body)).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    let link = "/graphql?query=mutation%20%7B__typename%7D";
    assert_eq!(world.send(Method::GET, link, OWN, None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_key_in_a_header_goes_before_the_cookie_and_needs_no_origin() {
    let world = signed_in().await;
    let (_, key) = world.profiles.create_key("web", profiles::access::Role::Frontend, None).await.unwrap();
    let foreign = [("origin", "https://shop.example"), ("x-api-key", key.as_str())];
    let answer = world.ask_with(&foreign, OVERVIEW).await;
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "FORBIDDEN",
        "as the frontend, not as the person"
    );
    let session = world.cookie("rondom").unwrap();
    let as_key =
        world.ask_with(&[("x-api-key", &session), ("sec-fetch-site", "same-origin")], OVERVIEW).await;
    assert_eq!(as_key.status, StatusCode::UNAUTHORIZED, "a session is no key");
}

#[tokio::test]
async fn a_socket_takes_the_session_of_its_own_pages_alone() {
    let world = signed_in().await;
    let own = world.url.origin().ascii_serialization();
    let session = world.cookie("rondom").unwrap();
    for (origin, admitted) in [(own.as_str(), true), ("https://evil.example", false)] {
        let address = format!("ws://{}/graphql", own.trim_start_matches("http://"));
        let mut request = address.into_client_request().unwrap();
        for (name, value) in [
            ("sec-websocket-protocol", "graphql-transport-ws"),
            ("origin", origin),
            ("cookie", &format!("rondom={session}")),
        ] {
            request
                .headers_mut()
                .insert(name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap());
        }
        let (mut socket, _) = connect_async(request).await.unwrap();
        socket.send(Message::text(json!({ "type": "connection_init" }).to_string())).await.unwrap();
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => assert!(admitted && text.contains("connection_ack"), "{origin}: {text}"),
            Message::Close(Some(frame)) => assert!(!admitted && u16::from(frame.code) == 4401, "{frame}"),
            other => panic!("{other:?}"),
        }
    }
}
