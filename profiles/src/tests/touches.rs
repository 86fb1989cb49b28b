//! Campaigns bring people: first and last touch, and what campaigns tell.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connectors::{
    Page,
    tracking::{self, Endpoint},
};
use entities::event;
use identity::IdentifierKind;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Statement};
use segments::Rule;
use serde_json::{Value, json};

use super::{
    erasure::erase,
    segments::{define, work_out},
    support::{Scratch, admitted, at, deliver, on_both, page, person, reader, source},
};
use crate::{
    Error, Profiles,
    behaviour::{NewMeaning, Parameter},
    view::{
        document::Trait,
        read::{Profile, ProfileRef},
        survivorship::Rule as Survivorship,
    },
};

/// A page that a user saw at a second, brought by a campaign: source and content.
fn seen(user: &str, when: i64, campaign: Option<(&str, &str)>) -> Value {
    let campaign = campaign.map(|(source, content)| json!({ "source": source, "content": content }));
    json!({
        "type": "page", "messageId": format!("{user} {when}"), "userId": user, "timestamp": at(when),
        "context": { "campaign": campaign },
    })
}

fn pages(messages: &[Value]) -> Page {
    let body = json!({ "batch": messages }).to_string();
    let page = tracking::read(body.as_bytes(), Endpoint::Batch, at(1_000_000)).unwrap().page;
    assert_eq!(page.rejected, []);
    page
}

async fn send(profiles: &Profiles, messages: &[Value]) {
    let web = source(profiles, "web", "web").await;
    deliver(profiles, &web, 500_000, &pages(messages)).await;
    profiles.drain(at(900_000)).await.unwrap();
}

async fn of(profiles: &Profiles, user: &str) -> Profile {
    let by = ProfileRef::Identifier(IdentifierKind::UserId, user.to_owned());
    profiles.profile(&reader(), &by).await.unwrap().unwrap()
}

async fn as_of(profiles: &Profiles, user: &str, when: i64) -> Profile {
    let by = ProfileRef::Identifier(IdentifierKind::UserId, user.to_owned());
    profiles.profile_as_of(&reader(), &by, at(when)).await.unwrap().unwrap()
}

fn find<'a>(profile: &'a Profile, key: &str) -> Option<&'a Trait> {
    profile.traits.iter().find(|found| found.key == key)
}

fn value(profile: &Profile, key: &str) -> Option<Value> {
    find(profile, key).map(|found| found.value.clone())
}

/// First and last: source and content.
fn touches(profile: &Profile) -> [Option<Value>; 4] {
    ["first_touch.source", "first_touch.content", "last_touch.source", "last_touch.content"]
        .map(|key| value(profile, key))
}

fn both(first: (&str, &str), last: (&str, &str)) -> [Option<Value>; 4] {
    [first.0, first.1, last.0, last.1].map(|text| Some(json!(text)))
}

async fn mean(profiles: &Profiles, key: &str, pattern: &str, tells: (&str, Value), confidence: u16) {
    let says = meaning(pattern, tells, confidence);
    profiles.define_campaign_meaning(key, says, "test").await.unwrap();
    profiles.drain(at(900_000)).await.unwrap();
}

fn meaning(pattern: &str, (name, value): (&str, Value), confidence: u16) -> NewMeaning {
    let traits = BTreeMap::from([(name.to_owned(), value)]);
    NewMeaning { parameter: Parameter::Content, pattern: pattern.to_owned(), traits, confidence }
}

#[tokio::test]
async fn a_late_older_touch_takes_over_the_first_and_a_newer_one_the_last() {
    on_both(async |profiles| {
        send(profiles, &[seen("1", 5, None), seen("1", 20, Some(("news", "b")))]).await;
        assert_eq!(touches(&of(profiles, "1").await), both(("news", "b"), ("news", "b")));
        send(profiles, &[seen("1", 30, Some(("ad", "c"))), seen("1", 40, None)]).await;
        assert_eq!(touches(&of(profiles, "1").await), both(("news", "b"), ("ad", "c")));
        // Told late.
        send(profiles, &[seen("1", 10, Some(("search", "a"))), seen("1", 25, Some(("search", "a")))]).await;
        let ann = of(profiles, "1").await;
        assert_eq!(touches(&ann), both(("search", "a"), ("ad", "c")));
        let first = find(&ann, "first_touch.source").unwrap();
        assert_eq!((first.winner.at, first.rule), (Some(at(10)), Survivorship::Earliest));
        let web = source(profiles, "web", "web").await;
        assert_eq!(first.winner.source, web.id);
        assert_eq!(find(&ann, "last_touch.source").unwrap().winner.at, Some(at(30)));
        assert_eq!(find(&ann, "first_touch.medium"), None, "of a touch that names none");
        // However many there are.
        let many: Vec<String> = (0..205).map(|n| format!("d{n}")).collect();
        let many: Vec<Value> =
            (0_i64..).zip(&many).map(|(n, name)| seen("1", 50 + n, Some(("daily", name)))).collect();
        send(profiles, &many).await;
        assert_eq!(touches(&of(profiles, "1").await), both(("search", "a"), ("daily", "d204")));
        // Who nothing brought has none.
        send(profiles, &[seen("2", 1, None)]).await;
        assert_eq!(touches(&of(profiles, "2").await), [const { None }; 4]);
    })
    .await;
}

#[tokio::test]
async fn touches_of_one_moment_go_by_message_and_any_order_gives_one_state() {
    let all = [
        seen("1", 10, Some(("news", "b"))),
        seen("1", 30, Some(("ad", "c"))),
        json!({ "type": "page", "messageId": "0", "userId": "1", "timestamp": at(10),
            "context": { "campaign": { "source": "early" } } }),
        json!({ "type": "page", "messageId": "z", "userId": "1", "timestamp": at(30),
            "context": { "campaign": { "source": "late" }, "clickIds": { "gclid": "x" } } }),
    ];
    let mut hashes = Vec::new();
    for turn in 0..all.len() {
        let mut turned = all.clone();
        turned.rotate_left(turn);
        let scratches = [Some(Scratch::sqlite().await), Scratch::postgres().await];
        for scratch in scratches.into_iter().flatten() {
            let profiles = &scratch.profiles;
            mean(profiles, "b", "b", ("job_level", json!("baker")), 500).await;
            for message in turned.iter().chain(&turned) {
                send(profiles, std::slice::from_ref(message)).await;
            }
            let ann = of(profiles, "1").await;
            assert_eq!(touches(&ann), [Some(json!("early")), None, Some(json!("late")), None]);
            assert_eq!(value(&ann, "last_touch.click"), Some(json!("gclid")));
            assert_eq!(value(&ann, "job_level"), Some(json!("baker")));
            let hash = profiles.state_hash(at(1_000_000)).await.unwrap();
            profiles.rebuild(at(900_001)).await.unwrap();
            assert_eq!(profiles.state_hash(at(1_000_000)).await.unwrap(), hash, "after a rebuild");
            hashes.push(hash);
            scratch.close().await;
        }
    }
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[tokio::test]
async fn what_is_erased_or_too_old_brought_nobody() {
    on_both(async |profiles| {
        send(profiles, &[seen("1", 10, Some(("news", "a"))), seen("1", 950_000, Some(("ad", "b")))]).await;
        assert_eq!(touches(&of(profiles, "1").await), both(("news", "a"), ("ad", "b")));
        let days = json!({ "events": "1 day" });
        profiles.adopt_retention(&serde_json::from_value(days).unwrap()).await.unwrap();
        profiles.apply_retention("test").await.unwrap();
        assert!(profiles.retain(|| true).await.unwrap());
        profiles.drain(at(900_000)).await.unwrap();
        assert_eq!(touches(&of(profiles, "1").await), both(("ad", "b"), ("ad", "b")));
    })
    .await;
}

#[tokio::test]
async fn the_link_of_a_campaign_keeps_no_address_of_who_was_erased() {
    on_both(async |profiles| {
        let said = json!({ "type": "identify", "messageId": "i", "userId": "1", "timestamp": at(5),
            "traits": { "email": "anna@example.org" } });
        send(profiles, &[said, seen("1", 10, Some(("news", "a")))]).await;
        send(profiles, &[seen("2", 10, Some(("mail", "a")))]).await;
        send(profiles, &[seen("2", 20, Some(("mail", "to anna@example.org now")))]).await;
        let anna = of(profiles, "1").await;
        erase(profiles, anna.id, false).await;
        profiles.drain(at(900_000)).await.unwrap();
        let left = event::Entity::find().all(profiles.db()).await.unwrap();
        let left: Vec<String> = left.into_iter().filter_map(|row| row.touch).collect();
        assert_eq!(left, [r#"{"content":"a","source":"mail"}"#], "hers are gone, and the one that names her");
        assert_eq!(touches(&of(profiles, "2").await), both(("mail", "a"), ("mail", "a")));
    })
    .await;
}

#[tokio::test]
async fn a_campaign_tells_what_nobody_said_and_says_how_sure_it_is() {
    on_both(async |profiles| {
        mean(profiles, "ceo", "ceo-*", ("job_level", json!("ceo")), 600).await;
        send(profiles, &[seen("1", 10, Some(("news", "CEO-automotive"))), seen("1", 20, None)]).await;
        let ann = of(profiles, "1").await;
        let told = find(&ann, "job_level").unwrap();
        let inference = told.winner.inferred.clone().unwrap();
        assert_eq!((&told.value, told.winner.at), (&json!("ceo"), Some(at(10))));
        assert_eq!((inference.meaning.as_str(), inference.confidence), ("ceo", 600));
        assert_eq!(
            (inference.message_id.as_deref(), inference.touch.unwrap().source.as_deref()),
            (Some("1 10"), Some("news"))
        );

        // Defined later, and for those who are there already.
        mean(profiles, "any", "*", ("job_level", json!("somebody")), 100).await;
        mean(profiles, "car", "*-automotive", ("industry", json!(["cars"])), 300).await;
        let ann = of(profiles, "1").await;
        assert_eq!(value(&ann, "job_level"), Some(json!("ceo")), "surer");
        assert_eq!(value(&ann, "industry"), Some(json!(["cars"])));
        mean(profiles, "any", "*", ("job_level", json!("somebody")), 601).await;
        assert_eq!(value(&of(profiles, "1").await, "job_level"), Some(json!("somebody")));

        // What a source says is another thing.
        let said = json!({ "type": "identify", "messageId": "i", "userId": "1", "timestamp": at(50),
            "traits": { "industry": "ships" } });
        send(profiles, &[said]).await;
        let ann = of(profiles, "1").await;
        let industry = find(&ann, "industry").unwrap();
        assert_eq!((&industry.value, &industry.winner.inferred), (&json!("ships"), &None));
        assert_eq!(industry.losers.len(), 1);
        assert_eq!(industry.losers[0].origin.inferred.as_ref().unwrap().meaning, "car");

        for key in ["any", "ceo", "car"] {
            assert!(profiles.remove_campaign_meaning(key, "test").await.unwrap());
        }
        assert!(!profiles.remove_campaign_meaning("any", "test").await.unwrap());
        profiles.drain(at(900_000)).await.unwrap();
        let ann = of(profiles, "1").await;
        assert_eq!((value(&ann, "job_level"), find(&ann, "industry").unwrap().losers.len()), (None, 0));
    })
    .await;
}

#[tokio::test]
async fn who_is_derived_while_it_is_looked_up_whom_a_meaning_concerns_is_derived_again() {
    on_both(async |profiles| {
        let older = |name: &str| meaning("CEO-*", ("job_level", json!(name)), 600);
        send(profiles, &[seen("1", 10, Some(("news", "Ceo-a")))]).await;
        let concerned = profiles.concerned("ceo", Some(&older("ceo"))).await.unwrap();
        // A touch that is neither the first nor the last one, of somebody whom no such campaign brought before.
        send(profiles, &[seen("2", 10, Some(("news", "x"))), seen("2", 30, Some(("news", "y")))]).await;
        send(profiles, &[seen("2", 20, Some(("news", "CEO-b")))]).await;
        profiles.define_for("ceo", older("ceo"), concerned, "test").await.unwrap();
        profiles.drain(at(900_000)).await.unwrap();
        for user in ["1", "2"] {
            assert_eq!(value(&of(profiles, user).await, "job_level"), Some(json!("ceo")), "{user}");
        }
        // Who looked before somebody else defined another is told.
        let late = profiles.concerned("ceo", Some(&older("boss"))).await.unwrap();
        mean(profiles, "ceo", "*-b", ("job_level", json!("other")), 600).await;
        let refused = profiles.define_for("ceo", older("boss"), late, "test").await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        // Whom the definition before concerned, and the new one does not.
        assert_eq!(value(&of(profiles, "1").await, "job_level"), None);
        assert_eq!(value(&of(profiles, "2").await, "job_level"), Some(json!("other")));
    })
    .await;
}

#[tokio::test]
async fn segments_ask_for_touches_and_what_they_tell_through_time_as_the_past_does() {
    on_both(async |profiles| {
        mean(profiles, "ceo", "ceo-*", ("job_level", json!("ceo")), 600).await;
        mean(profiles, "cto", "cto-*", ("job_level", json!("cto")), 600).await;
        let campaigns =
            [(10, "ceo-a"), (20, "x"), (30, "cto-b"), (40, "x"), (50, "ceo-a"), (60, "y"), (70, "cto-b")];
        let all: Vec<Value> =
            campaigns.iter().map(|(when, name)| seen("1", *when, Some(("s", name)))).collect();
        send(profiles, &all).await;
        let said = json!({ "type": "identify", "messageId": "i", "userId": "1", "timestamp": at(65),
            "traits": { "title": "x" } });
        send(profiles, &[said]).await;
        let rules = [
            ("first", r#"first_touch.content is "ceo-a""#),
            ("last", r#"last_touch.content is "x""#),
            ("ceo", r#"job_level is "ceo""#),
            ("title", r#"job_title is "x" and job_level is "cto""#),
        ];
        for (key, rule) in rules {
            define(profiles, key, rule).await;
        }
        work_out(profiles).await;
        let ann = of(profiles, "1").await;
        let stays =
            profiles.stays(&[admitted(ann.id)], true).await.unwrap().remove(&admitted(ann.id)).unwrap();
        let second = |at_: Option<DateTime<Utc>>| at_.map(|at_| (at_ - at(0)).num_seconds());
        let of = |key: &str| -> Vec<_> {
            let of = stays.iter().filter(|stay| stay.segment == key);
            of.map(|stay| (second(stay.entered_at), second(stay.left_at))).collect()
        };
        assert_eq!(of("first"), [(Some(10), None)]);
        assert_eq!(of("last"), [(Some(20), Some(30)), (Some(40), Some(50))]);
        assert_eq!(of("ceo"), [(Some(10), Some(30)), (Some(50), Some(70))]);
        assert_eq!(of("title"), [(Some(70), None)]);
        for (key, rule) in rules {
            let wanted = Rule::parse(rule).unwrap().depends().traits;
            for (when, _) in campaigns {
                let then = as_of(profiles, "1", when).await;
                let explained =
                    profiles.explain_segment(admitted(ann.id), key, Some(at(when))).await.unwrap();
                let is_in =
                    of(key).iter().any(|(from, to)| *from <= Some(when) && to.is_none_or(|to| to > when));
                assert_eq!(explained.explanation.holds, is_in, "{key} at {when}");
                let expected = match key {
                    "first" => value(&then, "first_touch.content") == Some(json!("ceo-a")),
                    "last" => value(&then, "last_touch.content") == Some(json!("x")),
                    "ceo" => value(&then, "job_level") == Some(json!("ceo")),
                    _ => {
                        value(&then, "job_level") == Some(json!("cto")) && value(&then, "job_title").is_some()
                    }
                };
                assert_eq!(expected, is_in, "{wanted:?} as of {when}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_meaning_that_cannot_be_is_refused_with_its_field() {
    let scratch = Scratch::sqlite().await;
    let long = "x".repeat(161);
    let refused = [
        ("Key", meaning("a", ("job_level", json!("x")), 1), "key"),
        ("a", meaning("", ("job_level", json!("x")), 1), "pattern"),
        ("a", meaning(&long, ("job_level", json!("x")), 1), "pattern"),
        ("a", meaning("a", ("job_level", json!("x")), 0), "confidence"),
        ("a", meaning("a", ("job_level", json!("x")), 1_001), "confidence"),
        ("a", meaning("a", ("email", json!("x@example.org")), 1), "traits"),
        ("a", meaning("a", ("first_touch.source", json!("x")), 1), "traits"),
        ("a", meaning("a", ("job_level", json!(null)), 1), "traits"),
        ("a", meaning("a", ("job_level", json!([[]])), 1), "traits"),
        ("a", meaning("a", ("job_level", json!("x".repeat(1_000))), 1), "traits"),
        ("a", meaning("a", ("", json!("x")), 1), "traits"),
        ("a", NewMeaning { traits: BTreeMap::new(), ..meaning("a", ("a", json!(1)), 1) }, "traits"),
    ];
    for (key, says, wrong) in refused {
        let error = scratch.profiles.define_campaign_meaning(key, says.clone(), "test").await.unwrap_err();
        assert!(matches!(&error, Error::Invalid { path, .. } if path == wrong), "{says:?}: {error}");
    }
    let says = meaning("a", ("job_level", json!("x")), 1);
    let first = scratch.profiles.define_campaign_meaning("a", says.clone(), "test").await.unwrap();
    let again = scratch.profiles.define_campaign_meaning("a", says, "another").await.unwrap();
    assert_eq!((first.version, &again), (1, &first), "the same again is no new version");
}

#[tokio::test]
async fn events_of_no_campaign_stand_in_no_index_of_touches_and_those_of_one_are_found_by_it() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        deliver(profiles, &crm, 1, &page(vec![person("1", "Ann", None, None)], vec![])).await;
        send(profiles, &[seen("1", 10, Some(("news", "a"))), seen("1", 20, None)]).await;
        let with = event::Entity::find().filter(event::Column::Touch.is_not_null());
        assert_eq!(with.all(profiles.db()).await.unwrap().len(), 1);
        let db = profiles.db();
        let backend = db.get_database_backend();
        let (explain, column) = match backend {
            sea_orm::DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
            _ => ("EXPLAIN QUERY PLAN", "detail"),
        };
        if backend == sea_orm::DbBackend::Postgres {
            db.execute_unprepared("SET enable_seqscan = off").await.unwrap();
        }
        for (by, index) in [
            ("touch", "event_source_identity_id_touch_occurred_at_where_touch"),
            ("occurred_at", "event_source_identity_id_occurred_at_where_touch"),
        ] {
            let query = format!(
                "SELECT e.touch FROM event e WHERE e.source_identity_id = $1 AND e.touch IS NOT NULL ORDER BY e.{by} LIMIT 1"
            );
            let sql = format!("{explain} {query}");
            let asked = Statement::from_sql_and_values(backend, sql, [uuid::Uuid::nil().into()]);
            let plan = db.query_all_raw(asked).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.try_get("", column).unwrap()).collect();
            let plan = plan.join("\n");
            assert!(plan.contains(index), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
        }
    })
    .await;
}
