//! Figures worked out by hand or by counting pairs, and what is not defined.

use super::*;

fn close(got: Option<f64>, expected: f64) {
    assert!(got.is_some_and(|got| (got - expected).abs() < 1e-12), "{got:?} is not {expected}");
}

/// Scores of few distinct values, so that many are the same, and labels that go along with them a little.
fn mixed(count: u32) -> (Vec<f64>, Vec<bool>) {
    let scores = (0..count).map(|at| f64::from(at * 7919 % 23) / 23.0);
    (scores.collect(), (0..count).map(|at| at * 7919 % 23 + at * 31 % 29 > 25).collect())
}

#[test]
fn auc_counts_pairs_and_halves_of_equal_ones() {
    let (scores, labels) = mixed(200);
    let (mut won, mut pairs) = (0.0, 0.0);
    for (yes, _) in scores.iter().zip(&labels).filter(|(_, label)| **label) {
        for (no, _) in scores.iter().zip(&labels).filter(|(_, label)| !**label) {
            won += if yes > no {
                1.0
            } else if yes < no {
                0.0
            } else {
                0.5
            };
            pairs += 1.0;
        }
    }
    close(auc(&scores, &labels), won / pairs);
    close(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.75);
    close(auc(&[0.0, -0.0], &[true, false]), 0.5);
}

#[test]
fn average_precision_steps_over_distinct_scores() {
    // The example of scikit-learn's documentation of average_precision_score: 0.8333.
    close(pr_auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), 0.5 + 0.5 * 2.0 / 3.0);
    // All the same: precision is the share who did, at recall 1.
    close(pr_auc(&[0.3; 4], &[true, false, false, false]), 0.25);
}

#[test]
fn probabilities_are_scored_as_published() {
    let (probabilities, labels) = ([0.1, 0.9, 0.8, 0.3], [false, true, true, false]);
    close(brier(&probabilities, &labels), (0.01 + 0.01 + 0.04 + 0.09) / 4.0);
    let logs = 2.0 * 0.9_f64.ln() + 0.8_f64.ln() + 0.7_f64.ln();
    close(log_loss(&probabilities, &labels), -logs / 4.0);
    // Being certain and wrong costs a finite amount.
    let certain = log_loss(&[0.0], &[true]).expect("a figure");
    assert!((certain - 1e15_f64.ln()).abs() < 1e-9, "{certain}");
}

#[test]
fn bins_are_of_equal_counts_and_equal_probabilities_share_what_came() {
    let (probabilities, labels) = mixed(203);
    let bins = calibration(&probabilities, &labels, BINS).expect("bins");
    assert_eq!(bins.len(), BINS);
    assert!(bins.iter().all(|bin| bin.count == 20 || bin.count == 21), "{bins:?}");
    assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), 203);
    assert!(bins.is_sorted_by(|a, b| a.predicted <= b.predicted));
    let did: f64 = bins.iter().map(|bin| number(bin.count) * bin.observed).sum();
    close(Some(did), number(labels.iter().filter(|label| **label).count()));
    // One probability for all: whatever order they come in, every bin is like all of them.
    let same = [true, true, true, false, false, false, false, false];
    for bin in calibration(&[0.3; 8], &same, 4).expect("bins") {
        assert_eq!(bin, Bin { predicted: 0.3, observed: 0.375, count: 2 });
    }
    close(ece(&[0.3; 8], &same, 4), 0.075);
    assert_eq!(calibration(&[0.2, 0.7], &[true, false], 10).expect("bins").len(), 2);
}

#[test]
fn amounts_are_off_by_what_they_are() {
    let (predicted, actual) = ([1.0, 2.0, 6.0], [2.0, 2.0, 2.0]);
    close(mae(&predicted, &actual), 5.0 / 3.0);
    close(rmse(&predicted, &actual), (17.0_f64 / 3.0).sqrt());
    close(bias(&predicted, &actual), 0.5);
}

#[test]
fn deciles_hold_all_value_and_the_first_is_what_capture_says() {
    let actual: Vec<f64> = (0..23).map(|at| f64::from(at * at)).collect();
    let deciles = lift(&actual, &actual).expect("deciles");
    assert_eq!(deciles.iter().map(|decile| decile.decile).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    close(Some(deciles.iter().map(|decile| decile.value).sum()), 1.0);
    let total: f64 = actual.iter().sum();
    close(capture(&actual, &actual), (22.0 * 22.0 + 21.0 * 21.0 + 400.0) / total);
    // Who is predicted the same shares what came, whoever stands first.
    close(capture(&[1.0; 4], &[8.0, 0.0, 0.0, 0.0]), 0.25);
    assert_eq!(lift(&[1.0; 4], &[8.0, 0.0, 0.0, 0.0]).expect("deciles").len(), 10);
}

#[test]
fn gini_is_1_for_the_actual_order_and_0_for_none() {
    let actual = [0.0, 1.0, 5.0, 2.0, 2.0];
    close(gini(&actual, &actual), 1.0);
    close(gini(&[3.0; 5], &actual), 0.0);
    close(gini(&actual.map(|value| -value), &actual), -1.0);
    // cov(Y, rank of X) / cov(Y, rank of Y): ranks 5, 1, 2, 3, 4 against 1, 2, 5, 3.5, 3.5, from the mean 3.
    let with = |ranks: [f64; 5]| -> f64 { actual.iter().zip(ranks).map(|(y, rank)| y * (rank - 3.0)).sum() };
    let expected = with([5.0, 1.0, 2.0, 3.0, 4.0]) / with([1.0, 2.0, 5.0, 3.5, 3.5]);
    close(gini(&[9.0, 1.0, 2.0, 3.0, 4.0], &actual), expected);
}

#[test]
fn lists_are_judged_by_what_stands_in_front() {
    let hits = [true, false, true, false, false, true];
    close(recall_at_k(&hits, 4, 3), 0.5);
    close(recall_at_k(&hits, 4, 100), 0.75);
    let best = 1.0 + 1.0 / 3.0_f64.log2() + 0.5;
    close(ndcg_at_k(&hits, 4, 3), 1.5 / best);
    // Two wanted, both in front: as good as it gets.
    close(ndcg_at_k(&[true, true, false], 2, 3), 1.0);
    close(coverage([1, 2, 2, 1], 8), 0.25);
}

#[test]
fn what_is_not_defined_is_none() {
    let nan = f64::NAN;
    for (scores, labels) in [
        (vec![], vec![]),
        (vec![0.1], vec![true]),
        (vec![0.1, 0.2], vec![false, false]),
        (vec![0.1, nan], vec![false, true]),
        (vec![0.1, 0.2, 0.3], vec![false, true]),
    ] {
        assert_eq!((auc(&scores, &labels), pr_auc(&scores, &labels)), (None, None), "{scores:?}");
    }
    for probability in [nan, -0.1, 1.1, f64::INFINITY] {
        let (of, did) = ([probability, 0.5], [true, false]);
        assert_eq!((brier(&of, &did), log_loss(&of, &did), ece(&of, &did, 2)), (None, None, None));
    }
    assert_eq!(calibration(&[0.5], &[true], 0), None);
    for (predicted, actual) in [(vec![], vec![]), (vec![nan], vec![1.0]), (vec![1.0], vec![f64::INFINITY])] {
        let off = [mae(&predicted, &actual), rmse(&predicted, &actual), bias(&predicted, &actual)];
        assert_eq!(off, [None; 3], "{predicted:?}");
        assert_eq!((capture(&predicted, &actual), gini(&predicted, &actual)), (None, None));
    }
    assert_eq!(rmse(&[1e200], &[0.0]), None);
    assert_eq!(
        (bias(&[1.0], &[0.0]), capture(&[1.0], &[0.0]), capture(&[1.0, 2.0], &[3.0, -1.0])),
        (None, None, None)
    );
    assert_eq!(gini(&[1.0, 2.0], &[5.0, 5.0]), None);
    assert_eq!(
        (recall_at_k(&[], 0, 3), recall_at_k(&[true, true], 1, 3), ndcg_at_k(&[true], 1, 0)),
        (None, None, None)
    );
    assert_eq!((coverage([1, 2], 1), coverage::<u8>([], 0)), (None, None));
}
