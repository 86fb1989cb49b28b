//! Whatever is given, the answer is one, or an error that says what is wrong.

use proptest::prelude::*;
use uuid::Uuid;

use super::simulate::{catalogue, outcomes, situation};
use crate::actions::{
    Action, BadData, Catalogue, Learned, Log, Logged, NOTHING, NextBestActions, Outcome, Policy, Prior,
    Scored,
};

#[test]
fn a_catalogue_that_cannot_be_is_refused() {
    let refused = |change: &dyn Fn(&mut Catalogue)| {
        let mut catalogue = catalogue(2);
        change(&mut catalogue);
        Policy::new(catalogue, Learned::default()).unwrap_err()
    };
    let out = |error: BadData| matches!(error, BadData::Range { .. });
    assert!(out(refused(&|catalogue| catalogue.actions[0].cost = -1.0)));
    assert!(out(refused(&|catalogue| catalogue.actions[0].cost = f64::NAN)));
    assert!(out(refused(&|catalogue| catalogue.actions[0].benefit = f64::INFINITY)));
    assert!(out(refused(&|catalogue| catalogue.control = 1.5)));
    assert!(out(refused(&|catalogue| catalogue.actions[1].prior = Prior { rate: 0.0, strength: 1.0 })));
    assert!(out(refused(&|catalogue| catalogue.actions[1].prior = Prior { rate: 0.1, strength: 0.0 })));
    let twice = refused(&|catalogue| catalogue.actions[1].id = "a".to_owned());
    assert_eq!(twice.to_string(), "the action `a` is named twice");
    let nameless = refused(&|catalogue| catalogue.actions[1].id = String::new());
    assert!(matches!(nameless, BadData::Action { .. }));
    let dear = refused(&|catalogue| catalogue.actions.push(Action { cost: 1.0, ..Action::new(NOTHING) }));
    assert!(matches!(dear, BadData::Action { .. }));
}

#[test]
fn nothing_may_be_worth_something() {
    let mut catalogue = catalogue(1);
    catalogue.actions.push(Action { benefit: 5.0, ..Action::new(NOTHING) });
    let policy = Policy::new(catalogue.clone(), Learned::default()).unwrap();
    assert_eq!(policy.actions()[0].id, NOTHING);
    let decided = policy.decide(&situation(&catalogue, 1, Vec::new())).unwrap();
    let all = std::iter::once(&decided.chosen).chain(&decided.alternatives);
    let nothing = all.into_iter().find(|one| one.action == NOTHING).unwrap();
    assert!((nothing.score - 2.5).abs() < 1e-9, "{nothing:?}");
}

#[test]
fn a_situation_that_cannot_be_is_refused() {
    let catalogue = catalogue(2);
    let policy = Policy::new(catalogue.clone(), Learned::of(outcomes(300, 1)).unwrap()).unwrap();
    let decide = |features: &[f64]| policy.decide(&situation(&catalogue, 1, features.to_vec()));
    assert!(decide(&[0.0, 0.0]).is_ok() && decide(&[1e12, -1e12]).is_ok());
    assert!(matches!(decide(&[0.0]), Err(BadData::Count { expected: 2, found: 1, .. })));
    for bad in [f64::NAN, f64::INFINITY, 1e13] {
        assert!(matches!(decide(&[0.0, bad]), Err(BadData::Range { .. })), "{bad}");
    }
    let mut twice = situation(&catalogue, 1, vec![0.0, 0.0]);
    twice.candidates.push(twice.candidates[0].clone());
    assert!(matches!(policy.decide(&twice), Err(BadData::Twice(_))));
}

#[test]
fn outcomes_that_cannot_be_are_refused() {
    let outcome = |number, features: &[f64]| Outcome {
        decision: Uuid::from_u128(number),
        action: "a".to_owned(),
        features: features.to_vec(),
        accepted: true,
    };
    assert_eq!(Learned::of([]), Ok(Learned::default()));
    assert!(Learned::of([outcome(1, &[f64::NAN])]).is_err());
    assert!(Learned::of([outcome(1, &[1.0]), outcome(2, &[1.0, 2.0])]).is_err());
    // No features at all is a choice.
    assert!(Learned::of((0..200).map(|at| Outcome { accepted: at < 60, ..outcome(at, &[]) })).is_ok());
}

#[test]
fn what_was_stored_and_cannot_have_been_learned_is_refused() {
    let mut stored = serde_json::to_value(Learned::of(outcomes(400, 1)).unwrap()).unwrap();
    stored["actions"]["a"]["posterior"]["weights"][0] = 1e300.into();
    let learned: Learned = serde_json::from_value(stored).unwrap();
    assert!(Policy::new(catalogue(2), learned).is_err());
}

#[test]
fn a_log_that_cannot_be_is_refused() {
    let row = |number: u128| Logged {
        customer: Uuid::from_u128(number),
        action: Some(1),
        propensity: 0.5,
        reward: 1.0,
        expected: vec![Some(0.0), Some(1.0), None],
    };
    let refused = |change: &dyn Fn(&mut Logged)| {
        let mut rows = [row(1), row(2)];
        change(&mut rows[1]);
        Log::new(rows.into()).unwrap_err()
    };
    assert!(matches!(Log::new(Vec::new()), Err(BadData::None(_))));
    assert!(matches!(Log::new(vec![row(1), row(1)]), Err(BadData::None(_))));
    for propensity in [0.0, -0.1, 1.1, f64::NAN] {
        assert!(matches!(refused(&|row| row.propensity = propensity), BadData::Range { .. }));
    }
    assert!(matches!(refused(&|row| row.reward = f64::NAN), BadData::Range { .. }));
    assert!(matches!(refused(&|row| row.expected[0] = Some(f64::NAN)), BadData::Range { .. }));
    for action in [2, 3] {
        assert!(matches!(refused(&|row| row.action = Some(action)), BadData::Action { .. }));
    }
    assert!(matches!(refused(&|row| row.expected = vec![Some(0.0)]), BadData::Count { .. }));
    let log = Log::new(vec![row(1), row(2)]).unwrap();
    assert!(log.evaluate(|_, _| 0.2).is_err() && log.evaluate(|_, _| f64::NAN).is_err());
    // What was not possible cannot be what a policy does; always doing it means nothing then.
    assert!(log.evaluate(|_, action| f64::from(u8::from(action == 2))).is_err());
    assert!(log.evaluate(log.always(2)).unwrap().inverse_propensity.value.abs() < 1e-15);
}

fn is_sound(decided: &NextBestActions, possible: usize) -> bool {
    let fine = |one: &Scored| {
        let chance = one.accept;
        [one.score, one.drawn].into_iter().all(f64::is_finite)
            && 0.0 <= chance.low
            && chance.low <= chance.high
            && chance.high <= 1.0
            && (0.0..=1.0).contains(&chance.mean)
    };
    let ranked = decided.alternatives.is_sorted_by(|one, other| one.score >= other.score);
    let probable = [decided.propensity, decided.overall]
        .into_iter()
        .all(|told| told.value > 0.0 && told.value <= 1.0 + 1e-12 && told.error >= 0.0);
    let all = std::iter::once(&decided.chosen).chain(&decided.alternatives);
    all.clone().all(fine) && all.count() == possible && ranked && probable
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn every_answer_is_made_of_numbers(
        id in any::<u128>(),
        costs in proptest::collection::vec((0.0..1e12_f64, 0.0..1e12_f64, 1e-4..0.9999_f64, 0.1..1e6_f64), 0..8),
        features in proptest::array::uniform2(-1e12..1e12_f64),
        control in 0.0..1.0_f64,
    ) {
        let mut catalogue = catalogue(costs.len());
        catalogue.control = control;
        for (action, (cost, benefit, rate, strength)) in catalogue.actions.iter_mut().zip(&costs) {
            (action.cost, action.benefit) = (*cost, *benefit);
            action.prior = Prior { rate: *rate, strength: *strength };
        }
        let policy = Policy::new(catalogue.clone(), Learned::of(outcomes(300, 1)).unwrap()).unwrap();
        let decided = policy.decide(&situation(&catalogue, id, features.to_vec())).unwrap();
        prop_assert!(is_sound(&decided, costs.len() + 1), "{:?}", decided);
    }
}
