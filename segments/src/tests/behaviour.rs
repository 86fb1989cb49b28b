use serde_json::{Value, json};

use super::support::{ask, at, event, order, rule, with_trait};
use crate::{Event, Order, Person, Rule, Timeline};

fn did(events: &[(&str, &str)]) -> Person {
    let events: Vec<Event> = events.iter().map(|(name, when)| event(name, when, json!({}))).collect();
    Person { events, ..Person::default() }
}

#[test]
fn a_window_ends_exactly_when_its_time_is_over() {
    let person = did(&[("A", "2026-01-10T12:00:00Z"), ("A", "2026-01-12T12:00:00Z")]);
    ask(
        json!({"did": {"event": "A", "times": {"atLeast": 2}, "window": {"last": "P3D"}}}),
        &person,
        &[
            ("2026-01-12T11:59:59.999999Z", false, Some("2026-01-12T12:00:00Z")),
            ("2026-01-12T12:00:00Z", true, Some("2026-01-13T12:00:00Z")),
            ("2026-01-13T11:59:59.999999Z", true, Some("2026-01-13T12:00:00Z")),
            ("2026-01-13T12:00:00Z", false, None),
        ],
    );
}

#[test]
fn a_cart_is_abandoned_when_two_hours_have_passed() {
    let abandoned = json!({"sequence": {
        "steps": [{"event": "A"}, {"event": "B", "not": true, "within": "PT2H"}],
        "window": {"last": "P1D"},
    }});
    ask(
        abandoned.clone(),
        &did(&[("A", "2026-01-10T12:00:00Z")]),
        &[
            ("2026-01-10T13:59:59Z", false, Some("2026-01-10T14:00:00Z")),
            ("2026-01-10T14:00:00Z", true, Some("2026-01-11T12:00:00Z")),
            ("2026-01-11T12:00:00Z", false, None),
        ],
    );
    for (bought, holds) in [
        ("2026-01-10T12:00:00Z", true), // at the same instant is not afterwards
        ("2026-01-10T12:00:01Z", false),
        ("2026-01-10T13:59:59Z", false),
        ("2026-01-10T14:00:00Z", true),
    ] {
        let person = did(&[("A", "2026-01-10T12:00:00Z"), ("B", bought)]);
        assert_eq!(
            rule(abandoned.clone()).evaluate(&person, at("2026-01-10T15:00:00Z")).holds,
            holds,
            "{bought}"
        );
    }
}

#[test]
fn steps_follow_each_other() {
    let steps = |steps: Value| json!({"sequence": {"steps": steps}});
    let then = |within: &str| {
        steps(json!([{"event": "A"}, {"event": "B", "within": within}, {"event": "C", "within": within}]))
    };
    // The later B is the one that leads to C.
    let person = did(&[
        ("A", "2026-01-10T12:00:00Z"),
        ("B", "2026-01-10T12:30:00Z"),
        ("B", "2026-01-10T12:50:00Z"),
        ("C", "2026-01-10T13:40:00Z"),
    ]);
    ask(
        then("PT1H"),
        &person,
        &[
            ("2026-01-10T13:39:59Z", false, Some("2026-01-10T13:40:00Z")),
            ("2026-01-10T13:40:00Z", true, None),
        ],
    );
    ask(then("PT50M"), &person, &[("2026-01-10T14:00:00Z", false, None)]);
    // One event is not two steps.
    ask(steps(json!([{"event": "A"}, {"event": "A"}])), &person, &[("2026-01-11", false, None)]);
    // Nothing of a kind in between, and nothing of it since.
    let between =
        |forbidden: &str| steps(json!([{"event": "A"}, {"event": forbidden, "not": true}, {"event": "C"}]));
    ask(between("B"), &person, &[("2026-01-11", false, None)]);
    ask(between("D"), &person, &[("2026-01-11", true, None)]);
    ask(
        steps(json!([{"event": "B"}, {"event": "C", "not": true}])),
        &person,
        &[
            ("2026-01-10T12:00:00Z", false, Some("2026-01-10T12:30:00Z")),
            ("2026-01-10T12:30:00Z", true, Some("2026-01-10T13:40:00Z")),
            ("2026-01-10T13:40:00Z", false, None),
        ],
    );
    // A silence, and then what follows it.
    let silence = |length: &str| {
        steps(json!([{"event": "A"}, {"event": "C", "not": true, "within": length}, {"event": "B"}]))
    };
    ask(
        silence("PT40M"),
        &person,
        &[("2026-01-10T12:49:59Z", false, Some("2026-01-10T12:50:00Z")), ("2026-01-11", true, None)],
    );
    // What happens just when the silence ends follows it.
    ask(silence("PT50M"), &person, &[("2026-01-11", true, None)]);
    ask(silence("PT51M"), &person, &[("2026-01-11", false, None)]);
    let never = |length: &str| {
        steps(
            json!([{"event": "A"}, {"event": "C", "not": true, "within": length}, {"event": "C", "not": true}]),
        )
    };
    for length in ["PT1H39M", "PT1H40M", "PT1H41M"] {
        ask(never(length), &person, &[("2026-01-11", false, None)]);
    }
    ask(never("PT1H39M"), &person, &[("2026-01-10T13:39:00Z", true, Some("2026-01-10T13:40:00Z"))]);
    ask(never("PT1H40M"), &person, &[("2026-01-10T13:39:00Z", false, None)]);
}

fn buyer(orders: Vec<Order>) -> Person {
    Person { orders, ..Person::default() }
}

#[test]
fn orders_are_counted_and_added_up_by_currency() {
    let mut cancelled = order(Some("2026-01-03"), "1000", "EUR");
    cancelled.counts = false;
    let person = buyer(vec![
        order(Some("2026-01-01"), "10.10", "EUR"),
        order(Some("2026-01-05"), "20.20", "EUR"),
        order(Some("2026-01-05"), "500", "USD"),
        cancelled,
        order(None, "1", "EUR"),
    ]);
    let orders =
        |measure: &str, is: Value| json!({"orders": {"measure": measure, "currency": "EUR", "is": is}});
    for (condition, holds) in [
        (orders("count", json!({"equals": 3})), true),
        (json!({"orders": {"measure": "count", "is": {"equals": 4}}}), true),
        (
            json!({"orders": {"measure": "count", "window": {"since": "2020-01-01"}, "is": {"equals": 3}}}),
            true,
        ),
        (orders("total", json!({"equals": 31.3})), true),
        (orders("average", json!({"above": 10.4333})), true),
        (orders("average", json!({"below": 10.4334})), true),
        (orders("average", json!({"oneOf": [10, 10.43]})), false),
        (json!({"orders": {"measure": "average", "currency": "GBP", "is": {"atMost": 0}}}), false),
        (json!({"orders": {"measure": "total", "currency": "GBP", "is": {"atMost": 0}}}), true),
        (json!({"bought": {"product": "MUG-1", "times": {"exactly": 4}}}), true),
        (json!({"bought": {"product": "p1"}}), true),
        (json!({"bought": {"product": "mug"}}), false),
        (json!({"bought": {"category": "Kitchen", "window": {"before": "2026-01-05"}}}), true),
        (json!({"firstOrder": {"is": {"on": "2026-01-01"}}}), true),
        (json!({"lastOrder": {"is": {"on": "2026-01-05"}}}), true),
    ] {
        assert_eq!(rule(condition.clone()).evaluate(&person, at("2026-02-01")).holds, holds, "{condition}");
    }
    ask(
        json!({"lastOrder": {"is": {"moreThanAgo": "P3D"}}}),
        &person,
        &[
            ("2025-12-31", false, Some("2026-01-04")),
            ("2026-01-04", true, Some("2026-01-05")),
            ("2026-01-05", false, Some("2026-01-08")),
            ("2026-01-08", true, None),
        ],
    );
}

#[test]
fn properties_are_added_up() {
    let person = Person {
        events: vec![
            event(
                "Order Completed",
                "2026-01-01",
                json!({"revenue": 10.1, "currency": "EUR", "items": [{"id": "a", "price": 1}, {"id": "b", "price": 2}]}),
            ),
            event(
                "Order Completed",
                "2026-01-02",
                json!({"revenue": 20.2, "currency": "USD", "items": [{"id": "a", "price": 4}]}),
            ),
            event("Order Completed", "2026-01-03", json!({"revenue": {"amount": "0.3", "currency": "EUR"}})),
            event("Order Completed", "2026-01-04", json!({"revenue": "5"})),
        ],
        ..Person::default()
    };
    let of =
        |what: &str, of: &str, is: Value| json!({what: {"event": "Order Completed", "of": of, "is": is}});
    let euros = |amount: &str| json!({"equals": {"amount": amount, "currency": "EUR"}});
    for (condition, holds) in [
        (of("sum", "revenue", json!({"equals": 30.3})), true),
        (of("sum", "revenue", euros("10.4")), true),
        (of("average", "revenue", euros("5.2")), true),
        (of("maximum", "revenue", euros("10.1")), true),
        (of("minimum", "revenue", euros("0.3")), true),
        (of("sum", "items.price", json!({"equals": 7})), true),
        (of("maximum", "items.price", json!({"equals": 4})), true),
        (of("distinct", "items.id", json!({"equals": 2})), true),
        (of("minimum", "nothing", json!({"notEquals": 1})), false),
        (of("sum", "nothing", json!({"equals": 0})), true),
        (
            json!({"did": {"event": "Order Completed", "where": [{"key": "revenue", "is": {"atLeast": {"amount": 1, "currency": "USD"}}}]}}),
            true,
        ),
        (
            json!({"did": {"where": [{"key": "revenue", "is": {"exists": true}}], "times": {"exactly": 4}}}),
            true,
        ),
    ] {
        assert_eq!(rule(condition.clone()).evaluate(&person, at("2026-02-01")).holds, holds, "{condition}");
    }
}

#[test]
fn huge_numbers_leave_nothing_behind() {
    let huge = |at: &str, value: Value| event("A", at, json!({"x": value}));
    let person = Person {
        events: vec![
            huge("2026-01-01", json!(1e300)),
            huge("2026-01-02", json!(1e300)),
            huge("2026-01-03", json!(0.000_001)),
        ],
        ..Person::default()
    };
    // When the giants have left the window, the dwarf is all there is.
    ask(
        json!({"sum": {"event": "A", "of": "x", "window": {"last": "P2D"}, "is": {"equals": 0.000_001}}}),
        &person,
        &[("2026-01-03", false, Some("2026-01-04")), ("2026-01-04", true, Some("2026-01-05"))],
    );
}

#[test]
fn other_things_are_or_are_not() {
    let now = at("2026-06-01");
    let mut person = Person::default();
    person.consents.insert("email".to_owned(), Timeline::since(at("2026-01-01"), true));
    person.segments.insert("vip".to_owned(), Timeline::always(true));
    person.lists.insert("staff".to_owned(), Timeline::always(false));
    person.predictions.insert("churn".to_owned(), Timeline::always(0.7));
    person.predictions.insert("broken".to_owned(), Timeline::always(f64::NAN));
    for (condition, holds) in [
        (json!({"consent": {"purpose": "email"}}), true),
        (json!({"consent": {"purpose": "sms"}}), false),
        (json!({"segment": {"key": "vip"}}), true),
        (json!({"list": {"key": "staff"}}), false),
        (json!({"prediction": {"name": "churn", "is": {"atLeast": 0.7}}}), true),
        (json!({"prediction": {"name": "churn", "is": {"above": 0.7}}}), false),
        (json!({"prediction": {"name": "broken", "is": {"notEquals": 0}}}), false),
        (json!({"prediction": {"name": "broken", "is": {"exists": false}}}), true),
        (json!({"prediction": {"name": "other", "is": {"exists": false}}}), true),
        (json!({"all": []}), true),
        (json!({"any": []}), false),
        (json!({"not": {"any": []}}), true),
    ] {
        assert_eq!(rule(condition.clone()).evaluate(&person, now).holds, holds, "{condition}");
    }
    assert_eq!(
        rule(json!({"consent": {"purpose": "email"}})).evaluate(&person, at("2025-01-01")).next,
        Some(at("2026-01-01"))
    );
}

#[test]
fn whoever_has_no_date_was_always_so() {
    let person = with_trait("x", json!(1));
    let history = rule(json!({"trait": {"key": "x", "is": {"equals": 1}}})).history(
        &crate::Subject::new(&person),
        None,
        at("2026-01-01"),
    );
    assert_eq!(history.changes, [crate::Change { at: None, holds: true }]);
    assert!(history.holds && history.next.is_none());
}

#[test]
fn what_came_back_takes_its_revenue_off_and_is_no_purchase() {
    let back = Order { is_return: true, ..order(Some("2026-06-01T00:00:00Z"), "-20", "EUR") };
    let sold = order(Some("2026-01-01T00:00:00Z"), "50", "EUR");
    let person = Person { orders: vec![back, sold], ..Person::default() };
    let now = at("2026-07-01T00:00:00Z");
    for (rule, holds) in [
        ("count of orders = 1", true),
        ("total of orders in EUR = 30", true),
        ("average of orders in EUR = 50", true),
        ("last order more than 100 days ago", true),
        (r#"bought category "Kitchen" exactly 1 time"#, true),
        ("total of orders in EUR = 50", false),
    ] {
        let rule = Rule::parse(rule).unwrap();
        assert_eq!(rule.evaluate(&person, now).holds, holds, "{rule}");
    }
}
