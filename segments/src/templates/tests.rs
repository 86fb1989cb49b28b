use std::collections::BTreeSet;

use serde_json::json;

use super::{lifecycle_template, templates};
use crate::tests::support::{at, event, order};
use crate::{Person, Rule, Subject, Timeline};

const NOW: &str = "2026-06-01";

/// Somebody who ordered on these days for this much, did this, and may be written to.
fn somebody(orders: &[(&str, &str)], did: &[(&str, &str)]) -> Person {
    let mut person = Person {
        orders: orders.iter().map(|(day, revenue)| order(Some(day), revenue, "EUR")).collect(),
        events: did.iter().map(|(name, when)| event(name, when, json!({}))).collect(),
        ..Person::default()
    };
    person.consents.insert("email_marketing".to_owned(), Timeline::always(true));
    person.traits.insert("birth_date".to_owned(), Timeline::always(json!("1990-06-05")));
    person
}

/// Of each template somebody whom it finds, and somebody whom it just does not.
fn people() -> Vec<(&'static str, Person, Person)> {
    let often = [("2025-12-01", "200"), ("2026-03-01", "200"), ("2026-05-01", "200"), ("2026-05-20", "200")];
    let carted = ("Product Added", "2026-05-31T10:00:00Z");
    let paying = ("Checkout Started", "2026-05-31T10:00:00Z");
    let looked = ("Cart Viewed", "2026-05-30T10:00:00Z");
    let viewed = [
        ("Product Viewed", "2026-05-30"),
        ("Product Viewed", "2026-05-29"),
        ("Product Viewed", "2026-05-28"),
    ];
    let refused = |mut person: Person| {
        person.consents.clear();
        person
    };
    vec![
        ("champions", somebody(&often, &[]), somebody(&often[..3], &[])),
        ("loyal_customers", somebody(&often, &[]), somebody(&often[2..], &[])),
        ("potential_loyalists", somebody(&often[2..], &[]), somebody(&often, &[])),
        ("new_customers", somebody(&often[3..], &[]), somebody(&often, &[])),
        ("promising", somebody(&often[3..], &[]), somebody(&[("2026-05-20", "99")], &[])),
        (
            "at_risk",
            somebody(&[("2025-12-01", "1"), ("2026-01-01", "1"), ("2026-02-01", "1")], &[]),
            somebody(&often, &[]),
        ),
        ("cannot_lose", somebody(&[("2025-10-01", "1000")], &[]), somebody(&[("2025-10-01", "999")], &[])),
        ("hibernating", somebody(&[("2025-05-31", "1")], &[]), somebody(&[("2025-06-02", "1")], &[])),
        ("lapsed_customers", somebody(&[("2025-12-01", "1")], &[]), somebody(&[], &[])),
        ("one_time_buyers", somebody(&[("2026-05-01", "1")], &[]), somebody(&[("2026-05-31", "1")], &[])),
        ("vip", somebody(&[("2026-01-01", "1000")], &[]), somebody(&often, &[])),
        (
            "abandoned_cart",
            somebody(&[], &[carted]),
            somebody(&[], &[carted, ("Order Completed", "2026-05-31T15:00:00Z")]),
        ),
        (
            "abandoned_checkout",
            somebody(&[], &[paying]),
            somebody(&[], &[paying, ("Order Completed", "2026-05-31T10:59:00Z")]),
        ),
        ("window_shoppers", somebody(&[], &viewed), somebody(&often, &viewed)),
        (
            "cart_lookers",
            somebody(&[], &[looked]),
            somebody(&[], &[looked, ("Checkout Started", "2026-05-31T09:00:00Z")]),
        ),
        (
            "email_engaged",
            somebody(&[], &[("Email Link Clicked", "2026-05-01")]),
            somebody(&[], &[("Email Opened", "2026-05-01")]),
        ),
        (
            "dormant_subscribers",
            somebody(&[], &[("Email Opened", "2025-10-01")]),
            somebody(&[], &[("Email Opened", "2025-10-01"), ("Email Link Clicked", "2026-05-01")]),
        ),
        ("birthday_soon", somebody(&[], &[]), refused(somebody(&[], &[]))),
        ("reachable_prospects", somebody(&[], &[]), somebody(&often, &[])),
    ]
}

#[test]
fn every_template_finds_whom_it_is_for() {
    let people = people();
    let tested: Vec<&str> = people.iter().map(|(key, ..)| *key).collect();
    let keys: Vec<&str> = templates().iter().map(|template| template.key).collect();
    assert_eq!(tested, keys);
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    for (template, (_, fits, does_not)) in templates().iter().zip(&people) {
        let rule =
            Rule::parse(template.text).unwrap_or_else(|problems| panic!("{}: {problems}", template.key));
        assert_eq!(rule.to_string(), template.text);
        for (person, holds) in [(fits, true), (does_not, false)] {
            let said = rule.explain(&crate::Subject::new(person), at(NOW));
            assert_eq!(said.holds, holds, "{}: {said:#?}", template.key);
        }
    }
}

#[test]
fn the_lifecycle_to_begin_with_leads_from_stranger_to_lapsed_customer() {
    let person = |email: bool, orders: &[(&str, &str)], did: &[(&str, &str)]| {
        let mut person = somebody(orders, did);
        if email {
            person.traits.insert("email".to_owned(), Timeline::always(json!("a@example.org")));
        }
        person
    };
    let seen = [("Page Viewed", "2026-05-30")];
    let sent = [("Form Submitted", "2026-05-30")];
    let paying = [("Checkout Started", "2026-05-30")];
    let people = [
        ("visitor", person(false, &[], &seen)),
        ("lead", person(true, &[], &seen)),
        ("marketing_qualified", person(true, &[], &sent)),
        ("sales_qualified", person(true, &[], &paying)),
        ("customer", person(true, &[("2026-05-01", "1")], &paying)),
        ("lapsed", person(true, &[("2025-05-01", "1")], &sent)),
    ];
    assert_eq!(people.len(), lifecycle_template().len());
    for (expected, person) in people {
        let holds = |text: &str| Rule::parse(text).unwrap().answer(&Subject::new(&person), at(NOW)).holds;
        let last = lifecycle_template().iter().rfind(|stage| holds(stage.text)).map(|stage| stage.key);
        assert_eq!(last, Some(expected));
    }
}
