use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;
use serde_json::json;

use crate::tests::support::{at, event, order, with_trait};
use crate::{Condition, Explanation, ListRef, Node, Person, Rule, Subject, Timeline};

fn explain(text: &str, person: &Person) -> Explanation {
    let rule = Rule::parse(text).unwrap_or_else(|problems| panic!("{text}\n{problems}"));
    rule.explain(&Subject::new(person), at("2026-02-01"))
}

fn buyer() -> Person {
    let mut person = with_trait("city", json!("Berlin"));
    for (key, value) in [
        ("age", json!("42")),
        ("tags", json!(["a", 1, "b", "c", "d", "e"])),
        ("spent", json!({"amount": "5", "currency": "USD"})),
        ("home", json!({"latitude": 52.52, "longitude": 13.405})),
        ("born", json!("yesterday")),
    ] {
        person.traits.insert(key.to_owned(), Timeline::always(value));
    }
    person.events = vec![
        event("A", "2026-01-01", json!({"x": 1.5, "currency": "EUR"})),
        event("A", "2026-01-30", json!({"x": 2})),
        event("A", "2026-03-01", json!({"x": 100})),
    ];
    person.orders = vec![
        order(Some("2026-01-10"), "10.10", "EUR"),
        order(Some("2026-01-20"), "20.201", "EUR"),
        order(None, "1", "USD"),
    ];
    person.consents.insert("news".to_owned(), Timeline::since(at("2026-01-05"), true));
    person.predictions.insert("churn".to_owned(), Timeline::always(0.25));
    person.predictions.insert("broken".to_owned(), Timeline::always(f64::NAN));
    person.segments.insert(
        "vip".to_owned(),
        Timeline::new(vec![(Some(at("2026-01-01")), Some(true)), (Some(at("2026-01-15")), Some(false))]),
    );
    person
}

#[test]
fn each_condition_says_what_it_met() {
    let person = buyer();
    for (text, holds, met) in [
        ("city is \"Berlin\"", true, "\"Berlin\""),
        ("city > 3", false, "\"Berlin\" is text, a number was expected"),
        ("age >= 18", false, "\"42\" is text, a number was expected"),
        ("nothing is 1", false, "no such trait"),
        ("city.part is 1", false, "no such trait"),
        ("nothing is missing", true, "no such trait"),
        ("tags is \"e\"", true, "[\"a\", 1, \"b\", \"c\", \"d\"] and 1 more"),
        ("spent > 3 EUR", false, "5 USD is money, money in EUR was expected"),
        ("spent > 3 USD", true, "5 USD"),
        ("born after 2026-01-01", false, "\"yesterday\" is text, a date was expected"),
        ("city size > 1", false, "\"Berlin\" is text, a list was expected"),
        ("city is one of (1, true)", false, "\"Berlin\" is text, a number or true or false was expected"),
        ("home within 600 km of (52.3676, 4.9041)", true, "576.1 km away"),
        ("city within 600 km of (0, 0)", false, "no place: latitude and longitude were expected"),
        ("did \"A\"", true, "2 times, last on 2026-01-30T00:00:00Z"),
        ("did \"A\" within the last 3 days", true, "1 time, last on 2026-01-30T00:00:00Z"),
        ("did \"B\"", false, "never"),
        ("did \"A\" then \"A\" then \"B\"", false, "2 of 3 steps"),
        ("first \"A\" before 2026-01-02", true, "on 2026-01-01T00:00:00Z"),
        ("last \"A\" before 2026-01-02", false, "on 2026-01-30T00:00:00Z"),
        ("sum of \"x\" in \"A\" > 3", true, "3.5 of 2 values"),
        ("sum of \"x\" in \"A\" > 3 EUR", false, "1.5 EUR of 1 value"),
        ("average of \"x\" in \"A\" > 3", false, "1.75 of 2 values"),
        ("maximum of \"y\" in \"A\" > 3", false, "no values"),
        ("distinct \"x\" in \"A\" > 3", false, "2 different values"),
        ("count of orders >= 3", true, "3 orders"),
        ("count of orders in USD >= 3", false, "1 order in USD"),
        ("total of orders in EUR > 30", true, "30.301 EUR in 2 orders"),
        ("average of orders in GBP > 30", false, "no orders in GBP"),
        ("last order is on 2026-01-20", true, "on 2026-01-20T00:00:00Z"),
        ("bought product \"MUG-1\"", true, "in 3 orders, last on 2026-01-20T00:00:00Z"),
        ("bought product \"x\"", false, "in no order"),
        ("news is allowed", true, "allowed since 2026-01-05T00:00:00Z"),
        ("in segment \"vip\"", false, "not a member since 2026-01-15T00:00:00Z"),
        ("in list \"vip\"", false, "not on the list: nothing is known"),
        ("prediction churn > 0.5", false, "0.25"),
        ("prediction broken > 0.5", false, "not a number"),
        ("prediction other > 0.5", false, "not predicted: not allowed, or nothing is known"),
        ("in sample 50% of \"x\"", true, "drew 33.38 of 0 to 99.99"),
    ] {
        let said = explain(text, &person);
        assert_eq!((said.holds, said.condition.met.as_deref()), (holds, Some(met)), "{text}");
        assert_eq!(said.condition.text, text);
    }
}

#[test]
fn the_tree_has_the_shape_of_the_rule() {
    let said =
        explain("city is \"Berlin\" and not (did \"B\" or did \"A\" within the last 3 days)", &buyer());
    let json = serde_json::to_value(&said).unwrap();
    let expected = json!({
        "holds": false,
        "next": "2026-02-02T00:00:00Z",
        "condition": {
            "path": "all", "kind": "all", "text": "and", "holds": false, "met": null, "next": null,
            "conditions": [
                {"path": "all[0].trait", "kind": "trait", "text": "city is \"Berlin\"", "holds": true,
                 "met": "\"Berlin\"", "next": null, "conditions": []},
                {"path": "all[1].not", "kind": "not", "text": "not", "holds": false, "met": null, "next": null,
                 "conditions": [
                    {"path": "all[1].not.any", "kind": "any", "text": "or", "holds": true, "met": null, "next": null,
                     "conditions": [
                        {"path": "all[1].not.any[0].did", "kind": "did", "text": "did \"B\"", "holds": false,
                         "met": "never", "next": null, "conditions": []},
                        {"path": "all[1].not.any[1].did", "kind": "did", "text": "did \"A\" within the last 3 days",
                         "holds": true, "met": "1 time, last on 2026-01-30T00:00:00Z",
                         "next": "2026-02-02T00:00:00Z", "conditions": []}
                     ]}
                 ]}
            ]
        },
        "missing": {"conditions": ["all[1].not.any[1].did"], "exact": true}
    });
    assert_eq!(json, expected);
}

#[test]
fn the_fewest_are_missing() {
    let nobody = Person::default();
    for (text, missing) in [
        ("a exists and b exists", Some(vec!["all[0].trait", "all[1].trait"])),
        ("(a exists and b exists) or c exists", Some(vec!["any[1].trait"])),
        ("not a is missing", Some(vec!["not.trait"])),
        // One condition that stands twice turns twice.
        (
            "(a exists and b exists) or (c exists and not d is missing and c exists)",
            Some(vec!["any[0].all[0].trait", "any[0].all[1].trait"]),
        ),
        ("(a exists or b exists) and (c exists or b exists)", Some(vec!["all[0].any[1].trait"])),
        ("a exists and not a exists", None),
        ("nobody", None),
    ] {
        let said = explain(text, &nobody).missing.unwrap();
        let expected = missing.map(|paths| paths.into_iter().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!((said.conditions, said.exact), (expected, true), "{text}");
    }
    assert_eq!(explain("everyone", &nobody).missing, None);
    // More than are tried: said so, and right all the same.
    let many: Vec<String> = (0..25).map(|at| format!("t{at} exists")).collect();
    let twice = format!("({}) and t0 exists", many.join(" and "));
    let said = explain(&twice, &nobody).missing.unwrap();
    assert_eq!((said.conditions.map(|paths| paths.len()), said.exact), (Some(25), false));
    assert!(explain(&many.join(" and "), &nobody).missing.unwrap().exact);
}

const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn logic() -> impl Strategy<Value = Rule> {
    let leaf = select(KEYS.to_vec()).prop_map(|key| Condition::List(ListRef { key: key.to_owned() }));
    let condition = leaf.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Condition::All),
            vec(inner.clone(), 0..4).prop_map(Condition::Any),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    });
    condition.prop_map(|condition| Rule::new(condition).unwrap())
}

/// Somebody who is on the lists of these bits.
fn on_lists(bits: u32) -> Person {
    let is_on =
        KEYS.iter().enumerate().map(|(at, key)| ((*key).to_owned(), Timeline::always(bits >> at & 1 == 1)));
    Person { lists: is_on.collect(), ..Person::default() }
}

/// The bit of the list that the condition at a path asks for.
fn bit(node: &Node, path: &str) -> u32 {
    if node.path == path {
        let key = KEYS.iter().position(|key| node.text == format!("in list \"{key}\"")).unwrap();
        return 1 << key;
    }
    node.conditions.iter().map(|inner| bit(inner, path)).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_smaller_set_would_do(rule in logic(), lists in 0..32_u32) {
        let now = at("2026-02-01");
        let person = on_lists(lists);
        let said = rule.explain(&Subject::new(&person), now);
        let fewest = (0..32_u32)
            .filter(|turned| rule.evaluate(&on_lists(lists ^ turned), now).holds)
            .map(u32::count_ones)
            .min();
        prop_assert_eq!(said.holds, fewest == Some(0));
        if let Some(missing) = said.missing {
            prop_assert!(missing.exact);
            prop_assert_eq!(missing.conditions.as_ref().map(Vec::len), fewest.map(|count| count as usize));
            if let Some(paths) = missing.conditions {
                let turned = paths.iter().map(|path| bit(&said.condition, path)).fold(0, |all, bit| all | bit);
                prop_assert!(rule.evaluate(&on_lists(lists ^ turned), now).holds, "{:?} of {}", paths, rule);
            }
        }
    }
}
