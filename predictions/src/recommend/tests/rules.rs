//! What goes together, beside counts made by hand.

use crate::recommend::{Least, Rules};

const ORDERS: [&[&str]; 8] = [
    &["bread", "butter"],
    &["bread", "butter", "jam"],
    &["bread"],
    &["bread", "jam", "jam"],
    &["cheese", "butter"],
    &["old cheese", "cheese"],
    &["cheese", "old cheese", "bread"],
    &["jam"],
];

fn rules(least: &Least) -> Rules<&'static str> {
    Rules::of(ORDERS.iter().map(|order| order.iter().copied()).enumerate(), least)
}

#[test]
fn support_confidence_and_lift_are_those_of_the_counts() {
    let rules = rules(&Least { count: 1, lift: 0.0, ..Least::default() });
    let rule = rules.of_item(&"bread").into_iter().find(|rule| rule.item == "butter").expect("a rule");
    // Eight orders, bread in five, butter in three, both in two.
    assert_eq!(rule.count, 2);
    for (got, by_hand) in [(rule.support, 2.0 / 8.0), (rule.confidence, 2.0 / 5.0), (rule.lift, 16.0 / 15.0)]
    {
        assert!((got - by_hand).abs() < 1e-12, "{got} is not {by_hand}");
    }
    assert!(rules.of_item(&"bread").iter().all(|rule| rule.item != "bread"));
    assert!(rules.of_item(&"wine").is_empty());
}

#[test]
fn what_may_be_chance_is_no_rule() {
    assert!(rules(&Least::default()).of_item(&"bread").is_empty(), "five times at least");
    let attracted = rules(&Least { count: 1, ..Least::default() });
    let names: Vec<_> = attracted.of_item(&"bread").iter().map(|rule| rule.item).collect();
    assert_eq!(names, ["butter", "jam"], "cheese and bread avoid each other");
    assert_eq!(rules(&Least { count: 1, rules: 1, ..Least::default() }).of_item(&"bread").len(), 1);
}

#[test]
fn cross_selling_offers_what_the_basket_lacks() {
    let rules = rules(&Least { count: 1, lift: 0.0, ..Least::default() });
    let offers: Vec<_> = rules.cross_sell(&["bread", "jam"], 10).iter().map(|rule| rule.item).collect();
    assert_eq!(offers[0], "butter");
    assert!(!offers.contains(&"bread") && !offers.contains(&"jam"));
    assert_eq!(rules.cross_sell(&["bread", "jam"], 1).len(), 1);
    assert!(rules.cross_sell(&[], 10).is_empty());
}

#[test]
fn up_selling_stays_in_the_category_and_costs_more() {
    let rules = rules(&Least { count: 1, lift: 0.0, ..Least::default() });
    let shelf = |item: &&str| match *item {
        "cheese" => Some(("cheese", 3.0)),
        "old cheese" => Some(("cheese", 5.0)),
        "butter" => Some(("fat", 9.0)),
        _ => None,
    };
    let offers: Vec<_> = rules.up_sell(&"cheese", shelf, 10).iter().map(|rule| rule.item).collect();
    assert_eq!(offers, ["old cheese"]);
    assert!(rules.up_sell(&"old cheese", shelf, 10).is_empty(), "nothing costs more");
    assert!(rules.up_sell(&"bread", shelf, 10).is_empty(), "no category");
    assert!(rules.up_sell(&"cheese", |_| Some((1, f64::NAN)), 10).is_empty(), "no price");
}

#[test]
fn no_baskets_make_no_rules() {
    let rules = Rules::of(Vec::<(u32, Vec<&str>)>::new(), &Least::default());
    assert!(rules.of_item(&"bread").is_empty());
    let rules = Rules::of(
        [(1, vec![]), (2, vec!["bread"])],
        &Least { count: 0, confidence: f64::NAN, ..Least::default() },
    );
    assert!(rules.of_item(&"bread").is_empty());
}

/// What one customer does again and again tells of nobody else, and would tell of them.
#[test]
fn what_few_people_do_is_no_rule() {
    let pairs = [(1, "a", "b"), (2, "a", "b"), (1, "a", "c"), (1, "a", "c"), (1, "a", "c")];
    let rules = |owners: u32| {
        let least = Least { count: 2, owners, lift: 0.0, ..Least::default() };
        let rules = Rules::of(pairs.iter().map(|(owner, one, other)| (owner, [*one, *other])), &least);
        rules.of_item(&"a").iter().map(|rule| (rule.item, rule.count)).collect::<Vec<_>>()
    };
    assert_eq!(rules(1), [("c", 3), ("b", 2)]);
    assert_eq!(rules(2), [("b", 2)]);
    assert_eq!(rules(3), []);
}

#[test]
fn rules_are_stored_as_counts_and_what_was_tampered_with_is_not_read() {
    let owned = |order: &&[&str]| order.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>();
    let least = Least { count: 1, lift: 0.0, ..Least::default() };
    let rules = Rules::of(ORDERS.iter().map(owned).enumerate(), &least);
    let stored = serde_json::to_value(&rules).expect("JSON");
    let read = |value: serde_json::Value| serde_json::from_value::<Rules<String>>(value);
    assert_eq!(read(stored.clone()).expect("the same"), rules);
    for (part, broken) in [
        ("items", serde_json::json!(["b", "a"])),
        ("holders", serde_json::json!([9, 1])),
        ("baskets", serde_json::json!(1)),
        ("others", serde_json::json!([[[77, 1]], [], [], [], []])),
    ] {
        let mut stored = stored.clone();
        stored[part] = broken;
        assert!(read(stored).is_err(), "{part}");
    }
}
