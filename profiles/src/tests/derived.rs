//! What follows from facts.

use identity::IdentifierKind;
use serde_json::json;

use super::support::{Scratch, at, deliver, event, order, page, person, source};
use crate::{
    Profiles,
    consent::{Purpose, Reader},
    view::{
        list::{Filter, Page, SortKey},
        read::{Profile, ProfileRef},
        timeline::{Place, Stretch},
    },
};

fn reader() -> Reader {
    Reader { caller: "test".to_owned(), purpose: Purpose::Operation }
}

async fn by_email(profiles: &Profiles, email: &str) -> Option<Profile> {
    let by = ProfileRef::Identifier(IdentifierKind::Email, email.to_owned());
    profiles.profile(&reader(), &by).await.unwrap()
}

fn value<'a>(profile: &'a Profile, key: &str) -> Option<&'a serde_json::Value> {
    profile.traits.iter().find(|found| found.key == key).map(|found| &found.value)
}

async fn on_both(test: impl AsyncFn(&Profiles)) {
    let scratch = Scratch::sqlite().await;
    test(&scratch.profiles).await;
    if let Some(scratch) = Scratch::postgres().await {
        test(&scratch.profiles).await;
        scratch.close().await;
    }
}

#[tokio::test]
async fn one_person_in_two_sources_is_one_profile_with_orders_timeline_and_provenance() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        deliver(
            profiles,
            &crm,
            1,
            &page(vec![person("1", "Ann", Some("ann@example.org"), Some(10))], vec![]),
        )
        .await;
        let bought = vec![
            person("77", "Anne", Some("Ann@Example.org"), Some(20)),
            order("o1", Some("77"), 10, 30),
            order("o2", Some("77"), 5, 40),
        ];
        deliver(profiles, &shop, 2, &page(bought, vec![event("m", "77", 35)])).await;
        profiles.drain(at(100)).await.unwrap();

        let ann = by_email(profiles, "ANN@example.org").await.unwrap();
        assert_eq!(value(&ann, "email"), Some(&json!("ann@example.org")));
        let name = ann.traits.iter().find(|found| found.key == "first_name").unwrap();
        assert_eq!((&name.value, name.winner.source), (&json!("Ann"), crm.id), "the CRM is trusted more");
        assert_eq!(name.losers[0].value, json!("Anne"));
        assert_eq!(ann.totals.currencies[0].orders, 2);
        assert_eq!(ann.totals.currencies[0].revenue_micros, 15_000_000);
        assert_eq!((ann.first_seen, ann.last_seen), (Some(at(-2)), Some(at(40))));

        let all = Stretch { first: 10, after: None, until: None };
        let orders = profiles.orders(&reader(), &[ann.id], &all).await.unwrap().remove(&ann.id).unwrap();
        assert_eq!(orders.iter().map(|row| row.external_id.as_str()).collect::<Vec<_>>(), ["o2", "o1"]);
        let timeline = profiles.timeline(&reader(), &[ann.id], &all).await.unwrap().remove(&ann.id).unwrap();
        assert_eq!(timeline.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["o2", "m", "o1"]);
        let rest = Place { at: Some(at(40)), key: "o2".to_owned(), source: shop.id };
        let rest = Stretch { first: 1, after: Some(rest), until: None };
        let timeline = profiles.timeline(&reader(), &[ann.id], &rest).await.unwrap().remove(&ann.id).unwrap();
        assert_eq!(timeline.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["m"]);

        let members = profiles.members(&reader(), &[ann.id]).await.unwrap().remove(&ann.id).unwrap();
        assert_eq!(members.len(), 2);
        for member in members {
            let same = profiles.profile(&reader(), &ProfileRef::Id(member.id)).await.unwrap().unwrap();
            assert_eq!(same.id, ann.id, "any id that was ever a profile's resolves");
        }
        let links = profiles.links(&reader(), &[ann.id], 10).await.unwrap().remove(&ann.id).unwrap();
        assert_eq!((links.len(), links[0].rule.as_str()), (1, "email"));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_record_leaves_the_profile_and_keeps_its_id_and_its_orders() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let mut first = person("1234", "Ann", Some("ann@example.org"), Some(10));
        deliver(profiles, &crm, 1, &page(vec![first.clone()], vec![])).await;
        let bought =
            vec![person("7", "Anne", Some("ann@example.org"), Some(20)), order("o", Some("7"), 1, 30)];
        deliver(profiles, &shop, 2, &page(bought, vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let before = by_email(profiles, "ann@example.org").await.unwrap();

        first.deleted = true;
        first.updated_at = Some(at(50));
        deliver(profiles, &crm, 3, &page(vec![first], vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let after = by_email(profiles, "ann@example.org").await.unwrap();
        assert_eq!(after.id, before.id, "the eldest member still names the profile");
        assert_eq!(value(&after, "first_name"), Some(&json!("Anne")));
        assert!(after.active);
        assert_eq!(after.totals.currencies[0].orders, 1);

        let past = ProfileRef::Id(after.id);
        let past = profiles.profile_as_of(&reader(), &past, at(15)).await.unwrap().unwrap();
        assert_eq!(value(&past, "first_name"), Some(&json!("Ann")), "as of then it was there");
        assert!(past.totals.currencies.is_empty(), "nothing had been bought");
    })
    .await;
}

#[tokio::test]
async fn a_value_that_too_many_carry_links_nobody_and_links_again_below_the_cap() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let cap = profiles.ruleset().identity.identifier(IdentifierKind::Email).cap;
        let carriers = |from: usize, to: usize| {
            (from..to)
                .map(|n| person(&n.to_string(), "X", Some("info@example.org"), Some(1)))
                .collect::<Vec<_>>()
        };
        let count = async || profiles.status().await.unwrap().profiles;
        deliver(profiles, &crm, 1, &page(carriers(0, cap), vec![])).await;
        profiles.drain(at(1)).await.unwrap();
        assert_eq!(count().await, 1);
        deliver(profiles, &crm, 2, &page(carriers(cap, cap + 1), vec![])).await;
        profiles.drain(at(2)).await.unwrap();
        assert_eq!(count().await, cap as u64 + 1, "above the cap everyone stands alone");
        let moved = person("0", "X", Some("own@example.org"), Some(2));
        deliver(profiles, &crm, 3, &page(vec![moved], vec![])).await;
        profiles.drain(at(3)).await.unwrap();
        assert_eq!(count().await, 2, "at the cap they are one again");
    })
    .await;
}

#[tokio::test]
async fn lists_are_paged_in_both_directions_without_loss_or_repetition() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let names = ["Åse", "Bo", "Cas", "Dirk", "Éva", "Finn", "bob"];
        let mut people: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(n, name)| {
                person(&n.to_string(), name, Some(&format!("p{n}@example.org")), i64::try_from(n).ok())
            })
            .collect();
        people[3].created_at = None;
        deliver(profiles, &crm, 1, &page(people, vec![])).await;
        profiles.drain(at(1)).await.unwrap();
        let filter = Filter::default();
        for sort in [SortKey::Name, SortKey::CreatedAt, SortKey::LastSeen, SortKey::Orders] {
            for descending in [false, true] {
                let start = Page { sort, descending, limit: 3, after: None, before: None, from_end: false };
                let whole = Page { limit: 100, ..start.clone() };
                let (whole, _) = profiles.list(&reader(), &filter, &whole).await.unwrap();
                let whole: Vec<_> = whole.into_iter().map(|(_, profile)| profile.id).collect();
                assert_eq!(whole.len(), names.len());

                let (mut ids, mut page) = (Vec::new(), start.clone());
                loop {
                    let (rows, more) = profiles.list(&reader(), &filter, &page).await.unwrap();
                    page.after = rows.last().map(|(place, _)| place.clone());
                    ids.extend(rows.into_iter().map(|(_, profile)| profile.id));
                    if !more {
                        break;
                    }
                }
                assert_eq!(ids, whole, "forwards by {sort:?}, descending {descending}");

                let (mut ids, mut page) = (Vec::new(), Page { from_end: true, ..start });
                loop {
                    let (rows, more) = profiles.list(&reader(), &filter, &page).await.unwrap();
                    page.before = rows.first().map(|(place, _)| place.clone());
                    ids.splice(0..0, rows.into_iter().map(|(_, profile)| profile.id));
                    if !more {
                        break;
                    }
                }
                assert_eq!(ids, whole, "backwards by {sort:?}, descending {descending}");
            }
        }
        let found = Filter { name_prefix: Some("BO".to_owned()), ..Filter::default() };
        assert_eq!(profiles.count(&reader(), &found).await.unwrap(), 2);
        let found = Filter { name_prefix: Some("ev".to_owned()), ..Filter::default() };
        assert_eq!(profiles.count(&reader(), &found).await.unwrap(), 1);
    })
    .await;
}
