//! Visits, interests, stages, funnels and campaigns on real databases.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use connectors::{
    canonical::{Body, Campaign, OrderType, Record},
    tracking::{self, Endpoint},
};
use identity::IdentifierKind;
use segments::{Condition, Rule};
use serde_json::{Value, json};

use super::{
    segments::{define, work_out},
    support::{admitted, at, deliver, event, on_both, order, page, reader, source},
};
use crate::{
    Error, Profiles,
    behaviour::{Device, ReferrerKind},
    consent::Reader,
    journey::{CampaignKey, FunnelQuery, Stage, passages},
    view::read::{Profile, ProfileRef},
};

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

/// Something that a user did at a second.
fn did(user: &str, name: &str, when: i64, more: &Value) -> Value {
    let mut message = json!({
        "type": "track", "event": name, "messageId": format!("{user} {name} {when}"), "userId": user,
        "timestamp": at(when), "context": { "page": { "url": "https://shop.example/tea?x=1" } },
    });
    for (key, value) in more.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

fn by(campaign: &str) -> Value {
    json!({ "context": { "page": { "url": "https://shop.example/" }, "campaign": { "source": "news", "name": campaign } } })
}

async fn send(profiles: &Profiles, messages: &[Value]) {
    let body = json!({ "batch": messages }).to_string();
    let page = tracking::read(body.as_bytes(), Endpoint::Batch, at(1_000_000)).unwrap().page;
    assert_eq!(page.rejected, []);
    let web = source(profiles, "web", "web").await;
    deliver(profiles, &web, 500_000, &page).await;
    profiles.drain(at(900_000)).await.unwrap();
}

async fn of(profiles: &Profiles, user: &str) -> Profile {
    let by = ProfileRef::Identifier(IdentifierKind::UserId, user.to_owned());
    profiles.profile(&reader(), &by).await.unwrap().unwrap()
}

fn seconds(instant: DateTime<Utc>) -> i64 {
    (instant - at(0)).num_seconds()
}

#[tokio::test]
async fn sessions_and_interests_follow_from_what_a_person_did_now_and_then() {
    on_both(async |profiles| {
        let phone = json!({ "context": { "page": { "url": "https://shop.example/a", "referrer": "https://www.bing.com/" },
            "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)" }, "properties": { "category": "Tea" } });
        send(
            profiles,
            &[
                did("1", "Page Viewed", 0, &phone),
                did("1", "Product Viewed", 29 * MINUTE, &phone),
                did("1", "Page Viewed", 59 * MINUTE, &by("spring")),
                did("1", "Page Viewed", 5 * DAY, &json!({ "properties": { "topics": "coffee, tea" } })),
                did("2", "Page Viewed", 0, &json!({})),
            ],
        )
        .await;
        let (one, two) = (of(profiles, "1").await, of(profiles, "2").await);
        let ids = [admitted(one.id), admitted(two.id)];
        let all = profiles.sessions(&ids).await.unwrap();
        let found: Vec<_> = all[&ids[0]]
            .iter()
            .map(|one| (seconds(one.started_at), one.events, one.referrer.kind, one.device))
            .collect();
        assert_eq!(
            found,
            [
                (5 * DAY, 1, ReferrerKind::Direct, None),
                (59 * MINUTE, 1, ReferrerKind::Campaign, None),
                (0, 2, ReferrerKind::Search, Some(Device::Smartphone)),
            ]
        );
        assert_eq!(all[&ids[1]].len(), 1);
        assert_eq!(all[&ids[1]][0].entry_page.as_deref(), Some("https://shop.example/tea"));
        let interests = profiles.interests(&ids, TimeDelta::days(30)).await.unwrap().remove(&ids[0]).unwrap();
        let topics: Vec<_> = interests.iter().map(|one| (one.topic.as_str(), one.events)).collect();
        assert_eq!(topics, [("tea", 3), ("coffee", 1)]);
        // Two that are 11.6 days old and one of 6.6 days, of 30 that halve it.
        assert!((interests[0].score - 0.713).abs() < 0.01, "{interests:?}");

        // As it was after an hour.
        let by = ProfileRef::Id(one.id);
        let then = profiles.profile_as_of(&reader(), &by, at(59 * MINUTE)).await.unwrap().unwrap();
        let past = then.past.unwrap();
        assert_eq!(profiles.sessions_of(&past, at(59 * MINUTE)).await.unwrap().len(), 2);
        let interests = profiles.interests_of(&past, at(59 * MINUTE), TimeDelta::days(1)).await.unwrap();
        assert_eq!(interests.len(), 1);
        assert!((interests[0].score - 0.66).abs() < 0.01, "{interests:?}");
    })
    .await;
}

fn stage(key: &str, segment: &str) -> Stage {
    Stage { key: key.to_owned(), name: key.to_uppercase(), segment: segment.to_owned() }
}

#[tokio::test]
async fn people_pass_through_stages_and_a_segment_in_use_stays() {
    on_both(async |profiles| {
        for (key, rule) in [
            ("seen", r#"did "Page Viewed""#),
            ("known", "email exists"),
            ("fresh", r#"did "Order Completed" within the last 1 days"#),
        ] {
            define(profiles, key, rule).await;
        }
        work_out(profiles).await;
        assert_eq!(profiles.lifecycle().await.unwrap().version, 0);
        let stages = vec![stage("visitor", "seen"), stage("lead", "known"), stage("customer", "fresh")];
        let made = profiles.define_lifecycle(stages.clone(), "test").await.unwrap();
        let again = profiles.define_lifecycle(stages.clone(), "another").await.unwrap();
        assert_eq!((made.version, &again), (1, &made), "the same again is no new version");
        let known = json!({ "type": "identify", "traits": { "email": "a@example.org" } });
        send(
            profiles,
            &[did("1", "Order Completed", 200, &json!({})), did("2", "Page Viewed", 5, &json!({}))],
        )
        .await;
        send(profiles, &[did("1", "Page Viewed", 0, &json!({})), did("1", "x", 100, &known)]).await;
        // Time alone ends the last one.
        let one = of(profiles, "1").await;
        let stays =
            profiles.stays(&[admitted(one.id)], true).await.unwrap().remove(&admitted(one.id)).unwrap();
        let found = |until| -> Vec<_> {
            let found = passages(&made.stages, &stays, until);
            found
                .iter()
                .map(|one| (one.stage, one.entered_at.map(seconds), one.left_at.map(seconds)))
                .collect()
        };
        let passed = [
            (0, Some(0), Some(100)),
            (1, Some(100), Some(200)),
            (2, Some(200), Some(200 + DAY)),
            (1, Some(200 + DAY), None),
        ];
        assert_eq!(found(None), passed);
        assert_eq!(found(Some(at(150)))[..], [passed[0], (1, Some(100), None)]);
        assert_eq!(profiles.stage_sizes(&made.stages).await.unwrap(), [1, 1, 0]);
        profiles.rebuild(at(900_000)).await.unwrap();
        assert_eq!(profiles.stage_sizes(&made.stages).await.unwrap(), [1, 1, 0], "after a rebuild");

        let error = profiles.remove_segment("known", "test").await.unwrap_err();
        assert!(matches!(&error, Error::Conflict(message) if message.contains("`lead`")), "{error}");
        for (stages, path) in [
            (vec![stage("A", "seen")], "stages.0.key"),
            (vec![stage("a", "seen"), stage("b", "nothing")], "stages.1.segment"),
            (vec![stage("a", "seen"), stage("a", "known")], "stages.1.key"),
            (vec![stage("a", "seen"), stage("b", "seen")], "stages.1.segment"),
            (vec![Stage { name: " ".to_owned(), ..stage("a", "seen") }], "stages.0.name"),
            (vec![stage("a", "seen"); 51], "stages"),
        ] {
            let error = profiles.define_lifecycle(stages, "test").await.unwrap_err();
            assert!(matches!(&error, Error::Invalid { path: wrong, .. } if wrong == path), "{error}");
        }
        profiles.define_lifecycle(vec![], "test").await.unwrap();
        assert!(profiles.remove_segment("known", "test").await.unwrap());
    })
    .await;
}

fn steps(rules: &[&str]) -> Vec<segments::Events> {
    let events = |rule: &&str| match Rule::parse(rule).unwrap().condition() {
        Condition::Did(did) => did.events.clone(),
        other => panic!("{other:?}"),
    };
    rules.iter().map(events).collect()
}

fn analyst() -> Reader {
    Reader { purpose: Some(Arc::from("analytics")), ..reader() }
}

#[tokio::test]
async fn a_funnel_counts_everybody_who_may_be_counted_a_page_at_a_time() {
    on_both(async |profiles| {
        // Twelve look, of whom those of even number buy, two minutes later for each number.
        let mut messages = Vec::new();
        for n in 0..12_i64 {
            let user = n.to_string();
            let campaign = by(if n < 10 { "spring" } else { "summer" });
            messages.push(did(&user, "Product Viewed", n, &campaign));
            if n % 2 == 0 {
                messages.push(did(
                    &user,
                    "Order Completed",
                    n + 2 * MINUTE * n,
                    &json!({ "properties": { "total": n } }),
                ));
            }
        }
        messages.push(did("late", "Product Viewed", 2 * DAY, &json!({})));
        send(profiles, &messages).await;
        let asked = FunnelQuery {
            steps: steps(&[r#"did "Product Viewed""#, r#"did "Order Completed" where total > 0"#]),
            within: TimeDelta::hours(1),
            from: at(0),
            to: at(DAY),
            by: Some("first_touch.campaign".to_owned()),
        };
        let found = profiles.funnel(&reader(), &asked).await.unwrap();
        let people =
            |steps: &[crate::journey::FunnelStep]| steps.iter().map(|step| step.people).collect::<Vec<_>>();
        assert_eq!(people(&found.all), [Some(12), Some(5)]);
        let median = found.all[1].quartiles.unwrap()[1].num_seconds();
        assert!((median - 6 * 120).abs() <= 8, "{median}");
        let groups: Vec<_> =
            found.groups.iter().map(|(value, steps)| (value.as_deref(), people(steps))).collect();
        assert_eq!(
            groups,
            [(Some("spring"), vec![Some(10), Some(4)]), (Some("summer"), vec![Some(2), Some(1)])]
        );
        // Two could be counted from twelve and ten.
        let told = profiles.funnel(&analyst(), &asked).await.unwrap();
        assert_eq!((people(&told.all), told.groups.len()), (vec![Some(12), None], 0));
        for (wrong, path) in [
            (FunnelQuery { steps: steps(&["did any event"]), ..asked.clone() }, "steps"),
            (FunnelQuery { to: at(0), ..asked.clone() }, "to"),
            (FunnelQuery { within: TimeDelta::zero(), ..asked.clone() }, "within"),
            (FunnelQuery { by: Some("email".to_owned()), ..asked.clone() }, "by"),
        ] {
            let error = profiles.funnel(&reader(), &wrong).await.unwrap_err();
            assert!(matches!(&error, Error::Invalid { path: found, .. } if found == path), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn campaigns_say_whom_they_reached_and_what_they_brought() {
    on_both(async |profiles| {
        let mail = source(profiles, "mail", "email").await;
        let campaign = Record {
            external_id: "m1".to_owned(),
            updated_at: None,
            created_at: None,
            deleted: false,
            body: Body::Campaign(Campaign { name: Some("Spring mail".to_owned()), ..Campaign::default() }),
            payload: b"{}".to_vec(),
        };
        let mut clicked = event("c", "x", 10);
        clicked.name = "Email Link Clicked".to_owned();
        clicked.properties = [("campaign_id".to_owned(), json!("m1"))].into();
        deliver(profiles, &mail, 1, &page(vec![campaign], vec![clicked])).await;
        send(
            profiles,
            &[
                did("1", "Page Viewed", 0, &by("spring")),
                did("1", "Page Viewed", DAY, &by("summer")),
                did("2", "Page Viewed", 0, &by("spring")),
                did("2", "Page Viewed", MINUTE, &by("spring")),
            ],
        )
        .await;
        // What the web calls a user is known to a shop by its own name, and somebody says that they are one.
        let shop = source(profiles, "shop", "ecommerce").await;
        let mut returned = order("o2", Some("x"), -10, 3 * DAY);
        if let Body::Order(order) = &mut returned.body {
            order.order_type = OrderType::Return;
        }
        let orders = vec![order("o1", Some("x"), 30, 2 * DAY), returned];
        deliver(profiles, &shop, 1, &page(orders, vec![])).await;
        profiles.drain(at(900_000)).await.unwrap();
        let bought = ProfileRef::Record { source: "shop".to_owned(), external_id: "x".to_owned() };
        let buyer = profiles.profile(&reader(), &bought).await.unwrap().unwrap().id;
        let mailed = ProfileRef::Record { source: "mail".to_owned(), external_id: "x".to_owned() };
        let mailed = profiles.profile(&reader(), &mailed).await.unwrap().unwrap().id;
        let one = of(profiles, "1").await.id;
        profiles.merge(&[buyer, mailed, one], &super::worlds::word(at(3 * DAY))).await.unwrap();
        profiles.drain(at(900_000)).await.unwrap();

        let found = profiles.campaigns(&reader(), at(0), at(5 * DAY), TimeDelta::days(30), 10).await.unwrap();
        let won = |orders: &[crate::journey::Orders]| {
            orders.iter().map(|one| (one.orders, one.revenue_micros)).collect::<Vec<_>>()
        };
        let shown: Vec<_> = found
            .iter()
            .map(|one| {
                let name = match one.campaign.as_ref().unwrap() {
                    CampaignKey::Utm { name, .. } => name.clone().unwrap(),
                    CampaignKey::Email { id, .. } => format!("{id} {}", one.name.as_deref().unwrap()),
                };
                (name, one.reach, one.visits, won(&one.by_first), won(&one.by_last))
            })
            .collect();
        // What came back is no order.
        let sum = vec![(Some(1), Some(20_000_000))];
        assert_eq!(
            shown,
            [
                ("spring".to_owned(), 2, Some(2), sum.clone(), vec![]),
                ("summer".to_owned(), 1, Some(1), vec![], sum.clone()),
                ("m1 Spring mail".to_owned(), 1, Some(1), sum.clone(), sum),
            ]
        );
        let none = profiles.campaigns(&reader(), at(0), at(5 * DAY), TimeDelta::zero(), 10).await.unwrap();
        assert!(none.iter().all(|one| one.by_first.is_empty()), "no touch is as late as the order");
        let few = profiles.campaigns(&analyst(), at(0), at(5 * DAY), TimeDelta::days(30), 10).await.unwrap();
        assert_eq!(few, [], "one or two");
    })
    .await;
}

#[tokio::test]
async fn names_of_campaigns_that_anybody_can_make_up_crowd_out_no_campaign() {
    on_both(async |profiles| {
        let mut messages: Vec<Value> =
            (0..70).map(|n| did(&n.to_string(), "Page Viewed", n, &by(&format!("x{n}")))).collect();
        messages.extend((0..10).map(|n| did(&(n * 7).to_string(), "Page Viewed", DAY + n, &by("spring"))));
        send(profiles, &messages).await;
        let found = profiles.campaigns(&reader(), at(0), at(5 * DAY), TimeDelta::days(30), 5).await.unwrap();
        let is_spring =
            |key: &CampaignKey| matches!(key, CampaignKey::Utm { name: Some(name), .. } if name == "spring");
        assert!(found[0].campaign.as_ref().is_some_and(is_spring), "{found:?}");
        assert_eq!(found.len(), 6, "those that are asked for, and all others together");
        // In tests twenty are kept apart.
        assert_eq!((&found[5].campaign, found[5].reach), (&None, 70 - 19));
        let told = profiles.campaigns(&analyst(), at(0), at(5 * DAY), TimeDelta::days(30), 5).await.unwrap();
        assert_eq!(told.iter().map(|one| one.reach).collect::<Vec<_>>(), [10, 51]);
    })
    .await;
}
