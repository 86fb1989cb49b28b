//! Access: an archive holds everything of the person, nothing of anybody else, and is what its schema says.

use connectors::{Page, canonical::IdentifierKind};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    erasure::{erase, known, record, world},
    segments::{define, work_out},
    support::{at, by_email, deliver, on_both, order},
};
use crate::{
    Profiles,
    error::Error,
    privacy::{Archive, NewRequest, RequestKind, RequestState},
};

async fn asks(profiles: &Profiles, profile: Uuid) -> Uuid {
    let new = NewRequest::new(RequestKind::Access, profile);
    profiles.receive_request(&new, "till").await.unwrap().id
}

pub(super) fn assert_valid(archive: &Value) {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("archive.json", Archive::schema()).unwrap();
    let schema = compiler.compile("archive.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(archive, schema) {
        panic!("{error:#}");
    }
}

#[tokio::test]
async fn an_archive_is_everything_of_the_person_and_nothing_of_others() {
    on_both(async |profiles| {
        let sources = world(profiles).await;
        define(profiles, "readers", r#"did "Email Opened""#).await;
        work_out(profiles).await;
        let anna = by_email(profiles, "anna@example.org").await.unwrap();
        // Her record mentions her husband by an address of his own, and by the one that they share.
        let mut later = record(
            "c-4711",
            &json!({"note": "married to ben@example.org, at home family@example.org"}),
            known("Vandenberg", &[(IdentifierKind::Email, "anna@example.org")]),
        );
        later.updated_at = Some(at(11));
        let page = Page { records: vec![later], ..Page::default() };
        deliver(profiles, &sources.crm, 300, &page).await;
        let mut gone = order("o1", Some("cust-0815"), 40, 20);
        gone.updated_at = Some(at(60));
        gone.deleted = true;
        deliver(profiles, &sources.shop, 300, &Page { records: vec![gone], ..Page::default() }).await;
        profiles.drain(at(400)).await.unwrap();

        let id = asks(profiles, anna.id).await;
        assert!(matches!(profiles.archive(id).await, Err(Error::Conflict(_))), "nobody has decided");
        profiles.fulfil_request(id, false, "till").await.unwrap();
        profiles.work_on_requests().await.unwrap();
        let done = profiles.request(id).await.unwrap().unwrap();
        assert_eq!((done.state, done.profile), (RequestState::Done, Some(anna.id)));
        assert!(matches!(profiles.lift_request(id, "till").await, Err(Error::Conflict(_))));

        let limits = json!({"events": "25 months", "sources": {"shop": {"orders": "10 years"}}});
        profiles.adopt_retention(&serde_json::from_value(limits).unwrap()).await.unwrap();
        let archive = serde_json::to_value(profiles.archive(id).await.unwrap()).unwrap();
        assert_valid(&archive);
        let kept = archive["about"]["retention"].as_str().unwrap();
        for limit in ["what you did (WEB): 25 months", "orders (SHOP): 10 years"] {
            assert!(kept.contains(limit), "{kept}");
        }
        assert!(!kept.contains("orders (WEB)"), "{kept}");
        let text = archive.to_string();
        for own in [
            "c-4711",
            "cust-0815",
            "cookie-9z9z",
            "guest:anna@example.org",
            "user-anna",
            "+31 6 4471 9382",
            "\"now\":true",
            "family@example.org",
            "Email Opened",
            "\"d1\"",
            "\"d2\"",
        ] {
            assert!(text.contains(own), "{own}: {archive:#}");
        }
        for other in ["ben@", "\"c-2\"", "\"c-3\"", "leo", "dirk", "Peeters", "is not Ben", "till"] {
            assert!(!text.contains(other), "{other}: {archive:#}");
        }
        assert!(text.contains("married to [erased], at home family@example.org"));
        let count = |part: &str| archive[part].as_array().unwrap().len();
        assert_eq!((count("knownAs"), count("orders"), count("deals"), count("events")), (4, 1, 2, 2));
        let of_kind = |kind: &str| {
            let records = archive["records"].as_array().unwrap().iter();
            records.filter(|record| record["kind"] == kind).cloned().collect::<Vec<Value>>()
        };
        assert_eq!((of_kind("person").len(), of_kind("order").len()), (5, 3), "those that are gone, too");
        let deals = of_kind("deal");
        let shared = deals.iter().find(|deal| deal["key"] == "d1").unwrap();
        assert_eq!(
            (&shared["delivered"], &shared["understood"]["persons"]),
            (&Value::Null, &json!(["c-4711"]))
        );
        assert_eq!(archive["decisions"][0]["verdict"], "different");
        assert_eq!(archive["decisions"][0].get("other"), None);
        assert_eq!(archive["statements"][0]["contactPoint"], "anna@example.org");
        let service = archive["uses"].as_array().unwrap().iter().find(|one| one["purpose"] == "service");
        assert_eq!(service.unwrap()["allowed"], true);
        assert_eq!(archive["segments"][0]["name"], "readers");
        let listed = archive["lists"].as_array().unwrap();
        assert_eq!((listed.len(), &listed[0]["list"]), (1, &json!("fair")));
        assert_eq!(archive["requests"][0]["id"], json!(id));

        erase(profiles, anna.id, false).await;
        assert!(matches!(profiles.archive(id).await, Err(Error::Erased { .. })));
    })
    .await;
}

#[tokio::test]
async fn only_a_request_for_access_that_is_granted_is_answered_with_an_archive() {
    on_both(async |profiles| {
        world(profiles).await;
        let anna = by_email(profiles, "anna@example.org").await.unwrap().id;
        let other = NewRequest::new(RequestKind::Restriction, anna);
        let other = profiles.receive_request(&other, "till").await.unwrap().id;
        profiles.fulfil_request(other, false, "till").await.unwrap();
        assert!(matches!(profiles.archive(other).await, Err(Error::Conflict(_))));
        let refused = asks(profiles, anna).await;
        profiles.refuse_request(refused, "not the person", "till").await.unwrap();
        assert!(matches!(profiles.archive(refused).await, Err(Error::Conflict(_))));
        assert!(matches!(profiles.archive(Uuid::nil()).await, Err(Error::NotFound { .. })));
    })
    .await;
}
