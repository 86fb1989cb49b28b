//! Reasons add up, and say what is meant.

use super::super::{Calibrator, Method, Scorer, Value, Why};
use super::{METHODS, customers, options};

#[test]
fn contributions_add_up_to_the_score_and_begin_at_the_average() {
    let (table, labels) = customers(3_000, 11);
    for method in METHODS {
        let scorer = Scorer::train(&table, &labels, &options(method)).expect("a score");
        let scorer = scorer.calibrated(Calibrator::Platt, &table, &labels, 1).expect("a calibration");
        let scores = scorer.scores(&table, 1).expect("scores");
        let mean = scores.iter().map(|score| score.log_odds).sum::<f64>() / 3_000.0;
        for (row, score) in scores.iter().enumerate().step_by(7) {
            let reasons = scorer.reasons(&table, row).expect("reasons");
            let sum = reasons.base + reasons.reasons.iter().map(|of| of.contribution).sum::<f64>();
            assert!((sum - score.log_odds).abs() < 1e-9, "{method:?}: {sum} is not {score:?}");
            assert_eq!(reasons.score, *score);
            assert!((reasons.base - mean).abs() < 1e-9, "{method:?}: {} is not {mean}", reasons.base);
            assert!(reasons.reasons.is_sorted_by(|a, b| a.contribution.abs() >= b.contribution.abs()));
        }
    }
}

#[test]
fn a_linear_contribution_is_the_coefficient_times_the_distance_from_the_mean() {
    let (table, labels) = customers(1_000, 12);
    let scorer = Scorer::train(&table, &labels, &options(Method::Logistic)).expect("a score");
    let visits: Vec<f64> = (0..1_000)
        .map(|row| match table.value("visits", row) {
            Ok(Value::Number(number)) => number,
            other => panic!("{other:?}"),
        })
        .collect();
    let mean = visits.iter().sum::<f64>() / 1_000.0;
    let deviation = (visits.iter().map(|visits| (visits - mean).powi(2)).sum::<f64>() / 1_000.0).sqrt();
    let slope = scorer
        .coefficients()
        .into_iter()
        .find(|of| of.feature.as_deref() == Some("visits") && of.level.is_none())
        .expect("a slope");
    assert!(slope.value > 5.0 * slope.error, "{slope:?}");
    for (row, visits) in visits.iter().enumerate().take(50) {
        let reasons = scorer.reasons(&table, row).expect("reasons").reasons;
        let reason = reasons.into_iter().find(|of| of.feature == "visits").expect("a reason");
        assert!((reason.contribution - slope.value * (visits - mean) / deviation).abs() < 1e-9, "{reason:?}");
        assert_eq!(reason.value, Value::Number(*visits));
    }
}

#[test]
fn protected_traits_are_used_only_where_a_person_says_so() {
    let (table, labels) = customers(1_000, 13);
    let scorer = Scorer::train(&table, &labels, &options(Method::Blend)).expect("a score");
    let [left_out] = scorer.left_out() else { panic!("{:?}", scorer.left_out()) };
    assert_eq!(
        (left_out.column.as_str(), &left_out.why),
        ("gender", &Why::Sensitive("sex or gender".to_owned()))
    );
    let mut allowed = options(Method::Blend);
    allowed.allowed.insert("gender".to_owned());
    allowed.excluded.insert("noise".to_owned());
    let scorer = Scorer::train(&table, &labels, &allowed).expect("a score");
    assert!(scorer.features().any(|name| name == "gender") && scorer.features().all(|name| name != "noise"));
    assert!(scorer.left_out().iter().all(|of| of.why == Why::Excluded));
}
