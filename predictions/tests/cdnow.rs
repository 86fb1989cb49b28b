//! CDNOW, and values of reference implementations, where they are at hand: `RONDOM_DATA` names the folder (default
//! `../shared/data`, seen from the project's). Without it these tests say that they are skipped.
#![expect(clippy::print_stdout, reason = "who runs tests wants to know what was not tested")]

use std::path::PathBuf;

use predictions::btyd::{GammaGamma, Histories, History, Kind, Model, Options, Spend, Spends, Status};
use serde_json::Value;

fn read(file: &str) -> Option<String> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let path = std::env::var_os("RONDOM_DATA").map_or_else(default, PathBuf::from).join("cdnow").join(file);
    let text = std::fs::read_to_string(&path);
    if text.is_err() {
        println!("SKIPPED: {} cannot be read; set RONDOM_DATA to the folder of data", path.display());
    }
    text.ok()
}

fn close(got: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((got - expected).abs() <= tolerance, "{what}: {got} is not {expected}");
}

fn summary() -> Option<Histories> {
    let text = read("cdnow_customers_summary.csv")?;
    let rows = text.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |at: usize| fields[at].parse::<f64>().expect("a number");
        History::new(fields[1].parse().expect("a count"), number(2), number(3)).expect("a history")
    });
    Some(Histories::of(rows))
}

#[test]
fn cdnow_is_fitted_as_published() {
    let Some(histories) = summary() else { return };
    assert!((histories.customers() - 2357.0).abs() < 1e-9);
    for (kind, parameters, log_likelihood) in [
        (Kind::BgNbd, [0.243, 4.414, 0.793, 2.426], -9582.4256),
        (Kind::MbgNbd, [0.525, 6.183, 0.891, 1.614], -9582.1327),
        (Kind::ParetoNbd, [0.553, 10.578, 0.606, 11.669], -9594.9739),
    ] {
        let fit = Model::fit(kind, &histories, &Options::default()).expect("a fit");
        assert_eq!(fit.estimates.status, Status::Converged);
        for (got, published) in fit.model.parameters().into_iter().zip(parameters) {
            // The likelihood hardly bends along β of Pareto/NBD, and its top is at 11.668.
            close(got, published, if published > 11.0 { 2e-3 } else { 6e-4 }, kind.name());
        }
        close(fit.estimates.log_likelihood, log_likelihood, 6e-5, kind.name());
        let errors = fit.estimates.errors.expect("errors");
        assert!(errors.iter().all(|error| *error > 0.0 && error.is_finite()), "{errors:?}");
    }
}

#[test]
fn cdnow_spends_as_published() {
    let Some(text) = read("CDNOW_sample.txt") else { return };
    let mut customers = std::collections::BTreeMap::<&str, Vec<(i64, f64)>>::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, id, date, _, dollars] = fields[..] else { continue };
        // As dates only have an order here, they may stay as they are.
        let purchase = (date.parse().expect("a date"), dollars.parse().expect("an amount"));
        customers.entry(id).or_default().push(purchase);
    }
    let spends =
        customers.values().map(|purchases| Spend::of_purchases(purchases, 19_970_930).expect("amounts"));
    let spends = Spends::of(spends.flatten());
    assert!((spends.customers() - 946.0).abs() < 1e-9);
    let fit = GammaGamma::fit(&spends, &Options::default()).expect("a fit");
    for (got, published) in fit.model.parameters().into_iter().zip([6.25, 3.74, 15.45]) {
        close(got, published, 0.01, "Gamma-Gamma");
    }
    close(fit.estimates.log_likelihood, -4055.9177, 6e-5, "Gamma-Gamma");
}

#[test]
fn reference_implementations_agree() {
    let (Some(text), Some(histories)) = (read("btyd_fixtures.json"), summary()) else { return };
    let fixtures: Value = serde_json::from_str(&text).expect("JSON");
    let number = |value: &Value| value.as_f64().expect("a number");
    for (kind, of) in [(Kind::BgNbd, "bgnbd"), (Kind::MbgNbd, "mbgnbd"), (Kind::ParetoNbd, "paretonbd")] {
        let fixture = &fixtures[of];
        let model = Model::new(kind, kind.parameters().map(|name| number(&fixture["params"][name])))
            .expect("parameters");
        close(model.log_likelihood(&histories), number(&fixture["cdnow_total_ll"]), 1e-6, of);
        close(model.mean(52.0), number(&fixture["unconditional_52"]), 1e-6, of);
        for (at, case) in fixture["cases"].as_array().expect("cases").iter().enumerate() {
            let frequency = u32::try_from(case["x"].as_u64().expect("a count")).expect("few");
            let history =
                History::new(frequency, number(&case["tx"]), number(&case["T"])).expect("a history");
            let log_likelihood = model.log_likelihood(&Histories::of([history]));
            close(log_likelihood, number(&fixture["ll"][at]), 1e-9, of);
            close(model.alive(history), number(&fixture["p_alive"][at]), 1e-9, of);
            close(model.expected(history, 39.0), number(&fixture["expected_39"][at]), 1e-6, of);
        }
    }
    let fixture = &fixtures["gammagamma"];
    let model =
        GammaGamma::new(["p", "q", "v"].map(|name| number(&fixture["params"][name]))).expect("parameters");
    for (at, expected) in fixture["expected_avg"].as_array().expect("values").iter().enumerate() {
        let purchases = (1..100).find(|count| (f64::from(*count) - number(&fixture["x"][at])).abs() < 0.5);
        let spend = Spend::new(purchases.expect("few"), number(&fixture["m"][at])).expect("a spend");
        close(model.expected(Some(spend)).expect("a mean"), number(expected), 1e-9, "Gamma-Gamma");
    }
}
