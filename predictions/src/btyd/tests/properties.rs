//! What must hold of every customer.

use super::simulate::Chance;
use crate::btyd::GammaGamma;
use crate::btyd::{
    Average, Histories, History, Horizon, Kind, Model, Options, Reasons, Spend, residual_value,
};

const PARAMETERS: [[f64; 4]; 4] =
    [[0.24, 4.4, 0.79, 2.4], [0.52, 6.2, 1.0, 1.6], [0.55, 10.6, 0.61, 11.7], [3.0, 20.0, 0.05, 30.0]];

fn models() -> impl Iterator<Item = Model> {
    Kind::ALL
        .into_iter()
        .flat_map(|kind| PARAMETERS.map(|parameters| Model::new(kind, parameters).expect("parameters")))
}

/// Histories of whole times, so that all models understand them.
fn histories() -> Vec<History> {
    let mut chance = Chance(3);
    let one = |_| {
        let age = (40.0 * chance.uniform()).floor();
        let recency = (age * chance.uniform().sqrt()).ceil();
        let frequency = (1..=9).filter(|at| f64::from(*at) <= recency && chance.uniform() < 0.5).count();
        let recency = if frequency == 0 { 0.0 } else { recency };
        History::new(u32::try_from(frequency).expect("few"), recency, age).expect("a history")
    };
    (0..60).map(one).collect()
}

#[test]
fn probabilities_are_probabilities_and_grow_with_the_window() {
    for model in models() {
        for history in histories() {
            let alive = model.alive(history);
            assert!((0.0..=1.0).contains(&alive), "{model:?} {history:?}");
            let (mut active, mut expected) = (0.0, 0.0);
            for window in [0.0, 1.0, 4.0, 13.0, 39.0, 400.0] {
                let score = model.score(history, window);
                assert!((active..=1.0).contains(&score.active), "{model:?} {history:?} {window}");
                assert!(score.expected >= expected && score.active <= score.expected * (1.0 + 1e-12));
                // BG/BB's alive is about the next opportunity, the others' about now.
                assert!(score.active <= alive * (1.0 + 1e-12), "{model:?} {history:?} {window}");
                (active, expected) = (score.active, score.expected);
                if window == 0.0 {
                    assert!(active == 0.0 && expected == 0.0, "{model:?} {history:?}");
                }
            }
        }
    }
}

#[test]
fn no_purchase_is_as_likely_as_the_same_history_seen_longer() {
    // P(none in the window) = L(x, tₓ, T + t) / L(x, tₓ, T): ties each prediction to the likelihood it comes from.
    for model in models() {
        for history in histories() {
            for window in [1.0, 5.0, 60.0] {
                let longer = History::new(history.frequency(), history.recency(), history.age() + window);
                let log = |history| model.log_likelihood(&Histories::of([history]));
                let none = (log(longer.expect("a history")) - log(history)).exp();
                let active = model.active(history, window);
                assert!(
                    (1.0 - none - active).abs() < 1e-11,
                    "{model:?} {history:?} {window}: {none} {active}"
                );
            }
        }
    }
}

#[test]
fn what_is_expected_is_the_sum_of_what_is_probable() {
    for model in models() {
        for history in histories().into_iter().take(12) {
            let window = 6.0;
            let sum: f64 = (1..400).map(|purchases| model.at_least(history, purchases, window)).sum();
            let expected = model.expected(history, window);
            assert!(
                (sum - expected).abs() < 1e-8 * expected.max(1.0),
                "{model:?} {history:?}: {sum} {expected}"
            );
        }
    }
}

#[test]
fn a_later_last_purchase_never_makes_leaving_likelier() {
    for model in models() {
        let mut before = 0.0;
        for recency in 3..=38 {
            let alive = model.alive(History::new(3, f64::from(recency), 38.0).expect("a history"));
            assert!(alive >= before, "{model:?} {recency}");
            before = alive;
        }
    }
}

#[test]
fn a_weight_is_a_repetition_and_order_and_threads_change_nothing() {
    let customers = histories();
    let thrice = Histories::of(customers.iter().chain(&customers).chain(&customers).copied());
    let weighted = Histories::new(customers.iter().rev().map(|history| (*history, 3.0))).expect("rows");
    assert_eq!(thrice, weighted);
    assert!(thrice.rows().len() <= customers.len());

    let mut chance = Chance(5);
    let many = (0..20_000).map(|_| {
        let age = 30.0 + 10.0 * chance.uniform();
        let times = super::simulate::geometric(&mut chance, PARAMETERS[0], false, age);
        let frequency = u32::try_from(times.len()).expect("few");
        History::new(frequency, times.last().copied().unwrap_or(0.0), age).expect("a history")
    });
    let many = Histories::of(many);
    let fits = [1, 2, 3].map(|threads| {
        Model::fit(Kind::BgNbd, &many, &Options { threads, ..Options::default() }).expect("a fit")
    });
    assert!(fits.iter().all(|fit| *fit == fits[0]), "the same to the last bit");
    assert_eq!(fits[0].model.scores(&many, 9.0, 1), fits[0].model.scores(&many, 9.0, 2));
}

#[test]
fn reasons_add_up() {
    let base = Histories::of(histories());
    let spends = GammaGamma::new([6.25, 3.74, 15.44]).expect("parameters");
    for model in models() {
        let average = Average::of(&base, Some(35.0));
        for history in histories() {
            let reasons = Reasons::of(&average, history, None, |history, _| model.active(history, 9.0));
            assert!(reasons.spend.abs() < 1e-15);
            check(&reasons, model.active(history, 9.0));
            let spend = (history.frequency() > 0).then_some(80.0);
            let worth = |history: History, mean: Option<f64>| {
                let spend = mean.and_then(|mean| Spend::new(history.frequency(), mean).ok());
                model.expected(history, 39.0) * spends.expected(spend).expect("a mean")
            };
            let reasons = Reasons::of(&average, history, spend, worth);
            check(&reasons, worth(history, spend));
            // Spending more than others never speaks against somebody.
            assert!(spend.is_none() || reasons.spend >= 0.0, "{reasons:?}");
        }
    }
}

fn check(reasons: &Reasons, prediction: f64) {
    let Reasons { base, frequency, recency, age, spend, prediction: told } = *reasons;
    assert!((told - prediction).abs() < 1e-12 * prediction.max(1.0), "{reasons:?} {prediction}");
    assert!((base + frequency + recency + age + spend - told).abs() < 1e-9, "{reasons:?}");
}

#[test]
fn worth_lies_within_its_interval_and_shrinks_with_discount() {
    let spends = GammaGamma::new([6.25, 3.74, 15.44]).expect("parameters");
    for model in models() {
        for history in histories().into_iter().take(20) {
            let spend = Spend::new(history.frequency(), 50.0).ok();
            let worth = |window, rate, level| {
                let horizon = Horizon { window, rate, level };
                residual_value(&model, &spends, history, spend, &horizon).expect("a value")
            };
            let plain = worth(52.0, 0.0, 0.8);
            let discounted = worth(52.0, 0.01, 0.8);
            assert!((plain.expected - plain.purchases * plain.spend).abs() < 1e-9 * plain.expected.max(1.0));
            assert!(
                discounted.expected <= plain.expected
                    && discounted.expected >= plain.expected * (-0.52_f64).exp() * 0.999
            );
            assert!(0.0 <= plain.low && plain.low <= plain.high && plain.high.is_finite(), "{plain:?}");
            let wider = worth(52.0, 0.0, 0.95);
            assert!(wider.low <= plain.low && plain.high <= wider.high * (1.0 + 1e-4), "{plain:?} {wider:?}");
            // A rate that forgets at once leaves nothing.
            assert!(worth(52.0, 1e5, 0.8).expected < 1e-3 * plain.expected.max(1.0));
        }
    }
}

#[test]
fn a_base_is_tracked_from_its_first_customer_on() {
    let base = Histories::new(
        [(0, 30.0, 2.0), (0, 20.0, 5.0)]
            .map(|(frequency, age, weight)| (History::new(frequency, 0.0, age).expect("a history"), weight)),
    );
    let base = base.expect("rows");
    for model in models() {
        let tracked = model.tracking(&base, &[0.0, 10.0, 40.0, f64::NAN]);
        let expected = [0.0, 2.0 * model.mean(10.0), 2.0 * model.mean(40.0) + 5.0 * model.mean(30.0), 0.0];
        assert!(
            tracked.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-12),
            "{tracked:?}"
        );
    }
}
