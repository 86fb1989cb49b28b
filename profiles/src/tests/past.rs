//! A past moment is what the facts of by then give, and a history is the difference between such moments.

use chrono::{DateTime, Utc};
use connectors::{Page, canonical::Body};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    support::{admitted, at, by_email, deliver, on_both, order, page, person, reader, source},
    worlds::word,
};
use crate::{
    Profiles,
    error::Error,
    past::{Entry, What},
    view::read::{Profile, ProfileRef},
};

async fn as_of(profiles: &Profiles, id: Uuid, instant: i64) -> Option<Profile> {
    profiles.profile_as_of(&reader(), &ProfileRef::Id(id), at(instant)).await.unwrap()
}

async fn history(profiles: &Profiles, id: Uuid) -> Vec<Entry> {
    let profile = profiles.profile(&reader(), &ProfileRef::Id(id)).await.unwrap().unwrap();
    let history = profiles.history(&reader(), &profile, admitted(profile.id), 100, None).await.unwrap();
    assert!(!history.truncated && !history.more);
    history.entries
}

fn email(profile: &Profile) -> Value {
    let found = profile.traits.iter().find(|found| found.key == "email");
    found.map(|found| found.value.clone()).unwrap_or_default()
}

/// An entry in a few words: when, what, the ids and why.
fn told(entry: &Entry) -> (DateTime<Utc>, &'static str, Value) {
    let what = match &entry.what {
        What::Merge { into, profiles, cause } => {
            let link = cause.link.as_ref().map(|link| (&link.rule, &link.value, link.weight));
            let decision = cause.decision.as_ref().map(|made| (made.kind.as_str(), &made.actor));
            ("merge", json!([into, profiles, link, decision]))
        }
        What::Split { from, into, cause } => {
            let decision = cause.decision.as_ref().map(|made| (made.kind.as_str(), &made.actor));
            ("split", json!([from, into, decision, cause.changed]))
        }
        What::Trait { key, before, after } => {
            let value = |found: &Option<crate::view::document::Trait>| found.clone().map(|found| found.value);
            ("trait", json!([key, value(before), value(after)]))
        }
    };
    (entry.place.at, what.0, what.1)
}

#[tokio::test]
async fn two_records_that_are_linked_split_by_a_decision_and_joined_again_tell_their_story() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let first = |id: &str, name: &str, email: &str, updated: i64, created: i64| {
            let mut record = person(id, name, Some(email), Some(updated));
            record.created_at = Some(at(created));
            record
        };
        let ann = "ann@example.org";
        // The shop's customer gets the address of the CRM's contact at 30.
        deliver(profiles, &crm, 1, &page(vec![first("1", "Ann", ann, 10, 10)], vec![])).await;
        deliver(profiles, &shop, 2, &page(vec![first("7", "Anne", "anne@x.example", 20, 20)], vec![])).await;
        let later = vec![first("7", "Anne", ann, 30, 20), order("o", Some("7"), 5, 25)];
        deliver(profiles, &shop, 3, &page(later, vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let [crm, shop] = [profiles.keys().person(crm.id, "1"), profiles.keys().person(shop.id, "7")];
        let split = profiles.split(crm, &[vec![shop]], &word(at(1_000))).await.unwrap();
        let undone = profiles.undo(split.decision.id, &word(at(2_000))).await.unwrap();
        assert_eq!(undone.profiles, [crm]);

        assert_eq!(as_of(profiles, crm, 9).await, None, "it was not created yet");
        let early = as_of(profiles, crm, 10).await.unwrap();
        assert_eq!((early.id, early.past.as_ref().unwrap().ids()), (crm, vec![crm]));
        assert_eq!(as_of(profiles, shop, 19).await, None);
        let apart = as_of(profiles, shop, 29).await.unwrap();
        assert_eq!(
            (apart.id, email(&apart), apart.totals.currencies[0].orders),
            (shop, json!("anne@x.example"), 1)
        );
        assert_eq!(as_of(profiles, shop, 24).await.unwrap().totals.currencies, []);
        for (instant, together) in [(30, true), (999, true), (1_000, false), (1_999, false), (2_000, true)] {
            let seen = as_of(profiles, shop, instant).await.unwrap();
            assert_eq!(seen.id, if together { crm } else { shop }, "at {instant}");
            let past = seen.past.unwrap();
            assert_eq!((past.members.len() == 2, past.links.len() == 1), (together, together));
        }
        // By the address that it had: today nobody carries it.
        assert_eq!(by_email(profiles, "anne@x.example").await, None);
        let by = ProfileRef::Identifier(identity::IdentifierKind::Email, "anne@x.example".to_owned());
        assert_eq!(profiles.profile_as_of(&reader(), &by, at(29)).await.unwrap().unwrap().id, shop);
        assert_eq!(profiles.profile_as_of(&reader(), &by, at(30)).await.unwrap(), None);

        let entries = history(profiles, crm).await;
        let mut both = [crm, shop];
        both.sort();
        let link = ("email", ann, 1_000);
        let expected = [
            (at(2_000), "merge", json!([crm, both, null, ["undo", "test"]])),
            (at(1_000), "split", json!([crm, both, ["split", "test"], []])),
            (at(30), "merge", json!([crm, both, link, null])),
            (at(10), "trait", json!(["email", null, ann])),
            (at(10), "trait", json!(["first_name", null, "Ann"])),
        ];
        assert_eq!(entries.iter().map(told).collect::<Vec<_>>(), expected);

        // Page by page, and of a moment that is past.
        let whole = profiles.profile(&reader(), &ProfileRef::Id(crm)).await.unwrap().unwrap();
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let page = profiles.history(&reader(), &whole, admitted(whole.id), 2, after).await.unwrap();
            after = page.entries.last().map(|entry| entry.place);
            read.extend(page.entries);
            if !page.more {
                break;
            }
        }
        assert_eq!(read, entries);
        let past = as_of(profiles, crm, 999).await.unwrap();
        assert_eq!(
            profiles.history(&reader(), &past, admitted(past.id), 100, None).await.unwrap().entries,
            entries[2..]
        );
    })
    .await;
}

#[tokio::test]
async fn a_history_names_the_record_that_parted_people_and_the_values_that_changed() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let ann = Some("ann@example.org");
        let records = vec![
            person("22", "Ann", ann, Some(10)),
            person("1", "Ann", ann, Some(10)),
            person("1", "Bo", Some("bo@example.org"), Some(20)),
            person("22", "Anna", ann, Some(30)),
        ];
        for (stamp, record) in (1..).zip(records) {
            deliver(profiles, &crm, stamp, &page(vec![record], vec![])).await;
        }
        profiles.drain(at(100)).await.unwrap();
        let [ann, bo] = ["22", "1"].map(|id| profiles.keys().person(crm.id, id));
        let mut both = [ann, bo];
        both.sort();
        let entries = history(profiles, ann).await;
        let shown: Vec<_> = entries.iter().map(told).collect();
        assert_eq!(shown[0], (at(30), "trait", json!(["first_name", "Ann", "Anna"])));
        assert_eq!(shown[1], (at(20), "split", json!([ann, both, null, [bo]])));
        assert_eq!(shown[2].1, "merge");
        let What::Trait { after: Some(after), .. } = &entries[0].what else { panic!("no trait") };
        assert_eq!((after.winner.source, after.winner.at), (crm.id, Some(at(30))));
        let other: Vec<_> = history(profiles, bo).await.iter().map(|entry| told(entry).1).collect();
        assert!(other.contains(&"split"), "both sides tell of it: {other:?}");
    })
    .await;
}

#[tokio::test]
async fn a_value_that_too_many_carry_today_linked_those_who_carried_it_when_they_were_few() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let carrier = |n: i64| {
            let mut record = person(&n.to_string(), "Ann", Some("team@example.org"), Some(n * 10));
            record.created_at = Some(at(n * 10));
            record
        };
        deliver(profiles, &crm, 1, &page((0..21).map(carrier).collect(), vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let [first, second, last] = ["0", "1", "20"].map(|id| profiles.keys().person(crm.id, id));
        assert_eq!(as_of(profiles, second, 199).await.unwrap().id, first);
        assert_eq!(as_of(profiles, second, 199).await.unwrap().past.unwrap().members.len(), 20);
        assert_eq!(as_of(profiles, second, 200).await.unwrap().id, second, "the 21st was one too many");
        let entries = history(profiles, first).await;
        let What::Split { into, cause, .. } = &entries[0].what else { panic!("{:?}", entries[0]) };
        assert_eq!((into.len(), &cause.changed), (20, &vec![last]), "and it is they who are named");
    })
    .await;
}

#[tokio::test]
async fn the_future_and_too_many_people_are_refused_and_a_value_of_many_is_no_way_to_them() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shared = |n: usize, email: &str| person(&n.to_string(), "X", Some(email), Some(1));
        let mut everybody: Vec<_> = (0..150).map(|n| shared(n, "info@example.org")).collect();
        if let Body::Person(person) = &mut everybody[0].body {
            person.identify(connectors::canonical::IdentifierKind::Email, Some("own@example.org"));
        }
        deliver(profiles, &crm, 1, &Page { records: everybody, ..Page::default() }).await;
        profiles.drain(at(100)).await.unwrap();
        let one = profiles.keys().person(crm.id, "0");
        let future = profiles.profile_as_of(&reader(), &ProfileRef::Id(one), at(1_000_001)).await;
        assert!(matches!(future, Err(Error::Invalid { path, .. }) if path == "asOf"));
        let seen = as_of(profiles, one, 500).await.unwrap();
        assert_eq!(seen.past.unwrap().members.len(), 1);

        // A chain of people, each of whom had the address of the one before.
        let link = |n: usize, to: usize, when: i64| {
            person(&format!("c{n}"), "X", Some(&format!("c{to}@example.org")), Some(when))
        };
        let chain: Vec<_> = (0..1_001).flat_map(|n| [link(n, n, 1), link(n, n + 1, 2)]).collect();
        deliver(profiles, &crm, 2, &Page { records: chain, ..Page::default() }).await;
        profiles.drain(at(100)).await.unwrap();
        let first = profiles.keys().person(crm.id, "c0");
        let refused = profiles.profile_as_of(&reader(), &ProfileRef::Id(first), at(500)).await.unwrap_err();
        assert!(refused.to_string().starts_with("asOf: more than 1000 source identities"), "{refused}");
        let profile = profiles.profile(&reader(), &ProfileRef::Id(first)).await.unwrap().unwrap();
        let refused =
            profiles.history(&reader(), &profile, admitted(profile.id), 10, None).await.unwrap_err();
        assert!(refused.to_string().starts_with("history: more than 1000"), "{refused}");
    })
    .await;
}
