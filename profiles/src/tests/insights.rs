//! What people will do, as it is said of them on real databases.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use connectors::{
    Page,
    canonical::{ConsentStatement, ConsentStatus, Record},
};

use tokio::sync::watch;

use super::{
    segments::{define, work_out},
    support::{Fixed, admitted, at, by_email, deliver, on_both, order, page, person, source},
};
use crate::{
    Error, Keys, Profiles,
    audiences::NewSegment,
    insights::{Answer, Band, Churn, Kind, State, Status, StepState, Training, Value, Version},
};

const DAY: i64 = 86_400;
/// Today, in days from the beginning of the clock.
const TODAY: i64 = 11;

fn email(number: u32) -> String {
    format!("c{number}@example.org")
}

/// Customers of many paces, of whom every third has stopped half-way; each has bought once at least.
fn customers(count: u32) -> Vec<Record> {
    let mut records = Vec::new();
    for number in 0..count {
        let who = number.to_string();
        records.push(person(&who, "Ann", Some(&email(number)), Some(1)));
        let pace = 9 + i64::from(number * 37 % 61);
        let until = if number % 3 == 0 { -200 } else { 0 };
        let mut day = -400 + i64::from(number * 53 % 90);
        for nth in 0.. {
            let amount = 10 + i64::from(number * 7 % 40) + (nth % 3) * 5;
            records.push(order(&format!("{who}-{nth}"), Some(&who), amount, day * DAY));
            day += pace + (nth * 7 + i64::from(number)) % 11;
            if day > until {
                break;
            }
        }
    }
    records
}

fn allows(who: u32, granted: bool, when: i64) -> ConsentStatement {
    ConsentStatement {
        person: who.to_string(),
        contact_point: None,
        purpose: "profiling".to_owned(),
        status: if granted { ConsentStatus::Granted } else { ConsentStatus::Denied },
        stated_at: Some(at(when)),
        expires_at: None,
        method: None,
        notice: None,
        evidence: [].into(),
    }
}

async fn settled(profiles: &Profiles, records: Vec<Record>, consents: Vec<ConsentStatement>) {
    let shop = source(profiles, "shop", "ecommerce").await;
    deliver(profiles, &shop, 1_000_000, &Page { consents, ..page(records, vec![]) }).await;
    profiles.drain(profiles.now()).await.unwrap();
}

/// As it is so many seconds later.
async fn later(profiles: &Profiles, seconds: i64) -> Profiles {
    let clock = Arc::new(Fixed(profiles.now() + TimeDelta::seconds(seconds)));
    Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), clock).await.unwrap()
}

async fn asked(profiles: &Profiles, number: u32, horizon: Option<u32>) -> (Answer<Churn>, Answer<Value>) {
    let found = by_email(profiles, &email(number)).await.unwrap();
    let who = admitted(found.id);
    let bought = profiles.purchases(&[who]).await.unwrap().remove(&who).unwrap_or_default();
    let churn = profiles.churn_risk(&bought, &found.said, horizon).await.unwrap();
    (churn, profiles.lifetime_value(&bought, &found.said, horizon).await.unwrap())
}

/// A stop that never comes.
fn never() -> watch::Receiver<bool> {
    watch::channel(false).1
}

async fn trained(profiles: &Profiles, horizon: Option<u32>, promote: bool) -> Training {
    let training = profiles.request_training(&[Kind::Purchases], horizon, promote, "test").await.unwrap();
    assert_eq!(training.state, State::Waiting);
    profiles.work_on_training(training.id, never()).await.unwrap()
}

async fn learned(profiles: &Profiles, horizon: Option<u32>, promote: bool) -> Version {
    let training = trained(profiles, horizon, promote).await;
    assert_eq!(training.state, State::Succeeded, "{training:?}");
    profiles.model_learned(training.steps[0].version.unwrap()).await.unwrap()
}

/// The number of the model that predicts.
async fn in_force(profiles: &Profiles) -> Option<i32> {
    let models = profiles.models_learned(Some(Kind::Purchases), 100).await.unwrap();
    models.into_iter().find(|model| model.in_force).map(|model| model.version)
}

/// The day of somebody's last order.
async fn last_order(profiles: &Profiles, number: u32) -> chrono::NaiveDate {
    let who = admitted(by_email(profiles, &email(number)).await.unwrap().id);
    let bought = profiles.purchases(&[who]).await.unwrap().remove(&who).unwrap();
    bought.last().unwrap().at.date_naive()
}

#[tokio::test]
async fn a_prediction_adds_up_and_follows_the_next_order_at_once() {
    on_both(async |profiles| {
        settled(profiles, customers(120), (0..10).map(|who| allows(who, who != 9, 1_000_000)).collect())
            .await;
        let (churn, value) = asked(profiles, 0, None).await;
        assert_eq!(
            (churn.status, value.status),
            (Status::LowData, Status::LowData),
            "nothing was learned yet"
        );
        let model = learned(profiles, None, true).await;
        assert!(model.in_force);
        assert_eq!(model.about.data.customers, 119, "who said no is not learned from");
        assert_eq!(model.about.currency.as_deref(), Some("EUR"));

        // 3 stopped half a year ago, 1 goes on.
        let ((lost, worth_less), (loyal, worth_more)) =
            (asked(profiles, 3, None).await, asked(profiles, 1, None).await);
        for churn in [&lost, &loyal] {
            let said = churn.said.as_ref().unwrap();
            let sum: f64 = said.reasons.iter().map(|reason| reason.contribution).sum();
            assert!((said.base + sum - said.probability).abs() < 1e-9, "{said:?}");
            assert!(
                (0.0..=1.0).contains(&said.probability) && (0.0..=1.0).contains(&said.percentile.unwrap())
            );
        }
        for value in [&worth_less, &worth_more] {
            let said = value.said.as_ref().unwrap();
            let sum: f64 = said.reasons.iter().map(|reason| reason.contribution).sum();
            assert!((said.base + sum - said.expected).abs() < 1e-9, "{said:?}");
            assert!(said.interval.0 <= said.interval.1);
        }
        let (lost, loyal) = (lost.said.unwrap(), loyal.said.unwrap());
        assert!(lost.probability > loyal.probability);
        assert_eq!(lost.band, Band::High);
        assert!(worth_less.said.unwrap().expected < worth_more.said.unwrap().expected);
        let recency = &lost.reasons.iter().find(|reason| reason.factor == "recency").unwrap().text;
        assert!(recency.starts_with("last order ") && recency.contains("usually every"), "{recency}");
        let days = (profiles.now().date_naive() - last_order(profiles, 3).await).num_days();
        assert!(recency.starts_with(&format!("last order {days} days ago")), "{recency}");
        let (longer, _) = asked(profiles, 3, Some(365)).await;
        assert!(longer.said.unwrap().probability < lost.probability, "more time, more chances");

        settled(profiles, vec![order("3-new", Some("3"), 20, 10 * DAY)], vec![]).await;
        let (back, _) = asked(profiles, 3, None).await;
        assert!(back.said.unwrap().probability < lost.probability, "an order counts at once");

        assert_eq!(asked(profiles, 9, None).await.0.status, Status::NoConsent);
        assert_eq!(asked(profiles, 20, None).await.0.status, Status::NoConsent, "nobody asked them");
        settled(profiles, vec![person("500", "Bo", Some(&email(500)), Some(1))], vec![allows(500, true, 0)])
            .await;
        assert_eq!(asked(profiles, 500, None).await.0.status, Status::LowData, "has bought nothing");
        let other = Record { external_id: "501-0".to_owned(), ..order("501-0", Some("501"), 20, -DAY) };
        let other = match other.body {
            connectors::canonical::Body::Order(order) => Record {
                body: connectors::canonical::Body::Order(connectors::canonical::Order {
                    currency: Some("USD".to_owned()),
                    ..order
                }),
                ..other
            },
            _ => unreachable!(),
        };
        let records = vec![person("501", "Cy", Some(&email(501)), Some(1)), other];
        settled(profiles, records, vec![allows(501, true, 0)]).await;
        let (churn, value) = asked(profiles, 501, None).await;
        assert_eq!((churn.status, value.status), (Status::Ok, Status::LowData), "dollars are not euros");
    })
    .await;
}

#[tokio::test]
async fn models_are_kept_promoted_and_learned_again_the_same() {
    on_both(async |profiles| {
        settled(profiles, customers(20), vec![]).await;
        let few = trained(profiles, None, true).await;
        assert_eq!((few.state, few.steps[0].state), (State::Succeeded, StepState::TooLittle));
        assert!(few.steps[0].why.as_ref().unwrap().contains("50 of them"), "{few:?}");
        assert!(profiles.models_learned(None, 10).await.unwrap().is_empty());

        settled(profiles, customers(120), vec![]).await;
        let first = learned(profiles, None, true).await;
        let again = learned(profiles, None, false).await;
        assert_eq!((first.version, again.version, again.in_force), (1, 2, false));
        assert_eq!(first.about, again.about, "the same purchases, the same model");
        learned(profiles, Some(30), false).await;
        let evidence = first.about.evidence.as_ref().unwrap();
        assert_eq!(evidence.origins.len(), 3);
        assert!(evidence.figures.iter().any(|figure| figure.name == "auc" && figure.value > 0.5));

        profiles.promote_model(3, "test").await.unwrap();
        assert_eq!(in_force(profiles).await, Some(3));
        profiles.promote_model(1, "test").await.unwrap();
        let all: Vec<_> = profiles.models_learned(None, 10).await.unwrap();
        assert_eq!(
            all.iter().map(|one| (one.version, one.in_force)).collect::<Vec<_>>(),
            [(3, false), (2, false), (1, true)]
        );
        let error = profiles.promote_model(4, "test").await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error}");
        let due = async |profiles: &Profiles| {
            let training = profiles.request_training_when_due().await.unwrap()?;
            profiles.work_on_training(training.id, never()).await.unwrap();
            let step = training.steps.into_iter().find(|step| step.kind == Kind::Purchases)?;
            Some(step.promote)
        };
        assert_eq!(due(profiles).await, None, "not a week has passed");
        let after_a_week = later(profiles, 8 * DAY).await;
        assert_eq!(due(&after_a_week).await, Some(false), "somebody went back to the first");
        assert_eq!(in_force(profiles).await, Some(1));
        let newest = after_a_week.models_learned(Some(Kind::Purchases), 1).await.unwrap()[0].version;
        after_a_week.promote_model(newest, "test").await.unwrap();
        let after_two = later(profiles, 16 * DAY).await;
        assert_eq!(due(&after_two).await, Some(true));
        assert!(in_force(profiles).await > Some(newest));
        for days in [0, 1_826] {
            let error = profiles.request_training(&[], Some(days), true, "test").await.unwrap_err();
            assert!(matches!(error, Error::Invalid { .. }), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_segment_asks_for_a_prediction_and_changes_its_mind_at_a_known_midnight() {
    on_both(async |profiles| {
        settled(profiles, customers(120), (0..10).map(|who| allows(who, true, 0)).collect()).await;
        let model = learned(profiles, Some(60), true).await;
        // Somebody who buys often.
        let loyal = 7;
        let risk = asked(profiles, loyal, None).await.0.said.unwrap().probability;
        let rule = segments::Rule::parse("prediction mood > 0.5").unwrap();
        let (key, name) = ("moody".to_owned(), "Moody".to_owned());
        let new = NewSegment { key, name, description: String::new(), rule };
        let error = profiles.define_segment(new, "test").await.unwrap_err();
        assert!(error.to_string().contains("there are `churn_risk` and `lifetime_value`"), "{error}");
        define(profiles, "leaving", &format!("prediction churn_risk > {:.3}", risk + 0.03)).await;
        work_out(profiles).await;
        let stays = async |number: u32| {
            let id = admitted(by_email(profiles, &email(number)).await.unwrap().id);
            profiles.stays(&[id], true).await.unwrap().remove(&id).unwrap_or_default()
        };
        assert_eq!(stays(3).await.len(), 1, "stopped long ago");
        assert!(stays(33).await.is_empty(), "may not be predicted");
        // Who buys often and then does not: nothing is asked until the midnight at which the answer changes.
        assert!(stays(loyal).await.is_empty());
        let next = profiles.next_due().await.unwrap().unwrap();
        assert!(next > profiles.now(), "{next}");
        let mut entered = None;
        for day in TODAY + 1..TODAY + 60 {
            profiles.drain(at(day * DAY)).await.unwrap();
            if let Some(stay) = stays(loyal).await.first() {
                entered = stay.entered_at;
                break;
            }
        }
        let entered: DateTime<Utc> = entered.expect("who buys nothing for two months is at risk");
        assert_eq!(entered.num_seconds_from_midnight(), 0);
        assert!(entered > model.trained_at);

        // What a segment is told is what the API says.
        let explained = async |number: u32| {
            let id = admitted(by_email(profiles, &email(number)).await.unwrap().id);
            let explained = profiles.explain_segment(id, "leaving", None).await.unwrap();
            explained.explanation.condition.met.clone()
        };
        let said = asked(profiles, 3, None).await.0.said.unwrap().probability;
        assert_eq!(explained(3).await, Some(said.to_string()));

        // Another model is asked at once, and so is who takes their consent back.
        profiles.promote_model(1, "test").await.unwrap();
        work_out(profiles).await;
        assert_eq!(stays(3).await.len(), 1);
        settled(profiles, vec![], vec![allows(3, false, 11 * DAY)]).await;
        assert!(stays(3).await.is_empty(), "as if nobody had ever predicted anything");
    })
    .await;
}

#[tokio::test]
async fn a_training_is_cancelled_taken_over_and_gone_on_with() {
    on_both(async |profiles| {
        settled(profiles, customers(120), vec![]).await;
        let asked = async || profiles.request_training(&[Kind::Purchases], None, true, "test").await;
        let training = asked().await.unwrap();
        let error = asked().await.unwrap_err();
        assert!(matches!(&error, Error::Conflict(why) if why.contains(&training.id.to_string())), "{error}");
        profiles.cancel_training(training.id).await.unwrap();
        let cancelled = profiles.work_on_training(training.id, never()).await.unwrap();
        assert_eq!((cancelled.state, cancelled.steps[0].version), (State::Cancelled, None));
        let error = profiles.cancel_training(training.id).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(_)), "{error}");
        assert_eq!(in_force(profiles).await, None);

        // A process that is told to stop leaves the job to others, and one that dies does so after a minute.
        let training = asked().await.unwrap();
        let left = profiles.work_on_training(training.id, watch::channel(true).1).await.unwrap();
        assert_eq!((left.state, left.steps[0].state), (State::Running, StepState::Waiting));
        let died = async {
            let work = profiles.work_on_training(training.id, never());
            // As a process that is killed: it never says that it has ended.
            drop(tokio::time::timeout(std::time::Duration::ZERO, work).await);
        };
        died.await;
        let later = later(profiles, 3 * DAY).await;
        assert!(later.work_on_trainings(never()).await.unwrap());
        let done = later.training(training.id).await.unwrap();
        assert_eq!(done.state, State::Succeeded, "{done:?}");
        let first = later.model_learned(done.steps[0].version.unwrap()).await.unwrap();
        let anew = learned(profiles, None, false).await;
        assert_eq!(first.about, anew.about, "as of when it was asked for");
        assert!(!later.work_on_trainings(never()).await.unwrap(), "nothing is left to do");
    })
    .await;
}
