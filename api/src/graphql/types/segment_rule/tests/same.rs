//! What is said in GraphQL means the same as what is said in JSON.

use std::collections::BTreeSet;

use async_graphql::Request;
use segments::Rule;
use serde_json::{Value, json};

use super::{read, tiny};

/// Rules with every kind of condition, test, window and value.
fn rules() -> Vec<Value> {
    let test = |is: Value| json!({"trait": {"key": "x", "is": is}});
    let sum = |kind: &str| json!({kind: {"event": "Order Completed", "of": "revenue", "is": {"above": 3}}});
    vec![
        json!({"all": []}),
        json!({"any": [{"all": [{"did": {}}, {"not": {"any": []}}]}, {"not": {"not": {"did": {}}}}]}),
        json!({"trait": {"key": "address.city", "is": {"equals": "Berlin"}, "ignoreCase": true}}),
        json!({"did": {"event": "A", "where": [{"key": "x", "is": {"exists": false}},
            {"key": "y", "is": {"contains": "Z"}, "ignoreCase": true}], "times": {"atMost": 3}, "window": {"last": "PT2H"}}}),
        json!({"did": {"times": {"atLeast": 2}, "window": {"between": {"from": "2026-01-01", "to": "2026-01-31T12:00:00Z"}}}}),
        json!({"did": {"event": "A", "times": {"exactly": 0}, "window": {"since": "2026-01-01"}}}),
        json!({"did": {"event": "A", "times": {"exactly": u32::MAX}, "window": {"before": "2026-01-01T00:00:00.000001Z"}}}),
        json!({"sequence": {"steps": [{"event": "A"}, {"event": "B", "not": true, "within": "P1D",
            "where": [{"key": "x", "is": {"above": 1}}]}], "window": {"since": "2026-01-01"}}}),
        json!({"first": {"event": "A", "where": [{"key": "x", "is": {"above": 1}}], "is": {"on": "2026-01-01"}}}),
        json!({"last": {"event": "A", "is": {"moreThanAgo": "P30D"}}}),
        json!({"sum": {"event": "A", "where": [{"key": "x", "is": {"above": 1}}], "of": "revenue",
            "window": {"last": "P30D"}, "is": {"atLeast": {"amount": "12.50", "currency": "EUR"}}}}),
        sum("average"),
        sum("minimum"),
        sum("maximum"),
        sum("distinct"),
        json!({"orders": {"measure": "count", "is": {"atLeast": 2}}}),
        json!({"orders": {"measure": "total", "currency": "EUR", "window": {"last": "P365D"}, "is": {"atLeast": 500}}}),
        json!({"orders": {"measure": "average", "currency": "EUR", "is": {"between": {"from": 1.5, "to": 2}}}}),
        json!({"firstOrder": {"is": {"before": "2026-01-01"}}}),
        json!({"lastOrder": {"is": {"withinLast": "P30D"}}}),
        json!({"bought": {"product": "mug-1", "window": {"last": "P30D"}}}),
        json!({"bought": {"category": "Mugs", "times": {"exactly": 2}}}),
        json!({"segment": {"key": "vip"}}),
        json!({"consent": {"purpose": "email"}}),
        json!({"prediction": {"name": "churn", "is": {"above": 0.7}}}),
        json!({"near": {"key": "home", "latitude": 52.37, "longitude": -4.9, "kilometres": 10}}),
        json!({"near": {"key": "home", "latitude": "52.37", "longitude": "-4.9", "kilometres": "10.0"}}),
        json!({"list": {"key": "ambassadors"}}),
        json!({"sample": {"percent": 12.5, "salt": "spring"}}),
        test(json!({"equals": 7})),
        test(json!({"equals": 0.1})),
        test(json!({"equals": 999_999_999_999_999_i64})),
        test(json!({"equals": 1e3})),
        test(json!({"equals": true})),
        test(json!({"equals": {"amount": "12.50", "currency": "EUR"}})),
        test(json!({"equals": {"amount": 12.5, "currency": "EUR"}})),
        test(json!({"notEquals": "count"})),
        test(json!({"oneOf": ["a", 1, false, {"amount": "1", "currency": "EUR"}]})),
        test(json!({"noneOf": ["a", "\u{1F980} \"quoted\" \\ \n"]})),
        test(json!({"contains": "a"})),
        test(json!({"startsWith": "a"})),
        test(json!({"endsWith": "a"})),
        test(json!({"above": 1})),
        test(json!({"atLeast": -1.5})),
        test(json!({"below": {"amount": "-1", "currency": "EUR"}})),
        test(json!({"atMost": 1})),
        test(json!({"between": {"from": 1, "to": 2}})),
        test(
            json!({"between": {"from": {"amount": "1", "currency": "EUR"}, "to": {"amount": "2", "currency": "EUR"}}}),
        ),
        test(json!({"between": {"from": "2026-01-01", "to": "2026-01-31T12:00:00+02:00"}})),
        test(json!({"on": "2026-01-01"})),
        test(json!({"before": "2026-01-01T12:00:00.5+01:00"})),
        test(json!({"after": "2026-01-01"})),
        test(json!({"withinLast": "P1DT12H"})),
        test(json!({"moreThanAgo": "P2W"})),
        test(json!({"withinNext": "PT15M"})),
        test(json!({"anniversaryWithin": "P7D"})),
        test(json!({"exists": true})),
        test(json!({"containsAll": ["a", "b"]})),
        test(json!({"size": {"atLeast": 3}})),
        // What is null is not there.
        json!({"did": {"event": null, "where": null, "times": null, "window": null}}),
        json!({"trait": {"key": "x", "is": {"exists": true}, "ignoreCase": null}}),
        json!({"sequence": {"steps": [{"not": null, "within": null}, {}], "window": null}}),
        json!({"bought": {"product": null, "category": "Mugs"}}),
        json!({"orders": {"measure": "count", "currency": null, "is": {"above": 1}}}),
    ]
}

#[tokio::test]
async fn the_json_form_is_taken_as_it_is() {
    for json in rules() {
        let rule = Rule::from_value(&json).unwrap_or_else(|problems| panic!("{json}: {problems}"));
        let read = read(&json!({ "condition": json })).await;
        assert_eq!(read["userErrors"], json!([]), "{json}");
        assert_eq!(read["json"], rule.to_value(), "{json}");
        assert_eq!(read["text"], json!(rule.to_string()), "{json}");
    }
}

#[tokio::test]
async fn a_rule_written_into_the_query_means_the_same() {
    for json in rules() {
        let literal = super::copy(&json).to_string();
        let query = format!("{{ read(input: {{rule: {{condition: {literal}}}}}) {{ json }} }}");
        let answer = tiny().execute(Request::new(query.clone())).await;
        // Names of measures are no texts there.
        if literal.contains("measure: \"") {
            continue;
        }
        assert_eq!(answer.errors, [], "{query}");
        let rule = Rule::from_value(&json).unwrap();
        assert_eq!(answer.data.into_json().unwrap()["read"]["json"], rule.to_value(), "{query}");
    }
    let query = "{ read(input: {rule: {condition: {orders: {measure: total, currency: \"EUR\", is: {above: 1}}}}}) { text } }";
    let answer = tiny().execute(query).await;
    assert_eq!(answer.data.into_json().unwrap()["read"]["text"], "total of orders in EUR > 1");
}

/// The keys of all objects in a value, at any depth.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| keys(element, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_field_is_tried() {
    let mut tried = BTreeSet::new();
    keys(&Value::Array(rules()), &mut tried);
    let query = "{ __schema { types { name inputFields { name } } } }";
    let schema = tiny().execute(query).await.data.into_json().unwrap();
    let mut untried = Vec::new();
    for kind in schema["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        for field in kind["inputFields"].as_array().into_iter().flatten() {
            let field = field["name"].as_str().unwrap();
            if name.starts_with("Segment") && name != "SegmentRuleInput" && !tried.contains(field) {
                untried.push(format!("{name}.{field}"));
            }
        }
    }
    assert_eq!(untried, [""; 0]);
}

#[tokio::test]
async fn fields_are_those_of_the_json_form() {
    let schema = tiny().execute("{ __schema { types { name inputFields { name } } } }").await;
    let schema = schema.data.into_json().unwrap();
    let kinds = schema["__schema"]["types"].as_array().unwrap();
    // What is unknown is answered with all that is known.
    let unknown = json!({"qqqqqqqq": 1});
    let within = |above: &str, key: &str| json!({above: {"key": "x", "name": "x", "of": "x", key: unknown}});
    for (name, json) in [
        ("SegmentCondition", unknown.clone()),
        ("SegmentKeyTest", json!({ "trait": unknown })),
        ("SegmentTest", within("trait", "is")),
        (
            "SegmentRange",
            json!({"trait": {"key": "x", "is": {"between": {"from": 1, "to": 2, "qqqqqqqq": 1}}}}),
        ),
        ("SegmentWindow", within("did", "window")),
        ("SegmentDateRange", json!({"did": {"window": {"between": {"qqqqqqqq": 1}}}})),
        ("SegmentTimes", within("did", "times")),
        ("SegmentDidCondition", json!({ "did": unknown })),
        ("SegmentSequenceCondition", json!({ "sequence": unknown })),
        ("SegmentSequenceStep", json!({"sequence": {"steps": [unknown]}})),
        ("SegmentOccasionCondition", json!({ "first": unknown })),
        ("SegmentOccasionCondition", json!({ "last": unknown })),
        ("SegmentAggregateCondition", json!({ "sum": unknown })),
        ("SegmentOrdersCondition", json!({ "orders": unknown })),
        ("SegmentOrderDateCondition", json!({ "firstOrder": unknown })),
        ("SegmentBoughtCondition", json!({ "bought": unknown })),
        ("SegmentMemberCondition", json!({ "segment": unknown })),
        ("SegmentConsentCondition", json!({ "consent": unknown })),
        ("SegmentPredictionCondition", json!({ "prediction": unknown })),
        ("SegmentNearCondition", json!({ "near": unknown })),
        ("SegmentListCondition", json!({ "list": unknown })),
        ("SegmentSampleCondition", json!({ "sample": unknown })),
    ] {
        let said = Rule::from_value(&json).unwrap_err().to_string();
        let known = said.lines().find_map(|line| line.split_once("`qqqqqqqq`")?.1.split_once("; known are "));
        let known: BTreeSet<&str> = known.unwrap_or_else(|| panic!("{name}: {said}")).1.split(", ").collect();
        let kind = kinds.iter().find(|kind| kind["name"] == name).unwrap();
        let fields = kind["inputFields"].as_array().unwrap().iter();
        let fields: BTreeSet<&str> = fields.map(|field| field["name"].as_str().unwrap()).collect();
        assert_eq!(fields, known, "{name}");
    }
}

#[tokio::test]
async fn templates_come_through_unchanged() {
    for template in segments::templates() {
        let rule = Rule::parse(template.text).unwrap();
        for input in [json!({"text": template.text}), json!({"condition": rule.to_value()})] {
            let read = read(&input).await;
            assert_eq!(read["json"], rule.to_value(), "{}", template.key);
            assert_eq!(Rule::from_value(&read["json"]).as_ref(), Ok(&rule), "{}", template.key);
            assert_eq!(read["text"], json!(rule.to_string()), "{}", template.key);
        }
    }
}

#[tokio::test]
async fn one_thing_is_a_list_of_it() {
    // As everywhere in GraphQL.
    let read =
        read(&json!({"condition": {"all": {"did": {"where": {"key": "x", "is": {"oneOf": 1}}}}}})).await;
    assert_eq!(read["json"], json!({"all": [{"did": {"where": [{"key": "x", "is": {"oneOf": [1]}}]}}]}));
}

#[tokio::test]
async fn everything_in_it_is_described() {
    let sdl = tiny().sdl();
    for line in
        ["input SegmentCondition @oneOf {", "input SegmentTest @oneOf {", "\tall: [SegmentCondition!]"]
    {
        assert!(sdl.contains(line), "{line}\n{sdl}");
    }
    let query = "{ __schema { types { name description
        inputFields { name description } enumValues { name description } } } }";
    let schema = tiny().execute(query).await.data.into_json().unwrap();
    let of_rules = |kind: &&Value| kind["name"].as_str().is_some_and(|name| name.starts_with("Segment"));
    let bare = |thing: &&Value| thing["description"].as_str().is_none_or(str::is_empty);
    let mut undescribed = Vec::new();
    for kind in schema["__schema"]["types"].as_array().unwrap().iter().filter(of_rules) {
        let below = ["inputFields", "enumValues"].map(|below| kind[below].as_array().into_iter().flatten());
        undescribed.extend(std::iter::once(kind).chain(below.into_iter().flatten()).filter(bare));
    }
    assert!(undescribed.is_empty(), "{undescribed:?}");
}
