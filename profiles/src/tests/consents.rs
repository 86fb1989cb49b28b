//! What people said about the use of their data, when two turn out to be one and when that was wrong.

use identity::IdentifierKind;
use serde_json::json;
use uuid::Uuid;

use super::support::{at, by_email, deliver, on_both, page, person, source};
use crate::{
    Profiles,
    consent::{self, ContactPoint, Decision, NewStatement, Refusal, Status},
    decisions::Word,
    view::read::Profile,
};

/// What was said at an instant, about an address where the purpose has a channel.
async fn say(
    profiles: &Profiles,
    who: Uuid,
    (purpose, email): (&str, Option<&str>),
    status: Status,
    when: i64,
) {
    let new = NewStatement {
        purpose: purpose.to_owned(),
        point: email.map(|email| (IdentifierKind::Email, email.to_owned())),
        status,
        stated_at: Some(at(when)),
        expires_at: None,
        method: Some("form".to_owned()),
        notice: None,
        evidence: json!({ "form": "newsletter" }).as_object().unwrap().clone(),
        key: None,
    };
    profiles.record_consent(who, &new, "till").await.unwrap();
}

/// Why the person's data may not be used; `None` where it may.
async fn refusal(profiles: &Profiles, who: &Profile, purpose: &str, email: Option<&str>) -> Option<Refusal> {
    let purposes = profiles.purposes().await.unwrap();
    let point = email.map(|email| ContactPoint { kind: IdentifierKind::Email, value: email.to_owned() });
    match consent::decide(&purposes[purpose].purpose, &who.said, point.as_ref(), profiles.now()) {
        Decision::Allowed { .. } => None,
        Decision::Refused { reason, .. } => Some(reason),
    }
}

#[tokio::test]
async fn who_is_merged_by_mistake_has_their_own_word_again() {
    const MAIL: &str = "email_marketing";
    let [ann_at, bea_at, home] = ["ann@example.org", "bea@example.org", "home@example.org"];
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let people = ["ann", "bea"].map(|id| person(id, id, Some(&format!("{id}@example.org")), None));
        deliver(profiles, &crm, 0, &page(people.into(), vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let both =
            async || (by_email(profiles, ann_at).await.unwrap(), by_email(profiles, bea_at).await.unwrap());
        let (ann, bea) = both().await;
        assert_ne!(ann.id, bea.id);
        for (who, about, status, when) in [
            (&ann, ("profiling", None), Status::Granted, 20),
            (&bea, ("profiling", None), Status::Denied, 10),
            (&ann, (MAIL, Some(ann_at)), Status::Granted, 21),
            (&bea, (MAIL, Some(bea_at)), Status::Withdrawn, 22),
            (&ann, (MAIL, Some(home)), Status::Granted, 24),
            (&bea, (MAIL, Some(home)), Status::Withdrawn, 23),
        ] {
            say(profiles, who.id, about, status, when).await;
        }
        let answers = async |who: &Profile| {
            let mut all = vec![refusal(profiles, who, "profiling", None).await];
            for email in [ann_at, bea_at, home] {
                all.push(refusal(profiles, who, MAIL, Some(email)).await);
            }
            all
        };
        let anns = [None, None, Some(Refusal::NeverAsked), None];
        let beas = [Refusal::Denied, Refusal::NeverAsked, Refusal::Withdrawn, Refusal::Withdrawn].map(Some);
        let (ann, bea) = both().await;
        assert_eq!((answers(&ann).await, answers(&bea).await), (anns.into(), beas.into()));

        // Of the person the safest word of each counts, however old it is; of an address the newest, whoever said it.
        let word = |when| Word { actor: "till".to_owned(), at: at(when), note: None };
        let merged = profiles.merge(&[ann.id, bea.id], &word(200)).await.unwrap();
        let (one, other) = both().await;
        assert_eq!(one.id, other.id);
        assert_eq!(answers(&one).await, [Some(Refusal::Denied), None, Some(Refusal::Withdrawn), None]);
        say(profiles, one.id, ("advertising", None), Status::Granted, 210).await;

        profiles.undo(merged.decision.id, &word(300)).await.unwrap();
        let (ann, bea) = both().await;
        assert_ne!(ann.id, bea.id);
        assert_eq!((answers(&ann).await, answers(&bea).await), (anns.into(), beas.into()));
        // What was said while they were one was said for both.
        for who in [&ann, &bea] {
            assert_eq!(refusal(profiles, who, "advertising", None).await, None);
        }
    })
    .await;
}
