//! Customers of a telephone company and who of them left, where they are at hand: `RONDOM_DATA` names the folder (default
//! `../shared/data`, seen from the project's). Without it this test says that it is skipped.
#![expect(
    clippy::print_stdout,
    reason = "figures are what it is for, and who runs tests wants to know what was not tested"
)]

use std::path::PathBuf;

use predictions::evidence::metrics::{BINS, auc, ece, log_loss, pr_auc};
use predictions::scores::{Method, Options, Scorer, Table, Why, stratified_folds};

/// Fixed before any figure was looked at.
const SEED: u64 = 20_261_123;
const FOLDS: usize = 5;

fn telco() -> Option<(Table, Vec<bool>)> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    let path = std::env::var_os("RONDOM_DATA").map_or_else(default, PathBuf::from);
    let path = path.join("telco_churn").join("Telco-Customer-Churn.csv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: {} cannot be read; set RONDOM_DATA to the folder of data", path.display());
        return None;
    };
    let mut lines = text.lines().map(|line| line.trim().split(',').collect::<Vec<_>>());
    let names = lines.next().expect("a heading");
    let rows: Vec<Vec<&str>> = lines.collect();
    let mut table = Table::new(rows.len()).expect("few rows");
    for (at, name) in names.iter().enumerate() {
        match *name {
            "customerID" | "Churn" => {}
            "tenure" | "MonthlyCharges" | "TotalCharges" => {
                // Who has just come has no total yet: it is missing.
                table.numbers(name, rows.iter().map(|row| row[at].trim().parse().ok())).expect("numbers");
            }
            _ => table.levels(name, rows.iter().map(|row| Some(row[at]))).expect("levels"),
        }
    }
    let churn = names.iter().position(|name| *name == "Churn").expect("a label");
    Some((table, rows.iter().map(|row| row[churn] == "Yes").collect()))
}

/// The means over the folds of what the test folds show, none of which was trained or tuned on.
#[derive(Debug)]
struct Figures {
    auc: f64,
    pr_auc: f64,
    ece: f64,
    log_loss: f64,
}

fn figures(table: &Table, labels: &[bool], options: &Options) -> Figures {
    let fold_of = stratified_folds(labels, FOLDS, SEED);
    let mut sums = Figures { auc: 0.0, pr_auc: 0.0, ece: 0.0, log_loss: 0.0 };
    for fold in 0..FOLDS {
        let (test, train): (Vec<usize>, Vec<usize>) =
            (0..labels.len()).partition(|row| fold_of[*row] == fold);
        let of = |rows: &[usize]| -> (Table, Vec<bool>) {
            (table.select(rows).expect("rows"), rows.iter().map(|row| labels[*row]).collect())
        };
        let ((train, stayed), (test, left)) = (of(&train), of(&test));
        let scorer = Scorer::train(&train, &stayed, options).expect("a score");
        let scores = scorer.scores(&test, 2).expect("scores");
        let probabilities: Vec<f64> = scores.iter().map(|score| score.probability).collect();
        let share = |figure: Option<f64>| figure.expect("both classes") / 5.0;
        sums.auc += share(auc(&probabilities, &left));
        sums.pr_auc += share(pr_auc(&probabilities, &left));
        sums.ece += share(ece(&probabilities, &left, BINS));
        sums.log_loss += share(log_loss(&probabilities, &left));
    }
    sums
}

#[test]
fn who_leaves_is_foreseen_as_well_as_by_tuned_trees() {
    let Some((table, labels)) = telco() else { return };
    assert_eq!((table.rows(), labels.iter().filter(|label| **label).count()), (7_043, 1_869));
    for method in [Method::Logistic, Method::Trees, Method::Blend] {
        let figures = figures(&table, &labels, &Options { method, ..Options::default() });
        println!("{method:?}, {FOLDS} folds with seed {SEED}: {figures:.4?}");
        if method == Method::Blend {
            assert!(figures.auc >= 0.848, "{figures:?}");
            assert!(figures.pr_auc >= 0.665, "{figures:?}");
            assert!(figures.ece <= 0.025, "{figures:?}");
        }
    }
}

#[test]
fn reasons_of_who_leaves_add_up_and_protected_traits_are_none() {
    let Some((table, labels)) = telco() else { return };
    let scorer = Scorer::train(&table, &labels, &Options::default()).expect("a score");
    let left_out: Vec<&str> = scorer.left_out().iter().map(|of| of.column.as_str()).collect();
    assert_eq!(left_out, ["Dependents", "Partner", "SeniorCitizen", "gender"]);
    assert!(scorer.left_out().iter().all(|of| matches!(of.why, Why::Sensitive(_))));
    let kept = Scorer::from_json(&scorer.to_json().expect("JSON")).expect("a score");
    let scores = scorer.scores(&table, 2).expect("scores");
    assert_eq!(kept.scores(&table, 1).expect("scores"), scores);
    for (row, score) in scores.iter().enumerate().step_by(10) {
        let reasons = kept.reasons(&table, row).expect("reasons");
        let sum = reasons.base + reasons.reasons.iter().map(|of| of.contribution).sum::<f64>();
        assert!((sum - score.log_odds).abs() < 1e-9, "{sum} is not {score:?}");
    }
}
