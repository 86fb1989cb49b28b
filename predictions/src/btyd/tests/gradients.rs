//! Slopes against differences of values.

use crate::btyd::{GammaGamma, Histories, History, Kind, Model, Spend, Spends};

fn histories() -> Histories {
    let rows = [
        (0, 0.0, 38.9),
        (0, 0.0, 6.0),
        (1, 2.0, 38.0),
        (1, 37.0, 38.0),
        (2, 30.0, 39.0),
        (7, 29.0, 39.0),
        (29, 37.0, 39.0),
        (4, 10.0, 27.0),
        (3, 30.0, 30.0),
    ];
    let rows = rows.map(|(frequency, recency, age): (u32, f64, f64)| {
        (History::new(frequency, recency, age).expect("a history"), f64::from(frequency) + 0.5)
    });
    Histories::new(rows).expect("rows")
}

/// The slope by five points.
fn slope<const N: usize>(at: [f64; N], of: usize, value: impl Fn([f64; N]) -> f64) -> f64 {
    let step = 1e-3 * at[of];
    let moved = |by: f64| {
        let mut at = at;
        at[of] += by * step;
        value(at)
    };
    (moved(-2.0) - 8.0 * moved(-1.0) + 8.0 * moved(1.0) - moved(2.0)) / (12.0 * step)
}

#[test]
fn models_of_purchases_know_their_slopes() {
    for kind in Kind::ALL {
        for parameters in
            [[0.24, 4.4, 0.79, 2.4], [1.3, 0.2, 3.0, 0.4], [0.55, 10.6, 0.61, 11.7], [12.0, 90.0, 0.05, 30.0]]
        {
            let value = |at| Model::new(kind, at).expect("parameters").log_likelihood(&histories());
            let model = Model::new(kind, parameters).expect("parameters");
            let [_, known @ ..] = model.likelihood(&histories(), 1);
            for (of, known) in known.into_iter().enumerate() {
                let found = slope(parameters, of, value);
                let scale = known.abs().max(1e-2 / parameters[of]);
                assert!(
                    (found - known).abs() < 1e-7 * scale,
                    "{kind:?} {parameters:?} {of}: {known} {found}"
                );
            }
        }
    }
}

#[test]
fn the_model_of_spend_knows_its_slopes() {
    let spends = [(1, 20.0), (1, 300.0), (4, 55.5), (9, 12.0)];
    let spends = Spends::of(spends.map(|(purchases, mean)| Spend::new(purchases, mean).expect("a spend")));
    for parameters in [[6.25, 3.74, 15.44], [0.4, 12.0, 300.0], [40.0, 1.1, 2.0]] {
        let value = |at| GammaGamma::new(at).expect("parameters").log_likelihood(&spends);
        let [_, known @ ..] = GammaGamma::new(parameters).expect("parameters").likelihood(&spends, 1);
        for (of, known) in known.into_iter().enumerate() {
            let found = slope(parameters, of, value);
            assert!(
                (found - known).abs() < 1e-7 * known.abs().max(1.0),
                "{parameters:?} {of}: {known} {found}"
            );
        }
    }
}
