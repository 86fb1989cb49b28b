use std::io::Write;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use migration::MigratorTrait;
use profiles::collect::{Collector, WriteKey};
use profiles::store::{ConnectOptions, connect};
use profiles::{Keys, Profiles};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use super::router;
use crate::clock::SystemClock;

struct Site {
    profiles: Profiles,
    router: Router,
    key: WriteKey,
    _directory: TempDir,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Value,
}

impl Site {
    async fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        let db = connect(&ConnectOptions { url, pool: 4 }).await.unwrap();
        migration::Migrator::up(&db, None).await.unwrap();
        let profiles = Profiles::open(db, Keys::new(&[7; 32]), Arc::new(SystemClock)).await.unwrap();
        let key = profiles.create_write_key("web", "Web site").await.unwrap();
        let (collector, _) = Collector::start(profiles.clone());
        let router = router(profiles.clone(), collector, None);
        Self { profiles, router, key, _directory: directory }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn post(&self, path: &str, body: impl Into<Body>) -> Request<Body> {
        let basic = BASE64_STANDARD.encode(format!("{}:", self.key.key));
        Request::post(path)
            .header(header::AUTHORIZATION, format!("Basic {basic}"))
            .header(header::CONTENT_TYPE, "text/plain")
            .body(body.into())
            .unwrap()
    }

    async fn events(&self) -> u64 {
        self.profiles.status().await.unwrap().events
    }
}

fn message(id: &str) -> Value {
    json!({ "type": "track", "messageId": id, "userId": "u", "event": "Product Viewed" })
}

fn packed(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn every_path_and_every_way_to_send_is_taken() {
    let site = Site::new().await;
    let body = |id: &str| {
        json!({
            "messageId": id, "userId": "u", "anonymousId": "a", "event": "x", "groupId": "g", "previousId": "p",
        })
        .to_string()
    };
    for path in ["track", "t", "page", "p", "screen", "s", "identify", "i", "group", "g", "alias", "a"] {
        let answer = site.send(site.post(&format!("/v1/{path}"), body(path))).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &json!({ "success": true })), "{path}");
    }
    for path in ["batch", "b", "import"] {
        let batch = json!({ "batch": [message(path)] }).to_string();
        assert_eq!(
            site.send(site.post(&format!("/v1/{path}"), batch)).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
    // Packed, and with the key in the body.
    let batch = json!({ "batch": [message("gzip")] }).to_string();
    assert_eq!(site.send(site.post("/v1/batch", packed(batch.as_bytes()))).await.status, StatusCode::OK);
    let batch = json!({ "batch": [message("in the body")], "writeKey": site.key.key }).to_string();
    let request = Request::post("/v1/batch").body(batch.into()).unwrap();
    assert_eq!(site.send(request).await.status, StatusCode::OK);
    assert_eq!(site.events().await, 17);
    // Sent again.
    let again = site.send(site.post("/v1/batch", json!({ "batch": [message("gzip")] }).to_string())).await;
    assert_eq!((again.status, site.events().await), (StatusCode::OK, 17));
}

#[tokio::test]
async fn pages_of_any_origin_may_send_and_nobody_may_read() {
    let site = Site::new().await;
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/t")
        .header(header::ORIGIN, "https://shop.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type")
        .body(Body::empty())
        .unwrap();
    let answer = site.send(preflight).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS], "authorization,content-type");
    let answer = site.send(Request::get("/v1/batch").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_write_key_that_is_wrong_or_taken_back_is_refused() {
    let site = Site::new().await;
    let batch = json!({ "batch": [message("1")] }).to_string();
    let none = Request::post("/v1/batch").body(batch.clone().into()).unwrap();
    let answer = site.send(none).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body["errors"][0]["message"].as_str().unwrap().contains("expected a write key"));
    let wrong = json!({ "batch": [message("1")], "writeKey": "wk_no" }).to_string();
    let answer = site.send(Request::post("/v1/batch").body(wrong.into()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(site.send(site.post("/v1/batch", batch.clone())).await.status, StatusCode::OK);
    assert!(site.profiles.revoke_write_key(site.key.id).await.unwrap());
    assert!(!site.profiles.revoke_write_key(site.key.id).await.unwrap());
    assert_eq!(site.send(site.post("/v1/batch", batch)).await.status, StatusCode::UNAUTHORIZED);
    let other = site.profiles.create_write_key("rondom", "x").await.unwrap_err();
    assert!(other.to_string().contains("key"), "{other}");
}

#[tokio::test]
async fn what_is_bad_is_told_and_what_is_good_is_kept() {
    let site = Site::new().await;
    let batch = json!({ "batch": [message("1"), { "type": "track" }, message("2")] }).to_string();
    let answer = site.send(site.post("/v1/batch", batch)).await;
    assert_eq!(answer.status, StatusCode::OK, "clients throw a batch away that is refused");
    assert_eq!(answer.body["rejected"]["count"], 1);
    assert!(answer.body["rejected"]["reasons"][0].as_str().unwrap().contains("userId"));
    let status = site.profiles.status().await.unwrap();
    assert_eq!((status.events, status.rejected_records), (2, 1));
    for (path, body, expected) in [
        ("/v1/batch", b"{".to_vec(), StatusCode::BAD_REQUEST),
        ("/v1/batch", vec![0xff, 0xfe], StatusCode::BAD_REQUEST),
        ("/v1/batch", vec![0x1f, 0x8b, 1, 2, 3], StatusCode::BAD_REQUEST),
        ("/v1/batch", vec![b' '; 10 << 20], StatusCode::PAYLOAD_TOO_LARGE),
        ("/v1/batch", packed(&vec![b' '; 10 << 20]), StatusCode::PAYLOAD_TOO_LARGE),
        ("/v1/track", vec![b' '; 600 << 10], StatusCode::PAYLOAD_TOO_LARGE),
        (
            "/v1/track",
            json!({ "userId": "u", "event": "x".repeat(33 << 10) }).to_string().into_bytes(),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ] {
        let answer = site.send(site.post(path, body)).await;
        assert_eq!(answer.status, expected, "{path}: {}", answer.body);
        assert!(answer.body["errors"][0]["message"].is_string());
    }
    // So many properties are no reason to lose an event.
    let many: Value =
        (0..2_500).map(|n| (format!("k{n}"), json!(n))).collect::<serde_json::Map<_, _>>().into();
    let body = json!({ "userId": "u", "event": "x", "properties": many }).to_string();
    assert_eq!(site.send(site.post("/v1/track", body)).await.status, StatusCode::OK);
    assert_eq!(site.events().await, 3);
}

#[tokio::test]
async fn a_page_loads_the_script_and_keeps_it() {
    let site = Site::new().await;
    let get = |name: header::HeaderName, value: &str| {
        Request::get("/rondom.js").header(name, value).body(Body::empty()).unwrap()
    };
    let response = site.router.clone().oneshot(get(header::ACCEPT_ENCODING, "gzip")).await.unwrap();
    let headers = response.headers().clone();
    assert_eq!(
        (&headers[header::CONTENT_ENCODING], response.status()),
        (&"gzip".parse().unwrap(), StatusCode::OK)
    );
    let packed = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(packed.len() <= 8 << 10, "{} bytes", packed.len());
    let response = site.router.clone().oneshot(get(header::ACCEPT_ENCODING, "identity")).await.unwrap();
    let plain = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(plain.starts_with(b"\"use strict\"") || plain.len() > packed.len());
    let again = get(header::IF_NONE_MATCH, headers[header::ETAG].to_str().unwrap());
    let response = site.router.clone().oneshot(again).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn the_library_of_segment_learns_where_to_send() {
    let site = Site::new().await;
    let path = format!("/v1/projects/{}/settings", site.key.key);
    let request = Request::get(path).header(header::HOST, "127.0.0.1:4020").body(Body::empty()).unwrap();
    let answer = site.send(request).await;
    let settings = &answer.body["integrations"]["Segment.io"];
    assert_eq!(
        (settings["apiKey"].as_str(), settings["apiHost"].as_str()),
        (Some(site.key.key.as_str()), Some("127.0.0.1:4020/v1"))
    );
    let request = Request::get("/v1/projects/no/settings").body(Body::empty()).unwrap();
    assert_eq!(site.send(request).await.status, StatusCode::UNAUTHORIZED);
}
