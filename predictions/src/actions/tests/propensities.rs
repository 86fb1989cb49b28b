//! How probable a choice was, is told rightly.

use crate::actions::belief::Belief;
use crate::actions::propensity::{Propensity, Stake, propensity};
use crate::actions::{ChosenBy, Learned, Policy};

use super::simulate::{catalogue, outcomes, situation};

fn stake(centre: f64, spread: f64, benefit: f64, cost: f64) -> Stake {
    Stake { belief: Belief { centre, spread }, benefit, cost }
}

/// The same by brute force: 200,000 equal steps along the chosen action's quantiles, with the others' distribution functions
/// worked out independently.
fn brute(stakes: &[Stake], chosen: usize) -> f64 {
    let steps = 200_000;
    let (mut sum, mut weight) = (0.0, 0.0);
    for step in 0..steps {
        let z = -8.0 + 16.0 * (f64::from(step) + 0.5) / f64::from(steps);
        let density = (-0.5 * z * z).exp();
        weight += density;
        let score = stakes[chosen].at(z);
        let below = |(place, rival): (usize, &Stake)| {
            if place == chosen {
                return 1.0;
            }
            let probability = ((score + rival.cost) / rival.benefit).clamp(0.0, 1.0);
            let log_odds = (probability / (1.0 - probability)).ln();
            0.5 * libm::erfc(-(log_odds - rival.belief.centre) / rival.belief.spread / 2.0_f64.sqrt())
        };
        sum += density * stakes.iter().enumerate().map(below).product::<f64>();
    }
    sum / weight
}

fn cases() -> Vec<Vec<Stake>> {
    vec![
        vec![stake(-1.0, 0.3, 1.0, 0.0), stake(-1.2, 0.5, 1.0, 0.0)],
        vec![stake(-1.0, 1e-4, 1.0, 0.0), stake(-1.0, 2.0, 1.0, 0.0), stake(-1.1, 0.1, 1.0, 0.0)],
        vec![stake(-3.0, 1.0, 40.0, 2.0), stake(0.0, 0.2, 10.0, 5.0), stake(2.0, 3.0, 1.0, 0.0)],
        (0..50).map(|at| stake(-2.0 + 0.01 * f64::from(at), 0.4, 10.0, 0.5)).collect(),
    ]
}

#[test]
fn the_error_is_never_greater_than_told() {
    for stakes in cases() {
        let places = if stakes.len() > 3 { vec![0, 25, 49] } else { (0..stakes.len()).collect() };
        for place in places {
            let Propensity { value, error } = propensity(&stakes, place);
            let expected = brute(&stakes, place);
            assert!((value - expected).abs() <= error + 1e-6, "{value} ± {error} is not {expected}");
            assert!(error <= 0.0201 * value + 1.1e-5, "{value} ± {error}");
        }
    }
}

#[test]
fn propensities_add_up_to_1() {
    for stakes in cases() {
        let all = (0..stakes.len()).map(|place| propensity(&stakes, place).value);
        let sum: f64 = all.sum();
        assert!((sum - 1.0).abs() < 0.003, "{sum}");
    }
}

#[test]
fn scores_that_are_certain_are_compared_exactly() {
    let fixed = |cost: f64| stake(0.0, 1.0, 0.0, cost);
    let all = [fixed(0.0), fixed(0.0), fixed(1.0)];
    let values = [0, 1, 2].map(|place| propensity(&all, place).value);
    // Of equal ones the first wins; the others have the least that is ever told.
    assert!((values[0] - 1.0).abs() < 1e-8 && values[1] <= 1e-9 && values[2] <= 1e-9, "{values:?}");
    // Against a certain 0, an action wins where its draw is above its cost.
    let risky = [fixed(0.0), stake(-1.0, 0.5, 4.0, 1.0)];
    let expected = crate::actions::belief::normal((-1.0 - (1.0_f64 / 3.0).ln()) / 0.5);
    let nothing = propensity(&risky, 0).value;
    assert!((nothing - (1.0 - expected)).abs() < 1e-8, "{nothing}");
    let wins = propensity(&risky, 1);
    assert!((wins.value - expected).abs() <= wins.error, "{wins:?} is not {expected}");
}

/// Chosen as often as told: one situation, asked under many ids.
#[test]
fn choices_are_as_frequent_as_their_propensities() {
    let catalogue = catalogue(3);
    let policy = Policy::new(catalogue.clone(), Learned::of(outcomes(500, 6)).unwrap()).unwrap();
    let mut told = std::collections::BTreeMap::<String, (u32, f64)>::new();
    let asked = 4_000;
    for number in 0..asked {
        let decided = policy.decide(&situation(&catalogue, number, vec![-0.1, 0.3])).unwrap();
        assert_eq!(decided.by, ChosenBy::Draw);
        let best = decided.alternatives.iter().all(|other| other.drawn <= decided.chosen.drawn);
        assert!(best, "{decided:?}");
        let entry = told.entry(decided.chosen.action).or_insert((0, decided.propensity.value));
        entry.0 += 1;
        assert!((entry.1 - decided.propensity.value).abs() < 1e-15);
    }
    assert!(told.len() >= 2, "{told:?}");
    for (action, (times, propensity)) in told {
        let share = f64::from(times) / 4_000.0;
        let error = (propensity * (1.0 - propensity) / 4_000.0).sqrt();
        assert!(
            (share - propensity).abs() < 4.0 * error + 0.01 * propensity,
            "{action}: {share} {propensity}"
        );
    }
}
