//! What is wrong is told with its place.

use async_graphql::Request;
use serde_json::{Value, json};

use super::{READ, answer, read, refusal, tiny};

/// What is wrong with a rule: the path of each error, and its message.
async fn wrong(rule: Value) -> Vec<(Vec<String>, String)> {
    let read = read(&rule).await;
    assert_eq!((&read["text"], &read["json"]), (&Value::Null, &Value::Null), "{rule}");
    let errors = read["userErrors"].as_array().unwrap();
    assert!(errors.iter().all(|error| error["code"] == "INVALID"), "{errors:?}");
    let path = |error: &Value| serde_json::from_value(error["path"].clone()).unwrap();
    errors.iter().map(|error| (path(error), error["message"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn a_path_leads_from_the_argument_to_the_condition() {
    for (condition, path, says) in [
        (
            json!({"trait": {"key": "", "is": {"exists": true}}}),
            "trait key",
            "expected text that is not empty",
        ),
        (
            json!({"all": [{"did": {}}, {"did": {"times": {"atLeast": 0}}}]}),
            "all 1 did times atLeast",
            "1 or more",
        ),
        (
            json!({"not": {"any": [{"did": {"where": [{"key": "x", "is": {"withinLast": "P1D"}}]}}]}}),
            "not any 0 did where 0 is withinLast",
            "expected a fixed date",
        ),
        (
            json!({"did": {"window": {"last": "P1M"}}}),
            "did window last",
            "months and years have no fixed length",
        ),
        (json!({"did": {"window": {"since": "31.1.2026"}}}), "did window since", "expected a date such as"),
        (
            json!({"trait": {"key": "x", "is": {"on": "2026-02-30"}}}),
            "trait is on",
            "expected a date such as",
        ),
        (json!({"trait": {"key": "x", "is": {"oneOf": []}}}), "trait is oneOf", "1 to 1000 values"),
        (
            json!({"trait": {"key": "x", "is": {"oneOf": ["a", {"amount": "x", "currency": "EUR"}]}}}),
            "trait is oneOf 1 amount",
            "expected a number",
        ),
        (json!({"trait": {"key": "x", "is": {"above": {"amuont": 1}}}}), "trait is above", "`amuont`"),
        (json!({"orders": {"measure": "total", "is": {"above": 1}}}), "orders", "`currency` is missing"),
        (json!({"bought": {}}), "bought", "expected either `product` or `category`"),
        (
            json!({"bought": {"product": "a", "category": "b"}}),
            "bought",
            "expected either `product` or `category`",
        ),
        (json!({"sequence": {"steps": []}}), "sequence steps", "expected 2 to 10 steps"),
        (
            json!({"near": {"key": "x", "latitude": 91, "longitude": 0, "kilometres": 1}}),
            "near latitude",
            "-90 to 90",
        ),
        (json!({"sample": {"percent": "ten", "salt": "x"}}), "sample percent", "expected a number"),
        (json!({"all": vec![json!({"did": {}}); 500]}), "", "expected at most 500 conditions"),
    ] {
        let input = json!({ "condition": condition });
        let found = wrong(input).await;
        let path: Vec<&str> =
            ["input", "rule", "condition"].into_iter().chain(path.split_whitespace()).collect();
        assert!(
            found.iter().any(|(at, message)| *at == path && message.contains(says)),
            "{condition}: {found:?}"
        );
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let rule = json!({"condition": {"all": [
        {"did": {"event": "A", "window": {"last": "P1Y"}}},
        {"trait": {"key": "x", "is": {"on": "tomorrow"}}},
        {"near": {"key": "x", "latitude": "north", "longitude": "", "kilometres": 5}},
    ]}});
    assert_eq!(wrong(rule).await.len(), 4);
}

#[tokio::test]
async fn of_words_the_line_and_column_are_told() {
    for (text, says) in [
        ("count of orders >= 3\nand elephant", "line 2, column 13: expected a test of `elephant`"),
        // What can be read and makes no sense.
        ("count of orders >= 3\nand a within the last 0 days", "line 2, column 5: expected 1 second to"),
    ] {
        let found = wrong(json!({ "text": text })).await;
        let (path, message) = &found[0];
        assert_eq!((found.len(), path.join(".").as_str()), (1, "input.rule.text"));
        assert!(message.starts_with(says), "{message}");
    }
}

#[tokio::test]
async fn what_does_not_fit_the_types_is_refused_before_it_is_read() {
    let test = |is: Value| json!({"condition": {"trait": {"key": "x", "is": is}}});
    for (rule, says) in [
        (json!({}), "exactly one field"),
        (json!({"text": "everyone", "condition": {"all": []}}), "exactly one field"),
        (json!({"text": null}), "must not be null"),
        (json!({"condition": {"did": {}, "all": []}}), "exactly one field"),
        (json!({"condition": {"did": {}, "all": null}}), "exactly one field"),
        (json!({"condition": {"tarit": {}}}), "unknown field \"tarit\" of type \"SegmentCondition\""),
        (
            json!({"condition": {"all": [{"did": {}}, {"did": {"evnt": "A"}}]}}),
            "rule.condition.all.1.did\", unknown field",
        ),
        (json!({"condition": {"all": [null]}}), "expected type \"SegmentCondition\""),
        (json!({"condition": {"did": {"event": 7}}}), "did.event\", expected type \"String\""),
        (json!({"condition": {"trait": {"key": "x"}}}), "field \"is\" of type \"SegmentTest!\" is required"),
        (
            json!({"condition": {"orders": {"measure": "totl", "is": {"above": 1}}}}),
            "does not contain the value \"totl\"",
        ),
        (json!({"condition": {"did": {"times": {"atLeast": 1, "atMost": 2}}}}), "exactly one field"),
        (json!({"condition": {"did": {"times": {"atLeast": 1.5}}}}), "Int"),
        (json!({"condition": {"did": {"times": {"atLeast": -1}}}}), "Int"),
        (json!({"condition": {"did": {"times": {"atLeast": 4_294_967_296_i64}}}}), "Int"),
        (json!({"condition": {"did": {"window": {"last": 30}}}}), "expected type \"SegmentDuration\""),
        (
            json!({"condition": {"did": {"window": {"last": "P1D", "since": "2026-01-01"}}}}),
            "exactly one field",
        ),
        (json!({"condition": "everyone"}), "SegmentCondition"),
        (json!({"condition": {"not": [{"not": [{"did": {}}]}]}}), "SegmentCondition"),
        (json!({"condition": {"sample": {"percent": true, "salt": "x"}}}), "expected type \"SegmentNumber\""),
        (test(json!({"above": 1, "below": 3})), "exactly one field"),
        (test(json!({"abov": 1})), "unknown field \"abov\" of type \"SegmentTest\""),
        (test(json!({"above": "3"})), "is.above\", expected type \"SegmentAmount\""),
        (test(json!({"equals": ["a"]})), "expected type \"SegmentValue\""),
        (test(json!({"equals": {"amount": {"x": 1}}})), "expected type \"SegmentValue\""),
        (test(json!({"oneOf": [["a"]]})), "expected type \"SegmentValue\""),
        (test(json!({"on": 2026})), "expected type \"SegmentDate\""),
        (test(json!({"exists": "yes"})), "expected type \"Boolean\""),
        (test(json!({"between": {"from": true, "to": 1}})), "expected type \"SegmentBound\""),
        (test(json!({"between": {"from": 1}})), "field \"to\" of type \"SegmentBound!\" is required"),
    ] {
        let errors = answer(&rule).await.errors;
        assert!(!errors.is_empty(), "{rule} was taken");
        let said: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        assert!(said[0].contains(says), "{rule}: {said:?}");
    }
    let unquoted =
        "{ read(input: {rule: {condition: {trait: {key: \"x\", is: {equals: Berlin}}}}}) { text } }";
    assert!(refusal(unquoted).await.contains("expected type \"SegmentValue\""));
}

#[tokio::test]
async fn a_misspelt_field_is_not_lost_beside_a_variable_left_to_its_default() {
    let query = |field: &str| {
        format!(
            "query($last: SegmentDuration! = \"P30D\") {{ read(input: {{rule: {{condition: {{all: [{{all: []}}, {{did: {{
                event: \"A\", {field}: [{{key: \"x\", is: {{above: 3}}}}], window: {{last: $last}}}}}}]}}}}}}) {{ json }} }}"
        )
    };
    let answer = tiny().execute(Request::new(query("where"))).await;
    assert_eq!(answer.errors, []);
    let did = &answer.data.into_json().unwrap()["read"]["json"]["all"][1]["did"];
    assert_eq!((&did["window"], &did["where"][0]["key"]), (&json!({"last": "P30D"}), &json!("x")));
    let said = refusal(query("wehre")).await;
    assert!(
        said.starts_with("Failed to parse \"SegmentCondition\": there is no field `all[1].did.wehre`"),
        "{said}"
    );
}

#[tokio::test]
async fn a_variable_may_be_any_part_of_a_rule() {
    let query = "query($one: SegmentCondition!, $value: SegmentValue!) {
        read(input: {rule: {condition: {all: [$one, {trait: {key: \"x\", is: {equals: $value}}}]}}}) { json } }";
    let (one, value) = (json!({"did": {"event": "A"}}), json!({"amount": "1", "currency": "EUR"}));
    let variables = async_graphql::Variables::from_json(json!({"one": one, "value": value}));
    let answer = tiny().execute(Request::new(query).variables(variables)).await;
    assert_eq!(answer.errors, []);
    assert_eq!(
        answer.data.into_json().unwrap()["read"]["json"],
        json!({"all": [one, {"trait": {"key": "x", "is": {"equals": value}}}]})
    );
    assert!(!refusal(Request::new(READ)).await.is_empty());
}
