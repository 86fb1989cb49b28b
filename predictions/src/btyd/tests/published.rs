//! Values that papers and their authors' notes print.

use crate::btyd::{GammaGamma, Histories, History, Kind, Model, Options, Spend, Status};

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{got} is not {expected}");
}

fn history(frequency: u32, recency: f64, age: f64) -> History {
    History::new(frequency, recency, age).expect("a history")
}

fn model(kind: Kind, parameters: [f64; 4]) -> Model {
    Model::new(kind, parameters).expect("parameters")
}

/// Frequency, recency and number of the 11,104 donors of the cohort of 1995 that Fader, Hardie & Shang (2010) print.
const DONORS: [(u32, f64, f64); 22] = [
    (6, 6.0, 1203.0),
    (5, 6.0, 728.0),
    (4, 6.0, 512.0),
    (3, 6.0, 357.0),
    (2, 6.0, 234.0),
    (1, 6.0, 129.0),
    (5, 5.0, 335.0),
    (4, 5.0, 284.0),
    (3, 5.0, 225.0),
    (2, 5.0, 173.0),
    (1, 5.0, 119.0),
    (4, 4.0, 240.0),
    (3, 4.0, 181.0),
    (2, 4.0, 155.0),
    (1, 4.0, 78.0),
    (3, 3.0, 322.0),
    (2, 3.0, 255.0),
    (1, 3.0, 129.0),
    (2, 2.0, 613.0),
    (1, 2.0, 277.0),
    (1, 1.0, 1091.0),
    (0, 0.0, 3464.0),
];

#[test]
fn donors_are_fitted_as_published() {
    let rows = DONORS.map(|(frequency, recency, weight)| (history(frequency, recency, 6.0), weight));
    let donors = Histories::new(rows).expect("rows");
    close(donors.customers(), 11_104.0, 0.0);
    let fit = Model::fit(Kind::BgBb, &donors, &Options::default()).expect("a fit");
    assert_eq!(fit.estimates.status, Status::Converged);
    for (got, published) in fit.model.parameters().into_iter().zip([1.204, 0.750, 0.657, 2.783]) {
        close(got, published, 6e-4);
    }
    close(fit.estimates.log_likelihood, -33_225.6, 0.05);
    // The table of expected donations in the five years from 2002 on, and the chance of being there in 2002.
    close(fit.model.expected(history(6, 6.0, 6.0), 5.0), 3.75, 0.006);
    close(fit.model.expected(history(0, 0.0, 6.0), 5.0), 0.07, 0.006);
    close(fit.model.alive(history(6, 6.0, 6.0)), 0.93, 0.006);
    close(fit.model.alive(history(0, 0.0, 6.0)), 0.11, 0.006);
}

#[test]
fn donors_are_predicted_as_in_the_notes_of_btyd() {
    // The walk-through of the R package BTYD (Dziurzynski, Wadsworth & McCarthy).
    let donors = model(Kind::BgBb, [1.204, 0.7497, 0.6568, 2.7834]);
    close(donors.mean(10.0), 3.179, 0.002);
    close(donors.expected(history(0, 0.0, 6.0), 10.0), 0.1302, 0.0002);
    close(donors.expected(history(4, 5.0, 6.0), 10.0), 3.627, 0.001);
}

#[test]
fn bg_nbd_predicts_as_in_its_note() {
    // *Implementing the BG/NBD Model for Customer Base Analysis in Excel* (Fader, Hardie & Lee 2005): customer 0001 is
    // expected to make 1.226 purchases in the 39 weeks to come.
    let cdnow = model(Kind::BgNbd, [0.243, 4.414, 0.793, 2.426]);
    let first = history(2, 30.43, 38.86);
    close(cdnow.expected(first, 39.0), 1.226, 0.001);
    close(cdnow.alive(first), 0.7266, 0.0005);
    // The trap: one-time buyers.
    close(cdnow.alive(history(0, 0.0, 38.86)), 1.0, 0.0);
    assert!(cdnow.active(history(0, 0.0, 38.86), 39.0) < 0.15);
}

#[test]
fn pareto_nbd_predicts_as_in_the_notes_of_btyd() {
    let cdnow = model(Kind::ParetoNbd, [0.5534, 10.5802, 0.6061, 11.6562]);
    let often = history(26, 30.86, 31.0);
    close(cdnow.expected(often, 52.0), 25.46, 0.01);
    close(cdnow.alive(often), 0.9979, 0.0001);
    close(cdnow.mean(52.0), 1.473, 0.001);
}

#[test]
fn gamma_gamma_predicts_as_in_its_note() {
    // *The Gamma-Gamma Model of Monetary Value* (Fader & Hardie 2013), CDNOW.
    let cdnow = GammaGamma::new([6.25, 3.74, 15.44]).expect("parameters");
    close(cdnow.expected(None).expect("a mean"), 35.2, 0.1);
    // Weights of the own mean: p x / (p x + q − 1).
    let own = 6.25 / (6.25 + 2.74);
    let expected = own * 50.0 + (1.0 - own) * 6.25 * 15.44 / 2.74;
    close(cdnow.expected(Spend::new(1, 50.0).ok()).expect("a mean"), expected, 1e-12);
}
