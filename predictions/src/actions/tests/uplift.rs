//! Whom an action changes is found, and the curve says how well.

use super::simulate::{Chance, logistic};
use crate::actions::{BadData, Qini, Ranked, Trial, Uplift};
use crate::evidence::Bootstrap;

fn bootstrap() -> Bootstrap {
    Bootstrap { replicates: 100, ..Bootstrap::new(3) }
}

/// The action adds −0.1 to 0.3 to a probability, as the first feature goes from −1 to 1; the second changes the
/// probability with and without it.
fn effect(x: f64) -> f64 {
    0.1 + 0.2 * x
}

fn trials(count: usize, seed: u64) -> Vec<Trial> {
    let mut chance = Chance::new(seed);
    let mut one = || {
        let features = vec![2.0 * chance.uniform() - 1.0, 2.0 * chance.uniform() - 1.0];
        let treated = chance.yes(0.4);
        let probability = 0.35 + 0.2 * features[1] + if treated { effect(features[0]) } else { 0.0 };
        Trial { success: chance.yes(probability), features, treated }
    };
    (0..count).map(|_| one()).collect()
}

fn learned() -> [Uplift; 2] {
    let trials = trials(40_000, 1);
    [Uplift::two_models(&trials).unwrap(), Uplift::transformed(&trials, 0.4).unwrap()]
}

#[test]
fn effects_are_found() {
    for uplift in learned() {
        for x in [-0.8, 0.0, 0.8] {
            let found = uplift.effect(&[x, 0.1]).unwrap();
            assert!((found - effect(x)).abs() < 0.04, "{found} is not {}", effect(x));
        }
    }
}

#[test]
fn the_coefficient_tells_a_good_score_from_none() {
    let others = trials(20_000, 2);
    let qini = |score: &dyn Fn(&Trial) -> f64| {
        let ranked = others.iter().map(|trial| Ranked {
            score: score(trial),
            treated: trial.treated,
            outcome: f64::from(u8::from(trial.success)),
        });
        Qini::of(&ranked.collect::<Vec<_>>(), &bootstrap()).unwrap()
    };
    let truth = qini(&|trial| effect(trial.features[0])).coefficient;
    for uplift in learned() {
        let found = qini(&|trial| uplift.effect(&trial.features).unwrap());
        assert!(found.interval.unwrap().low > 0.0, "{:?}", found.interval);
        assert!(found.coefficient > 0.9 * truth, "{} of {truth}", found.coefficient);
    }
    let backwards = qini(&|trial| -effect(trial.features[0]));
    assert!((backwards.coefficient + truth).abs() < 0.1 * truth && backwards.interval.unwrap().high < 0.0);
    // Who would have succeeded anyway is not who is changed.
    let propensity = qini(&|trial| logistic(trial.features[1])).interval.unwrap();
    assert!(propensity.low < 0.0 && propensity.high > 0.0, "{propensity:?}");
    let nobody = qini(&|_| 1.0);
    assert_eq!(nobody.curve.len(), 2);
    assert!(nobody.coefficient.abs() < 1e-15);
}

/// By hand: of eight customers the four with score 1 have 2 of 2 against 1 of 2, the others 1 of 2 against 1 of 2.
#[test]
fn the_curve_is_radcliffes() {
    let row = |score, treated, outcome| Ranked { score, treated, outcome };
    let ranked = [
        row(1.0, true, 1.0),
        row(1.0, true, 1.0),
        row(1.0, false, 1.0),
        row(1.0, false, 0.0),
        row(0.0, true, 1.0),
        row(0.0, true, 0.0),
        row(0.0, false, 1.0),
        row(0.0, false, 0.0),
    ];
    let qini = Qini::of(&ranked, &bootstrap()).unwrap();
    // (2 − 1 · 2/2) / 8 halfway, and (3 − 2 · 4/4) / 8 at the end.
    assert_eq!(qini.curve, [(0.0, 0.0), (0.5, 0.125), (1.0, 0.125)]);
    // ½ · ½ · ⅛ + ½ · ⅛ less ½ · ⅛.
    assert!((qini.coefficient - 0.03125).abs() < 1e-15);
    let mut shuffled = ranked;
    shuffled.reverse();
    assert_eq!(Qini::of(&shuffled, &bootstrap()).unwrap(), qini);
}

#[test]
fn what_cannot_be_learned_is_an_error() {
    let some = trials(10, 4);
    let treated: Vec<Trial> = some.iter().map(|trial| Trial { treated: true, ..trial.clone() }).collect();
    let nobody = Err(BadData::None("customers who were not treated"));
    assert_eq!(Uplift::two_models(&treated), nobody);
    assert!(Uplift::two_models(&[]).is_err() && Uplift::transformed(&[], 0.5).is_err());
    assert!(Uplift::transformed(&some, 0.0).is_err() && Uplift::transformed(&some, f64::NAN).is_err());
    let mut odd = some.clone();
    odd[3].features[0] = f64::NAN;
    assert!(Uplift::two_models(&odd).is_err());
    let uplift = Uplift::two_models(&some).unwrap();
    assert!(uplift.effect(&[1.0]).is_err() && uplift.effect(&[1.0, f64::INFINITY]).is_err());
    assert!(uplift.effect(&[1e12, -1e12]).unwrap().abs() <= 1.0);
    let ranked = Ranked { score: f64::NAN, treated: true, outcome: 1.0 };
    assert!(Qini::of(&[ranked], &bootstrap()).is_err() && Qini::of(&[], &bootstrap()).is_err());
}
