//! Sessions of people: how long they last, and how they end.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::support::{Fixed, at, on_both};
use crate::{
    KEY_LEN, Keys, Profiles,
    access::{Caller, CallerKind, Role},
};

const HOUR: i64 = 3_600;

/// Another process on the same database, so many hours after noon.
async fn later(profiles: &Profiles, hours: i64) -> Profiles {
    let (db, keys) = (profiles.db().clone(), profiles.keys().clone());
    Profiles::open(db, keys, Arc::new(Fixed(at(hours * HOUR)))).await.unwrap()
}

async fn opened(profiles: &Profiles) -> (Caller, SecretString) {
    let anna = profiles.person("https://id.example", "248289761001", "Anna", Role::Analyst);
    let session = profiles.open_session(&anna).await.unwrap();
    (anna, session)
}

async fn found(profiles: &Profiles, session: &SecretString) -> Option<Caller> {
    profiles.find_session(session.expose_secret()).await.unwrap()
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_after_a_day_at_the_latest() {
    on_both(async |profiles| {
        let start = later(profiles, 0).await;
        let (anna, session) = opened(&start).await;
        assert_eq!(found(&start, &session).await.as_ref(), Some(&anna));
        for hours in [7, 14, 21] {
            assert_eq!(found(&later(profiles, hours).await, &session).await.as_ref(), Some(&anna), "{hours}");
        }
        assert_eq!(found(&later(profiles, 24).await, &session).await, None, "a day is the end");

        let (_, idle) = opened(&start).await;
        assert_eq!(found(&later(profiles, 8).await, &idle).await, None);
        assert!(!start.knows_session("x") && start.knows_session(session.expose_secret()));
    })
    .await;
}

#[tokio::test]
async fn a_session_that_was_ended_holds_nowhere_and_ends_once() {
    on_both(async |profiles| {
        let profiles = later(profiles, 0).await;
        let (anna, session) = opened(&profiles).await;
        let (_, other) = opened(&profiles).await;
        assert_ne!(session.expose_secret(), other.expose_secret());
        assert_eq!(found(&profiles, &session).await.as_ref(), Some(&anna));
        assert!(profiles.end_session(session.expose_secret()).await.unwrap());
        assert!(!profiles.end_session(session.expose_secret()).await.unwrap());
        assert_eq!(found(&profiles, &session).await, None);
        assert_eq!(found(&later(&profiles, 0).await, &session).await, None);
        assert!(!profiles.knows_session(session.expose_secret()));
        assert_eq!(found(&profiles, &other).await.as_ref(), Some(&anna));
    })
    .await;
}

#[tokio::test]
async fn a_person_has_one_id_for_ever_that_tells_nothing() {
    on_both(async |profiles| {
        let id = |issuer: &str, subject: &str| profiles.person(issuer, subject, "Anna", Role::Sales).id;
        let anna = profiles.person("https://id.example", "1", "Anna Jansen", Role::Admin);
        assert_eq!((anna.kind.clone(), anna.id), (CallerKind::Person, id("https://id.example", "1")));
        assert_ne!(anna.id, id("https://id.example", "2"));
        assert_ne!(anna.id, id("https://other.example", "1"));
        assert_ne!(anna.id, Keys::new(&[9; KEY_LEN]).signed_in("https://id.example", "1"));
        assert_eq!(anna.actor(), format!("Anna Jansen (Person:{})", anna.id));
    })
    .await;
}
