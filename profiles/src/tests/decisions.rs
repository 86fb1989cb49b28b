//! What people decide: what comes of it, and what is refused.

use connectors::canonical::{Body, IdentifierKind as Canonical};
use entities::{decision, source_identity};
use identity::{IdentifierKind, IdentifierRule, Verdict};
use sea_orm::{EntityTrait, PaginatorTrait};
use uuid::Uuid;

use super::{
    support::{admitted, at, by_email, deliver, on_both, order, page, person, reader, source},
    worlds::{facts, word},
};
use crate::{
    Profiles,
    decisions::{Kind, Word},
    error::Error,
    view::read::ProfileRef,
};

/// Ann, known to a CRM and a shop that do not know of each other.
async fn two_anns(profiles: &Profiles) -> [Uuid; 2] {
    let crm = source(profiles, "crm", "crm").await;
    let shop = source(profiles, "shop", "ecommerce").await;
    deliver(profiles, &crm, 1, &page(vec![person("11", "Ann", Some("ann@example.org"), Some(10))], vec![]))
        .await;
    let bought = vec![person("7", "Anne", Some("anne@shop.example"), Some(20)), order("o", Some("7"), 5, 30)];
    deliver(profiles, &shop, 2, &page(bought, vec![])).await;
    profiles.drain(at(100)).await.unwrap();
    [profiles.keys().person(crm.id, "11"), profiles.keys().person(shop.id, "7")]
}

async fn profile_of(profiles: &Profiles, id: Uuid) -> Uuid {
    profiles.profile(&reader(), &ProfileRef::Id(id)).await.unwrap().unwrap().id
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    answer.unwrap_err().to_string()
}

#[tokio::test]
async fn a_merge_makes_one_profile_that_every_old_id_finds_and_can_be_undone_once() {
    on_both(async |profiles| {
        let [crm, shop] = two_anns(profiles).await;
        let because = Word { note: Some(" she called ".to_owned()), ..word(at(1_000)) };
        let merged = profiles.merge(&[shop, crm], &because).await.unwrap();
        assert_eq!(merged.profiles, [crm], "named by the eldest");
        assert_eq!(
            (merged.decision.kind, merged.decision.note.as_deref()),
            (Kind::Merge, Some("she called"))
        );
        for id in [crm, shop] {
            assert_eq!(profile_of(profiles, id).await, crm);
        }
        let whole = by_email(profiles, "anne@shop.example").await.unwrap();
        assert_eq!((whole.id, whole.totals.currencies[0].orders), (crm, 1));

        let listed = profiles.decisions(&[admitted(crm)], 10).await.unwrap().remove(&admitted(crm)).unwrap();
        assert_eq!(listed, std::slice::from_ref(&merged.decision));
        let undone = profiles.undo(merged.decision.id, &word(at(1_001))).await.unwrap();
        assert_eq!(undone.decision.undoes, Some(merged.decision.id));
        assert_eq!(undone.profiles.len(), 2);
        assert_eq!(profile_of(profiles, shop).await, shop);
        let by = profiles.undone_by(&[merged.decision.id]).await.unwrap();
        assert_eq!(by[&merged.decision.id], undone.decision);

        let again = refused(profiles.undo(merged.decision.id, &word(at(1_002))).await);
        assert!(again.starts_with("it was taken back before, by test on "), "{again}");
        let unknown = profiles.undo(crm, &word(at(1_002))).await;
        assert!(matches!(unknown, Err(Error::NotFound { what: "decision", .. })));
        assert_eq!(
            decision::Entity::find().count(profiles.db()).await.unwrap(),
            2,
            "refusals leave no trace"
        );
    })
    .await;
}

#[tokio::test]
async fn a_split_parts_people_for_good_and_sends_what_arrives_to_its_own_side() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let shared = Some("family@example.org");
        let family = ["1", "22", "333"].map(|id| person(id, "Ann", shared, Some(10)));
        deliver(profiles, &crm, 1, &page(family.to_vec(), vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let [one, two, three] = ["1", "22", "333"].map(|id| profiles.keys().person(crm.id, id));
        assert_eq!(profile_of(profiles, one).await, three, "the eldest");

        let split = profiles.split(three, &[vec![one]], &word(at(1_000))).await.unwrap();
        assert_eq!(split.profiles, [one, three]);
        assert_eq!(profile_of(profiles, two).await, three, "who is not named stays together");
        assert_eq!(facts(profiles).await[0].pairs.len(), 3, "two pairs apart, one that stays");

        // Someone who carries what both carry, and an order of each.
        let bought = vec![person("9", "Bo", shared, Some(50)), order("o9", Some("9"), 1, 60)];
        deliver(profiles, &shop, 2, &page(bought, vec![])).await;
        deliver(profiles, &crm, 3, &page(vec![order("o1", Some("1"), 2, 60)], vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        assert_ne!(profile_of(profiles, one).await, profile_of(profiles, three).await);
        let alone = profiles.profile(&reader(), &ProfileRef::Id(one)).await.unwrap().unwrap();
        assert!(alone.totals.currencies[0].sales_micros >= 2_000_000);

        // The word of the split stands in the way of a merge, which names it.
        let ids = [profile_of(profiles, one).await, profile_of(profiles, three).await];
        let error = refused(profiles.merge(&ids, &word(at(1_001))).await);
        assert!(
            error.contains("are different people") && error.contains(&split.decision.id.to_string()),
            "{error}"
        );
        profiles.undo(split.decision.id, &word(at(1_002))).await.unwrap();
        assert_eq!(profile_of(profiles, one).await, three, "as if it had never been split");
    })
    .await;
}

#[tokio::test]
async fn a_merge_against_a_unique_identifier_or_the_size_limit_is_refused_with_the_reason() {
    on_both(async |profiles| {
        let mut rules = (*profiles.ruleset()).clone();
        let unique = IdentifierRule { unique: true, ..IdentifierRule::default() };
        rules.identity.identifiers.insert(IdentifierKind::UserId, unique);
        rules.identity.max_group = 2;
        profiles.adopt(rules).await.unwrap();
        let crm = source(profiles, "crm", "crm").await;
        let named = |id: &str, user: Option<&str>, email: &str| {
            let mut record = person(id, "Ann", Some(email), Some(1));
            if let Body::Person(person) = &mut record.body {
                person.identify(Canonical::UserId, user);
            }
            record
        };
        let people = vec![
            named("1", Some("u1"), "a@example.org"),
            named("22", Some("u2"), "b@example.org"),
            named("333", None, "c@example.org"),
            named("4444", None, "c@example.org"),
        ];
        deliver(profiles, &crm, 1, &page(people, vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let [one, two, _, four] = ["1", "22", "333", "4444"].map(|id| profiles.keys().person(crm.id, id));
        let before = profiles.state_hash(at(5_000)).await.unwrap();
        let error = refused(profiles.merge(&[one, two], &word(at(1_000))).await);
        assert!(error.contains("different values of user_id"), "{error}");
        let error = refused(profiles.merge(&[one, four], &word(at(1_000))).await);
        assert!(error.contains("together they have 3 source identities"), "{error}");
        assert_eq!(profiles.state_hash(at(5_000)).await.unwrap(), before);
        assert_eq!(facts(profiles).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_merge_holds_on_to_those_whom_evidence_would_let_go() {
    on_both(async |profiles| {
        let mut rules = (*profiles.ruleset()).clone();
        rules.identity.threshold = 600;
        profiles.adopt(rules).await.unwrap();
        let crm = source(profiles, "crm", "crm").await;
        let people = [("1", "a"), ("22", "a"), ("333", "b"), ("4444", "b")];
        let people = people.map(|(id, who)| person(id, "Ann", Some(&format!("{who}@example.org")), Some(1)));
        deliver(profiles, &crm, 1, &page(people.to_vec(), vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let [_, one, _, other] = ["1", "22", "333", "4444"].map(|id| profiles.keys().person(crm.id, id));
        let before = profiles.state_hash(at(5_000)).await.unwrap();
        // Of the four pairs of two such profiles two have evidence: 500 in the mean.
        let merged = profiles.merge(&[one, other], &word(at(1_000))).await.unwrap();
        assert_eq!(merged.profiles, [other]);
        assert_eq!(facts(profiles).await[0].pairs.len(), 3);
        profiles.undo(merged.decision.id, &word(at(1_001))).await.unwrap();
        assert_eq!(profiles.state_hash(at(5_000)).await.unwrap(), before);
    })
    .await;
}

#[tokio::test]
async fn the_newest_word_on_a_pair_holds() {
    on_both(async |profiles| {
        let [crm, shop] = two_anns(profiles).await;
        let same = profiles.decide_pair(crm, shop, Verdict::Same, &word(at(1_000))).await.unwrap();
        assert_eq!(same.profiles, [crm]);
        let different = profiles.decide_pair(shop, crm, Verdict::Different, &word(at(1_001))).await.unwrap();
        assert_eq!(different.profiles, [shop, crm]);
        let late = refused(profiles.decide_pair(crm, shop, Verdict::Same, &word(at(999))).await);
        assert!(late.contains(&different.decision.id.to_string()), "{late}");
        profiles.undo(different.decision.id, &word(at(1_002))).await.unwrap();
        assert_eq!(profile_of(profiles, shop).await, crm, "the older word holds again");
        let none = profiles.decide_pair(crm, crm, Verdict::Same, &word(at(1_003))).await;
        assert!(matches!(none, Err(Error::Invalid { .. })));
        let nobody = profiles.decide_pair(crm, Uuid::nil(), Verdict::Same, &word(at(1_003))).await;
        assert!(matches!(nobody, Err(Error::NotFound { what: "source identity", .. })));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_decided_is_told_with_its_place() {
    on_both(async |profiles| {
        let [crm, shop] = two_anns(profiles).await;
        let merge = async |ids: &[Uuid]| refused(profiles.merge(ids, &word(at(1_000))).await);
        assert!(merge(&[crm]).await.starts_with("ids: expected 2 to 100"));
        assert!(merge(&[crm, crm]).await.starts_with("ids.1: this is a profile that is named before"));
        assert!(merge(&[crm, Uuid::nil()]).await.starts_with("profile 00000000"));
        profiles.merge(&[crm, shop], &word(at(1_000))).await.unwrap();
        assert!(merge(&[crm, shop]).await.starts_with("ids.1: this is a profile that is named before"));

        let split = async |id: Uuid, groups: &[Vec<Uuid>]| {
            refused(profiles.split(id, groups, &word(at(1_001))).await)
        };
        assert!(split(Uuid::nil(), &[]).await.starts_with("profile 00000000"));
        assert!(split(crm, &[]).await.starts_with("groups: these are no two groups"));
        assert!(split(crm, &[vec![crm, shop]]).await.starts_with("groups: these are no two groups"));
        assert!(split(crm, &[vec![crm], vec![]]).await.starts_with("groups.1: a group has at least one"));
        assert!(
            split(crm, &[vec![crm], vec![crm]])
                .await
                .starts_with("groups.1.0: this source identity is named")
        );
        assert!(
            split(crm, &[vec![Uuid::nil()]]).await.starts_with("groups.0.0: this source identity is no part")
        );
        let note = Word { note: Some("x".repeat(2_001)), ..word(at(1_001)) };
        let long = profiles.split(crm, &[vec![crm]], &note).await;
        assert!(refused(long).starts_with("note: "));
        assert_eq!(facts(profiles).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn whom_nothing_names_any_more_holds_nobody_together() {
    on_both(async |profiles| {
        let [crm, shop] = two_anns(profiles).await;
        let till = source(profiles, "till", "ecommerce").await;
        deliver(profiles, &till, 3, &page(vec![order("o", Some("guest"), 1, 40)], vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let guest = profiles.keys().person(till.id, "guest");
        profiles.decide_pair(crm, guest, Verdict::Same, &word(at(1_000))).await.unwrap();
        profiles.decide_pair(guest, shop, Verdict::Same, &word(at(1_001))).await.unwrap();
        assert_eq!(profile_of(profiles, shop).await, crm);
        deliver(profiles, &till, 4, &page(vec![order("o", Some("other"), 1, 41)], vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        assert!(source_identity::Entity::find_by_id(guest).one(profiles.db()).await.unwrap().is_none());
        assert_eq!(profile_of(profiles, shop).await, shop);
        let told = profiles.state_hash(at(5_000)).await.unwrap();
        profiles.rebuild(at(100)).await.unwrap();
        assert_eq!(profiles.state_hash(at(5_000)).await.unwrap(), told);
    })
    .await;
}
