//! Which leads become customers and who buys what, on real databases.

use chrono::TimeDelta;
use connectors::{
    Page,
    canonical::{Body, ConsentStatement, ConsentStatus, Event, Product, Record},
};
use serde_json::json;
use tokio::sync::watch;
use uuid::Uuid;

use super::support::{admitted, at, by_email, deliver, on_both, order, page, person, source};
use crate::{
    Profiles,
    insights::{Answer, Kind, Score, Status, StepState, Story, Thing},
};

const DAY: i64 = 86_400;
/// Today, in days from the beginning of the clock.
const TODAY: i64 = 11;
const LEADS: u32 = 520;

fn email(number: u32) -> String {
    format!("l{number}@example.org")
}

/// A moment in one of the four months of 30 days that are over, of which the last ends with yesterday.
fn moment(month: i64, day: i64) -> i64 {
    (TODAY - 120 + 30 * month + day) * DAY + 3_600
}

fn view(id: &str, who: &str, when: i64) -> Event {
    Event {
        message_id: id.to_owned(),
        person: who.to_owned(),
        name: "Product Viewed".to_owned(),
        occurred_at: at(when),
        properties: [("product_id".to_owned(), json!("p"))].into(),
        context: [].into(),
    }
}

/// Somebody is known for half a year.
fn known(who: &str, email: &str) -> Record {
    Record { created_at: Some(at(-180 * DAY)), ..person(who, "Ann", Some(email), Some(-180 * DAY)) }
}

/// Leads of whom each is keen in one month, and of the keen two in three buy in the next one; of the others one in twenty does.
fn world(leads: u32) -> Page {
    let mut page = page(vec![], vec![]);
    for (id, category) in [("p", "Tea"), ("q", "Mugs")] {
        let product = Product { categories: vec![category.to_owned()], ..Product::default() };
        let (payload, body) = (json!([id, category]).to_string().into_bytes(), Body::Product(product));
        let stamps = (Some(at(-180 * DAY)), Some(at(-180 * DAY)));
        let (updated_at, created_at) = stamps;
        page.records.push(Record {
            external_id: id.to_owned(),
            updated_at,
            created_at,
            deleted: false,
            body,
            payload,
        });
    }
    for number in 0..leads {
        let (who, keen) = (number.to_string(), i64::from(number % 4));
        page.records.push(known(&who, &email(number)));
        for month in 0..4 {
            // Everybody visits: what is not known is another thing than nothing.
            page.events.push(Event {
                name: "Page Viewed".to_owned(),
                properties: [].into(),
                ..view(&format!("{who}-{month}"), &who, moment(month, i64::from(number % 7)))
            });
        }
        for nth in 0..3 {
            let when = moment(keen, 3 + 8 * nth + i64::from(number % 5));
            page.events.push(view(&format!("{who}-v{nth}"), &who, when));
        }
        let buys = match number / 4 % 20 {
            steady if steady % 3 != 0 => Some(keen + 1),
            3 => Some((keen + 3) % 4),
            _ => None,
        };
        if let Some(month) = buys.filter(|month| *month < 4) {
            let when = moment(month, 1 + i64::from(number % 28));
            page.records.push(order(&format!("o{who}"), Some(&who), 20, when));
        }
    }
    page
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

async fn settled(profiles: &Profiles, page: Page) {
    let shop = source(profiles, "shop", "ecommerce").await;
    deliver(profiles, &shop, 1_000_000, &page).await;
    profiles.drain(profiles.now()).await.unwrap();
}

async fn story(profiles: &Profiles, number: u32) -> (Story, Vec<crate::consent::Statement>) {
    let found = by_email(profiles, &email(number)).await.unwrap();
    let who = admitted(found.id);
    (profiles.stories(&[who]).await.unwrap().remove(&who).unwrap_or_default(), found.said)
}

async fn lead(profiles: &Profiles, number: u32) -> Answer<Score> {
    let (story, said) = story(profiles, number).await;
    profiles.lead_score(&story, &said).await.unwrap()
}

async fn propensity(profiles: &Profiles, number: u32, thing: &Thing) -> Answer<Score> {
    let (story, said) = story(profiles, number).await;
    profiles.propensity(&story, &said, thing).await.unwrap()
}

/// Learns both, and returns how that ended.
async fn learned(profiles: &Profiles) -> Vec<(StepState, Option<i32>, Option<String>)> {
    let kinds = [Kind::LeadScore, Kind::Propensity];
    let training = profiles.request_training(&kinds, None, true, "test").await.unwrap();
    let training = profiles.work_on_training(training.id, watch::channel(false).1).await.unwrap();
    training.steps.into_iter().map(|step| (step.state, step.version, step.why)).collect()
}

fn adds_up(score: &Score) {
    let sum: f64 = score.reasons.iter().map(|reason| reason.contribution).sum();
    assert!((score.base + sum - score.log_odds).abs() < 1e-9, "{score:?}");
    assert!((0.0..=1.0).contains(&score.probability) && (0.0..=1.0).contains(&score.percentile.unwrap()));
}

#[tokio::test]
async fn a_keen_lead_is_told_from_others_and_why_and_a_customer_is_none() {
    on_both(async |profiles| {
        // 3 and 7 were keen last month; 2 the month before, and 19 refuses.
        let consents = (0..16).map(|who| allows(who, true, 0)).chain([allows(19, false, 0)]).collect();
        settled(profiles, Page { consents, ..world(LEADS) }).await;
        assert_eq!(lead(profiles, 3).await.status, Status::LowData, "nothing was learned yet");
        let steps = learned(profiles).await;
        assert!(steps.iter().all(|(state, ..)| *state == StepState::Learned), "{steps:?}");
        let model = profiles.model_learned(steps[0].1.unwrap()).await.unwrap();
        assert_eq!(
            (model.kind, model.about.data.customers),
            (Kind::LeadScore, u64::from(LEADS) - 1),
            "one refuses"
        );
        assert_eq!(model.about.horizon, Some(30));

        let (keen, other) = (lead(profiles, 3).await, lead(profiles, 0).await);
        let (keen, other) = (keen.said.unwrap(), other.said.unwrap());
        adds_up(&keen);
        adds_up(&other);
        assert!(
            keen.probability > 0.4 && other.probability < 0.3,
            "{} {}",
            keen.probability,
            other.probability
        );
        let why = keen.reasons.iter().find(|reason| reason.factor == "products").unwrap();
        assert!(
            why.contribution > 0.0 && why.text.starts_with("looked at a product 3 times in the last 30 days"),
            "{why:?}"
        );

        // A customer is no lead, whoever says no is told nothing, and an order counts at once.
        assert_eq!(lead(profiles, 4).await.status, Status::NotApplicable);
        assert_eq!(lead(profiles, 19).await.status, Status::NoConsent);
        assert_eq!(lead(profiles, 103).await.status, Status::NoConsent, "nobody asked them");
        settled(profiles, page(vec![order("new", Some("3"), 20, 10 * DAY)], vec![])).await;
        assert_eq!(lead(profiles, 3).await.status, Status::NotApplicable);
        let later = crate::Profiles::open(
            profiles.db().clone(),
            crate::Keys::new(&[7; 32]),
            std::sync::Arc::new(super::support::Fixed(profiles.now() + TimeDelta::days(91))),
        );
        assert_eq!(lead(&later.await.unwrap(), 7).await.status, Status::Stale);
    })
    .await;
}

#[tokio::test]
async fn whoever_looks_at_something_is_likelier_to_buy_it_and_learning_again_gives_the_same() {
    on_both(async |profiles| {
        let consents = (0..16).map(|who| allows(who, true, 0)).collect();
        settled(profiles, Page { consents, ..world(LEADS) }).await;
        let (first, again) = (learned(profiles).await, learned(profiles).await);
        for (one, other) in first.iter().zip(&again) {
            let one = profiles.model_learned(one.1.unwrap()).await.unwrap();
            let other = profiles.model_learned(other.1.unwrap()).await.unwrap();
            assert_eq!(one.about, other.about, "the same facts, the same model");
        }
        let tea = Thing::category(" TEA ").unwrap();
        let shop = source(profiles, "shop", "ecommerce").await;
        let product = Thing::Product(profiles.keys().object("product", shop.id, "p"));
        for thing in [&tea, &product] {
            let (keen, other) = (propensity(profiles, 3, thing).await, propensity(profiles, 0, thing).await);
            let (keen, other) = (keen.said.unwrap(), other.said.unwrap());
            adds_up(&keen);
            assert!(keen.probability > other.probability + 0.1, "{} {}", keen.probability, other.probability);
            let why = keen.reasons.iter().find(|reason| reason.factor == "viewed");
            assert!(why.is_some_and(|why| why.text.contains("3 times in the last 30 days")), "{keen:?}");
        }
        // What nobody buys, what nobody knows, and what is seen today.
        let mugs = Thing::Product(profiles.keys().object("product", shop.id, "q"));
        let unlikely = propensity(profiles, 0, &mugs).await.said.unwrap().probability;
        assert!(unlikely <= propensity(profiles, 0, &product).await.said.unwrap().probability);
        let nowhere = Thing::category("no such").unwrap();
        assert_eq!(propensity(profiles, 0, &nowhere).await.status, Status::LowData);
        let before = propensity(profiles, 0, &tea).await.said.unwrap().probability;
        let views = (0..3).map(|n| view(&format!("today{n}"), "0", 10 * DAY + n * 60)).collect();
        settled(profiles, page(vec![], views)).await;
        assert!(propensity(profiles, 0, &tea).await.said.unwrap().probability > before);
    })
    .await;
}

#[tokio::test]
async fn what_is_too_little_leaves_the_model_in_force() {
    on_both(async |profiles| {
        let nothing = learned(profiles).await;
        assert!(nothing.iter().all(|(state, version, why)| {
            *state == StepState::TooLittle
                && version.is_none()
                && why.as_ref().unwrap().contains("50 or more")
        }));
        settled(profiles, Page { consents: vec![allows(3, true, 0)], ..world(60) }).await;
        // Amounts beyond all others, and orders that are yet to come.
        let strange =
            vec![order("rich", Some("0"), 1_000_000_000, -DAY), order("ahead", Some("3"), 1, 400 * DAY)];
        settled(profiles, page(strange, vec![])).await;
        let few = learned(profiles).await;
        assert!(few.iter().all(|(state, ..)| *state == StepState::TooLittle), "{few:?}");
        let (answer, nobody) = (lead(profiles, 3).await, admitted(Uuid::nil()));
        assert_eq!(
            (answer.status, answer.model),
            (Status::LowData, None),
            "what is yet to come is no purchase"
        );
        assert!(profiles.stories(&[nobody]).await.unwrap().is_empty());
    })
    .await;
}
