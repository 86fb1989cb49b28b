use serde_json::{Value, json};

use super::support::{at, event, order, rule, with_trait};
use crate::{Event, Order, Person, Timeline};

fn did(events: &[(&str, &str)]) -> Person {
    let events: Vec<Event> = events.iter().map(|(name, when)| event(name, when, json!({}))).collect();
    Person { events, ..Person::default() }
}

/// Asks a rule at several instants: whether it holds, and when that changes.
#[expect(clippy::needless_pass_by_value, reason = "tables are easier to read")]
fn ask(condition: Value, person: &Person, answers: &[(&str, bool, Option<&str>)]) {
    let rule = rule(condition.clone());
    for (now, holds, next) in answers {
        let answer = rule.evaluate(person, at(now));
        assert_eq!((answer.holds, answer.next), (*holds, next.map(at)), "{condition} at {now}");
    }
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

#[test]
fn traits_change_in_their_time() {
    let mut person = with_trait("plan", json!("free"));
    person.traits.insert(
        "plan".to_owned(),
        Timeline::new(vec![
            (Some(at("2026-03-01")), None),
            (None, Some(json!("free"))),
            (Some(at("2026-02-01")), Some(json!("pro"))),
        ]),
    );
    let plan = |is: Value| json!({"trait": {"key": "plan", "is": is}});
    let is_pro = [
        ("2026-01-31", false, Some("2026-02-01")),
        ("2026-02-01", true, Some("2026-03-01")),
        ("2026-03-01", false, None),
    ];
    ask(plan(json!({"equals": "pro"})), &person, &is_pro);
    ask(plan(json!({"notEquals": "free"})), &person, &is_pro);
    ask(
        plan(json!({"exists": false})),
        &person,
        &[("2026-02-28", false, Some("2026-03-01")), ("2026-03-01", true, None)],
    );
}

#[test]
fn what_cannot_be_compared_does_not_match() {
    let number = json!({"above": 3});
    for (value, test, holds) in [
        (json!(5), number.clone(), true),
        (json!("5"), number.clone(), false),
        (json!(true), number.clone(), false),
        (json!([1, "x", 5]), number.clone(), true),
        (json!({"amount": "5", "currency": "EUR"}), number.clone(), false),
        (json!({"amount": "5", "currency": "EUR"}), json!({"above": {"amount": 3, "currency": "EUR"}}), true),
        (
            json!({"amount": 5, "currency": "USD"}),
            json!({"above": {"amount": "3", "currency": "EUR"}}),
            false,
        ),
        (
            json!({"amount": 5, "currency": "USD"}),
            json!({"notEquals": {"amount": "3", "currency": "EUR"}}),
            false,
        ),
        (json!(0.1), json!({"equals": 0.1}), true),
        (json!(1), json!({"equals": 1.0}), true),
        (json!(1e300), json!({"above": 999_999_999_999_999_i64}), true),
        (json!(-1e300), json!({"below": 0}), true),
        (json!(u64::MAX), json!({"above": 1}), true),
        (json!(5), json!({"notEquals": "5"}), false),
        (json!(null), json!({"notEquals": "x"}), false),
        (json!([]), json!({"exists": true}), false),
        (json!(["a", "b"]), json!({"notEquals": "a"}), false),
        (json!(["b", "c"]), json!({"notEquals": "a"}), true),
        (json!(["a", "b"]), json!({"noneOf": ["x", "b"]}), false),
        (json!(["a", "b"]), json!({"containsAll": ["b", "a"]}), true),
        (json!(["a"]), json!({"containsAll": ["b", "a"]}), false),
        (json!(["a", 2]), json!({"size": {"equals": 2}}), true),
        (json!("ab"), json!({"size": {"equals": 2}}), false),
        (json!("Berlin"), json!({"contains": "erl"}), true),
        (json!("Berlin"), json!({"startsWith": "B"}), true),
        (json!("Berlin"), json!({"startsWith": "b"}), false),
        (json!("Berlin"), json!({"endsWith": "in"}), true),
        (json!("2026-01-31"), json!({"on": "2026-01-31"}), true),
        (json!("2026-01-31T23:59:59.999999Z"), json!({"on": "2026-01-31"}), true),
        (json!("2026-02-01T00:30:00+01:00"), json!({"on": "2026-01-31"}), true),
        (json!("2026-01-31"), json!({"after": "2026-01-31"}), false),
        (json!("2026-02-01"), json!({"after": "2026-01-31"}), true),
        (json!("2026-01-31"), json!({"before": "2026-01-31"}), false),
        (json!("2026-01-30"), json!({"before": "2026-01-31"}), true),
        (json!("2026-01-31"), json!({"between": {"from": "2026-01-01", "to": "2026-01-31"}}), true),
        (json!("2026-02-01"), json!({"between": {"from": "2026-01-01", "to": "2026-01-31"}}), false),
        (json!("2026-02-30"), json!({"after": "2026-01-01"}), false),
        (json!("tomorrow"), json!({"after": "2026-01-01"}), false),
        (json!(20_260_131), json!({"after": "2026-01-01"}), false),
    ] {
        let person = with_trait("x", value.clone());
        let found = rule(json!({"trait": {"key": "x", "is": test}})).evaluate(&person, at("2026-06-01"));
        assert_eq!((found.holds, found.next), (holds, None), "{value} {test}");
    }
}

#[test]
fn paths_lead_into_objects_and_lists() {
    let person = with_trait(
        "address",
        json!({"city": "Berlin", "geo": {"lat": 1}, "a.b": "dotted", "lines": [{"x": 1}, {"x": 2}]}),
    );
    for (key, is, holds) in [
        ("address.city", json!({"equals": "Berlin"}), true),
        ("address.geo.lat", json!({"equals": 1}), true),
        ("address.a.b", json!({"equals": "dotted"}), true),
        ("address.lines.x", json!({"equals": 2}), true),
        ("address.lines.x", json!({"containsAll": [1, 2]}), true),
        ("address.lines", json!({"size": {"equals": 2}}), true),
        ("address.city.x", json!({"exists": true}), false),
        ("address.", json!({"exists": true}), true),
        ("addres.city", json!({"exists": false}), true),
    ] {
        let found = rule(json!({"trait": {"key": key, "is": is}})).evaluate(&person, at("2026-06-01"));
        assert_eq!(found.holds, holds, "{key} {is}");
    }
    let ignoring =
        json!({"trait": {"key": "address.city", "is": {"oneOf": ["berlin", "x"]}, "ignoreCase": true}});
    assert!(rule(ignoring).evaluate(&person, at("2026-06-01")).holds);
}

#[test]
fn birthdays_come_round() {
    let birthday = |days: &str| json!({"trait": {"key": "born", "is": {"anniversaryWithin": days}}});
    let person = with_trait("born", json!("1990-03-05"));
    ask(
        birthday("P7D"),
        &person,
        &[
            ("2026-02-25T23:59:59Z", false, Some("2026-02-26")),
            ("2026-02-26", true, Some("2026-03-06")),
            ("2026-03-05T23:59:59Z", true, Some("2026-03-06")),
            ("2026-03-06", false, Some("2027-02-26")),
        ],
    );
    ask(birthday("P0D"), &person, &[("2026-03-05", true, Some("2026-03-06"))]);
    ask(birthday("P365D"), &person, &[("2026-03-06", true, None)]);
    let leap = with_trait("born", json!("2000-02-29"));
    ask(
        birthday("P0D"),
        &leap,
        &[("2027-02-28", true, Some("2027-03-01")), ("2028-02-28", false, Some("2028-02-29"))],
    );
    // Nobody has an anniversary before the first, and nothing comes round that is never asked.
    ask(
        birthday("P7D"),
        &with_trait("born", json!("2026-03-05")),
        &[("2026-03-05", false, Some("2027-02-26"))],
    );
    ask(json!({"all": [birthday("P7D"), {"any": []}]}), &person, &[("2026-03-05", false, None)]);
    // Two days a year apart meet only where a leap year moves them: in 2028 at first.
    let other = json!({"trait": {"key": "other", "is": {"anniversaryWithin": "P0D"}}});
    let mut two = with_trait("born", json!("2000-02-29"));
    two.traits.insert("other".to_owned(), Timeline::always(json!("2001-02-28")));
    ask(
        json!({"all": [other, {"not": birthday("P0D")}]}),
        &two,
        &[("2097-01-01", false, Some("2104-02-28")), ("2104-02-28", true, Some("2104-02-29"))],
    );
}

#[test]
fn dates_pass_as_time_passes() {
    let ends = |is: Value| json!({"trait": {"key": "ends", "is": is}});
    let person = with_trait("ends", json!("2026-03-10"));
    ask(
        ends(json!({"withinNext": "P5D"})),
        &person,
        &[
            ("2026-03-04", false, Some("2026-03-05")),
            ("2026-03-05", true, Some("2026-03-10")),
            ("2026-03-10", false, None),
        ],
    );
    ask(
        ends(json!({"withinLast": "P5D"})),
        &person,
        &[
            ("2026-03-09", false, Some("2026-03-10")),
            ("2026-03-10", true, Some("2026-03-15")),
            ("2026-03-15", false, None),
        ],
    );
    ask(
        ends(json!({"moreThanAgo": "P5D"})),
        &person,
        &[("2026-03-14", false, Some("2026-03-15")), ("2026-03-15", true, None)],
    );
    let edge = with_trait("ends", json!("9999-12-31"));
    ask(ends(json!({"withinLast": "P36500D"})), &edge, &[("2026-01-01", false, Some("9999-12-31"))]);
    ask(
        ends(json!({"withinNext": "P36500D"})),
        &with_trait("ends", json!("0000-01-01")),
        &[("2026-01-01", false, None)],
    );
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
