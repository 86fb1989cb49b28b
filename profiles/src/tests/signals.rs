//! What a visitor's browser and consent banner say, with events.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connectors::{
    Page,
    canonical::{ConsentStatement, ConsentStatus, Event},
};
use entities::{consent_statement, event as events, rejected_record};
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;

use super::support::{at, by_email, deliver, event, on_both, page, person, source};
use crate::{
    Profiles,
    consent::{self, Decision, Refusal},
};

fn with(id: &str, when: i64, context: serde_json::Value) -> Event {
    Event { context: serde_json::from_value(context).unwrap(), ..event(id, "1", when) }
}

/// What Ann's data may be used for, and why not.
async fn refusal(profiles: &Profiles, purpose: &str) -> Option<(Refusal, Option<DateTime<Utc>>)> {
    let ann = by_email(profiles, "ann@example.org").await.unwrap();
    let purposes = profiles.purposes().await.unwrap();
    match consent::decide(&purposes[purpose].purpose, &ann.said, None, profiles.now()) {
        Decision::Allowed { .. } => None,
        Decision::Refused { reason, since, .. } => Some((reason, since)),
    }
}

#[tokio::test]
async fn an_opt_out_holds_until_a_newer_grant_of_the_same_visitor() {
    on_both(async |profiles| {
        let web = source(profiles, "web", "web").await;
        let ann = person("1", "Ann", Some("ann@example.org"), None);
        let signals =
            vec![with("e1", 10, json!({"gpc": true})), with("e2", 20, json!({"headers": {"sec-gpc": "1"}}))];
        deliver(profiles, &web, 0, &page(vec![ann], signals.clone())).await;
        profiles.drain(at(100)).await.unwrap();
        for purpose in ["advertising", "third_party_sharing"] {
            assert_eq!(refusal(profiles, purpose).await, Some((Refusal::Denied, Some(at(20)))), "{purpose}");
        }
        assert_eq!(refusal(profiles, "profiling").await, Some((Refusal::NeverAsked, None)));
        assert_eq!(refusal(profiles, "analytics").await, None);

        let grant = |when| ConsentStatement {
            person: "1".to_owned(),
            purpose: "advertising".to_owned(),
            contact_point: None,
            status: ConsentStatus::Granted,
            stated_at: Some(at(when)),
            expires_at: None,
            method: Some("form".to_owned()),
            notice: None,
            evidence: BTreeMap::new(),
        };
        for (when, expected) in [(15, Some((Refusal::Denied, Some(at(20))))), (30, None)] {
            deliver(profiles, &web, 40, &Page { consents: vec![grant(when)], ..Page::default() }).await;
            profiles.drain(at(100)).await.unwrap();
            assert_eq!(refusal(profiles, "advertising").await, expected, "a grant at {when}");
        }
        assert_eq!(refusal(profiles, "third_party_sharing").await, Some((Refusal::Denied, Some(at(20)))));

        // Said again it says the same; said by a newer event it holds again.
        let count = consent_statement::Entity::find().count(profiles.db()).await.unwrap();
        deliver(profiles, &web, 50, &page(vec![], signals)).await;
        assert_eq!(consent_statement::Entity::find().count(profiles.db()).await.unwrap(), count);
        deliver(profiles, &web, 60, &page(vec![], vec![with("e3", 55, json!({"consent": {"gpc": "1"}}))]))
            .await;
        profiles.drain(at(100)).await.unwrap();
        assert_eq!(refusal(profiles, "advertising").await, Some((Refusal::Denied, Some(at(55)))));
    })
    .await;
}

#[tokio::test]
async fn no_source_places_or_lifts_a_restriction() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let ann = person("1", "Ann", Some("ann@example.org"), None);
        deliver(profiles, &crm, 0, &page(vec![ann], vec![])).await;
        let said = |status| ConsentStatement {
            person: "1".to_owned(),
            purpose: consent::RESTRICTION.to_owned(),
            contact_point: None,
            status,
            stated_at: Some(at(50)),
            expires_at: None,
            method: None,
            notice: None,
            evidence: BTreeMap::new(),
        };
        let consents = vec![said(ConsentStatus::Granted), said(ConsentStatus::Denied)];
        deliver(profiles, &crm, 60, &Page { consents, ..Page::default() }).await;
        assert_eq!(consent_statement::Entity::find().count(profiles.db()).await.unwrap(), 0);
        let told = rejected_record::Entity::find().all(profiles.db()).await.unwrap();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|told| told.reason.contains("restriction")), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_string_that_cannot_be_read_costs_no_event() {
    on_both(async |profiles| {
        let web = source(profiles, "web", "web").await;
        let strings = ["e1", "e2"].map(|id| with(id, 10, json!({"consent": {"tcf": "nonsense!"}})));
        deliver(profiles, &web, 20, &page(vec![], strings.into())).await;
        assert_eq!(events::Entity::find().count(profiles.db()).await.unwrap(), 2);
        let told = rejected_record::Entity::find().all(profiles.db()).await.unwrap();
        assert_eq!(told.len(), 1, "one string is told once");
        assert!(told[0].reason.contains("base64"), "{}", told[0].reason);
        assert_eq!(consent_statement::Entity::find().count(profiles.db()).await.unwrap(), 0);
    })
    .await;
}
