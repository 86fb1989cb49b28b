//! What a client gets that is wrong, careless or hostile: a clear refusal with a code, soon, and nothing inside shown.

use std::fmt::Write;
use std::num::{NonZeroU64, NonZeroUsize};

use super::*;

async fn body(text: impl Into<Body>) -> Answer {
    World::new().send(post().body(text.into()).unwrap()).await
}

#[tokio::test]
async fn no_key_or_a_wrong_one_gets_401_and_no_data() {
    let world = World::new();
    for key in [None, Some("Bearer rk_wrong"), Some("Basic cmtfYWRtaW4="), Some("Bearer ")] {
        for method in [Method::POST, Method::GET] {
            let mut request = Request::builder()
                .method(method)
                .uri("/graphql?query=%7Brole%7D")
                .header(header::CONTENT_TYPE, "application/json");
            if let Some(key) = key {
                request = request.header(header::AUTHORIZATION, key);
            }
            let answer = world.send(request.body(r#"{"query":"{role}"}"#.into()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert_eq!(answer.code(), "UNAUTHENTICATED");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert_eq!(answer.json().get("data"), None);
        }
    }
}

#[tokio::test]
async fn keys_that_cannot_be_checked_are_neither_right_nor_wrong() {
    let request = Request::builder().uri("/graphql").header("x-api-key", "rk_while_the_database_is_away");
    let answer = World::new().send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE")
    );
}

#[tokio::test]
async fn a_body_that_is_no_request_gets_400() {
    for text in [
        "",
        "{ \"not json",
        "null",
        "\"{role}\"",
        "{}",
        r#"{"query": 1}"#,
        r#"{"query": null}"#,
        r#"{"query": "{role}", "variables": "x"}"#,
        r#"{"query": "{role}", "variables": []}"#,
        r#"{"query": "{role}", "operationName": {}}"#,
        r#"{"query": "{role}", "extensions": 0}"#,
    ] {
        let answer = body(text).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::BAD_REQUEST, "BAD_REQUEST"),
            "{text}"
        );
    }
    let nested = format!(r#"{{"query": "{{role}}", "variables": {{"x": {}"#, "[".repeat(100_000));
    assert_eq!(body(nested).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(body(vec![0xFF, 0xFE, 0x00]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_batch_is_refused_in_words() {
    let answer = body(r#" [{"query": "{role}"}]"#).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.json()["errors"][0]["message"].as_str().unwrap().contains("one operation"));
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413() {
    let large =
        format!(r#"{{"query": "{{role}}", "variables": {{"x": "{}"}}}}"#, "x".repeat(2 * 1024 * 1024));
    assert_eq!(body(large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn another_content_type_gets_415() {
    for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/json; charset=latin1"]
    {
        let request = Request::post("/graphql")
            .header("x-api-key", "rk_admin")
            .header(header::CONTENT_TYPE, content_type)
            .body(r#"{"query":"{role}"}"#.into());
        assert_eq!(World::new().send(request.unwrap()).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}

#[tokio::test]
async fn a_client_that_takes_no_json_gets_406() {
    let request = post().header(header::ACCEPT, "text/html").body(r#"{"query":"{role}"}"#.into());
    assert_eq!(World::new().send(request.unwrap()).await.status, StatusCode::NOT_ACCEPTABLE);
}

#[tokio::test]
async fn an_unknown_path_or_method_is_answered_in_the_same_shape() {
    let world = World::new();
    let answer = world.send(get("/profiles/anna@example.com").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
    let answer = world.send(Request::delete("/graphql").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!((answer.header("allow"), answer.code().as_str()), ("GET, POST", "BAD_REQUEST"));
}

#[tokio::test]
async fn no_other_origin_may_read_an_answer() {
    let preflight = Request::options("/graphql")
        .header("origin", "https://elsewhere.example")
        .header("access-control-request-method", "POST");
    let answer = World::new().send(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_query_nested_too_deep_is_refused_whatever_its_depth() {
    let world = World::new();
    for depth in [20, 50, 100, 5_000, 100_000] {
        let query = "{ next ".repeat(depth) + "{ role }" + &" }".repeat(depth);
        let answer = world.query(&query).await;
        assert_eq!(answer.code(), "QUERY_TOO_COMPLEX", "{depth}: {}", answer.json());
        let answer = world.query(&"{ next ".repeat(depth)).await;
        assert!(["QUERY_TOO_COMPLEX", "GRAPHQL_PARSE_FAILED"].contains(&answer.code().as_str()));
    }
    let value = format!("{{ items(first: {}1{}) {{ role }} }}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(world.query(&value).await.code(), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn a_fragment_bomb_is_refused_before_it_goes_off() {
    let mut bomb = "{ ...f0 }".to_owned();
    for level in 0..30 {
        write!(bomb, " fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1).unwrap();
    }
    bomb += " fragment f30 on Query { role }";
    assert_eq!(World::new().query(&bomb).await.code(), "QUERY_TOO_COMPLEX");
}

#[tokio::test]
async fn a_fragment_that_spreads_itself_is_refused() {
    let answer = World::new().query("{ ...a } fragment a on Query { next { ...a } }").await;
    assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn a_query_that_costs_too_much_is_refused_with_the_limit() {
    let limits =
        GraphqlLimits { max_complexity: NonZeroUsize::new(100).unwrap(), ..GraphqlLimits::default() };
    let world = World::with(HttpSettings::default(), &limits);
    assert_eq!(world.query("{ items(first: 100) { role } }").await.json().get("errors"), None);
    let answer = world.query("{ items(first: 101) { role } }").await;
    assert_eq!(answer.code(), "QUERY_TOO_COMPLEX");
    let message = answer.json()["errors"][0]["message"].to_string();
    assert!(message.contains("100"), "{message}");
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_the_clients_error() {
    let world = World::new();
    let answer = world.query("{ items(first: \"many\") { role } }").await;
    assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED");
    let query = "query Q($n: Int!) { items(first: $n) { role } }";
    for variables in [json!({"n": "many"}), json!({"n": null}), json!({}), json!({"n": 99_999_999_999_i64})] {
        let answer = world.ask(&json!({"query": query, "variables": variables})).await;
        assert!(
            ["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&answer.code().as_str()),
            "{variables}: {}",
            answer.json()
        );
    }
}

#[tokio::test]
async fn an_unexpected_error_is_hidden_behind_a_reference() {
    let request = post().header("x-request-id", "trace-7").body(r#"{"query":"{broken}"}"#.into());
    let answer = World::new().send(request.unwrap()).await;
    assert_eq!(answer.code(), "INTERNAL_SERVER_ERROR");
    let error = &answer.json()["errors"][0];
    assert_eq!(error["extensions"]["reference"], "trace-7");
    assert_eq!(error["path"], json!(["broken"]));
    assert!(!error.to_string().contains("anna@example.com"), "{error}");
    assert_eq!(answer.header("x-request-id"), "trace-7");
}

#[tokio::test]
async fn a_panic_ends_one_request_and_not_the_server() {
    let world = World::new();
    let answer = world.query("{ panics }").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR")
    );
    assert!(!String::from_utf8_lossy(&answer.body).contains("invariant"));
    assert_eq!(world.query("{ role }").await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_gets_504() {
    let settings =
        HttpSettings { request_timeout_seconds: NonZeroU64::new(2).unwrap(), ..HttpSettings::default() };
    let answer = World::with(settings, &GraphqlLimits::default()).query("{ hangs }").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::GATEWAY_TIMEOUT, "TIMEOUT"));
    let message = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(message.contains("2 seconds") && message.contains("request_timeout_seconds"), "{message}");
}

#[tokio::test]
async fn further_paths_for_callers_are_closed_to_strangers() {
    let world = World::new();
    let status = async |key: Option<&str>| {
        let request = key.into_iter().fold(get("/guarded"), |request, key| request.header("x-api-key", key));
        world.send(request.body(axum::body::Body::empty()).unwrap()).await.status
    };
    assert_eq!(status(None).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(Some("rk_wrong")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(Some("rk_frontend")).await, StatusCode::OK);
}
