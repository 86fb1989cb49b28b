//! Simulated customers give their parameters back, and do what is predicted of them.

use super::simulate::{Chance, geometric, opportunities, pareto, spend};
use crate::btyd::{GammaGamma, Histories, History, Kind, Model, Options, Spend, Spends, Status};

/// What a customer did up to an age, and how often they came in the window after it.
fn seen(times: &[f64], age: f64) -> (History, f64) {
    let before: Vec<f64> = times.iter().copied().filter(|time| *time <= age).collect();
    let frequency = u32::try_from(before.len()).expect("few");
    let later = u32::try_from(times.len() - before.len()).expect("few");
    let history = History::new(frequency, before.last().copied().unwrap_or(0.0), age).expect("a history");
    (history, f64::from(later))
}

fn recover(kind: Kind, parameters: [f64; 4], mut customer: impl FnMut(&mut Chance, f64) -> Vec<f64>) {
    const WINDOW: f64 = 26.0;
    let mut chance = Chance(11);
    let seen: Vec<(History, f64)> = (0..12_000)
        .map(|_| {
            let age = (20.0 + 20.0 * chance.uniform()).floor();
            seen(&customer(&mut chance, age + WINDOW), age)
        })
        .collect();
    let histories = Histories::of(seen.iter().map(|(history, _)| *history));
    let fit = Model::fit(kind, &histories, &Options::default()).expect("a fit");
    assert_eq!(fit.estimates.status, Status::Converged, "{fit:?}");
    let errors = fit.estimates.errors.expect("errors");
    for ((got, truth), error) in fit.model.parameters().into_iter().zip(parameters).zip(errors) {
        assert!(error > 0.0 && error < truth, "{fit:?}");
        assert!((got - truth).abs() < 3.5 * error, "{fit:?}");
    }
    let truth = Model::new(kind, parameters).expect("parameters");
    assert!(fit.estimates.log_likelihood >= truth.log_likelihood(&histories));
    assert!((fit.estimates.log_likelihood / fit.model.log_likelihood(&histories) - 1.0).abs() < 1e-12);

    let count = |of: &dyn Fn(&(History, f64)) -> f64| seen.iter().map(of).sum::<f64>();
    let later = count(&|(_, later)| *later);
    let expected = count(&|(history, _)| truth.expected(*history, WINDOW));
    assert!((expected / later - 1.0).abs() < 0.04, "{kind:?}: {expected} expected, {later} came");
    for least in [1_u32, 2, 4] {
        let came = count(&|(_, later)| f64::from(u8::from(*later >= f64::from(least))));
        let expected = count(&|(history, _)| truth.at_least(*history, least, WINDOW));
        assert!((expected / came - 1.0).abs() < 0.08, "{kind:?}, {least}: {expected} expected, {came} came");
    }
    // And what follows from the parameters has an error too.
    let (mean, error) =
        fit.estimates.delta(|parameters| Model::new(kind, *parameters).map_or(0.0, |model| model.mean(52.0)));
    let error = error.expect("an error");
    assert!(error > 0.0 && (mean - truth.mean(52.0)).abs() < 3.5 * error, "{mean} {error}");
}

#[test]
fn bg_nbd() {
    let parameters = [0.6, 6.0, 0.8, 2.4];
    recover(Kind::BgNbd, parameters, |chance, age| geometric(chance, parameters, false, age));
}

#[test]
fn mbg_nbd() {
    let parameters = [0.8, 6.0, 0.9, 2.4];
    recover(Kind::MbgNbd, parameters, |chance, age| geometric(chance, parameters, true, age));
}

#[test]
fn pareto_nbd() {
    let parameters = [0.9, 6.0, 0.7, 10.0];
    recover(Kind::ParetoNbd, parameters, |chance, age| pareto(chance, parameters, age));
}

#[test]
fn bg_bb() {
    let parameters = [1.2, 2.5, 0.7, 8.0];
    recover(Kind::BgBb, parameters, |chance, age| {
        let whole = (0..100).find(|whole| f64::from(*whole) >= age).expect("few");
        opportunities(chance, parameters, whole)
    });
}

#[test]
fn gamma_gamma() {
    let parameters = [6.25, 3.74, 15.44];
    let mut chance = Chance(13);
    let spends = Spends::of((0..30_000_u32).map(|at| {
        let purchases = 1 + at % 7;
        Spend::new(purchases, spend(&mut chance, parameters, purchases)).expect("a spend")
    }));
    let fit = GammaGamma::fit(&spends, &Options::default()).expect("a fit");
    assert_eq!(fit.estimates.status, Status::Converged, "{fit:?}");
    let errors = fit.estimates.errors.expect("errors");
    for ((got, truth), error) in fit.model.parameters().into_iter().zip(parameters).zip(errors) {
        assert!((got - truth).abs() < 3.5 * error && error < 0.2 * truth, "{fit:?}");
    }
    assert!(spends.correlation().expect("a correlation").abs() < 0.03);
}

#[test]
fn worth_lies_in_its_interval_as_often_as_it_says() {
    // One history's customers, simulated from what is known of them: those who behave like new ones.
    use crate::btyd::{Horizon, residual_value};
    let (purchases, spends) = ([1.5, 6.0, 0.8, 6.0], [6.25, 3.74, 15.44]);
    let model = Model::new(Kind::BgNbd, purchases).expect("parameters");
    let worth = GammaGamma::new(spends).expect("parameters");
    let new = History::new(0, 0.0, 0.0).expect("a history");
    let value = residual_value(&model, &worth, new, None, &Horizon { window: 52.0, rate: 0.0, level: 0.8 })
        .expect("a value");
    let mut chance = Chance(17);
    let (mut below, mut above, mut sum) = (0.0, 0.0, 0.0);
    const MANY: u32 = 20_000;
    for _ in 0..MANY {
        let count = u32::try_from(geometric(&mut chance, purchases, false, 52.0).len()).expect("few");
        let paid = if count == 0 { 0.0 } else { f64::from(count) * spend(&mut chance, spends, count) };
        sum += paid;
        below += f64::from(u8::from(paid < value.low));
        above += f64::from(u8::from(paid > value.high));
    }
    let many = f64::from(MANY);
    assert!((sum / many / value.expected - 1.0).abs() < 0.05, "{value:?} {}", sum / many);
    assert!((above / many - 0.1).abs() < 0.01 && below / many < 0.11, "{value:?} {below} {above}");
}
