//! What a well-behaved client gets.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;

use super::*;
#[tokio::test]
async fn a_query_is_answered_for_its_caller() {
    let world = World::new();
    let answer = world.query("{ role }").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json(), json!({"data": {"role": "Frontend"}}));
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store", "profiles must not stay in caches");
}

#[tokio::test]
async fn a_key_may_come_in_the_other_header() {
    let request = Request::builder().uri("/graphql?query=%7Brole%7D").header("x-api-key", "rk_admin");
    let answer = World::new().send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.json(), json!({"data": {"role": "Admin"}}));
}

#[tokio::test]
async fn variables_and_the_operation_name_choose_what_runs() {
    let query = "query A($n: Int!) { items(first: $n) { role } } query B { role }";
    let world = World::new();
    let answer = world.ask(&json!({"query": query, "operationName": "A", "variables": {"n": 1}})).await;
    assert_eq!(answer.json(), json!({"data": {"items": [{"role": "Frontend"}]}}));
    let answer = world.ask(&json!({"query": query, "operationName": "C"})).await;
    assert_eq!(answer.code(), "BAD_REQUEST");
    let answer = world.ask(&json!({ "query": query })).await;
    assert_eq!(answer.code(), "BAD_REQUEST");
}

#[tokio::test]
async fn the_newer_media_type_tells_by_status_whether_the_operation_ran() {
    let world = World::new();
    let ask = async |query: &str| {
        let request = post().header(header::ACCEPT, "application/graphql-response+json");
        world.send(request.body(json!({ "query": query }).to_string().into()).unwrap()).await
    };
    for (query, code) in [("{", "GRAPHQL_PARSE_FAILED"), ("{ nothing }", "GRAPHQL_VALIDATION_FAILED")] {
        let answer = ask(query).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.code(), code);
        assert_eq!(answer.json().get("data"), None);
        assert!(answer.header("content-type").starts_with("application/graphql-response+json"));
    }
    let answer = ask("{ refused role }").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::OK, "FORBIDDEN"));
    assert_eq!(answer.json()["data"], json!({"refused": null, "role": "Frontend"}));
}

#[tokio::test]
async fn the_older_media_type_answers_a_well_formed_request_with_200() {
    let answer = World::new().query("{ nothing }").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::OK, "GRAPHQL_VALIDATION_FAILED"));
    assert_eq!(answer.json().get("data"), None);
}

#[tokio::test]
async fn get_runs_queries_and_nothing_else() {
    let world = World::new();
    let ask = async |query: &str| {
        let uri = format!("/graphql?query={query}&variables=%7B%7D");
        world.send(get(&uri).header("x-api-key", "rk_admin").body(Body::empty()).unwrap()).await
    };
    assert_eq!(ask("%7Brole%7D").await.json(), json!({"data": {"role": "Admin"}}));
    let answer = ask("mutation%7Bbump%7D").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "POST");
    assert_eq!(ask("subscription%7Bsilence%7D").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.query("mutation { bump }").await.json(), json!({"data": {"bump": 1}}));
}

#[tokio::test]
async fn a_subscription_is_sent_to_the_web_socket() {
    let answer = World::new().query("subscription { silence }").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
}

#[tokio::test]
async fn the_standard_introspection_query_is_within_the_limits() {
    // As long as the ones that clients send: nine levels of `ofType`.
    let of_type = (0..9).fold("kind name".to_owned(), |inner, _| format!("kind name ofType {{ {inner} }}"));
    let query = format!(
        "{{ __schema {{ queryType {{ name }} types {{ ...Full }} directives {{ args {{ ...Input }} }} }} }}
         fragment Full on __Type {{ fields {{ args {{ ...Input }} type {{ ...Ref }} }} inputFields {{ ...Input }} }}
         fragment Input on __InputValue {{ name type {{ ...Ref }} }}
         fragment Ref on __Type {{ {of_type} }}"
    );
    let answer = World::new().query(&query).await;
    assert!(answer.json()["data"]["__schema"]["types"].is_array(), "{}", answer.json());
}

#[tokio::test]
async fn introspection_can_be_switched_off() {
    let limits = GraphqlLimits { introspection: false, ..GraphqlLimits::default() };
    let world = World::with(HttpSettings::default(), &limits);
    assert_eq!(world.query("{ __schema { types { name } } }").await.json()["data"]["__schema"], Value::Null);
    let message = world.query("{ rol }").await.json()["errors"][0]["message"].to_string();
    assert!(!message.contains("role"), "a misspelt field must not tell the schema: {message}");
}

#[tokio::test]
async fn where_a_request_comes_from_is_known_by_either_method() {
    let world = World::new();
    let peer = ConnectInfo("192.0.2.7:4711".parse::<SocketAddr>().unwrap());
    let by_get = get("/graphql?query=%7Borigin%7D").header("x-api-key", "rk_admin").body(Body::empty());
    let by_post = post().body(json!({ "query": "{ origin }" }).to_string().into());
    for request in [by_get.unwrap(), by_post.unwrap()] {
        let mut request = request;
        request.extensions_mut().insert(peer);
        assert_eq!(world.send(request).await.json()["data"]["origin"], "192.0.2.7");
    }
}
