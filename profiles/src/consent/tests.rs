//! The gate against examples from its rules, and against any history in any order.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use identity::IdentifierKind;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    ContactPoint, Decision, Ground, LawfulBasis, Purpose, Refusal, Statement, Status, decide, is_written,
    purpose::built_in, telling,
};

fn at(day: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(day)
}

fn email(local: &str) -> ContactPoint {
    ContactPoint { kind: IdentifierKind::Email, value: format!("{local}@example.org") }
}

fn phone() -> ContactPoint {
    ContactPoint { kind: IdentifierKind::Phone, value: "+31612345678".to_owned() }
}

fn purpose(key: &str) -> Purpose {
    built_in().into_iter().find(|purpose| purpose.key == key).unwrap()
}

/// What the CRM says of the person 1, under the number of its id.
fn said(id: u128, purpose: &str, status: Status, day: Option<i64>) -> Statement {
    Statement {
        id: Uuid::from_u128(id),
        identity: Uuid::from_u128(1),
        source: Uuid::from_u128(100),
        purpose: purpose.to_owned(),
        status,
        stated_at: day.map(at),
        last_seen: at(50),
        expires_at: None,
        point: None,
        carried: BTreeSet::from([email("ann")]),
        written: false,
    }
}

fn allowed(day: Option<i64>, id: u128) -> Decision {
    let statement = Some(Uuid::from_u128(id));
    Decision::Allowed { ground: Ground::Consented, since: day.map(at), statement }
}

fn refused(reason: Refusal, day: Option<i64>, id: u128) -> Decision {
    Decision::Refused { reason, since: day.map(at), statement: Some(Uuid::from_u128(id)) }
}

#[test]
fn the_newest_word_on_a_contact_point_counts_whoever_reported_it() {
    let on = |id, identity: u128, status, day, point| Statement {
        identity: Uuid::from_u128(identity),
        source: Uuid::from_u128(100 + identity),
        point: Some(point),
        ..said(id, "email_marketing", status, Some(day))
    };
    let all = [
        on(10, 1, Status::Withdrawn, 3, email("ann")),
        on(11, 2, Status::Granted, 5, email("ann")),
        on(12, 1, Status::Withdrawn, 9, email("old")),
    ];
    let ask = |point| decide(&purpose("email_marketing"), &all, Some(&point), at(60));
    assert_eq!(ask(email("ann")), allowed(Some(5), 11));
    assert_eq!(ask(email("old")), refused(Refusal::Withdrawn, Some(9), 12));
    assert_eq!(
        ask(email("new")),
        Decision::Refused { reason: Refusal::NeverAsked, since: None, statement: None }
    );
    let nowhere = Decision::Refused { reason: Refusal::NoContactPoint, since: None, statement: None };
    assert_eq!(ask(phone()), nowhere, "an e-mail is not sent to a telephone number");
    assert_eq!(decide(&purpose("email_marketing"), &all, None, at(60)), nowhere);
}

#[test]
fn of_a_whole_person_the_safest_of_the_source_identities_counts() {
    let of = |id, identity: u128, status, day| Statement {
        identity: Uuid::from_u128(identity),
        ..said(id, "profiling", status, Some(day))
    };
    let ask = |all: &[Statement]| decide(&purpose("profiling"), all, None, at(60));
    let apart = [of(10, 1, Status::Withdrawn, 3), of(11, 2, Status::Granted, 5)];
    assert_eq!(ask(&apart), refused(Refusal::Withdrawn, Some(3), 10));
    let later =
        [of(10, 1, Status::Withdrawn, 3), of(11, 2, Status::Granted, 5), of(12, 1, Status::Granted, 6)];
    assert_eq!(ask(&later), allowed(Some(6), 12), "each has its own newest word");
    assert_eq!(ask(&apart[1..]), allowed(Some(5), 11), "apart again, each has their own");
}

#[test]
fn a_refusal_that_is_undated_or_of_the_same_instant_wins() {
    let ask = |all: &[Statement]| decide(&purpose("profiling"), all, None, at(60));
    let tied =
        [said(10, "profiling", Status::Granted, Some(4)), said(11, "profiling", Status::Denied, Some(4))];
    assert_eq!(ask(&tied), refused(Refusal::Denied, Some(4), 11));
    let undated =
        [said(10, "profiling", Status::Granted, Some(4)), said(11, "profiling", Status::Withdrawn, None)];
    assert_eq!(ask(&undated), refused(Refusal::Withdrawn, None, 11));
    let yes = [said(10, "profiling", Status::Granted, None)];
    assert_eq!(ask(&yes), allowed(None, 10));
    let taken_back =
        [said(10, "profiling", Status::Withdrawn, None), said(11, "profiling", Status::Unstated, None)];
    assert_eq!(ask(&taken_back), refused(Refusal::Withdrawn, None, 10), "heard at one instant");
}

#[test]
fn what_a_source_says_undated_holds_until_it_says_something_else() {
    let seen = |id, status, day| Statement { last_seen: at(day), ..said(id, "profiling", status, None) };
    let ask = |all: &[Statement]| decide(&purpose("profiling"), all, None, at(60));
    let [no, yes, nothing] =
        [seen(10, Status::Withdrawn, 1), seen(11, Status::Granted, 2), seen(12, Status::Unstated, 3)];
    assert_eq!(ask(&[no.clone(), yes.clone()]), allowed(None, 11));
    let never = Decision::Refused { reason: Refusal::NeverAsked, since: None, statement: None };
    assert_eq!(ask(&[no.clone(), yes, nothing]), never);
    let other = Statement { source: Uuid::from_u128(101), ..seen(13, Status::Unstated, 9) };
    assert_eq!(ask(&[no, other]), refused(Refusal::Withdrawn, None, 10), "nobody takes back another's word");
}

#[test]
fn consent_ends_and_is_worth_nothing_before_it_is_confirmed() {
    let ends = Statement { expires_at: Some(at(30)), ..said(10, "profiling", Status::Granted, Some(4)) };
    let ask = |statement: &Statement, day| {
        decide(&purpose("profiling"), std::slice::from_ref(statement), None, at(day))
    };
    assert_eq!(ask(&ends, 29), allowed(Some(4), 10));
    assert_eq!(ask(&ends, 30), refused(Refusal::Expired, Some(30), 10));
    let pending = said(10, "profiling", Status::Pending, Some(4));
    assert_eq!(ask(&pending, 29), refused(Refusal::Unconfirmed, Some(4), 10));
}

#[test]
fn a_text_message_needs_consent_in_writing() {
    let yes = |written| Statement {
        point: Some(phone()),
        written,
        ..said(10, "sms_marketing", Status::Granted, Some(4))
    };
    let ask = |written| decide(&purpose("sms_marketing"), &[yes(written)], Some(&phone()), at(60));
    assert_eq!(ask(true), allowed(Some(4), 10));
    assert_eq!(ask(false), refused(Refusal::NotWritten, Some(4), 10));
    let proved = |method, notice, evidence: Value| is_written(method, notice, evidence.as_object().unwrap());
    assert!(proved(Some("form"), None, json!({ "form": "newsletter" })));
    assert!(proved(Some("form"), Some("1"), json!({})));
    assert!(!proved(Some("form"), None, json!({})), "nothing proves it");
    for empty in [json!(null), json!(""), json!(" "), json!([]), json!({}), json!({ "a": [null, ""] })] {
        assert!(!proved(Some("form"), Some(" "), json!({ "form": empty })), "{empty} proves nothing");
    }
    assert!(!proved(Some("import"), Some("1"), json!({ "row": 3 })), "nobody wrote it");
    assert!(!proved(None, Some("1"), json!({ "row": 3 })));
}

#[test]
fn a_yes_without_a_contact_point_is_for_those_that_its_source_knows_and_a_no_for_all() {
    let ask = |status, point| {
        let all = [said(10, "email_marketing", status, Some(4))];
        decide(&purpose("email_marketing"), &all, Some(&email(point)), at(60)).is_allowed()
    };
    assert!(ask(Status::Granted, "ann"));
    assert!(!ask(Status::Granted, "somebody"));
    let all = [
        said(10, "email_marketing", Status::Withdrawn, Some(5)),
        Statement { point: Some(email("new")), ..said(11, "email_marketing", Status::Granted, Some(4)) },
    ];
    let new = decide(&purpose("email_marketing"), &all, Some(&email("new")), at(60));
    assert_eq!(new, refused(Refusal::Withdrawn, Some(5), 10));
}

#[test]
fn where_nothing_was_said_the_basis_decides_and_an_interest_may_be_objected_to() {
    let with = |basis| Purpose { basis, ..purpose("profiling") };
    let ask = |basis, all: &[Statement]| decide(&with(basis), all, None, at(60));
    let by = |basis| Decision::Allowed { ground: Ground::Basis(basis), since: None, statement: None };
    for basis in LawfulBasis::ALL.into_iter().filter(|basis| *basis != LawfulBasis::Consent) {
        assert_eq!(ask(basis, &[]), by(basis));
        let no = [said(10, "profiling", Status::Denied, Some(4))];
        let after =
            if basis.allows_objection() { refused(Refusal::Objected, Some(4), 10) } else { by(basis) };
        assert_eq!(ask(basis, &no), after);
    }
    assert!(!ask(LawfulBasis::Consent, &[]).is_allowed());
    let pending = [said(10, "profiling", Status::Pending, Some(4))];
    assert_eq!(ask(LawfulBasis::LegitimateInterests, &pending), by(LawfulBasis::LegitimateInterests));
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let point =
        prop_oneof![Just(None), Just(Some(email("ann"))), Just(Some(email("old"))), Just(Some(phone()))];
    let day = prop::option::weighted(0.8, 0..6_i64);
    let purpose = prop::sample::select(vec!["profiling", "email_marketing", "sms_marketing", "analytics"]);
    let who = (1..4_u128, 100..102_u128);
    let when = (day, 0..4_i64, prop::option::weighted(0.2, 3..12_i64));
    let one = (who, purpose, prop::sample::select(Status::ALL.to_vec()), when, point, any::<bool>());
    let one =
        one.prop_map(|((identity, source), purpose, status, (day, seen, end), point, written)| Statement {
            identity: Uuid::from_u128(identity),
            source: Uuid::from_u128(source),
            last_seen: at(seen),
            expires_at: end.map(at),
            point,
            written,
            ..said(0, purpose, status, day)
        });
    prop::collection::vec(one, 0..12).prop_map(|mut all| {
        for (place, statement) in all.iter_mut().enumerate() {
            statement.id = Uuid::from_u128(1000 + place as u128);
        }
        all
    })
}

fn decisions(said: &[Statement], day: i64) -> Vec<Decision> {
    let points = [None, Some(email("ann")), Some(email("old")), Some(phone())];
    let all = built_in().into_iter().flat_map(|purpose| points.clone().map(|point| (purpose.clone(), point)));
    all.map(|(purpose, point)| decide(&purpose, said, point.as_ref(), at(day))).collect()
}

proptest! {
    #[test]
    fn the_decision_depends_on_the_set_of_statements_alone(
        (said, shuffled) in statements().prop_flat_map(|said| {
            let twice: Vec<Statement> = said.iter().chain(&said).cloned().collect();
            (Just(said), Just(twice).prop_shuffle())
        }),
        day in 0..12_i64,
    ) {
        prop_assert_eq!(decisions(&said, day), decisions(&shuffled, day));
    }

    #[test]
    fn what_does_not_tell_may_be_forgotten(said in statements(), day in 0..12_i64) {
        prop_assert_eq!(decisions(&said, day), decisions(&telling(said.clone()), day));
    }

    #[test]
    fn a_no_of_today_is_obeyed_and_a_proved_yes_of_today_only_by_what_is_undated(
        mut said in statements(),
        point in prop_oneof![Just(email("ann")), Just(email("old"))],
    ) {
        let purpose = purpose("email_marketing");
        let word = |status| Statement {
            point: Some(point.clone()),
            ..super::tests::said(9, "email_marketing", status, Some(20))
        };
        said.push(word(Status::Denied));
        prop_assert!(!decide(&purpose, &said, Some(&point), at(21)).is_allowed());
        said.pop();
        said.push(word(Status::Granted));
        let decision = decide(&purpose, &said, Some(&point), at(21));
        let undated_no = said.iter().any(|old| {
            let ended = old.expires_at.is_some_and(|end| end <= at(21));
            let is_no = match old.status {
                Status::Granted => ended,
                Status::Unstated => false,
                _ => true,
            };
            old.stated_at.is_none() && is_no
        });
        prop_assert!(decision.is_allowed() || undated_no, "{decision:?}");
    }

    #[test]
    fn a_merge_allows_nothing_about_the_whole_person_that_one_of_them_refused(
        said in statements(),
        day in 0..12_i64,
    ) {
        let purpose = purpose("profiling");
        let of = |identity: u128| -> Vec<Statement> {
            said.iter().filter(|one| one.identity == Uuid::from_u128(identity)).cloned().collect()
        };
        let together = decide(&purpose, &said, None, at(day));
        let apart: Vec<Decision> = (1..4).map(|identity| decide(&purpose, &of(identity), None, at(day))).collect();
        let refused = |decision: &Decision| {
            matches!(decision, Decision::Refused { reason, .. } if *reason != Refusal::NeverAsked)
        };
        prop_assert_eq!(refused(&together), apart.iter().any(refused));
        prop_assert_eq!(together.is_allowed(), !refused(&together) && apart.iter().any(Decision::is_allowed));
    }
}
