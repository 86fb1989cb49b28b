//! What outcomes teach, and that their order does not.

use proptest::prelude::*;
use uuid::Uuid;

use super::simulate::{Chance, catalogue, logistic, outcomes, situation};
use crate::actions::{BadData, Basis, ENOUGH, Learned, Outcome, Policy, Scored};

/// An action as it is scored for a customer.
fn scored(learned: &Learned, action: &str, features: [f64; 2]) -> Scored {
    let catalogue = catalogue(2);
    let policy = Policy::new(catalogue.clone(), learned.clone()).unwrap();
    let decided = policy.decide(&situation(&catalogue, 1, features.to_vec())).unwrap();
    let all = std::iter::once(decided.chosen).chain(decided.alternatives);
    all.into_iter().find(|one| one.action == action).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_same_set_teaches_the_same(order in Just((0..400_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let outcomes = outcomes(400, 3);
        let expected = serde_json::to_vec(&Learned::of(outcomes.clone()).unwrap()).unwrap();
        let shuffled = order.iter().map(|at| outcomes[*at].clone());
        // Some are told twice.
        let told = shuffled.chain(outcomes[..50].iter().cloned());
        prop_assert_eq!(serde_json::to_vec(&Learned::of(told).unwrap()).unwrap(), expected);
    }
}

#[test]
fn an_acceptance_that_is_told_later_counts() {
    let outcome =
        |accepted| Outcome { decision: Uuid::nil(), action: "a".to_owned(), features: vec![1.0], accepted };
    for order in [[false, true], [true, false]] {
        assert_eq!(Learned::of(order.map(outcome)).unwrap().outcomes("a"), (1, 0));
    }
    let mut other = outcome(true);
    other.action = "b".to_owned();
    let contradiction = Learned::of([outcome(true), other]);
    assert_eq!(contradiction, Err(BadData::Contradiction(Uuid::nil())));
}

#[test]
fn probabilities_are_found_and_their_intervals_hold_them() {
    let learned = Learned::of(outcomes(20_000, 4)).unwrap();
    for x in [-0.9, -0.3, 0.0, 0.5, 0.9] {
        for (action, slope) in [("a", 2.0), ("b", -2.0)] {
            let found = scored(&learned, action, [x, 0.2]);
            let expected = logistic(slope * x - 1.0);
            assert_eq!(found.basis, Basis::Customer);
            assert!((found.accept.mean - expected).abs() < 0.02, "{found:?} is not {expected}");
            let width = found.accept.high - found.accept.low;
            assert!((0.005..0.05).contains(&width), "{found:?}");
        }
    }
}

#[test]
fn the_intervals_hold_the_truth_as_often_as_they_say() {
    let (mut held, mut asked) = (0, 0);
    for seed in 0..60 {
        let learned = Learned::of(outcomes(1_200, 100 + seed)).unwrap();
        for x in [-0.5, 0.4] {
            let accept = scored(&learned, "a", [x, 0.1]).accept;
            asked += 1;
            held += u32::from((accept.low..=accept.high).contains(&logistic(2.0 * x - 1.0)));
        }
    }
    // 95 %, within four standard errors.
    assert!(held * 100 >= asked * 87, "{held} of {asked}");
}

#[test]
fn few_outcomes_teach_a_rate_only() {
    let mut chance = Chance::new(9);
    let mut outcome = |number: u32, accepted| Outcome {
        decision: Uuid::from_u128(number.into()),
        action: "a".to_owned(),
        features: vec![chance.uniform(), 1.0],
        accepted,
    };
    let mut told: Vec<Outcome> =
        (0..ENOUGH + 40).map(|number| outcome(number, number >= ENOUGH - 1)).collect();
    let learned = Learned::of(told.clone()).unwrap();
    assert_eq!(learned.outcomes("a"), (41, ENOUGH - 1));
    let rate = scored(&learned, "a", [0.3, 1.0]);
    // The uniform prior counts as one of each.
    assert!((rate.accept.mean - 42.0 / 92.0).abs() < 1e-9 && rate.basis == Basis::Rate, "{rate:?}");
    told.extend((1_000..1_009).map(|number| outcome(number, true)));
    assert_eq!(scored(&Learned::of(told.clone()).unwrap(), "a", [0.3, 1.0]).basis, Basis::Rate);
    told.push(outcome(2_000, false));
    assert_eq!(scored(&Learned::of(told).unwrap(), "a", [0.3, 1.0]).basis, Basis::Customer);
}
