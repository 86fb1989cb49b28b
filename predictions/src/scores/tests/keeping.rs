//! Scores come back as they were kept, or not at all.

use serde_json::Value as Json;

use super::super::{BadModel, Calibrator, Scorer};
use super::{METHODS, customers, few_trees};

fn scorers() -> Vec<Scorer> {
    let (table, labels) = customers(700, 21);
    let of = |method| Scorer::train(&table, &labels, &few_trees(method)).expect("a score");
    let plain = METHODS.map(of);
    let [_, _, blend] = &plain;
    let calibrated = [Calibrator::Platt, Calibrator::Isotonic]
        .map(|of| blend.clone().calibrated(of, &table, &labels, 1).expect("a calibration"));
    plain.into_iter().chain(calibrated).collect()
}

#[test]
fn a_kept_score_is_the_same_to_the_last_bit() {
    let (table, _) = customers(500, 22);
    for scorer in scorers() {
        let kept = scorer.to_json().expect("JSON");
        let again = Scorer::from_json(&kept).expect("a score");
        assert_eq!(again, scorer);
        assert_eq!(again.to_json().expect("JSON"), kept);
        assert_eq!(again.scores(&table, 1).expect("scores"), scorer.scores(&table, 1).expect("scores"));
    }
}

#[test]
fn what_was_changed_is_refused_or_still_answers() {
    let (table, _) = customers(40, 23);
    let mut refused = 0;
    for scorer in scorers() {
        let kept: Json = serde_json::from_str(&scorer.to_json().expect("JSON")).expect("JSON");
        let mut paths = Vec::new();
        numbers(&kept, &mut String::new(), &mut paths);
        let step = paths.len().div_ceil(60);
        for path in paths.iter().step_by(step) {
            for put in [Json::from(-1), Json::from(1e300), Json::from(255), Json::Null] {
                let mut changed = kept.clone();
                *changed.pointer_mut(path).expect("a number") = put;
                let Ok(scorer) = Scorer::from_json(&changed.to_string()) else {
                    refused += 1;
                    continue;
                };
                for score in scorer.scores(&table, 1).expect("scores") {
                    assert!(score.log_odds.is_finite() && (0.0..=1.0).contains(&score.probability), "{path}");
                }
                let reasons = scorer.reasons(&table, 0).expect("reasons");
                assert!(reasons.reasons.iter().all(|of| of.contribution.is_finite()), "{path}");
            }
        }
    }
    assert!(refused > 300, "only {refused} were refused");
}

/// Where the numbers are.
fn numbers(json: &Json, path: &mut String, found: &mut Vec<String>) {
    let length = path.len();
    match json {
        Json::Number(_) => found.push(path.clone()),
        Json::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                path.extend(["/", &at.to_string()]);
                numbers(value, path, found);
                path.truncate(length);
            }
        }
        Json::Object(values) => {
            for (name, value) in values {
                path.extend(["/", name]);
                numbers(value, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

#[test]
fn other_forms_are_refused_by_name() {
    let kept = scorers()[0].to_json().expect("JSON");
    let other = kept.replacen("\"version\":1", "\"version\":2", 1);
    assert!(matches!(Scorer::from_json(&other), Err(BadModel::Version(2))));
    assert!(matches!(Scorer::from_json("{}"), Err(BadModel::Unreadable(_))));
    assert!(matches!(Scorer::from_json(&kept[..kept.len() / 2]), Err(BadModel::Unreadable(_))));
}
