//! Retention: what is too old goes and does not come back, and everybody stays who they are.

use std::{collections::BTreeMap, sync::Arc};

use connectors::{
    Page, Rejected,
    canonical::{Body, ConsentStatement, ConsentStatus},
};
use entities::{consent_statement, event, kept_key, record_version, rejected_record, source_identity};
use proptest::{prelude::*, test_runner::TestRunner};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use uuid::Uuid;

use super::{
    support::{Fixed, Scratch, at, by_email, deliver, event, on_both, order, page, person, source},
    worlds::{self, Recognised, Step},
};
use crate::{
    Keys, Profiles,
    audit::Verified,
    privacy::{NewRequest, RequestKind},
    retention::{Kind, Rules},
};

const DAY: i64 = 86_400;

fn rules(value: serde_json::Value) -> Rules {
    serde_json::from_value(value).unwrap()
}

/// Everything goes after a day.
fn strictest() -> Rules {
    let all = Kind::ALL.map(|kind| (kind.as_str().to_owned(), json!("1 day")));
    rules(all.into_iter().collect::<serde_json::Map<_, _>>().into())
}

/// The same database at another instant.
async fn later(profiles: &Profiles, seconds: i64) -> Profiles {
    Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), Arc::new(Fixed(at(seconds)))).await.unwrap()
}

async fn drain(profiles: &Profiles) {
    profiles.drain(at(2_000_000)).await.unwrap();
}

/// What the audit log says, oldest first.
async fn journal(profiles: &Profiles) -> Vec<String> {
    let entries = profiles.audit_entries(None, 100).await.unwrap();
    assert!(matches!(profiles.verify_audit(None).await.unwrap(), Verified::Intact { .. }));
    entries.into_iter().rev().map(|entry| format!("{}: {}", entry.deed.actor, entry.deed.action)).collect()
}

/// Removes what is too old by the configured rules, at once.
async fn apply(profiles: &Profiles) -> u64 {
    let expiring = profiles.apply_retention("test").await.unwrap();
    assert!(profiles.retain(|| true).await.unwrap());
    assert!(!profiles.retain(|| true).await.unwrap(), "once");
    drain(profiles).await;
    expiring.iter().map(|expiring| expiring.rows).sum()
}

async fn partition(profiles: &Profiles) -> BTreeMap<Uuid, Uuid> {
    worlds::people(profiles).await.into_iter().map(|row| (row.id, row.profile_id)).collect()
}

/// What each profile shows of who somebody is.
async fn described(
    profiles: &Profiles,
) -> Vec<(Uuid, Option<String>, serde_json::Value, serde_json::Value, bool)> {
    let mut all = Vec::new();
    for id in worlds::grouped(&worlds::people(profiles).await).into_keys() {
        let by = crate::view::read::ProfileRef::Id(id);
        let found = profiles.profile(&super::support::reader(), &by).await.unwrap().unwrap();
        // Events go, and with them what brought somebody.
        let mut said = found.traits;
        said.retain(|found| !found.key.contains("_touch.") && found.winner.inferred.is_none());
        for found in &mut said {
            found.confirmed_by.retain(|origin| origin.inferred.is_none());
            found.losers.retain(|loser| loser.origin.inferred.is_none());
        }
        let shown = [json!(said), json!(found.identifiers)];
        let [traits, identifiers] = shown;
        all.push((id, found.display_name, traits, identifiers, found.active));
    }
    all
}

async fn nobody_falls_apart(profiles: &Profiles, steps: &[Step], recognised: Recognised, cut: i64) {
    worlds::rules(profiles, recognised, 2).await;
    worlds::happen(profiles, steps).await;
    let (before, shown) = (partition(profiles).await, described(profiles).await);

    let profiles = &later(profiles, DAY + cut).await;
    profiles.adopt_retention(&strictest()).await.unwrap();
    let old = event::Entity::find().all(profiles.db()).await.unwrap();
    apply(profiles).await;
    assert_eq!(partition(profiles).await, before, "who is who");
    assert_eq!(described(profiles).await, shown, "how they are described");
    assert!(
        event::Entity::find().all(profiles.db()).await.unwrap().iter().all(|row| row.occurred_at >= at(cut))
    );
    let hash = profiles.state_hash(at(3_000_000)).await.unwrap();
    assert_eq!(apply(profiles).await, 0, "nothing is left to go");
    assert_eq!(profiles.state_hash(at(3_000_000)).await.unwrap(), hash, "once more");

    for step in steps {
        let Step::Deliver(source, page) = step else { continue };
        let is_old = |record: &connectors::canonical::Record| match &record.body {
            Body::Order(order) => order.placed_at.is_some_and(|placed| placed < at(cut)),
            _ => false,
        };
        let events =
            page.events.iter().filter(|event| old.iter().any(|row| row.message_id == event.message_id));
        let page = Page {
            records: page.records.iter().filter(|record| is_old(record)).cloned().collect(),
            events: events.filter(|event| event.occurred_at < at(cut)).cloned().collect(),
            ..Page::default()
        };
        worlds::send(profiles, *source, 200, &page).await;
    }
    drain(profiles).await;
    assert_eq!(
        profiles.state_hash(at(3_000_000)).await.unwrap(),
        hash,
        "what is delivered again does not come back"
    );
    profiles.rebuild(at(4_000_000)).await.unwrap();
    assert_eq!(profiles.state_hash(at(3_000_000)).await.unwrap(), hash, "after a rebuild");
}

fn check(cases: u32, postgres: bool) {
    let config = ProptestConfig { cases, max_shrink_iters: 200, ..ProptestConfig::default() };
    let world = (worlds::steps(1..40), Recognised::any(), -1..105_i64);
    TestRunner::new(config)
        .run(&world, |(steps, recognised, cut)| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let scratch =
                    if postgres { Scratch::postgres().await } else { Some(Scratch::sqlite().await) };
                if let Some(scratch) = scratch {
                    nobody_falls_apart(&scratch.profiles, &steps, recognised, cut).await;
                    scratch.close().await;
                }
            });
            Ok(())
        })
        .unwrap();
}

#[test]
fn whatever_goes_everybody_stays_who_they_are() {
    check(40, false);
}

#[test]
fn whatever_goes_everybody_stays_who_they_are_on_postgres() {
    check(6, true);
}

#[tokio::test]
async fn new_rules_are_announced_a_day_before() {
    on_both(async |profiles| {
        let shop = source(profiles, "shop", "ecommerce").await;
        let events = vec![event("e1", "1", 10), event("e2", "2", 20), event("e3", "2", 100 * DAY)];
        deliver(profiles, &shop, 0, &page(vec![person("2", "Bo", Some("bo@example.org"), None)], events)).await;
        let bad = Rejected { external_id: None, reason: "no id".to_owned(), payload: b"{}".to_vec() };
        deliver(profiles, &shop, 0, &Page { rejected: vec![bad], ..Page::default() }).await;
        drain(profiles).await;
        let configured = rules(json!({ "events": "90 days", "sources": { "shop": { "rejected_records": "30 days" } } }));

        let first = &later(profiles, 100 * DAY).await;
        assert!(!first.retain(|| true).await.unwrap(), "without rules nothing is done");
        first.adopt_retention(&configured).await.unwrap();
        assert!(first.retain(|| true).await.unwrap());
        assert!(!first.retain(|| true).await.unwrap());
        let announced = "schedule: retention: in a day this will be removed: 2 events of shop, 1 rejected records of shop";
        assert_eq!(journal(profiles).await, [announced]);
        assert_eq!(event::Entity::find().count(profiles.db()).await.unwrap(), 3, "nothing is gone yet");
        // What is not in force yet drops nothing that arrives.
        deliver(first, &shop, 100 * DAY, &page(vec![], vec![event("e0", "1", 5)])).await;

        let half = &later(profiles, 100 * DAY + DAY / 2).await;
        half.adopt_retention(&configured).await.unwrap();
        assert!(!half.retain(|| true).await.unwrap(), "another start of the server changes nothing");
        let then = &later(profiles, 101 * DAY).await;
        assert!(then.retain(|| true).await.unwrap());
        assert!(!then.retain(|| true).await.unwrap());
        drain(then).await;
        let removed = "schedule: retention: 3 events of shop, 1 rejected records of shop";
        assert_eq!(journal(profiles).await, [announced, removed]);
        assert_eq!(event::Entity::find().count(profiles.db()).await.unwrap(), 1);
        assert_eq!(rejected_record::Entity::find().count(profiles.db()).await.unwrap(), 0);
        assert_eq!(source_identity::Entity::find().count(profiles.db()).await.unwrap(), 2);
        // Who is described by a record needs no keeping.
        assert_eq!(kept_key::Entity::find().all(profiles.db()).await.unwrap().len(), 1);

        let delivery = crate::intake::Delivery {
            source: shop.id,
            stream: "test",
            stamp: at(101 * DAY),
            page: &page(vec![], vec![event("e1", "1", 10), event("e4", "1", 100 * DAY)]),
        };
        let counts = then.deliver(&delivery).await.unwrap();
        assert_eq!((counts.read, counts.dropped, counts.created), (2, 1, 1));

        // Shorter: announced again; meanwhile the former rules hold. Longer: holds at once.
        let shorter = rules(json!({ "events": "1 day", "sources": { "shop": { "rejected_records": "30 days" } } }));
        let day = &later(profiles, 102 * DAY).await;
        day.adopt_retention(&shorter).await.unwrap();
        assert!(day.retain(|| true).await.unwrap() && day.retain(|| true).await.unwrap());
        assert_eq!(event::Entity::find().count(profiles.db()).await.unwrap(), 2);
        let longer = rules(json!({ "events": "200 days" }));
        day.adopt_retention(&longer).await.unwrap();
        deliver(day, &shop, 102 * DAY, &page(vec![], vec![event("e1", "1", 10)])).await;
        assert_eq!(event::Entity::find().count(profiles.db()).await.unwrap(), 3);
        day.adopt_retention(&Rules::default()).await.unwrap();
        let end = &later(profiles, 1_000 * DAY).await;
        assert!(!end.retain(|| true).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn totals_follow_and_what_still_holds_stays() {
    on_both(async |profiles| {
        let shop = source(profiles, "shop", "ecommerce").await;
        let version = |name, email, when| person("1", name, Some(email), Some(when));
        let mut first = version("Ann", "ann@example.org", 10);
        first.created_at = Some(at(-500));
        let records = vec![
            first,
            version("Ann", "old@example.org", 20),
            version("Anne", "ann@example.org", 30),
            version("Anne", "ann@example.org", 2 * DAY),
            order("o1", Some("1"), 5, 10),
            order("o2", Some("1"), 7, 2 * DAY),
        ];
        let mut unplaced = order("o3", Some("guest"), 3, 15);
        if let Body::Order(order) = &mut unplaced.body {
            order.placed_at = None;
        }
        deliver(profiles, &shop, 0, &page(records, vec![])).await;
        deliver(profiles, &shop, 0, &page(vec![unplaced], vec![])).await;
        drain(profiles).await;
        let ann = by_email(profiles, "ann@example.org").await.unwrap();
        assert_eq!(ann.totals.currencies[0].orders, 2);

        let then = &later(profiles, DAY + 3_600).await;
        then.adopt_retention(&rules(json!({ "orders": "1 day", "superseded_versions": "1 day" })))
            .await
            .unwrap();
        assert_eq!(apply(then).await, 4);
        let after = by_email(then, "ann@example.org").await.unwrap();
        assert_eq!(after.totals.currencies[0].orders, 1);
        assert_eq!((after.id, after.created_at), (ann.id, ann.created_at));
        assert_eq!(json!(after.traits), json!(ann.traits), "since when something holds is known as before");
        let versions = record_version::Entity::find().all(then.db()).await.unwrap();
        assert_eq!(versions.iter().filter(|row| row.kind == "person").count(), 3);
        let told = format!("{:?}", versions.iter().map(|row| (&row.body, &row.payload)).collect::<Vec<_>>());
        assert!(!told.contains("old@example.org"), "{told}");
        let guest = then.keys().person(shop.id, "guest");
        assert!(
            worlds::people(then).await.iter().any(|row| row.id == guest),
            "only an order named the guest"
        );
    })
    .await;
}

#[tokio::test]
async fn the_newest_word_on_consent_stays_however_old() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let said = |status, when| ConsentStatement {
            person: "1".to_owned(),
            purpose: "profiling".to_owned(),
            contact_point: None,
            status,
            stated_at: Some(at(when)),
            expires_at: None,
            method: None,
            notice: None,
            evidence: BTreeMap::new(),
        };
        let consents = vec![
            said(ConsentStatus::Granted, 1),
            said(ConsentStatus::Denied, 2),
            said(ConsentStatus::Withdrawn, 3),
        ];
        deliver(profiles, &crm, 0, &Page { consents, ..Page::default() }).await;
        drain(profiles).await;
        let then = &later(profiles, 100 * DAY).await;
        then.adopt_retention(&rules(json!({ "consent_statements": "1 day" }))).await.unwrap();
        // The last yes and the last no are not about the same.
        assert_eq!(apply(then).await, 1);
        let left = consent_statement::Entity::find().all(then.db()).await.unwrap();
        let mut left: Vec<_> = left.iter().map(|row| row.status.as_str()).collect();
        left.sort_unstable();
        assert_eq!(left, ["granted", "withdrawn"]);
    })
    .await;
}

#[tokio::test]
async fn who_is_erased_is_not_kept() {
    let scratch = Scratch::sqlite().await;
    let profiles = &scratch.profiles;
    let web = source(profiles, "web", "web").await;
    deliver(profiles, &web, 0, &page(vec![], vec![event("e1", "visitor-7", 10)])).await;
    drain(profiles).await;
    let then = &later(profiles, 100 * DAY).await;
    then.adopt_retention(&rules(json!({ "events": "1 day" }))).await.unwrap();
    assert_eq!(apply(then).await, 1);
    let profile = worlds::people(then).await[0].profile_id;
    let new = NewRequest::new(RequestKind::Erasure, profile);
    let request = then.receive_request(&new, "test").await.unwrap();
    then.fulfil_request(request.id, false, "test").await.unwrap();
    then.work_on_requests().await.unwrap();
    assert!(worlds::people(then).await.is_empty());
    assert_eq!(kept_key::Entity::find().count(then.db()).await.unwrap(), 0);
    then.rebuild(at(2_000_000)).await.unwrap();
    assert!(worlds::people(then).await.is_empty());
}
