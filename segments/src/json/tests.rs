use serde_json::json;

use crate::Rule;

/// What is said about a rule in JSON, each problem on a line.
fn refused(json: &str) -> String {
    match Rule::from_json(json) {
        Ok(rule) => panic!("{json} was taken: {rule:?}"),
        Err(problems) => problems.to_string(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn problems_point_at_the_place() {
    for (json, says) in [
        (json!({"tarit": {}}), "unknown key `tarit` for a condition; did you mean `trait`?"),
        (
            json!({"all": [{"did": {"event": "A"}}, {"did": {"evnt": "A"}}]}),
            "all[1].did: unknown key `evnt`; did you mean `event`?",
        ),
        (
            json!({"did": {"event": "A", "where": [{"key": "x", "is": {"abov": 3}}]}}),
            "did.where[0].is: unknown key `abov` for a test; did you mean `above`?",
        ),
        (json!({"did": {"event": 7}}), "did.event: expected text, found the number 7"),
        (json!({"trait": {"key": "x"}}), "trait: `is` is missing"),
        (json!({"trait": {"key": "x", "is": {"above": "3"}}}), "trait.is.above: expected a number, or money"),
        (
            json!({"trait": {"key": "x", "is": {"above": 3, "below": 5}}}),
            "trait.is: expected one key, found 2: above, below",
        ),
        (
            json!({"trait": {"key": "x", "is": {"after": "31.1.2026"}}}),
            "trait.is.after: expected a date such as 2026-01-31",
        ),
        (
            json!({"trait": {"key": "x", "is": {"withinLast": "P1M"}}}),
            "trait.is.withinLast: months and years have no fixed length",
        ),
        (
            json!({"trait": {"key": "x", "is": {"withinLast": "PT0S"}}}),
            "trait.is.withinLast: expected 1 second to 36500 days, found 0 days",
        ),
        (
            json!({"trait": {"key": "x", "is": {"size": {"size": {"size": {"equals": 1}}}}}}),
            "trait.is.size.size: expected a test of numbers",
        ),
        (
            json!({"trait": {"key": "x", "is": {"size": {"contains": "a"}}}}),
            "trait.is.size.contains: expected a test of numbers",
        ),
        (json!({"trait": {"key": "", "is": {"exists": true}}}), "trait.key: expected text that is not empty"),
        (
            json!({"did": {"event": "a\u{0}", "times": {"atLeast": 1}}}),
            "did.event: expected no control characters",
        ),
        (
            json!({"trait": {"key": "x", "is": {"above": 1}, "ignoreCase": true}}),
            "trait.ignoreCase: expected only with a test of text",
        ),
        (
            json!({"trait": {"key": "x", "is": {"oneOf": []}}}),
            "trait.is.oneOf: expected 1 to 1000 values, found 0",
        ),
        (
            json!({"trait": {"key": "x", "is": {"between": {"from": 5, "to": 3}}}}),
            "trait.is.between: expected `from` to be at most `to`",
        ),
        (
            json!({"trait": {"key": "x", "is": {"between": {"from": "2026-02-01", "to": "2026-01-31"}}}}),
            "expected `from` to be before `to`",
        ),
        (json!({"trait": {"key": "x", "is": {"above": 1_234_567_890_123_456_i64}}}), "at most 15 digits"),
        (json!({"trait": {"key": "x", "is": {"above": 1e300}}}), "at most 15 digits"),
        (
            json!({"trait": {"key": "x", "is": {"above": {"amount": "5", "currency": "euro"}}}}),
            "trait.is.above.currency: expected three capital letters",
        ),
        (json!({"did": {"event": "A", "times": {"atLeast": 0}}}), "did.times.atLeast: expected 1 or more"),
        (
            json!({"did": {"event": "A", "times": {"atLeast": 1.5}}}),
            "did.times.atLeast: expected a whole number",
        ),
        (
            json!({"did": {"event": "A", "where": [{"key": "x", "is": {"withinLast": "P1D"}}]}}),
            "did.where[0].is.withinLast: expected a fixed date",
        ),
        (json!({"sequence": {"steps": [{"event": "A"}]}}), "sequence.steps: expected 2 to 10 steps, found 1"),
        (
            json!({"sequence": {"steps": [{"event": "A", "not": true}, {"event": "B"}]}}),
            "sequence.steps[0]: expected something that is done",
        ),
        (
            json!({"sequence": {"steps": [{"event": "A"}, {"event": "B", "not": true}, {"event": "C", "not": true, "within": "P1D"}]}}),
            "sequence.steps[1]: expected `within`",
        ),
        (json!({"last": {"event": "A", "is": {"above": 3}}}), "last.is.above: expected a test of dates"),
        (
            json!({"sum": {"event": "A", "of": "x", "is": {"contains": "3"}}}),
            "sum.is.contains: expected a test of numbers or money",
        ),
        (
            json!({"sum": {"event": "A", "of": "x", "is": {"oneOf": [{"amount": "1", "currency": "EUR"}, 3]}}}),
            "sum.is.oneOf: expected all in the same currency",
        ),
        (json!({"orders": {"measure": "total", "is": {"above": 3}}}), "orders: `currency` is missing"),
        (
            json!({"orders": {"measure": "totl", "is": {"above": 3}}}),
            "orders.measure: unknown measure `totl`; did you mean `total`?",
        ),
        (
            json!({"orders": {"measure": "count", "is": {"above": {"amount": 3, "currency": "EUR"}}}}),
            "orders.is.above: expected a test of numbers",
        ),
        (
            json!({"bought": {"product": "a", "category": "b"}}),
            "bought: expected either `product` or `category`",
        ),
        (
            json!({"prediction": {"name": "x", "is": {"equals": "high"}}}),
            "prediction.is.equals: expected a test of numbers",
        ),
        (
            json!({"near": {"key": "home", "latitude": 91, "longitude": 0, "kilometres": 5}}),
            "near.latitude: expected a number from -90 to 90, found 91",
        ),
        (
            json!({"sample": {"percent": 10.005, "salt": "x"}}),
            "sample.percent: expected at most two decimals",
        ),
        (json!({"sample": {"percent": 101, "salt": "x"}}), "sample.percent: expected a number from 0 to 100"),
        (json!({"segment": {"key": "x".repeat(201)}}), "segment.key: expected at most 200 characters"),
        (
            json!({"trait": {"key": "x", "is": {"equals": "x".repeat(1001)}}}),
            "trait.is.equals: expected at most 1000 characters",
        ),
        (json!({"all": {"did": {}}}), "all: expected a list, found an object"),
        (json!([]), "expected a condition, an object with one key, found a list"),
        (json!({}), "expected a condition, an object with one key, found none"),
        (json!({"all": vec![json!({"did": {}}); 500]}), "expected at most 500 conditions, found 501"),
    ] {
        let said = refused(&json.to_string());
        assert!(said.contains(says), "{json}: {said}");
    }
    assert!(refused("{").contains("this is no JSON"), "{}", refused("{"));
}

#[test]
fn all_problems_are_told_at_once() {
    let said = refused(
        r#"{"all": [
            {"did": {"event": 7, "window": {"last": "P1Y"}}},
            {"orders": {"measure": "count", "is": {"abve": 3}, "window": {"lst": "P1D"}}},
            {"segmnt": {"key": "x"}}
        ]}"#,
    );
    assert_eq!(said.lines().count(), 5, "{said}");
}

#[test]
fn depth_is_refused_and_never_felt() {
    let deep =
        |levels: usize| format!("{}{{\"did\":{{}}}}{}", "{\"not\":".repeat(levels), "}".repeat(levels));
    assert!(Rule::from_json(&deep(19)).is_ok());
    for levels in [20, 50, 100, 1_000, 100_000] {
        let said = refused(&deep(levels));
        assert!(said.contains("nested too deep: at most 20 levels"), "{levels}: {said}");
    }
    assert!(refused(&"[".repeat(100_000)).contains("nested too deep"));
    let mut value = json!({"did": {}});
    for _ in 0..1_000 {
        value = json!({"all": [value]});
    }
    assert!(Rule::from_value(&value).unwrap_err().to_string().contains("nested too deep"));
}

#[test]
fn what_is_null_is_not_there() {
    let given = json!({"did": {"event": "A", "where": null, "times": null, "window": null}, "trait": null});
    let plain = json!({"did": {"event": "A"}});
    assert_eq!(Rule::from_value(&given), Rule::from_value(&plain));
    assert_eq!(Rule::from_value(&plain).unwrap().to_value(), plain);
}

#[test]
fn the_json_form_stays_as_it_is() {
    // Stored rules are written so.
    for json in [
        json!({"trait": {"key": "address.city", "is": {"equals": "Berlin"}, "ignoreCase": true}}),
        json!({"trait": {"key": "spent", "is": {"between": {"from": 1.5, "to": 2}}}}),
        json!({"trait": {"key": "born", "is": {"between": {"from": "2026-01-01", "to": "2026-01-31T12:00:00Z"}}}}),
        json!({"trait": {"key": "tags", "is": {"size": {"atLeast": 3}}}}),
        json!({"did": {"event": "A", "where": [{"key": "x", "is": {"exists": false}}], "times": {"atMost": 3}, "window": {"last": "PT2H"}}}),
        json!({"sequence": {"steps": [{"event": "A"}, {"event": "B", "not": true, "within": "P1D"}], "window": {"since": "2026-01-01"}}}),
        json!({"last": {"event": "A", "is": {"moreThanAgo": "P30D"}}}),
        json!({"sum": {"event": "A", "of": "revenue", "is": {"atLeast": {"amount": "12.50", "currency": "EUR"}}}}),
        json!({"orders": {"measure": "total", "currency": "EUR", "is": {"atLeast": 500}}}),
        json!({"lastOrder": {"is": {"withinLast": "P30D"}}}),
        json!({"bought": {"category": "Mugs", "times": {"exactly": 2}}}),
        json!({"near": {"key": "home", "latitude": 52.37, "longitude": 4.9, "kilometres": 10}}),
        json!({"sample": {"percent": 12.5, "salt": "spring"}}),
        json!({"all": [{"any": []}, {"not": {"consent": {"purpose": "email"}}}, {"segment": {"key": "vip"}}, {"list": {"key": "x"}}, {"prediction": {"name": "churn", "is": {"above": 0.7}}}]}),
    ] {
        assert_eq!(Rule::from_value(&json).map(|rule| rule.to_value()), Ok(json));
    }
}
