//! How good recognition is, in numbers.

use connectors::canonical::Record;
use identity::Verdict;

use super::support::{at, deliver, on_both, page, person, source};
use crate::{
    decisions::Word,
    resolution::{DecidedPairs, TrueRecord},
};

#[tokio::test]
async fn recognition_is_measured_by_decisions_and_by_a_truth_from_outside() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let people: Vec<Record> = [("1", "a"), ("2", "a"), ("3", "b"), ("4", "b"), ("5", "c"), ("6", "d")]
            .map(|(id, who)| person(id, "Ann", Some(&format!("{who}@example.org")), Some(1)))
            .to_vec();
        deliver(profiles, &crm, 1, &page(people, vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        let quality = profiles.identity_quality().await.unwrap();
        assert_eq!((quality.source_identities, quality.profiles), (6, 4));
        assert_eq!(quality.sizes.into_iter().collect::<Vec<_>>(), [(1, 2), (2, 2)]);
        assert_eq!((quality.decided, quality.decided.f1()), (DecidedPairs::default(), None));

        let truth =
            [("1", "x"), ("2", "x"), ("3", "y"), ("4", "z"), ("5", "z"), ("9", "z")].map(|(id, who)| {
                TrueRecord { source: "crm".to_owned(), external_id: id.to_owned(), person: who.to_owned() }
            });
        let (found, unknown) = profiles.evaluate(&truth.into()).await.unwrap();
        assert_eq!((found.records, unknown, found.people, found.clusters), (5, 1, 3, 3));
        assert_eq!((found.pair_precision, found.pair_recall), (0.5, 0.5));

        let id = |external_id: &str| profiles.keys().person(crm.id, external_id);
        let word = |second| Word { actor: "test".to_owned(), at: at(second), note: None };
        for (second, (a, b, verdict)) in (200..).zip([
            ("1", "2", Verdict::Different),
            ("3", "4", Verdict::Same),
            ("5", "6", Verdict::Same),
            ("1", "6", Verdict::Different),
        ]) {
            profiles.decide_pair(id(a), id(b), verdict, &word(second)).await.unwrap();
        }
        let quality = profiles.identity_quality().await.unwrap();
        let expected =
            DecidedPairs { same_together: 1, same_apart: 1, different_together: 1, different_apart: 1 };
        assert_eq!(quality.decided, expected, "what the decisions themselves do is left out");
        assert_eq!(
            (expected.precision(), expected.recall(), expected.f1()),
            (Some(0.5), Some(0.5), Some(0.5))
        );
        assert_eq!(quality.profiles, 4, "apart: 1, 2; together: 3 and 4, 5 and 6");
    })
    .await;
}
