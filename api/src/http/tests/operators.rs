//! Probes, metrics and the GraphiQL page.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::*;

async fn fetch(world: &World, uri: &str) -> Answer {
    world.send(get(uri).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn alive_and_ready_are_two_things() {
    let world = World::new();
    assert_eq!(fetch(&world, "/healthz").await.status, StatusCode::OK);
    assert_eq!(fetch(&world, "/readyz").await.status, StatusCode::OK);
    world.tiny.ready.store(false, Ordering::Relaxed);
    assert_eq!(fetch(&world, "/healthz").await.status, StatusCode::OK);
    let answer = fetch(&world, "/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["reason"], "the database is not migrated");
}

#[tokio::test]
async fn metrics_are_for_loopback_and_administrators() {
    let world = World::new();
    let ask = async |peer: &str, header: Option<(&str, &str)>| {
        let mut request = get("/metrics").extension(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        world.send(request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(ask("127.0.0.1:5", None).await, StatusCode::OK);
    assert_eq!(ask("[::ffff:127.0.0.1]:5", None).await, StatusCode::OK);
    assert_eq!(ask("192.0.2.1:5", None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ask("192.0.2.1:5", Some(("x-api-key", "rk_frontend"))).await, StatusCode::FORBIDDEN);
    assert_eq!(ask("192.0.2.1:5", Some(("x-api-key", "rk_admin"))).await, StatusCode::OK);
    let forwarded = Some(("x-forwarded-for", "192.0.2.1"));
    assert_eq!(ask("127.0.0.1:5", forwarded).await, StatusCode::UNAUTHORIZED, "a proxy is not its client");
    assert_eq!(
        fetch(&world, "/metrics").await.status,
        StatusCode::UNAUTHORIZED,
        "an unknown peer is not local"
    );
}

#[tokio::test]
async fn metrics_can_be_opened_to_all() {
    let settings = HttpSettings { metrics_public: true, ..HttpSettings::default() };
    let answer = fetch(&World::with(settings, &GraphqlLimits::default()), "/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
}

#[test]
fn requests_are_counted_by_template_and_never_by_address() {
    let recorder = telemetry::prometheus().unwrap().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let world = World::new();
            world.query("query Anna { role }").await;
            fetch(&world, "/profiles/anna@example.com?email=anna@example.com").await;
            world.send(Request::builder().method("ANNA").uri("/healthz").body(Body::empty()).unwrap()).await;
        });
    });
    let text = recorder.handle().render();
    assert!(
        text.contains(r#"rondom_http_requests_total{method="POST",route="/graphql",status="2xx"} 1"#),
        "{text}"
    );
    assert!(text.contains(r#"rondom_graphql_operations_total{kind="query",outcome="ok"} 1"#), "{text}");
    assert!(text.contains("rondom_http_request_duration_seconds_bucket"), "{text}");
    assert!(!text.to_lowercase().contains("anna"), "{text}");
}

#[tokio::test]
async fn every_answer_carries_security_headers() {
    let world = World::new();
    for uri in ["/healthz", "/graphql", "/graphiql", "/nothing"] {
        let answer = fetch(&world, uri).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"));
        assert!(!answer.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn graphiql_comes_whole_from_this_server() {
    let world = World::new();
    let page = fetch(&world, "/graphiql").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    let page = String::from_utf8(page.body).unwrap();
    let files: Vec<&str> = page.split('"').filter(|part| part.starts_with("/graphiql/")).collect();
    assert_eq!(files.len(), 6);
    for file in files {
        let packed =
            world.send(get(file).header("accept-encoding", "gzip").body(Body::empty()).unwrap()).await;
        let plain = fetch(&world, file).await;
        assert_eq!((packed.status, plain.status), (StatusCode::OK, StatusCode::OK));
        assert!(plain.header("cache-control").contains("immutable"));
        assert_eq!(plain.header("content-encoding"), "");
        assert!(packed.body.len() <= plain.body.len() && std::str::from_utf8(&plain.body).is_ok());
    }
    assert_eq!(fetch(&world, "/graphiql/0000/page.js").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn graphiql_can_be_switched_off() {
    let settings = HttpSettings { graphiql: false, ..HttpSettings::default() };
    let world = World::with(settings, &GraphqlLimits::default());
    assert_eq!(fetch(&world, "/graphiql").await.status, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&world, "/").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let server = tokio::spawn(super::super::serve(
        listener,
        world.router,
        world.shutdown.clone(),
        Duration::from_secs(9),
    ));
    let request = "GET /graphql?query=%7Bhangs%7D HTTP/1.1\r\nhost: x\r\nx-api-key: rk_admin\r\n\r\n";
    client.write_all(request.as_bytes()).await.unwrap();
    world.tiny.hanging.notified().await;
    tokio::time::pause();
    world.shutdown.cancel();
    server.await.unwrap().unwrap();
}
