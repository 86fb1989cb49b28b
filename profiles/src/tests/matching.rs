//! Where the rules name a model: who is alike becomes one person, who may be is shown to somebody, and who shares what
//! everybody has becomes nobody's fellow.

use connectors::canonical::{Body, IdentifierKind as Canonical, Person, Record, address, traits};
use identity::{IdentifierKind, Verdict};
use serde_json::json;

use super::{
    support::{admitted, at, deliver, on_both, page, reader, source},
    worlds::{Recognised, drain, grouped, people, rules, word},
};
use crate::{
    Error, Profiles,
    matching::{MatchCandidate, SIMILARITY},
    view::read::ProfileRef,
};

/// What a source says of somebody: first and last name, birth, e-mail address, street.
type About<'a> = [Option<&'a str>; 5];

fn record(id: &str, [first, last, birth, email, street]: About<'_>) -> Record {
    let mut person = Person::default();
    person.set(traits::FIRST_NAME, first);
    person.set(traits::LAST_NAME, last);
    person.set(traits::BIRTH_DATE, birth);
    person.set(traits::EMAIL, email);
    person.identify(Canonical::Email, email);
    person.set_value(traits::ADDRESS, address([("street", street), ("city", street.map(|_| "Delft"))]));
    let payload = json!([id, first, last, birth, email, street]).to_string().into_bytes();
    let (updated_at, created_at) = (Some(at(1)), None);
    Record {
        external_id: id.to_owned(),
        updated_at,
        created_at,
        deleted: false,
        body: Body::Person(person),
        payload,
    }
}

async fn tell(profiles: &Profiles, records: Vec<Record>) {
    let crm = source(profiles, "crm", "crm").await;
    deliver(profiles, &crm, 0, &page(records, vec![])).await;
    drain(profiles).await;
}

async fn candidates(profiles: &Profiles) -> Vec<MatchCandidate> {
    profiles.match_candidates(None, 100).await.unwrap()
}

const ANN: About<'_> =
    [Some("Ann"), Some("Bakker"), Some("1971-04-12"), Some("ann.b@example.org"), Some("Kade 7")];

#[tokio::test]
async fn who_is_alike_is_one_person_and_the_link_says_why() {
    on_both(async |profiles| {
        rules(profiles, Recognised::ByModel, 20).await;
        let [first, last, birth, _, street] = ANN;
        let alike = [first, last, birth, None, street];
        // The same address, and somebody else all the same.
        let other = [Some("Hugo"), Some("Visser"), Some("1955-11-30"), ANN[3], Some("Kade 90")];
        tell(profiles, vec![record("1", ANN), record("2", alike), record("3", other)]).await;
        let groups = grouped(&people(profiles).await);
        assert_eq!(groups.len(), 2, "{groups:?}");
        let of = |id: &str| ProfileRef::Record { source: "crm".to_owned(), external_id: id.to_owned() };
        let one = profiles.profile(&reader(), &of("1")).await.unwrap().unwrap().id;
        assert_eq!(groups[&one].len(), 2);
        assert_ne!(profiles.profile(&reader(), &of("3")).await.unwrap().unwrap().id, one);

        let links = profiles.links(&[admitted(one)], 10).await.unwrap().remove(&admitted(one)).unwrap();
        let [link] = links.as_slice() else { panic!("{links:?}") };
        assert!(link.rule == SIMILARITY && link.weight > 0);
        let pair = (link.a, link.b);
        let steps = profiles.waterfalls(&reader(), &[pair]).await.unwrap().remove(&pair).unwrap();
        assert_eq!(steps.iter().map(|step| step.weight).sum::<i64>(), link.weight);
        assert!(steps.iter().any(|step| step.found == "same date of birth"), "{steps:?}");
        let told = format!("{steps:?}");
        assert!(!told.contains("Bakker") && !told.contains("1971"), "no value of a person: {told}");
    })
    .await;
}

#[tokio::test]
async fn who_may_be_one_person_is_shown_until_somebody_decides() {
    on_both(async |profiles| {
        rules(profiles, Recognised::ByModel, 20).await;
        let mut wide = (*profiles.ruleset()).clone();
        // Whatever is not certain is to be looked at.
        (wide.identity.threshold, wide.identity.review) = (11_500, Some(-11_500));
        profiles.apply_rules(wide, "test").await.unwrap();
        let moved = [ANN[0], ANN[1], None, None, ANN[4]];
        tell(profiles, vec![record("1", ANN), record("2", moved)]).await;
        let [found] = &candidates(profiles).await[..] else { panic!("one is to be looked at") };
        assert_eq!(profiles.count_match_candidates().await.unwrap(), 1);
        assert_eq!(profiles.match_candidate(found.id).await.unwrap().as_ref(), Some(found));
        assert_eq!(candidates(profiles).await, std::slice::from_ref(found));
        let after = profiles.match_candidates(Some((found.uncertainty, found.id)), 10).await.unwrap();
        assert!(after.is_empty(), "there is nothing after the last");

        let resolve = async |verdict, second| {
            profiles.resolve_match_candidate(found.id, verdict, &word(at(second))).await
        };
        let same = resolve(Verdict::Same, 2000).await.unwrap();
        assert_eq!((same.profiles.len(), candidates(profiles).await.len()), (1, 0));
        let settled = resolve(Verdict::Different, 2001).await;
        assert!(matches!(settled, Err(Error::NotFound { what: "match candidate", .. })), "{settled:?}");

        profiles.undo(same.decision.id, &word(at(2002))).await.unwrap();
        assert_eq!(
            candidates(profiles).await,
            std::slice::from_ref(found),
            "as if it had never been decided"
        );
        let different = resolve(Verdict::Different, 2003).await.unwrap();
        assert_eq!((different.profiles.len(), candidates(profiles).await.len()), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_everybody_has_makes_nobody_one_person() {
    on_both(async |profiles| {
        rules(profiles, Recognised::ByModel, 20).await;
        let first = ["Ann", "Bo", "Cas", "Dirk", "Eva", "Fien", "Gijs", "Hugo", "Iris"];
        let last = ["Smit", "Jensen", "de Vries", "Bakker", "Visser", "Mulder", "Bos"];
        let somebody = |n: usize| {
            let birth = format!("19{}-0{}-1{}", 40 + n % 59, 1 + n % 9, n % 10);
            let about = [first[n % 9], last[n / 9 % 7], birth.as_str(), "guest@shop.example"].map(Some);
            record(&n.to_string(), [about[0], about[1], about[2], about[3], None])
        };
        tell(profiles, (0..20).map(somebody).collect()).await;
        let few = grouped(&people(profiles).await).len();
        tell(profiles, (20..400).map(somebody).collect()).await;
        let groups = grouped(&people(profiles).await);
        let largest = groups.values().map(Vec::len).max().unwrap();
        assert!(few <= 20 && groups.len() > 380 && largest <= 3, "{few} {} {largest}", groups.len());
        let by = ProfileRef::Identifier(IdentifierKind::Email, "guest@shop.example".to_owned());
        assert!(profiles.profile(&reader(), &by).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_model_that_is_not_there_is_told_and_one_that_is_learned_changes_nothing_by_itself() {
    on_both(async |profiles| {
        let mut named = (*profiles.ruleset()).clone();
        profiles.adopt(named.clone()).await.unwrap();
        named.identity.model = Some(1);
        for refused in [
            profiles.apply_rules(named.clone(), "test").await.map(drop),
            profiles.adopt(named.clone()).await.map(drop),
            profiles.preview_rules(&named.identity, 1).await.map(drop),
        ] {
            let Err(Error::Invalid { path, message }) = refused else { panic!("{refused:?}") };
            assert_eq!(path, "identity.model");
            assert!(message.contains("there is no model 1"), "{message}");
        }
        tell(profiles, vec![record("1", ANN), record("2", ANN)]).await;
        let before = profiles.state_hash(at(1000)).await.unwrap();
        let trained = profiles.train_model("ann").await.unwrap();
        assert_eq!((trained.version, trained.report.records), (1, 2));
        let [kept] = &profiles.models().await.unwrap()[..] else { panic!() };
        assert_eq!((kept.version, kept.actor.as_str()), (1, "ann"));
        assert_eq!(profiles.state_hash(at(1000)).await.unwrap(), before);
        assert!(profiles.apply_rules(named, "test").await.unwrap());
        drain(profiles).await;
        assert_eq!(profiles.waiting().await.unwrap(), 0);
        assert_eq!(profiles.train_model("ann").await.unwrap().version, 2);
    })
    .await;
}
