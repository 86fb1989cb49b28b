//! Rules through a schema of nothing else.

mod deep;
mod refused;
mod same;

use async_graphql::{
    EmptyMutation, EmptySubscription, InputObject, Object, Request, Response, Schema, SimpleObject, Variables,
};
use serde_json::{Value, json};

use super::{SegmentRuleInput, errors};
use crate::graphql::error::UserError;
use crate::graphql::scalars::{Json, copy};

#[derive(InputObject)]
struct Input {
    rule: SegmentRuleInput,
}

#[derive(Default, SimpleObject)]
struct Payload {
    text: Option<String>,
    json: Option<Json>,
    user_errors: Vec<UserError>,
}

struct Query;

#[Object]
impl Query {
    async fn read(&self, input: Input) -> Payload {
        match input.rule.read() {
            Ok(rule) => Payload {
                text: Some(rule.to_string()),
                json: Some(Json(copy(&rule.to_value()))),
                user_errors: Vec::new(),
            },
            Err(problems) => {
                Payload { user_errors: errors(problems, &["input", "rule"]), ..Payload::default() }
            }
        }
    }
}

type Tiny = Schema<Query, EmptyMutation, EmptySubscription>;

fn tiny() -> Tiny {
    Schema::new(Query, EmptyMutation, EmptySubscription)
}

const READ: &str = "query($rule: SegmentRuleInput!) { read(input: {rule: $rule}) { text json userErrors { code message path } } }";

/// The answer about a rule that is given as a variable.
async fn answer(rule: &Value) -> Response {
    let variables = Variables::from_json(json!({ "rule": rule }));
    tiny().execute(Request::new(READ).variables(variables)).await
}

/// What became of a rule that GraphQL lets through.
async fn read(rule: &Value) -> Value {
    let answer = answer(rule).await;
    assert_eq!(answer.errors, [], "{rule}");
    answer.data.into_json().unwrap()["read"].take()
}

/// What GraphQL itself says against a query.
async fn refusal(request: impl Into<Request>) -> String {
    let answer = tiny().execute(request).await;
    assert_eq!(answer.errors.len(), 1, "{:?}", answer.errors);
    answer.errors[0].message.clone()
}
