//! However deep conditions hold each other, the server says so and stands.

use async_graphql::{Data, EmptyMutation, EmptySubscription, Schema};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

use super::{Query, READ, Tiny, read};
use crate::config::{GraphqlLimits, HttpSettings};
use crate::http::{AuthError, Backend, Credential, Service, router};
use crate::telemetry;

/// The schema behind the server that stands before every schema.
#[derive(Clone)]
struct Served(Tiny);

impl Backend for Served {
    type Executor = Tiny;
    type Caller = ();

    fn executor(&self) -> &Tiny {
        &self.0
    }

    async fn authenticate(&self, _: Option<&Credential>) -> Result<(), AuthError> {
        Ok(())
    }

    fn knows(&self, _: &Credential) -> bool {
        true
    }

    fn number(&self, (): &()) -> Uuid {
        Uuid::nil()
    }

    fn is_visitor(&self, (): &()) -> bool {
        false
    }

    fn may_read_metrics(&self, (): &()) -> bool {
        false
    }

    fn prepare(&self, (): &(), _: &mut Data) {}

    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

/// What the server answers to a body.
async fn served(body: String) -> Value {
    let limits = GraphqlLimits::default();
    let schema = crate::http::apply(Schema::build(Query, EmptyMutation, EmptySubscription), &limits);
    let service = Service {
        backend: Served(schema.finish()),
        settings: HttpSettings::default(),
        limits,
        browser: None,
        more: Router::new(),
        open: Router::new(),
        guarded: Router::new(),
        metrics: telemetry::prometheus().unwrap().build_recorder().handle(),
        shutdown: CancellationToken::new(),
    };
    let request = Request::post("/graphql")
        .header(header::AUTHORIZATION, "Bearer rk_any")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body));
    let response = router(service).oneshot(request.unwrap()).await.unwrap();
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

/// How conditions hold each other.
const SHAPES: [(&str, &str); 3] = [("{not: ", "}"), ("{all: [", "]}"), ("{any: ", "}")];
const DEEP: &str = "nested too deep: at most 20 levels";

/// A condition, as it stands in a query, that so many others hold.
fn nested((open, close): (&str, &str), levels: usize, inner: &str) -> String {
    open.repeat(levels) + inner + &close.repeat(levels)
}

/// The same in JSON.
fn quoted(condition: &str) -> String {
    let quoted = |text: String, name: &str| text.replace(name, &format!("\"{name}\""));
    ["not", "all", "any", "did"].into_iter().fold(condition.to_owned(), quoted)
}

/// The code of what the server refused to run, or what is wrong with the rule, or nothing.
fn said(answer: &Value) -> Option<&str> {
    let refused = answer["errors"][0]["extensions"]["code"].as_str();
    refused.or_else(|| answer["data"]["read"]["userErrors"][0]["message"].as_str())
}

#[tokio::test]
async fn in_a_variable() {
    for shape in SHAPES {
        for levels in [19, 20, 21, 40, 100, 10_000] {
            let condition = quoted(&nested(shape, levels, "{did: {}}"));
            let query = json!(READ);
            let body =
                format!(r#"{{"query": {query}, "variables": {{"rule": {{"condition": {condition}}}}}}}"#);
            let answer = served(body).await;
            // One thing where a list is expected is read as a list only up to what a rule can be.
            let says = match (levels, shape.0) {
                (19, _) => None,
                (20 | 21, _) | (40 | 100, "{not: ") | (40, "{all: [") => Some(DEEP),
                (40 | 100, "{any: ") => Some("expected a list, found an object"),
                _ => Some("BAD_REQUEST"),
            };
            assert_eq!(said(&answer), says, "{levels} of {}: {answer}", shape.0);
        }
    }
}

#[tokio::test]
async fn in_the_query() {
    for shape in SHAPES {
        for levels in [19, 20, 21, 80, 100, 190, 10_000] {
            let condition = nested(shape, levels, "{did: {}}");
            let query = format!(
                "{{ read(input: {{rule: {{condition: {condition}}}}}) {{ userErrors {{ message }} }} }}"
            );
            let answer = served(json!({ "query": query }).to_string()).await;
            let says = match (levels, shape.0) {
                (19, _) => None,
                (10_000, _) | (100 | 190, "{all: [") => Some("QUERY_TOO_COMPLEX"),
                (80.., "{any: ") => Some("expected a list, found an object"),
                _ => Some(DEEP),
            };
            assert_eq!(said(&answer), says, "{levels} of {}: {answer}", shape.0);
        }
    }
}

#[tokio::test]
async fn in_a_variable_deep_in_the_query() {
    // As deep as both may be.
    let (query, one) = (nested(SHAPES[0], 190, "$one"), quoted(&nested(SHAPES[0], 120, "{did: {}}")));
    let query = format!(
        "query($one: SegmentCondition!) {{ read(input: {{rule: {{condition: {query}}}}}) {{ userErrors {{ message }} }} }}"
    );
    let body = format!(r#"{{"query": {}, "variables": {{"one": {one}}}}}"#, json!(query));
    let answer = served(body).await;
    assert_eq!(said(&answer), Some(DEEP), "{answer}");
}

#[tokio::test]
async fn in_a_value_or_a_test() {
    for (open, close, inner) in [("[", "]", "1"), ("{a: ", "}", "1"), ("{size: ", "}", "{equals: 1}")] {
        for levels in [3, 30, 150] {
            let is = nested((open, close), levels, inner);
            let is = if open.contains("size") { is } else { format!("{{equals: {is}}}") };
            let query = format!(
                "{{ read(input: {{rule: {{condition: {{trait: {{key: \"x\", is: {is}}}}}}}}}) {{ userErrors {{ message }} }} }}"
            );
            let answer = served(json!({ "query": query }).to_string()).await;
            let says = if open.contains("size") {
                "expected a test of numbers, found another `size`"
            } else {
                "GRAPHQL_VALIDATION_FAILED"
            };
            assert_eq!(said(&answer), Some(says), "{levels} of {open}: {answer}");
        }
    }
}

#[tokio::test]
async fn where_no_server_stands_before_the_schema() {
    let mut rule = json!({"did": {}});
    for _ in 0..100 {
        rule = json!({"all": [rule]});
    }
    let errors = &read(&json!({ "condition": rule })).await["userErrors"];
    assert_eq!(errors[0]["message"], DEEP);
    // All of them in twenty lists.
    assert_eq!(errors[0]["path"].as_array().unwrap().len(), 3 + 2 * 20);
}
