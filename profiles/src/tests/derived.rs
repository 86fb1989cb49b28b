//! What follows from facts.

use entities::{failed_key, record_version, touched};
use identity::IdentifierKind;
use sea_orm::{ActiveValue::Unchanged, EntityTrait, Set, sea_query::Expr};
use serde_json::json;

use super::support::{admitted, at, by_email, deliver, event, on_both, order, page, person, reader, source};
use crate::{
    consent::Reader,
    privacy::{NewRequest, RequestKind},
    resolution::rebuild::touch_source,
    store::begin_write,
    view::{
        list::{Filter, Page, SortKey},
        read::{Profile, ProfileRef},
        timeline::{Place, Stretch},
    },
};

fn value<'a>(profile: &'a Profile, key: &str) -> Option<&'a serde_json::Value> {
    profile.traits.iter().find(|found| found.key == key).map(|found| &found.value)
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
        let orders =
            profiles.orders(&[admitted(ann.id)], &all).await.unwrap().remove(&admitted(ann.id)).unwrap();
        assert_eq!(orders.iter().map(|row| row.external_id.as_str()).collect::<Vec<_>>(), ["o2", "o1"]);
        let timeline =
            profiles.timeline(&[admitted(ann.id)], &all).await.unwrap().remove(&admitted(ann.id)).unwrap();
        assert_eq!(timeline.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["o2", "m", "o1"]);
        let rest = Place { at: Some(at(40)), key: "o2".to_owned(), source: shop.id };
        let rest = Stretch { first: 1, after: Some(rest), until: None };
        let timeline =
            profiles.timeline(&[admitted(ann.id)], &rest).await.unwrap().remove(&admitted(ann.id)).unwrap();
        assert_eq!(timeline.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), ["m"]);

        let members = profiles.members(&[admitted(ann.id)]).await.unwrap().remove(&admitted(ann.id)).unwrap();
        assert_eq!(members.len(), 2);
        for member in members {
            let same = profiles.profile(&reader(), &ProfileRef::Id(member.id)).await.unwrap().unwrap();
            assert_eq!(same.id, ann.id, "any id that was ever a profile's resolves");
        }
        let links = profiles.links(&[admitted(ann.id)], 10).await.unwrap().remove(&admitted(ann.id)).unwrap();
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
        assert_eq!(profiles.count(&reader(), &found).await.unwrap(), Some(2));
        let found = Filter { name_prefix: Some("ev".to_owned()), ..Filter::default() };
        assert_eq!(profiles.count(&reader(), &found).await.unwrap(), Some(1));
    })
    .await;
}

#[tokio::test]
async fn a_key_that_cannot_be_derived_is_set_aside_and_stops_nobody() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let name = |n: usize| format!("person{n}@example.org");
        let people = |range: std::ops::Range<usize>| {
            let people = range.map(|n| person(&n.to_string(), "Ann", Some(&name(n)), None));
            page(people.collect(), vec![])
        };
        deliver(profiles, &crm, 1, &people(0..20)).await;
        let unknown = touched::ActiveModel {
            source_id: Set(crm.id),
            kind: Set("no such kind".to_owned()),
            external_id: Set("1".to_owned()),
            ..Default::default()
        };
        touched::Entity::insert(unknown).exec(profiles.db()).await.unwrap();
        deliver(profiles, &crm, 2, &people(20..40)).await;
        profiles.drain(at(100)).await.unwrap();

        let status = profiles.status().await.unwrap();
        assert_eq!((status.profiles, status.waiting, status.failed), (40, 0, 1));
        let key = failed_key::Entity::find().one(profiles.db()).await.unwrap().unwrap();
        assert_eq!(key.failure, "stored touched key cannot be read: unknown kind no such kind");
        profiles.rebuild(at(100)).await.unwrap();
        assert_eq!(profiles.status().await.unwrap().failed, 0);
    })
    .await;
}

#[tokio::test]
async fn a_source_that_is_trusted_more_wins_from_then_on() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let ann = Some("ann@example.org");
        deliver(profiles, &crm, 1, &page(vec![person("1", "Ann", ann, None)], vec![])).await;
        deliver(profiles, &shop, 2, &page(vec![person("2", "Anne", ann, None)], vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let called = async || by_email(profiles, "ann@example.org").await.unwrap().display_name.unwrap();
        assert_eq!(called().await, "Ann");

        let txn = begin_write(profiles.db()).await.unwrap();
        let trusted =
            entities::source::ActiveModel { id: Unchanged(shop.id), trust: Set(99), ..Default::default() };
        entities::source::Entity::update(trusted).exec(&txn).await.unwrap();
        touch_source(&txn, shop.id).await.unwrap();
        txn.commit().await.unwrap();
        profiles.drain(at(100)).await.unwrap();
        assert_eq!(called().await, "Anne");
    })
    .await;
}

#[tokio::test]
async fn a_key_that_failed_is_derived_once_its_facts_are_mended() {
    on_both(async |profiles| {
        let shop = source(profiles, "shop", "ecommerce").await;
        let bought = async |stamp, total| {
            let page = page(vec![order("o1", Some("77"), total, stamp)], vec![]);
            deliver(profiles, &shop, stamp, &page).await;
        };
        bought(1, 10).await;
        let damage = record_version::Entity::update_many();
        let damage = damage.col_expr(record_version::Column::Body, Expr::value("{"));
        damage.exec(profiles.db()).await.unwrap();
        profiles.drain(at(100)).await.unwrap();
        let status = profiles.status().await.unwrap();
        assert_eq!((status.orders, status.waiting, status.failed), (0, 0, 1));

        bought(2, 12).await;
        profiles.drain(at(100)).await.unwrap();
        let status = profiles.status().await.unwrap();
        assert_eq!((status.orders, status.waiting, status.failed), (1, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_refused_merge_shows_on_both_sides_as_it_would_after_a_rebuild() {
    on_both(async |profiles| {
        let mut rules = (*profiles.ruleset()).clone();
        rules.identity.max_group = 1;
        profiles.adopt(rules).await.unwrap();
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let ann = |id: &str, email, when| page(vec![person(id, "Ann", Some(email), Some(when))], vec![]);
        let limited = async || {
            profiles.drain(at(100)).await.unwrap();
            let told = profiles.state_hash(at(1000)).await.unwrap();
            profiles.rebuild(at(100)).await.unwrap();
            assert_eq!(profiles.state_hash(at(1000)).await.unwrap(), told);
            by_email(profiles, "ann@example.org").await.unwrap().limited
        };
        deliver(profiles, &crm, 1, &ann("1", "ann@example.org", 1)).await;
        assert!(!limited().await);
        deliver(profiles, &shop, 2, &ann("2", "ann@example.org", 2)).await;
        assert!(limited().await, "her own record did not change");
        deliver(profiles, &shop, 3, &ann("2", "anne@example.org", 3)).await;
        assert!(!limited().await);
    })
    .await;
}

#[tokio::test]
async fn who_refuses_leaves_no_gap_in_a_list_and_is_not_counted() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let name = |n: usize| format!("Person {n:02}");
        let email = |n: usize| format!("person{n}@example.org");
        let records = (0..30).map(|n| person(&n.to_string(), &name(n), Some(&email(n)), None));
        deliver(profiles, &crm, 1, &page(records.collect(), vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let refuses = |n: usize| !n.is_multiple_of(3) && n < 12;
        for n in (0..30).filter(|n| refuses(*n)) {
            let who = by_email(profiles, &email(n)).await.unwrap().id;
            let request =
                profiles.receive_request(&NewRequest::new(RequestKind::Restriction, who), "till").await;
            profiles.fulfil_request(request.unwrap().id, false, "till").await.unwrap();
        }
        profiles.work_on_requests().await.unwrap();
        let sales = Reader { purpose: Some("service".into()), ..reader() };
        let filter = Filter::default();
        assert_eq!(profiles.count(&sales, &filter).await.unwrap(), None);
        assert_eq!(profiles.count(&reader(), &filter).await.unwrap(), Some(30));
        let whole: Vec<String> = (0..30).filter(|n| !refuses(*n)).map(name).collect();
        for from_end in [false, true] {
            let mut page = Page {
                sort: SortKey::Name,
                descending: false,
                limit: 2,
                after: None,
                before: None,
                from_end,
            };
            let mut names = Vec::new();
            loop {
                let (rows, more) = profiles.list(&sales, &filter, &page).await.unwrap();
                assert!(rows.len() == 2 || !more, "a page is full while there are more");
                let (first, last) = (rows.first().cloned(), rows.last().cloned());
                let mut found: Vec<_> = rows.into_iter().filter_map(|(_, one)| one.display_name).collect();
                if from_end {
                    found.append(&mut names);
                    names = found;
                    page.before = first.map(|(place, _)| place);
                } else {
                    names.append(&mut found);
                    page.after = last.map(|(place, _)| place);
                }
                if !more {
                    break;
                }
            }
            assert_eq!(names, whole, "from the end: {from_end}");
        }
        let only = Filter { name_prefix: Some("Person 01".to_owned()), ..Filter::default() };
        let one = Page {
            sort: SortKey::Name,
            descending: false,
            limit: 1,
            after: None,
            before: None,
            from_end: false,
        };
        assert_eq!(
            profiles.list(&sales, &only, &one).await.unwrap(),
            (vec![], false),
            "as if nobody were called so"
        );
        let hidden = Filter { identifier: Some((IdentifierKind::Email, email(1))), ..Filter::default() };
        assert_eq!(profiles.list(&sales, &hidden, &one).await.unwrap(), (vec![], false));
    })
    .await;
}
