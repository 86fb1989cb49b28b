//! Policies are worth what they are said to be worth.

use uuid::Uuid;

use super::simulate::{Chance, catalogue, logistic, outcomes, situation};
use crate::actions::{
    Chooses, ChosenBy, Estimate, Evaluation, Learned, Log, Logged, Played, Policy, Rehearsal, Thin,
};
use crate::evidence::{Interval, Verdict};

/// How often an action is accepted by a customer with feature x, −1 to 1: the first is never, the second by everybody alike,
/// the third where x is great.
fn accepts(action: usize, x: f64) -> f64 {
    match action {
        0 => 0.0,
        1 => 0.3,
        _ => logistic(2.0 * x - 1.0),
    }
}

/// How probably the policy that was live chose the third.
fn propensity(x: f64) -> f64 {
    0.3 + 0.25 * x
}

/// Choices that depend on x, with expectations that are wrong by a constant.
fn log(rows: u128, seed: u64, wrong: f64) -> (Log, Vec<f64>) {
    let mut chance = Chance::new(seed);
    let mut features = Vec::new();
    let row = |number: u128| {
        let x = 2.0 * chance.uniform() - 1.0;
        features.push(x);
        let third = propensity(x);
        let (action, propensity) = match chance.uniform() {
            share if share < third => (2, third),
            share if share < third + 0.2 => (0, 0.2),
            _ => (1, 0.8 - third),
        };
        let reward = f64::from(u8::from(chance.yes(accepts(action, x))));
        let expected = [0, 1, 2].map(|action| Some(accepts(action, x) + wrong)).to_vec();
        Logged { customer: Uuid::from_u128(number), action: Some(action), propensity, reward, expected }
    };
    let log = Log::new((0..rows).map(row).collect()).unwrap();
    (log, features)
}

/// The mean of a function of x, which is uniform in −1..1.
fn truth(of: impl Fn(f64) -> f64) -> f64 {
    (0..10_000).map(|step| of(-1.0 + (f64::from(step) + 0.5) / 5_000.0)).sum::<f64>() / 10_000.0
}

fn holds(estimate: Estimate, truth: f64) -> bool {
    (estimate.interval.low..=estimate.interval.high).contains(&truth)
}

/// The third action where x is above 0, else the second.
fn aimed(x: f64, action: usize) -> f64 {
    f64::from(u8::from(action == if x > 0.0 { 2 } else { 1 }))
}

#[test]
fn the_intervals_hold_the_truth_as_often_as_they_say() {
    let expected = truth(|x| accepts(if x > 0.0 { 2 } else { 1 }, x));
    for wrong in [0.0, 0.4] {
        let mut held = [0; 3];
        let mut width = [0.0; 3];
        for seed in 0..200 {
            let (log, x) = log(1_000, seed, wrong);
            let Evaluation { inverse_propensity, self_normalised, doubly_robust, .. } =
                log.evaluate(|row, action| aimed(x[row], action)).unwrap();
            let all = [inverse_propensity, self_normalised.unwrap(), doubly_robust];
            for ((held, width), estimate) in held.iter_mut().zip(&mut width).zip(all) {
                *held += u32::from(holds(estimate, expected));
                *width += estimate.interval.high - estimate.interval.low;
            }
        }
        // 95 % of 200, within four standard errors.
        assert!(held.iter().all(|held| (178..=200).contains(held)), "{held:?}");
        // Good expectations make the doubly robust estimate the closest.
        assert!(wrong > 0.0 || (width[2] < width[1] && width[1] < width[0]), "{width:?}");
    }
}

#[test]
fn a_better_policy_is_told_from_a_worse_one() {
    let (log, x) = log(20_000, 1, 0.1);
    let better = log.against_fixed(|row, action| aimed(x[row], action)).unwrap();
    assert_eq!((better.best, better.verdict), (2, Verdict::Yes));
    let gain = truth(|x| accepts(if x > 0.0 { 2 } else { 1 }, x)) - truth(|x| accepts(2, x));
    assert!(holds(better.difference, gain), "{:?} is not {gain}", better.difference);
    assert!(better.sentence("third").starts_with("The policy beats always `third`"));
    let worse = log.against_fixed(|row, action| aimed(-x[row], action)).unwrap();
    assert_eq!(worse.verdict, Verdict::No);
    let same = log.against_fixed(log.always(2)).unwrap();
    assert!(same.difference.value.abs() < 1e-12 && same.verdict != Verdict::Yes);
}

#[test]
fn a_log_of_what_the_policy_would_have_done_says_so() {
    let (log, x) = log(20_000, 2, 0.0);
    let own = |row: usize, action: usize| {
        let third = propensity(x[row]);
        [0.2, 0.8 - third, third][action]
    };
    let evaluation = log.evaluate(own).unwrap();
    assert!((evaluation.effective - 20_000.0).abs() < 1e-6 && evaluation.thin.is_empty(), "{evaluation:?}");
    let other = log.evaluate(|row, action| aimed(x[row], action)).unwrap();
    assert!((1_000.0..10_000.0).contains(&other.effective), "{other:?}");
}

#[test]
fn too_thin_an_overlap_is_said() {
    let row = |number: u128, action, propensity| Logged {
        customer: Uuid::from_u128(number),
        action: Some(action),
        propensity,
        reward: 1.0,
        expected: vec![Some(0.0), Some(0.5)],
    };
    // One row of the second action, with a propensity that fits.
    let rare: Vec<Logged> =
        (0..1_000).map(|at| if at == 0 { row(at, 1, 0.001) } else { row(at, 0, 0.999) }).collect();
    let log = Log::new(rare).unwrap();
    let thin = log.evaluate(log.always(1)).unwrap().thin;
    assert!(matches!(thin[..], [Thin::Few { rows: 1_000, .. }, Thin::Heavy { .. }]), "{thin:?}");
    assert!(log.evaluate(log.always(0)).unwrap().thin.is_empty());
    // A second action that was never done: nothing is known of it, and that is said instead of 0.
    let log = Log::new((0..1_000).map(|at| row(at, 0, 1.0)).collect()).unwrap();
    let never = log.evaluate(log.always(1)).unwrap();
    assert_eq!(never.self_normalised, None);
    assert!(matches!(never.thin[..], [Thin::Few { .. }, Thin::Unsupported { .. }]), "{:?}", never.thin);
    assert_eq!(log.against_fixed(log.always(1)).unwrap().verdict, Verdict::Unclear);
    // Propensities that are not what they say.
    let wrong = (0..1_000).map(|at| row(at, usize::from(at % 2 == 0), 0.25)).collect();
    let log = Log::new(wrong).unwrap();
    let thin = log.evaluate(log.always(1)).unwrap().thin;
    assert!(matches!(thin[..], [Thin::Unsupported { .. }]), "{thin:?}");
}

#[test]
fn what_one_customer_did_again_and_again_counts_once() {
    let row = |customer: u128, reward: f64| Logged {
        customer: Uuid::from_u128(customer),
        action: Some(0),
        propensity: 1.0,
        reward,
        expected: vec![Some(0.5)],
    };
    let reward = |customer: u128| f64::from(u8::from(customer.is_multiple_of(2)));
    let width = |copies: u128| {
        let rows = (0..100).flat_map(|customer| (0..copies).map(move |_| row(customer, reward(customer))));
        let log = Log::new(rows.collect()).unwrap();
        let Interval { low, high } = log.evaluate(log.always(0)).unwrap().doubly_robust.interval;
        high - low
    };
    assert!((width(1) - width(7)).abs() < 1e-12);
}

#[test]
fn a_rehearsed_policy_finds_whom_an_action_suits() {
    let mut chance = Chance::new(11);
    let catalogue = catalogue(2);
    let played: Vec<Played> = (0..6_000)
        .map(|number| {
            let x = 2.0 * chance.uniform() - 1.0;
            let place = if chance.yes(0.5) { 1 } else { 2 };
            Played {
                situation: situation(&catalogue, number, vec![x]),
                action: ["nothing", "a", "b"][place].to_owned(),
                propensity: 0.5,
                accepted: chance.yes(accepts(place, x)),
            }
        })
        .collect();
    let best = truth(|x| accepts(1, x).max(accepts(2, x)));
    for chooses in [Chooses::Greatest, Chooses::Draw] {
        let rehearsal = Rehearsal::of(&catalogue, &played, 5, chooses).unwrap();
        let against = rehearsal.log.against_fixed(|row, action| rehearsal.target[row][action]).unwrap();
        assert_eq!(against.verdict, Verdict::Yes, "{against:?}");
        let value = against.policy.doubly_robust;
        assert!(value.interval.high > best - 0.01 && value.interval.low < best, "{value:?} is not {best}");
    }
    let again = Rehearsal::of(&catalogue, &played, 5, Chooses::Greatest).unwrap();
    assert_eq!(again, Rehearsal::of(&catalogue, &played, 5, Chooses::Greatest).unwrap());
}

/// What a policy with a control group did, with the propensities that it told, says what another would bring.
#[test]
fn what_was_decided_is_enough_to_evaluate_by() {
    let mut chance = Chance::new(12);
    let mut catalogue = catalogue(2);
    catalogue.control = 0.2;
    let policy = Policy::new(catalogue.clone(), Learned::of(outcomes(600, 7)).unwrap()).unwrap();
    let (mut all, mut control) = (Vec::new(), Vec::new());
    for number in 0..4_000 {
        let x = 2.0 * chance.uniform() - 1.0;
        let situation = situation(&catalogue, number, vec![x, 0.0]);
        let decided = policy.decide(&situation).unwrap();
        let action = decided.chosen.action;
        let place = ["nothing", "a", "b"].iter().position(|known| *known == action).unwrap();
        let accepted = chance.yes(accepts(place, x));
        let played = Played { situation, action, propensity: decided.overall.value, accepted };
        if decided.by == ChosenBy::Control {
            control.push(Played { propensity: decided.propensity.value, ..played.clone() });
        }
        all.push(played);
    }
    for played in [&all, &control] {
        let log = Rehearsal::of(&catalogue, played, 2, Chooses::Greatest).unwrap().log;
        let x = |row: usize| played[row].situation.features[0];
        let evenly = log.evaluate(|_, _| 1.0 / 3.0).unwrap();
        let aimed = log.evaluate(|row, action| aimed(x(row), action)).unwrap();
        for (evaluation, expected) in [
            (evenly, truth(|x| (accepts(1, x) + accepts(2, x)) / 3.0)),
            (aimed, truth(|x| accepts(if x > 0.0 { 2 } else { 1 }, x))),
        ] {
            let Evaluation { inverse_propensity, self_normalised, doubly_robust, thin, .. } = evaluation;
            assert_eq!(thin, []);
            for estimate in [inverse_propensity, self_normalised.unwrap(), doubly_robust] {
                assert!(holds(estimate, expected), "{estimate:?} is not {expected}");
            }
        }
    }
    // Where `b` is not offered any more, the rows in which it was chosen do no harm.
    catalogue.actions.pop();
    let rehearsal = Rehearsal::of(&catalogue, &all, 2, Chooses::Greatest).unwrap();
    assert_eq!(rehearsal.actions, ["nothing", "a"]);
    let always = rehearsal.log.evaluate(rehearsal.log.always(1)).unwrap();
    assert!(holds(always.doubly_robust, 0.3), "{always:?}");
}
