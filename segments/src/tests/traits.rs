use serde_json::{Value, json};

use super::support::{ask, at, rule, with_trait};
use crate::Timeline;

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
