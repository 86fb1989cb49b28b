//! Segments on real databases: real time, time alone, everybody, and the same for any order.

use chrono::{DateTime, Utc};
use connectors::{
    Page,
    canonical::{Body, Product, Record},
    tracking::{self, Endpoint},
};
use entities::{membership, membership_change, segment_clock};
use identity::IdentifierKind;
use sea_orm::{EntityTrait, QueryOrder};
use segments::Rule;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    fresh::in_fresh,
    support::{admitted, at, deliver, on_both, order, page, person, reader, source},
    worlds::{self, drain},
};
use crate::{Error, Profiles, audiences::NewSegment, view::read::ProfileRef};

pub(super) async fn define(profiles: &Profiles, key: &str, rule: &str) {
    let rule = Rule::parse(rule).unwrap();
    let new = NewSegment { key: key.to_owned(), name: key.to_owned(), description: String::new(), rule };
    profiles.define_segment(new, "test").await.unwrap();
}

/// Works out what was defined for everybody.
pub(super) async fn work_out(profiles: &Profiles) {
    while profiles.work_out_some().await.unwrap() {}
}

fn message(kind: &str, user: &str, when: i64, more: &Value) -> Value {
    let mut message = json!({
        "type": kind, "messageId": format!("{kind} {user} {when} {more}"), "userId": user, "timestamp": at(when),
    });
    for (key, value) in more.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn messages(messages: &[Value]) -> Page {
    let body = json!({ "batch": messages }).to_string();
    tracking::read(body.as_bytes(), Endpoint::Batch, at(100_000_000)).unwrap().page
}

async fn send(profiles: &Profiles, all: &[Value]) {
    let web = source(profiles, "web", "web").await;
    deliver(profiles, &web, 1, &messages(all)).await;
}

fn did(user: &str, what: &str, when: i64) -> Value {
    message("track", user, when, &json!({ "event": what, "properties": { "price": when } }))
}

async fn id_of(profiles: &Profiles, user: &str) -> Uuid {
    let by = ProfileRef::Identifier(IdentifierKind::UserId, user.to_owned());
    profiles.profile(&reader(), &by).await.unwrap().unwrap().id
}

/// The stays of a user in a segment, in seconds.
async fn stays(profiles: &Profiles, user: &str, segment: &str) -> Vec<(Option<i64>, Option<i64>)> {
    let id = admitted(id_of(profiles, user).await);
    let stays = profiles.stays(&[id], true).await.unwrap().remove(&id).unwrap_or_default();
    let second = |at_: DateTime<Utc>| (at_ - at(0)).num_seconds();
    stays
        .into_iter()
        .filter(|stay| stay.segment == segment)
        .map(|stay| (stay.entered_at.map(second), stay.left_at.map(second)))
        .collect()
}

/// What was told, in order: segment, entered or left, and the second.
async fn told(profiles: &Profiles) -> Vec<(String, bool, i64)> {
    let all = profiles.membership_changes(0, 1_000).await.unwrap();
    all.into_iter().map(|row| (row.segment, row.entered, (row.at - at(0)).num_seconds())).collect()
}

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_fact_moves_the_person_and_the_stay_says_since_when() {
    on_both(async |profiles| {
        define(profiles, "viewers", r#"did "Product Viewed" at least 2 times"#).await;
        define(profiles, "buyers", r#"in segment "viewers" and did "Order Completed""#).await;
        work_out(profiles).await;
        send(profiles, &[did("1", "Product Viewed", 10), did("2", "Product Viewed", 10)]).await;
        drain(profiles).await;
        assert_eq!(stays(profiles, "1", "viewers").await, []);
        send(profiles, &[did("1", "Product Viewed", 20), did("1", "Order Completed", 30)]).await;
        drain(profiles).await;
        assert_eq!(stays(profiles, "1", "viewers").await, [(Some(20), None)]);
        assert_eq!(stays(profiles, "1", "buyers").await, [(Some(30), None)]);
        assert_eq!(stays(profiles, "2", "viewers").await, []);
        // What is heard of late moves the beginning, and nobody is told twice.
        send(profiles, &[did("1", "Product Viewed", 5)]).await;
        drain(profiles).await;
        assert_eq!(stays(profiles, "1", "viewers").await, [(Some(10), None)]);
        let entered = |key: &str, at| (key.to_owned(), true, at);
        assert_eq!(told(profiles).await, [entered("viewers", 20), entered("buyers", 30)]);
        let sizes = profiles.audiences(&["viewers".to_owned(), "buyers".to_owned()]).await.unwrap();
        assert_eq!((sizes["viewers"].size, sizes["buyers"].size), (1, 1));
        let overlap = profiles.overlap("viewers", "buyers").await.unwrap();
        assert_eq!((overlap.only_this, overlap.only_other, overlap.both), (0, 0, 1));
    })
    .await;
}

#[tokio::test]
async fn traits_orders_and_consent_count_through_time() {
    on_both(async |profiles| {
        define(profiles, "germans", r#"address.country is "DE""#).await;
        define(profiles, "vip", "total of orders in EUR >= 100").await;
        define(profiles, "mail", "email_marketing is allowed").await;
        let crm = source(profiles, "crm", "crm").await;
        let lives = |country: &str, when: i64| {
            let mut record = person("1", "Ann", Some("ann@example.org"), Some(when));
            let connectors::canonical::Body::Person(person) = &mut record.body else { unreachable!() };
            person.traits.insert("address".to_owned(), json!({ "country": country }));
            person.identify(connectors::canonical::IdentifierKind::UserId, Some("1"));
            record.payload = json!([country, when]).to_string().into_bytes();
            record
        };
        let records = vec![
            lives("DE", 10),
            lives("NL", 20),
            lives("DE", 30),
            order("a", Some("1"), 60, 5),
            order("b", Some("1"), 60, 15),
        ];
        deliver(profiles, &crm, 1, &page(records, vec![])).await;
        let said = |granted, when| connectors::canonical::ConsentStatement {
            person: "1".to_owned(),
            contact_point: None,
            purpose: "email_marketing".to_owned(),
            status: if granted {
                connectors::canonical::ConsentStatus::Granted
            } else {
                connectors::canonical::ConsentStatus::Withdrawn
            },
            stated_at: Some(at(when)),
            expires_at: None,
            method: None,
            notice: None,
            evidence: std::collections::BTreeMap::default(),
        };
        let consents = vec![said(true, 40), said(false, 50)];
        deliver(profiles, &crm, 1, &Page { consents, ..Page::default() }).await;
        drain(profiles).await;
        for worked_out in [false, true] {
            if worked_out {
                work_out(profiles).await;
            }
            assert_eq!(stays(profiles, "1", "germans").await, [(Some(10), Some(20)), (Some(30), None)]);
            assert_eq!(stays(profiles, "1", "vip").await, [(Some(15), None)]);
            assert_eq!(stays(profiles, "1", "mail").await, [(Some(40), Some(50))]);
        }
        let id = admitted(id_of(profiles, "1").await);
        let why = |at_| profiles.explain_segment(id, "germans", at_);
        assert!(why(None).await.unwrap().explanation.holds);
        let then = why(Some(at(25))).await.unwrap().explanation;
        assert!(!then.holds);
        assert!(serde_json::to_string(&then).unwrap().contains("NL"), "{then:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_learned_of_a_product_late_counts_for_whoever_bought_it() {
    on_both(async |profiles| {
        define(profiles, "runners", r#"bought category "Shoes""#).await;
        work_out(profiles).await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let mut buyer = person("1", "Ann", Some("ann@example.org"), Some(1));
        let connectors::canonical::Body::Person(body) = &mut buyer.body else { unreachable!() };
        body.identify(connectors::canonical::IdentifierKind::UserId, Some("1"));
        deliver(profiles, &shop, 1, &page(vec![buyer, order("a", Some("1"), 60, 5)], vec![])).await;
        drain(profiles).await;
        assert_eq!(stays(profiles, "1", "runners").await, []);
        let product = |category: &str, when: i64| Record {
            external_id: "p".to_owned(),
            updated_at: Some(at(when)),
            created_at: None,
            deleted: false,
            payload: json!([category, when]).to_string().into_bytes(),
            body: Body::Product(Product { categories: vec![category.to_owned()], ..Product::default() }),
        };
        for (category, when, expected) in
            [("Shoes", 10, vec![(Some(5), None)]), ("Hats", 20, vec![]), ("Shoes", 30, vec![(Some(5), None)])]
        {
            deliver(profiles, &shop, when, &page(vec![product(category, when)], vec![])).await;
            drain(profiles).await;
            assert_eq!(stays(profiles, "1", "runners").await, expected, "{category}");
        }
    })
    .await;
}

#[tokio::test]
async fn those_who_are_only_asked_on_the_way_are_told_when_they_move() {
    on_both(async |profiles| {
        define(profiles, "recent", r#"did "Product Viewed" within the last 1 day"#).await;
        work_out(profiles).await;
        send(profiles, &[did("1", "Product Viewed", 100)]).await;
        profiles.drain(at(200)).await.unwrap();
        assert_eq!(stays(profiles, "1", "recent").await, [(Some(100), None)]);
        // Asks for the other one after its time has come, and before anybody drained.
        define(profiles, "asking", r#"in segment "recent""#).await;
        work_out(profiles).await;
        drain(profiles).await;
        let expected = [("recent".to_owned(), true, 100), ("recent".to_owned(), false, 100 + DAY)];
        assert_eq!(told(profiles).await, expected);
        assert_eq!(stays(profiles, "1", "asking").await, [(Some(100), Some(100 + DAY))]);
    })
    .await;
}

#[tokio::test]
async fn time_alone_moves_people_at_the_exact_instant_also_while_nobody_ran() {
    on_both(async |profiles| {
        define(
            profiles,
            "lapsed",
            r#"did "Order Completed" and not did "Order Completed" within the last 30 days"#,
        )
        .await;
        define(profiles, "recent", r#"did "Order Completed" within the last 7 days"#).await;
        work_out(profiles).await;
        send(profiles, &[did("1", "Order Completed", 0), did("2", "Order Completed", DAY)]).await;
        let drain_at = async |second| profiles.drain(at(second)).await.unwrap();
        drain_at(2 * DAY).await;
        assert_eq!(stays(profiles, "1", "recent").await, [(Some(0), None)]);
        assert_eq!(stays(profiles, "1", "lapsed").await, []);
        drain_at(7 * DAY - 1).await;
        assert_eq!(stays(profiles, "1", "recent").await, [(Some(0), None)]);
        drain_at(7 * DAY).await;
        assert_eq!(stays(profiles, "1", "recent").await, [(Some(0), Some(7 * DAY))]);
        // Nobody runs for two months: what happened meanwhile is caught up with, each at its own instant and in order.
        let before = told(profiles).await.len();
        drain_at(60 * DAY).await;
        assert_eq!(stays(profiles, "1", "lapsed").await, [(Some(30 * DAY), None)]);
        assert_eq!(stays(profiles, "2", "lapsed").await, [(Some(31 * DAY), None)]);
        assert_eq!(stays(profiles, "2", "recent").await, [(Some(DAY), Some(8 * DAY))]);
        let told = told(profiles).await;
        assert_eq!(
            told[before..],
            [
                ("recent".to_owned(), false, 8 * DAY),
                ("lapsed".to_owned(), true, 30 * DAY),
                ("lapsed".to_owned(), true, 31 * DAY)
            ]
        );
        assert!(segment_clock::Entity::find().all(profiles.db()).await.unwrap().is_empty());
        // Nothing is left to do.
        assert_eq!(profiles.drain(at(90 * DAY)).await.unwrap().keys, 0);
    })
    .await;
}

#[tokio::test]
async fn people_who_merge_and_part_take_their_stays_along() {
    on_both(async |profiles| {
        define(profiles, "both", r#"did "A" and did "B""#).await;
        work_out(profiles).await;
        send(profiles, &[did("1", "A", 10), did("2", "B", 20)]).await;
        drain(profiles).await;
        let [one, two] = [id_of(profiles, "1").await, id_of(profiles, "2").await];
        let word = super::worlds::word(at(1_500));
        let merged = profiles.merge(&[one, two], &word).await.unwrap();
        assert_eq!(stays(profiles, "1", "both").await, [(Some(20), None)]);
        profiles.undo(merged.decision.id, &super::worlds::word(at(1_600))).await.unwrap();
        assert_eq!(stays(profiles, "1", "both").await, []);
        assert_eq!(stays(profiles, "2", "both").await, []);
        assert!(membership::Entity::find().all(profiles.db()).await.unwrap().is_empty());
        let told = membership_change::Entity::find().order_by_asc(membership_change::Column::Id);
        let told: Vec<bool> =
            told.all(profiles.db()).await.unwrap().into_iter().map(|row| row.entered).collect();
        assert_eq!(told, [true, false]);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_defined_is_told_why() {
    let scratch = super::support::Scratch::sqlite().await;
    let profiles = &scratch.profiles;
    define(profiles, "a", r#"country is "DE""#).await;
    define(profiles, "b", r#"in segment "a""#).await;
    let refused = async |key: &str, rule: &str| {
        let rule = Rule::parse(rule).unwrap();
        let new = NewSegment { key: key.to_owned(), name: "x".to_owned(), description: String::new(), rule };
        profiles.define_segment(new, "test").await.unwrap_err().to_string()
    };
    assert!(refused("a", r#"in segment "b""#).await.contains("`a` → `b` → `a`"));
    assert!(refused("c", r#"in segment "nobody""#).await.contains("no segment `nobody`"));
    assert!(refused("C!", r#"country is "DE""#).await.contains("lower-case"));
    assert!(matches!(profiles.remove_segment("a", "test").await, Err(Error::Conflict(_))));
    assert!(profiles.remove_segment("b", "test").await.unwrap());
    assert!(!profiles.remove_segment("b", "test").await.unwrap());
    assert!(profiles.remove_segment("a", "test").await.unwrap());
    assert_eq!(profiles.segments().await.unwrap().len(), 0);
    // A key that comes back goes on with the next version.
    define(profiles, "a", r#"country is "FR""#).await;
    assert_eq!(profiles.segment("a").await.unwrap().unwrap().version, 3);
}

#[tokio::test]
async fn a_rule_that_is_changed_is_worked_out_for_everybody_and_previewed_alike() {
    on_both(async |profiles| {
        let viewed: Vec<Value> =
            (0..25).map(|n| did(&n.to_string(), if n % 3 == 0 { "A" } else { "B" }, n)).collect();
        send(profiles, &viewed).await;
        drain(profiles).await;
        for (rule, expected) in
            [(r#"did "A""#, 9), (r#"not did "A""#, 16), (r#"did "B""#, 16), (r#"did "C""#, 0)]
        {
            define(profiles, "s", rule).await;
            define(profiles, "t", r#"not in segment "s""#).await;
            work_out(profiles).await;
            let keys = ["s".to_owned(), "t".to_owned()];
            let sizes = profiles.audiences(&keys).await.unwrap();
            assert_eq!((sizes["s"].size, sizes["t"].size), (expected, 25 - expected), "{rule}");
            assert!(sizes["s"].complete && sizes["t"].complete);
            let preview = profiles.preview_segment(&reader(), &Rule::parse(rule).unwrap(), 5).await.unwrap();
            assert_eq!((preview.size, preview.of, preview.asked), (expected, 25, 25));
            assert_eq!(preview.sample.len() as u64, expected.min(5));
            let mut members = Vec::new();
            loop {
                let after = members.last().map(|(profile, _): &(crate::view::read::Profile, _)| profile.id);
                let next = profiles.segment_members(&reader(), "s", 4, after).await.unwrap();
                if next.is_empty() {
                    break;
                }
                members.extend(next);
            }
            assert_eq!(members.len() as u64, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn worked_out_for_everybody_is_the_same_as_worked_out_as_it_happened() {
    let worlds = (worlds::steps(20..50), worlds::Recognised::any());
    in_fresh(worlds, 6, 12, async |[profiles], (steps, recognised)| {
        worlds::rules(profiles, *recognised, 3).await;
        worlds::happen(profiles, steps).await;
        let stays = async || {
            let mut all = membership::Entity::find().all(profiles.db()).await.unwrap();
            all.sort_by(|a, b| (a.profile_id, &a.segment, a.stay).cmp(&(b.profile_id, &b.segment, b.stay)));
            all
        };
        let as_it_happened = stays().await;
        for segment in profiles.segments().await.unwrap() {
            define(profiles, &segment.key, &segment.rule.to_string()).await;
        }
        membership::Entity::delete_many().exec(profiles.db()).await.unwrap();
        work_out(profiles).await;
        assert_eq!(stays().await, as_it_happened);
        as_it_happened.len() > 3
    })
    .await;
}

#[tokio::test]
async fn a_list_is_asked_for_by_rules_and_goes_where_its_people_go() {
    on_both(async |profiles| {
        let rule = Rule::parse(r#"in list "fair""#).unwrap();
        let new =
            NewSegment { key: "fair".to_owned(), name: "x".to_owned(), description: String::new(), rule };
        let early = profiles.define_segment(new, "test").await;
        assert!(matches!(early, Err(Error::Invalid { .. })), "{early:?}");
        profiles.create_list("fair", "Trade fair", "test").await.unwrap();
        assert!(matches!(profiles.create_list("fair", "x", "test").await, Err(Error::Conflict(_))));
        define(profiles, "fair", r#"in list "fair""#).await;
        work_out(profiles).await;
        send(profiles, &[did("1", "Page Viewed", 10), did("2", "Page Viewed", 20)]).await;
        drain(profiles).await;

        let user = |user: &str| ProfileRef::Identifier(IdentifierKind::UserId, user.to_owned());
        let both = [user("1"), user("nobody"), user("1")];
        let listed = profiles.change_list("fair", &both, true, "test").await.unwrap();
        assert_eq!((listed.changed, listed.unknown), (1, vec![1]));
        assert_eq!(profiles.change_list("fair", &both, true, "test").await.unwrap().changed, 0, "already");
        drain(profiles).await;
        let now = (profiles.now() - at(0)).num_seconds();
        assert_eq!(stays(profiles, "1", "fair").await, [(Some(now), None)]);
        assert_eq!(stays(profiles, "2", "fair").await, []);
        let sizes = profiles.list_sizes(&["fair".to_owned(), "other".to_owned()]).await.unwrap();
        assert_eq!(sizes, [("fair".to_owned(), 1)].into());

        // Whoever turns out to be the same person is on it, and is not any more when the two are parted.
        let said = message("identify", "2", 30, &json!({ "traits": { "email": "ann@example.org" } }));
        let alike = message("identify", "1", 30, &json!({ "traits": { "email": "ann@example.org" } }));
        send(profiles, &[said, alike]).await;
        drain(profiles).await;
        assert_eq!(stays(profiles, "2", "fair").await, [(Some(now), None)]);
        let other = message("identify", "2", 40, &json!({ "traits": { "email": "bea@example.org" } }));
        send(profiles, &[other]).await;
        drain(profiles).await;
        assert_eq!(stays(profiles, "1", "fair").await, [(Some(now), None)]);
        assert_eq!(stays(profiles, "2", "fair").await, []);

        let rebuilt = profiles.state_hash(at(3_000_000)).await.unwrap();
        profiles.rebuild(at(2_000_000)).await.unwrap();
        assert_eq!(profiles.state_hash(at(3_000_000)).await.unwrap(), rebuilt);

        assert!(matches!(profiles.remove_list("fair").await, Err(Error::Conflict(_))));
        profiles.change_list("fair", &[user("1")], false, "test").await.unwrap();
        drain(profiles).await;
        assert_eq!(stays(profiles, "1", "fair").await, [], "off again at the very instant");
        profiles.remove_segment("fair", "test").await.unwrap();
        assert!(profiles.remove_list("fair").await.unwrap());
        assert!(!profiles.remove_list("fair").await.unwrap());
        let missing = profiles.change_list("fair", &[user("1")], true, "test").await;
        assert!(matches!(missing, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test]
async fn who_merges_while_a_list_is_changed_is_on_it() {
    on_both(async |profiles| {
        profiles.create_list("fair", "Trade fair", "test").await.unwrap();
        send(profiles, &[did("1", "Page Viewed", 10), did("2", "Page Viewed", 20)]).await;
        drain(profiles).await;
        let user = |user: &str| ProfileRef::Identifier(IdentifierKind::UserId, user.to_owned());
        let members = profiles.members_named(&[user("1"), user("2")]).await.unwrap();
        // One of the two profiles is gone before anything is written.
        let same =
            |who: &str| message("identify", who, 30, &json!({ "traits": { "email": "ann@example.org" } }));
        send(profiles, &[same("1"), same("2")]).await;
        drain(profiles).await;
        for member in members {
            // Whichever of them it was.
            let listed = profiles.change_members("fair", &[member], true, "test").await.unwrap();
            assert_eq!((listed.changed, listed.unknown), (1, vec![]));
            let sizes = profiles.list_sizes(&["fair".to_owned()]).await.unwrap();
            assert_eq!(sizes["fair"], 1);
            let listed = profiles.change_members("fair", &[member], false, "test").await.unwrap();
            assert_eq!(listed.changed, 1);
        }
        let gone = profiles.change_members("fair", &[Some(Uuid::nil()), None], true, "test").await.unwrap();
        assert_eq!((gone.changed, gone.unknown), (0, vec![0, 1]));
    })
    .await;
}

#[tokio::test]
async fn whom_only_a_list_names_goes_with_it() {
    on_both(async |profiles| {
        let shop = source(profiles, "shop", "ecommerce").await;
        let buyer = async |who: &str, placed: i64| {
            deliver(profiles, &shop, placed, &page(vec![order("o1", Some(who), 5, placed)], vec![])).await;
            drain(profiles).await;
        };
        let named = |who: &str| ProfileRef::Record { source: "shop".to_owned(), external_id: who.to_owned() };
        profiles.create_list("fair", "Trade fair", "test").await.unwrap();
        buyer("x", 10).await;
        assert_eq!(profiles.change_list("fair", &[named("x")], true, "test").await.unwrap().changed, 1);
        // The order turns out to be another's.
        buyer("y", 20).await;
        let is_there = async |who: &str| profiles.profile(&reader(), &named(who)).await.unwrap().is_some();
        assert!(is_there("x").await && is_there("y").await);
        assert!(profiles.remove_list("fair").await.unwrap());
        drain(profiles).await;
        assert!(!is_there("x").await && is_there("y").await);
        let left = profiles.state_hash(at(3_000_000)).await.unwrap();
        profiles.rebuild(at(2_000_000)).await.unwrap();
        assert_eq!(profiles.state_hash(at(3_000_000)).await.unwrap(), left);
    })
    .await;
}
