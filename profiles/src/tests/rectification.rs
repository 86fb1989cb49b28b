//! Rectification: what a person says is right stands until the source says so too, whatever it delivers meanwhile.

use std::sync::Arc;

use connectors::{
    Page,
    canonical::{Body, IdentifierKind, Person, Record, traits},
};
use identity::Verdict;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    erasure::erase,
    support::{Fixed, at, by_email, deliver, on_both, page, person, reader, source},
};
use crate::{
    Keys, Profiles,
    decisions::Word,
    error::{Error, Result},
    privacy::{Corrected, NewRequest, RequestKind, RequestState, SubjectRequest},
    sources::Source,
    view::{document::Trait, read::ProfileRef},
};

/// The clock of these tests stands at 1,000,000.
const LATER: i64 = 1_000_100;

async fn receive(profiles: &Profiles, profile: Uuid, right: &[(&str, Value)]) -> Result<SubjectRequest> {
    let corrections =
        right.iter().map(|(key, value)| Corrected { key: (*key).to_owned(), value: value.clone() });
    let new = NewRequest {
        corrections: corrections.collect(),
        ..NewRequest::new(RequestKind::Rectification, profile)
    };
    profiles.receive_request(&new, "till").await
}

async fn rectify(profiles: &Profiles, profile: Uuid, right: &[(&str, Value)]) -> Uuid {
    let request = receive(profiles, profile, right).await.unwrap();
    assert_eq!(request.state, RequestState::Received);
    profiles.fulfil_request(request.id, false, "till").await.unwrap();
    assert_eq!(profiles.work_on_requests().await.unwrap(), 1);
    let done = profiles.request(request.id).await.unwrap().unwrap();
    assert_eq!(done.state, RequestState::Done);
    request.id
}

/// A record of Anna, who is called so.
fn called(id: &str, name: &str, updated: i64) -> Page {
    page(vec![person(id, name, Some("anna@example.org"), Some(updated))], vec![])
}

async fn say(profiles: &Profiles, source: &Source, page: Page) {
    deliver(profiles, source, 900, &page).await;
    profiles.drain(at(2_000_000)).await.unwrap();
}

async fn world(profiles: &Profiles) -> (Source, Source, Uuid) {
    let crm = source(profiles, "crm", "crm").await;
    let shop = source(profiles, "shop", "ecommerce").await;
    say(profiles, &crm, called("c1", "Ana", 10)).await;
    say(profiles, &shop, called("7", "Hannah", 20)).await;
    let anna = by_email(profiles, "anna@example.org").await.unwrap().id;
    (crm, shop, anna)
}

async fn found(profiles: &Profiles, key: &str) -> Trait {
    let anna = by_email(profiles, "anna@example.org").await.unwrap();
    anna.traits.into_iter().find(|found| found.key == key).unwrap()
}

async fn name(profiles: &Profiles) -> Value {
    found(profiles, traits::FIRST_NAME).await.value
}

#[tokio::test]
async fn a_correction_stands_until_the_source_agrees_and_then_the_source_is_believed_again() {
    on_both(async |profiles| {
        let (crm, shop, anna) = world(profiles).await;
        let request = rectify(profiles, anna, &[(traits::FIRST_NAME, json!(" Anna "))]).await;
        let corrected = found(profiles, traits::FIRST_NAME).await;
        assert_eq!(corrected.value, json!("Anna"));
        assert_eq!(corrected.corrected_by, Some(request));
        assert_eq!(corrected.winner.source, profiles.keys().source("rondom"));
        let lost: Vec<_> = corrected.losers.iter().filter_map(|loser| loser.value.as_str()).collect();
        assert_eq!(lost, ["Ana", "Hannah"], "whom nobody believes");
        assert_eq!(by_email(profiles, "anna@example.org").await.unwrap().display_name.unwrap(), "Anna");

        // The next syncs know no better.
        say(profiles, &crm, called("c1", "Anaa", LATER)).await;
        say(profiles, &shop, called("7", "Hannah", LATER)).await;
        assert_eq!(name(profiles).await, json!("Anna"));
        profiles.rebuild(at(3_000_000)).await.unwrap();
        assert_eq!(name(profiles).await, json!("Anna"), "nor does a rebuild");

        // One agrees: it says so by itself now, against the one that does not.
        say(profiles, &crm, called("c1", "Anna", LATER + 10)).await;
        let corrected = found(profiles, traits::FIRST_NAME).await;
        assert_eq!((corrected.corrected_by, corrected.confirmed_by.len()), (Some(request), 1));
        // And then has something newer to say.
        say(profiles, &crm, called("c1", "Annabel", LATER + 20)).await;
        let newer = found(profiles, traits::FIRST_NAME).await;
        assert_eq!((newer.value, newer.corrected_by), (json!("Annabel"), None));
        assert_eq!(newer.losers.len(), 1, "who never agreed has lost");
        // What was wrong stays wrong, whoever says it again.
        say(profiles, &crm, called("c1", "Hannah", LATER + 30)).await;
        assert_eq!(name(profiles).await, json!("Anna"));
        // Both say what is right, each in its own way: the correction is over, and who comes later is believed.
        say(profiles, &crm, called("c1", "ANNA", LATER + 40)).await;
        say(profiles, &shop, called("7", "Anna ", LATER + 50)).await;
        let agreed = found(profiles, traits::FIRST_NAME).await;
        assert_eq!((agreed.corrected_by, agreed.losers.len()), (None, 1), "two ways of writing it");
        let mail = source(profiles, "mail", "email").await;
        say(profiles, &mail, called("m", "Anneke", LATER + 60)).await;
        say(profiles, &crm, called("c1", "Anneke", LATER + 60)).await;
        assert_eq!(name(profiles).await, json!("Anneke"));
        profiles.rebuild(at(3_000_000)).await.unwrap();
        assert_eq!(name(profiles).await, json!("Anneke"));

        let by = ProfileRef::Id(anna);
        let then = profiles.profile_as_of(&reader(), &by, at(1_000_000)).await.unwrap().unwrap();
        let name = then.traits.iter().find(|found| found.key == traits::FIRST_NAME).unwrap();
        assert_eq!((&name.value, name.corrected_by), (&json!("Anna"), Some(request)), "as it was then");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_says_is_completed_and_what_is_taken_back_was_never_said() {
    on_both(async |profiles| {
        let (_, _, anna) = world(profiles).await;
        let before = profiles.state_hash(at(0)).await.unwrap();
        let home = json!({"street": "Kade 1", "city": "Delft", "country": "NL"});
        let right = [(traits::ADDRESS, home.clone()), (traits::BIRTH_DATE, json!("1980-02-01"))];
        let request = rectify(profiles, anna, &right).await;
        assert_eq!(found(profiles, traits::ADDRESS).await.value, home);
        assert_eq!(found(profiles, traits::BIRTH_DATE).await.corrected_by, Some(request));

        let newer = rectify(profiles, anna, &[(traits::BIRTH_DATE, json!("1980-02-02"))]).await;
        let born = found(profiles, traits::BIRTH_DATE).await;
        // Both were decided in one instant of a clock that stands still: then their ids decide, always alike.
        assert_eq!(born.corrected_by, Some(newer.max(request)));

        let lifted = profiles.lift_request(newer, "till").await.unwrap();
        assert!(lifted.lifted_at.is_some() && lifted.lifted_by.as_deref() == Some("till"));
        assert!(matches!(profiles.lift_request(newer, "till").await, Err(Error::Conflict(_))));
        profiles.drain(at(2_000_000)).await.unwrap();
        assert_eq!(found(profiles, traits::BIRTH_DATE).await.value, json!("1980-02-01"));
        profiles.lift_request(request, "till").await.unwrap();
        profiles.drain(at(2_000_000)).await.unwrap();
        assert_eq!(profiles.state_hash(at(0)).await.unwrap(), before);
    })
    .await;
}

fn lives(id: &str, address: &Value, updated: Option<i64>) -> Page {
    let mut record = person(id, "Anna", Some("anna@example.org"), updated);
    if let Body::Person(person) = &mut record.body {
        person.set_value(traits::ADDRESS, Some(address.clone()));
    }
    record.payload = address.to_string().into_bytes();
    page(vec![record], vec![])
}

#[tokio::test]
async fn an_address_that_was_completed_may_change_again() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        say(profiles, &crm, lives("c1", &json!({"country": "Denmark"}), Some(10))).await;
        let anna = by_email(profiles, "anna@example.org").await.unwrap().id;
        let home = json!({"street": "Kystvej 3", "city": "Aarhus", "country": "DK"});
        rectify(profiles, anna, &[(traits::ADDRESS, home.clone())]).await;
        assert_eq!(found(profiles, traits::ADDRESS).await.value, home);
        let theirs =
            json!({"street": "Kystvej  3", "city": "AARHUS", "country": "Denmark", "region": "Midt"});
        say(profiles, &crm, lives("c1", &theirs, Some(LATER))).await;
        assert_eq!(found(profiles, traits::ADDRESS).await.corrected_by, None, "it agrees in its own way");
        let moved = json!({"street": "Gade 1", "city": "Odense", "country": "Denmark"});
        say(profiles, &crm, lives("c1", &moved, Some(LATER + 10))).await;
        assert_eq!(found(profiles, traits::ADDRESS).await.value, moved);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_comes_again_and_again_does_not_bring_back_what_was_wrong() {
    on_both(async |profiles| {
        let file = source(profiles, "file", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let undated = |name: &str| page(vec![person("1", name, Some("anna@example.org"), None)], vec![]);
        say(profiles, &file, undated("ANA")).await;
        say(profiles, &shop, called("7", "Anna", 20)).await;
        let anna = by_email(profiles, "anna@example.org").await.unwrap().id;
        rectify(profiles, anna, &[(traits::FIRST_NAME, json!("Anna"))]).await;
        for stamp in [LATER, LATER + 100] {
            deliver(profiles, &file, stamp, &undated("ANA")).await;
            profiles.drain(at(2_000_000)).await.unwrap();
            assert_eq!(name(profiles).await, json!("Anna"));
        }
        // It agrees, and has something newer to say after that.
        deliver(profiles, &file, LATER + 200, &undated("anna")).await;
        deliver(profiles, &file, LATER + 300, &undated("Annabel")).await;
        profiles.drain(at(2_000_000)).await.unwrap();
        let names = found(profiles, traits::FIRST_NAME).await;
        assert_eq!(names.corrected_by, None);
        // Where it was the spelling that was wrong, it is that spelling.
        let mail = source(profiles, "mail", "email").await;
        say(profiles, &mail, page(vec![person("m", "ANNABEL", Some("bel@example.org"), Some(10))], vec![]))
            .await;
        let bel = by_email(profiles, "bel@example.org").await.unwrap().id;
        rectify(profiles, bel, &[(traits::FIRST_NAME, json!("Annabel"))]).await;
        let shown = by_email(profiles, "bel@example.org").await.unwrap().display_name;
        assert_eq!(shown.as_deref(), Some("Annabel"));
    })
    .await;
}

#[tokio::test]
async fn a_correction_goes_where_the_record_goes_that_the_request_named() {
    on_both(async |profiles| {
        let (crm, shop, anna) = world(profiles).await;
        let [one, other] = [profiles.keys().person(crm.id, "c1"), profiles.keys().person(shop.id, "7")];
        assert_eq!(anna, one, "the eldest names the profile");
        rectify(profiles, one, &[(traits::FIRST_NAME, json!("Anna"))]).await;
        let word = Word { at: at(1_000_001), actor: "till".to_owned(), note: None };
        let called = async |id: Uuid| {
            let found = profiles.profile(&reader(), &ProfileRef::Id(id)).await.unwrap().unwrap();
            found.display_name.unwrap()
        };
        let apart = profiles.decide_pair(one, other, Verdict::Different, &word).await.unwrap();
        assert_eq!([called(one).await, called(other).await], ["Anna", "Hannah"], "it was not said of both");

        // Whoever turns out to be the same person is corrected, too, and so is who is left when the record is deleted.
        profiles.undo(apart.decision.id, &word).await.unwrap();
        assert_eq!(called(other).await, "Anna");
        let mut gone = person("c1", "Ana", Some("anna@example.org"), Some(LATER));
        gone.deleted = true;
        say(profiles, &crm, page(vec![gone], vec![])).await;
        assert_eq!(called(other).await, "Anna");
    })
    .await;
}

#[tokio::test]
async fn a_part_of_a_name_that_was_put_right_is_shown_in_the_whole() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let mut whole = Person::default();
        whole.set(traits::FULL_NAME, Some("Ana Larsen"));
        whole.identify(IdentifierKind::Email, Some("anna@example.org"));
        let mut record = person("c1", "", None, Some(10));
        record.body = Body::Person(whole);
        say(profiles, &crm, page(vec![record], vec![])).await;
        let anna = by_email(profiles, "anna@example.org").await.unwrap();
        assert_eq!(anna.display_name.as_deref(), Some("Ana Larsen"));
        rectify(profiles, anna.id, &[(traits::FIRST_NAME, json!("Anna"))]).await;
        let found = by_email(profiles, "anna@example.org").await.unwrap();
        assert_eq!(found.display_name.as_deref(), Some("Anna Larsen"));
        rectify(profiles, anna.id, &[(traits::FULL_NAME, json!("Anna Lund"))]).await;
        let found = by_email(profiles, "anna@example.org").await.unwrap();
        assert_eq!(
            found.display_name.as_deref(),
            Some("Anna Lund"),
            "who corrects the whole means the whole"
        );
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_and_says_what_would_be() {
    on_both(async |profiles| {
        let (_, _, anna) = world(profiles).await;
        let refused = [
            (traits::FIRST_NAME, json!("  "), "expected a value"),
            (traits::FIRST_NAME, json!(null), "expected a value"),
            (traits::FIRST_NAME, json!(["Anna"]), "expected a text"),
            (traits::BIRTH_DATE, json!("1 February 1980"), "YYYY-MM-DD"),
            (traits::BIRTH_DATE, json!("2980-02-01"), "future"),
            (traits::ADDRESS, json!({"city": "Delft", "country": "Utopia"}), "ISO 3166"),
            (traits::EMAIL_RATING, json!("good"), "number"),
            (traits::EMAIL, json!("anna at example.org"), "email"),
            (traits::PHONE, json!("12"), "phone"),
            (traits::ADDRESS, json!("Kade 1, Delft"), "postal_code"),
            (traits::ADDRESS, json!({"town": "Delft"}), "postal_code"),
            (traits::TAGS, json!("vip"), "list"),
            (traits::JOB_TITLE, json!("a\0b"), "U+0000"),
            (traits::JOB_TITLE, json!("a".repeat(20_000)), "bytes"),
            ("firstname", json!("Anna"), "first_name, last_name"),
        ];
        for (key, value, told) in refused {
            let error = receive(profiles, anna, &[(key, value)]).await.unwrap_err();
            assert!(matches!(error, Error::Invalid { .. }), "{error}");
            assert!(error.to_string().contains(told), "{key}: {error}");
        }
        assert!(receive(profiles, anna, &[]).await.is_err());
        let twice = [(traits::GENDER, json!("female")), (traits::GENDER, json!("f"))];
        assert!(receive(profiles, anna, &twice).await.unwrap_err().to_string().contains("twice"));
        let corrections = vec![Corrected { key: "gender".to_owned(), value: json!("f") }];
        let other = NewRequest { corrections, ..NewRequest::new(RequestKind::Access, anna) };
        assert!(matches!(profiles.receive_request(&other, "till").await, Err(Error::Invalid { .. })));
        assert!(profiles.requests(None, None, 10).await.unwrap().is_empty(), "nothing was written down");
    })
    .await;
}

#[tokio::test]
async fn what_was_put_right_stays_right_when_what_sources_said_is_too_old() {
    on_both(async |profiles| {
        let (crm, _, anna) = world(profiles).await;
        let request = rectify(profiles, anna, &[(traits::FIRST_NAME, json!("Anna"))]).await;
        // It agreed, and found a better name.
        for (name, updated) in [("Anna", LATER), ("Annabel", LATER + 10)] {
            say(profiles, &crm, called("c1", name, updated)).await;
        }
        assert_eq!(name(profiles).await, json!("Annabel"));
        let then = Fixed(at(1_000_000 + 100 * 86_400));
        let then = Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), Arc::new(then)).await.unwrap();
        let rules = json!({"superseded_versions": "1 day", "subject_requests": "1 day"});
        then.adopt_retention(&serde_json::from_value(rules).unwrap()).await.unwrap();
        then.apply_retention("test").await.unwrap();
        while then.retain(|| true).await.unwrap() {}
        then.drain(at(2_000_000)).await.unwrap();
        assert_eq!(name(&then).await, json!("Annabel"));
        assert!(then.request(request).await.unwrap().is_some(), "it can still be taken back");
        then.lift_request(request, "till").await.unwrap();
        then.apply_retention("test").await.unwrap();
        while then.retain(|| true).await.unwrap() {}
        assert!(then.request(request).await.unwrap().is_none());
    })
    .await;
}

/// A record with one e-mail address and nothing else.
fn carries(id: &str, email: &str) -> Record {
    person(id, "Somebody", Some(email), Some(LATER))
}

#[tokio::test]
async fn an_erasure_takes_corrections_along_and_blocks_the_address_that_was_corrected() {
    on_both(async |profiles| {
        let (crm, shop, anna) = world(profiles).await;
        say(profiles, &shop, page(vec![person("8", "Ben", Some("ben@example.org"), Some(10))], vec![])).await;
        say(profiles, &shop, page(vec![person("9", "Cleo", Some("cleo@example.org"), Some(10))], vec![]))
            .await;
        let ben = by_email(profiles, "ben@example.org").await.unwrap().id;
        let cleo = by_email(profiles, "cleo@example.org").await.unwrap().id;
        let right =
            [(traits::EMAIL, json!("Anna.New@example.org")), (traits::PHONE, json!("+31 6 4471 9382"))];
        rectify(profiles, anna, &right).await;
        let waiting = receive(profiles, anna, &[(traits::JOB_TITLE, json!("Admiral"))]).await.unwrap();
        // Others may mention her, and one has the same number.
        let home = json!({"street": "Kade 1", "company": "c/o anna.new@example.org"});
        rectify(profiles, ben, &[(traits::ADDRESS, home.clone())]).await;
        rectify(profiles, ben, &[(traits::PHONE, json!("+31644719382"))]).await;
        let mention = receive(profiles, cleo, &[(traits::ADDRESS, home)]).await.unwrap();

        let done = erase(profiles, anna, false).await;
        let receipt = done.receipt.unwrap();
        assert_eq!(receipt["receipt"]["removed"]["corrections"], json!(2), "{receipt}");
        assert_eq!(receipt["receipt"]["mentionsRemovedFrom"]["corrections"], json!(1), "{receipt}");
        assert_eq!(receipt["receipt"]["mentionsRemovedFrom"]["subject_requests"], json!(2), "{receipt}");

        let waiting = profiles.request(waiting.id).await.unwrap().unwrap();
        assert_eq!((waiting.profile, waiting.corrections), (None, vec![]));
        let mention = profiles.request(mention.id).await.unwrap().unwrap();
        assert_eq!(mention.corrections[0].value["company"], json!("c/o [erased]"));
        let ben = by_email(profiles, "ben@example.org").await.unwrap();
        let value = |key: &str| ben.traits.iter().find(|found| found.key == key).unwrap().value.clone();
        assert_eq!(value(traits::PHONE), json!("+31644719382"), "who has it too keeps it");
        assert_eq!(value(traits::ADDRESS)["company"], json!("c/o [erased]"));

        // She does not come back under the address that she was corrected to, and nobody may be corrected to it.
        say(profiles, &crm, page(vec![carries("c9", "anna.new@EXAMPLE.org")], vec![])).await;
        assert!(by_email(profiles, "anna.new@example.org").await.is_none());
        let error = receive(profiles, cleo, &[(traits::EMAIL, json!("anna.new@example.org"))]).await;
        assert!(error.unwrap_err().to_string().contains("erased"));
    })
    .await;
}
