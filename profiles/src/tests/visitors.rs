//! Who did what on a site: visitors that become users, browsers that are shared.

use connectors::{
    Page,
    tracking::{self, Endpoint},
};
use entities::{event, source_identity};
use identity::{IdentifierKind, Verdict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement};
use serde_json::{Value, json};

use super::{
    support::{Scratch, admitted, at, deliver, event, on_both, person, reader, source},
    worlds::word,
};
use crate::{
    Profiles,
    access::Visitor,
    personalisation::{Cap, NewSlot, Variant},
    store::begin_write,
    view::{
        read::{Profile, ProfileRef},
        timeline::Stretch,
    },
};

/// A message of a kind, at a second.
fn message(kind: &str, ids: (Option<&str>, Option<&str>), when: i64, more: &Value) -> Value {
    let (user, visitor) = ids;
    let mut message = json!({
        "type": kind,
        "messageId": format!("{kind} {ids:?} {when}"),
        "userId": user,
        "anonymousId": visitor,
        "event": "Product Viewed",
        "timestamp": at(when),
    });
    for (key, value) in more.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn page(messages: &[Value]) -> Page {
    let body = json!({ "batch": messages }).to_string();
    let page = tracking::read(body.as_bytes(), Endpoint::Batch, at(1_000)).unwrap().page;
    assert_eq!(page.rejected, []);
    page
}

fn viewed(visitor: &str, when: i64) -> Value {
    message("track", (None, Some(visitor)), when, &json!({}))
}

fn login(user: &str, visitor: &str, when: i64, traits: &Value) -> Value {
    message("identify", (Some(user), Some(visitor)), when, &json!({ "traits": traits }))
}

async fn send(profiles: &Profiles, messages: &[Value]) {
    let web = source(profiles, "web", "web").await;
    deliver(profiles, &web, 1_000, &page(messages)).await;
    profiles.drain(at(2_000)).await.unwrap();
}

async fn of_user(profiles: &Profiles, user: &str) -> Option<Profile> {
    let by = ProfileRef::Identifier(IdentifierKind::UserId, user.to_owned());
    profiles.profile(&reader(), &by).await.unwrap()
}

async fn of_visitor(profiles: &Profiles, visitor: &str) -> Option<Profile> {
    let by = ProfileRef::Identifier(IdentifierKind::AnonymousId, visitor.to_owned());
    profiles.profile(&reader(), &by).await.unwrap()
}

/// The seconds at which somebody did something.
async fn times(profiles: &Profiles, profile: &Profile) -> Vec<i64> {
    let who = admitted(profile.id);
    let all = Stretch { first: 1_000, after: None, until: None };
    let timeline = profiles.timeline(std::slice::from_ref(&who), &all).await.unwrap().remove(&who).unwrap();
    let mut times: Vec<i64> =
        timeline.iter().map(|entry| (entry.at.unwrap() - at(0)).num_seconds()).collect();
    times.sort_unstable();
    times
}

fn trait_of<'a>(profile: &'a Profile, key: &str) -> Option<&'a Value> {
    profile.traits.iter().find(|found| found.key == key).map(|found| &found.value)
}

#[tokio::test]
async fn a_visitor_who_logs_in_brings_along_what_was_done_before() {
    on_both(async |profiles| {
        send(profiles, &[viewed("a", 1), viewed("a", 2), viewed("b", 3)]).await;
        let before = of_visitor(profiles, "a").await.unwrap();
        assert_eq!(times(profiles, &before).await, [1, 2]);
        assert!(of_user(profiles, "1").await.is_none());

        let events = || async {
            let all = event::Entity::find().order_by_asc(event::Column::Id).all(profiles.db()).await.unwrap();
            all.into_iter().map(|row| (row.message_id, row.source_identity_id)).collect::<Vec<_>>()
        };
        let stored = events().await;
        send(profiles, &[login("1", "a", 5, &json!({ "email": "ann@example.org", "plan": "pro" }))]).await;
        let ann = of_user(profiles, "1").await.unwrap();
        assert_eq!(times(profiles, &ann).await, [1, 2, 5]);
        assert_eq!(of_visitor(profiles, "a").await.unwrap().id, ann.id);
        assert_ne!(of_visitor(profiles, "b").await.unwrap().id, ann.id);
        assert_eq!(trait_of(&ann, "web.plan"), Some(&json!("pro")));
        assert_eq!(events().await[..3], stored, "nothing is rewritten");
        let links = profiles.links(&[admitted(ann.id)], 10).await.unwrap().remove(&admitted(ann.id)).unwrap();
        let rules: Vec<&str> = links.iter().map(|link| link.rule.as_str()).collect();
        assert_eq!(rules, ["login"]);
        // The other sources know her by her address.
        let crm = source(profiles, "crm", "crm").await;
        let record = person("c-1", "Ann", Some("ann@example.org"), Some(1));
        deliver(profiles, &crm, 2_000, &super::support::page(vec![record], vec![])).await;
        profiles.drain(at(2_000)).await.unwrap();
        let ann = of_user(profiles, "1").await.unwrap();
        assert_eq!(of_visitor(profiles, "a").await.unwrap().id, ann.id);
        assert_eq!(trait_of(&ann, "first_name"), Some(&json!("Ann")));
    })
    .await;
}

#[tokio::test]
async fn two_users_of_one_browser_stay_two_and_each_has_what_was_done_in_their_time() {
    on_both(async |profiles| {
        let none = json!({});
        send(
            profiles,
            &[
                viewed("a", 1),
                login("1", "a", 2, &none),
                viewed("a", 3),
                login("2", "a", 4, &none),
                viewed("a", 5),
                login("1", "a", 6, &none),
                viewed("a", 7),
            ],
        )
        .await;
        let both = async || [of_user(profiles, "1").await.unwrap(), of_user(profiles, "2").await.unwrap()];
        let [one, two] = both().await;
        assert_ne!(one.id, two.id);
        assert_eq!(
            (times(profiles, &one).await, times(profiles, &two).await),
            (vec![1, 2, 3, 6, 7], vec![4, 5])
        );
        // One more login is heard of late, and a view.
        send(profiles, &[login("2", "a", 8, &none), viewed("a", 9), viewed("a", 4)]).await;
        let [one, two] = both().await;
        assert_eq!(
            (times(profiles, &one).await, times(profiles, &two).await),
            (vec![1, 2, 3, 6, 7], vec![4, 4, 5, 8, 9])
        );
        // Somebody was there before both.
        send(profiles, &[login("3", "a", 0, &none)]).await;
        let [one, two] = both().await;
        let three = of_user(profiles, "3").await.unwrap();
        assert_eq!(times(profiles, &three).await, [0, 1]);
        assert_eq!(
            (times(profiles, &one).await, times(profiles, &two).await),
            (vec![2, 3, 6, 7], vec![4, 4, 5, 8, 9])
        );
        let hash = profiles.state_hash(at(3_000)).await.unwrap();
        profiles.rebuild(at(2_000)).await.unwrap();
        assert_eq!(profiles.state_hash(at(3_000)).await.unwrap(), hash);
        assert_eq!(times(profiles, &of_user(profiles, "3").await.unwrap()).await, [0, 1]);
    })
    .await;
}

#[tokio::test]
async fn somebody_has_many_browsers_and_a_word_parts_them() {
    on_both(async |profiles| {
        // More than an identifier may have carriers.
        let many: Vec<Value> = (0..60)
            .flat_map(|n| {
                let visitor = format!("anon-{n}");
                [viewed(&visitor, n), login("1", &visitor, n + 100, &json!({}))]
            })
            .collect();
        send(profiles, &many).await;
        let ann = of_user(profiles, "1").await.unwrap();
        let members = source_identity::Entity::find()
            .filter(source_identity::Column::ProfileId.eq(ann.id))
            .all(profiles.db())
            .await
            .unwrap();
        assert_eq!(members.len(), 61);
        let web = source(profiles, "web", "web").await;
        let [user, visitor] = ["user:1", "visitor:anon-7"].map(|id| profiles.keys().person(web.id, id));
        profiles.decide_pair(user, visitor, Verdict::Different, &word(at(1_500))).await.unwrap();
        assert_ne!(
            of_visitor(profiles, "anon-7").await.unwrap().id,
            of_user(profiles, "1").await.unwrap().id
        );
        assert_eq!(
            of_visitor(profiles, "anon-8").await.unwrap().id,
            of_user(profiles, "1").await.unwrap().id
        );
    })
    .await;
}

#[tokio::test]
async fn traits_are_said_in_part_and_an_alias_is_another_name() {
    on_both(async |profiles| {
        let said = |when, traits| message("identify", (Some("1"), None), when, &json!({ "traits": traits }));
        send(
            profiles,
            &[
                said(5, json!({ "email": null, "phone": "+31620417735" })),
                said(1, json!({ "email": "ann@example.org", "firstName": "Ann", "plan": "pro" })),
                said(3, json!({ "plan": "basic" })),
            ],
        )
        .await;
        let ann = of_user(profiles, "1").await.unwrap();
        let shown: Vec<(&str, Value)> =
            ann.traits.iter().map(|found| (found.key.as_str(), found.value.clone())).collect();
        assert_eq!(
            shown,
            [("first_name", json!("Ann")), ("phone", json!("+31620417735")), ("web.plan", json!("basic"))]
        );
        let plan = ann.traits.iter().find(|found| found.key == "web.plan").unwrap();
        assert_eq!(plan.winner.at, Some(at(3)));
        let then = profiles
            .profile_as_of(&reader(), &ProfileRef::Identifier(IdentifierKind::UserId, "1".to_owned()), at(2))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(trait_of(&then, "email"), Some(&json!("ann@example.org")));
        assert_eq!(trait_of(&then, "web.plan"), Some(&json!("pro")));

        send(profiles, &[viewed("9", 6)]).await;
        send(
            profiles,
            &[message("identify", (Some("old"), None), 6, &json!({ "traits": { "title": "Baker" } }))],
        )
        .await;
        send(profiles, &[message("alias", (Some("1"), None), 7, &json!({ "previousId": "old" }))]).await;
        send(profiles, &[message("alias", (Some("1"), None), 8, &json!({ "previousId": "9" }))]).await;
        let ann = of_user(profiles, "1").await.unwrap();
        assert_eq!(of_user(profiles, "old").await.unwrap().id, ann.id);
        assert_eq!(of_visitor(profiles, "9").await.unwrap().id, ann.id);
        assert_eq!(trait_of(&ann, "job_title"), Some(&json!("Baker")));
    })
    .await;
}

#[tokio::test]
async fn a_group_is_a_company_and_who_joins_belongs_to_it() {
    let scratch = Scratch::sqlite().await;
    let profiles = &scratch.profiles;
    let joined =
        json!({ "groupId": "acme", "traits": { "name": "Acme", "website": "https://acme.example" } });
    send(profiles, &[message("group", (Some("1"), None), 1, &joined)]).await;
    let ann = of_user(profiles, "1").await.unwrap();
    let companies = profiles.companies(&[admitted(ann.id)]).await.unwrap();
    let names: Vec<_> = companies.into_values().flatten().map(|company| company.name).collect();
    assert_eq!(names, [Some("Acme".to_owned())]);
}

#[tokio::test]
async fn an_erased_user_takes_the_browser_along_and_does_not_come_back() {
    on_both(async |profiles| {
        let all = [
            viewed("a", 1),
            login("1", "a", 2, &json!({ "email": "ann@example.org" })),
            viewed("a", 3),
            viewed("b", 3),
            login("2", "b", 4, &json!({})),
        ];
        send(profiles, &all).await;
        let ann = of_user(profiles, "1").await.unwrap();
        super::erasure::erase(profiles, ann.id, false).await;
        for _ in 0..2 {
            assert!(of_user(profiles, "1").await.is_none() && of_visitor(profiles, "a").await.is_none());
            let left = event::Entity::find()
                .order_by_asc(event::Column::OccurredAt)
                .all(profiles.db())
                .await
                .unwrap();
            let left: Vec<String> = left.into_iter().map(|row| row.person).collect();
            assert_eq!(left, ["visitor:b", "user:2"]);
            send(profiles, &all).await;
        }
        assert_eq!(of_visitor(profiles, "b").await.unwrap().id, of_user(profiles, "2").await.unwrap().id);
    })
    .await;
}

fn hero(variants: Vec<Variant>) -> NewSlot {
    NewSlot { key: "hero".to_owned(), name: "x".to_owned(), variants, fallback: Value::Null, control: 0 }
}

#[tokio::test]
async fn a_cap_forgets_no_view_however_much_else_was_seen() {
    on_both(async |profiles| {
        let cap = Some(Cap { times: 2, within: 86_400 });
        let variant =
            |key: &str, cap| Variant { key: key.to_owned(), segment: None, content: json!(key), cap };
        profiles.define_slot(hero(vec![variant("a", cap), variant("b", None)]), "test").await.unwrap();
        let web = source(profiles, "web", "web").await;
        let seen = |slot: &str, number: i64, when: i64| {
            let mut event = event(&format!("{slot} {number}"), "x", when);
            event.name = "Experiment Viewed".to_owned();
            event.properties = [("experiment_id", slot), ("variation_id", "a")]
                .map(|(key, value)| (key.to_owned(), json!(value)))
                .into();
            event
        };
        let shown = async || {
            let who = ProfileRef::Record { source: "web".to_owned(), external_id: "x".to_owned() };
            let slots = ["hero".to_owned()];
            let made = profiles.decide(&reader(), &Visitor::Signed(who), &slots).await.unwrap();
            made.slots[0].variant
        };
        // The clock stands at 1,000,000: the first is too old, and so much else was seen since.
        let mut events = vec![seen("hero", 1, 900_000), seen("hero", 2, 950_000)];
        events.extend((0..1_100).map(|n| seen("other", n, 960_000 + n)));
        deliver(profiles, &web, 1_000_000, &Page { events, ..Page::default() }).await;
        profiles.drain(at(1_000_000)).await.unwrap();
        assert_eq!(shown().await, Some(0));
        let events = vec![seen("hero", 3, 940_000)];
        deliver(profiles, &web, 1_000_000, &Page { events, ..Page::default() }).await;
        profiles.drain(at(1_000_000)).await.unwrap();
        assert_eq!(shown().await, Some(1));
    })
    .await;
}

#[tokio::test]
async fn what_was_shown_is_found_by_an_index_of_its_own() {
    on_both(async |profiles| {
        let web = source(profiles, "web", "web").await;
        deliver(profiles, &web, 1_000, &page(&[viewed("v", 10)])).await;
        let db = profiles.db();
        let (explain, column) = match db.get_database_backend() {
            DbBackend::Postgres => ("EXPLAIN", "QUERY PLAN"),
            _ => ("EXPLAIN QUERY PLAN", "detail"),
        };
        let sql = format!(
            "{explain} SELECT e.occurred_at, e.properties FROM event e WHERE e.source_identity_id = $1 \
             AND e.name = 'Experiment Viewed' AND e.occurred_at > $2"
        );
        let asked = Statement::from_sql_and_values(
            db.get_database_backend(),
            sql,
            [uuid::Uuid::nil().into(), at(0).into()],
        );
        let txn = begin_write(db).await.unwrap();
        let plan = txn.query_all_raw(asked).await.unwrap();
        txn.commit().await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.try_get("", column).unwrap()).collect();
        assert!(plan.join("\n").contains("event_experiment_viewed_source_identity_id"), "{plan:?}");
    })
    .await;
}
