//! Cross-validation: every customer is predicted by a model that learned from others alone.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use anyhow::Context;
use predictions::evidence::{Backtest, Bootstrap, judge, metrics};
use predictions::scores::{Method, Options, Score, Scorer, Table, Value, stratified_folds};

use super::table::Customers;

/// How many threads score.
const THREADS: usize = 2;

/// What came out.
pub(super) struct Validated {
    /// In which part each customer is.
    pub(super) fold_of: Vec<usize>,
    /// What learned from all but one part, by that part.
    pub(super) scorers: Vec<Scorer>,
    /// What is said of each customer by the one that did not learn from them.
    pub(super) scores: Vec<Score>,
    /// Over all customers, beside a logistic regression that was learned in the same way.
    pub(super) evidence: Backtest,
    /// The mean of the parts' own figures: AUC, PR-AUC, Brier score, log loss, ECE.
    pub(super) means: Vec<(&'static str, f64)>,
    /// What learned from all.
    pub(super) whole: Scorer,
}

impl Validated {
    pub(super) fn new(customers: &Customers, options: &Options, folds: usize) -> anyhow::Result<Self> {
        let Customers { table, labels, input, .. } = customers;
        let fold_of = stratified_folds(labels, folds, options.seed);
        let nothing = Score { log_odds: 0.0, probability: 0.5 };
        let (mut scores, mut simple) = (vec![nothing; labels.len()], vec![0.0; labels.len()]);
        let mut scorers = Vec::with_capacity(folds);
        for fold in 0..folds {
            let (test, train): (Vec<usize>, Vec<usize>) =
                (0..labels.len()).partition(|row| fold_of[*row] == fold);
            let learned: Vec<bool> = train.iter().map(|row| labels[*row]).collect();
            let (train, others) = (table.select(&train)?, table.select(&test)?);
            let scorer = Scorer::train(&train, &learned, options).with_context(|| input.file.clone())?;
            for (row, score) in test.iter().zip(scorer.scores(&others, THREADS)?) {
                scores[*row] = score;
            }
            let logistic = Options { method: Method::Logistic, ..options.clone() };
            let logistic = Scorer::train(&train, &learned, &logistic).with_context(|| input.file.clone())?;
            for (row, score) in test.iter().zip(logistic.scores(&others, THREADS)?) {
                simple[*row] = score.log_odds;
            }
            scorers.push(scorer);
        }
        let probabilities: Vec<f64> = scores.iter().map(|score| score.probability).collect();
        let evidence = judge(&probabilities, labels, Some(&simple), &Bootstrap::new(options.seed));
        let evidence = evidence.context("the probabilities cannot be judged")?;
        let whole = Scorer::train(table, labels, options).with_context(|| input.file.clone())?;
        let means = means(&fold_of, folds, &probabilities, labels);
        Ok(Self { fold_of, scorers, scores, evidence, means, whole })
    }

    /// The one that did not learn from a customer.
    pub(super) fn scorer(&self, row: usize) -> &Scorer {
        &self.scorers[self.fold_of[row]]
    }
}

fn means(
    fold_of: &[usize],
    folds: usize,
    probabilities: &[f64],
    labels: &[bool],
) -> Vec<(&'static str, f64)> {
    type Of = fn(&[f64], &[bool]) -> Option<f64>;
    let figures: [(&'static str, Of); 5] = [
        ("auc", metrics::auc),
        ("pr_auc", metrics::pr_auc),
        ("brier", metrics::brier),
        ("log_loss", metrics::log_loss),
        ("ece", |probabilities, labels| metrics::ece(probabilities, labels, metrics::BINS)),
    ];
    let part = |fold: usize| -> (Vec<f64>, Vec<bool>) {
        let mine = (0..labels.len()).filter(|row| fold_of[*row] == fold);
        mine.map(|row| (probabilities[row], labels[row])).unzip()
    };
    let parts: Vec<(Vec<f64>, Vec<bool>)> = (0..folds).map(part).collect();
    let mean = |of: Of| -> Option<f64> {
        let all: Option<Vec<f64>> = parts.iter().map(|(said, came)| of(said, came)).collect();
        #[expect(clippy::cast_precision_loss, reason = "at most 100 folds")]
        all.map(|all| all.iter().sum::<f64>() / folds as f64)
    };
    figures.into_iter().filter_map(|(name, of)| mean(of).map(|mean| (name, mean))).collect()
}

/// What columns contribute to a score, over a table: the mean of how much, with sign taken off, and which values do so.
pub(super) struct Influence {
    pub(super) column: String,
    /// In log-odds.
    pub(super) strength: f64,
    /// The values that raise the score, and those that lower it: in words, with what they add on average.
    pub(super) raises: Option<(String, f64)>,
    pub(super) lowers: Option<(String, f64)>,
}

/// So many customers are looked at, evenly chosen.
const LOOKED_AT: usize = 2_000;

/// The strongest reasons over a table, the strongest first.
pub(super) fn influences(scorer: &Scorer, table: &Table) -> anyhow::Result<Vec<Influence>> {
    let mut by_column: BTreeMap<String, Vec<(Value, f64)>> = BTreeMap::new();
    for row in (0..table.rows()).step_by(table.rows().div_ceil(LOOKED_AT).max(1)) {
        for reason in scorer.reasons(table, row)?.reasons {
            by_column.entry(reason.feature).or_default().push((reason.value, reason.contribution));
        }
    }
    let mut all: Vec<Influence> =
        by_column.into_iter().map(|(column, seen)| influence(column, seen)).collect();
    all.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    Ok(all)
}

fn influence(column: String, mut seen: Vec<(Value, f64)>) -> Influence {
    let strength = mean(seen.iter().map(|(_, adds)| adds.abs()));
    seen.sort_by(|(a, _), (b, _)| match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.total_cmp(b),
        (Value::Level(a), Value::Level(b)) => a.cmp(b),
        (Value::Missing, Value::Missing) => Ordering::Equal,
        // What is missing comes last; a column has values of one kind.
        (Value::Missing, _) | (Value::Level(_), Value::Number(_)) => Ordering::Greater,
        (_, Value::Missing) | (Value::Number(_), Value::Level(_)) => Ordering::Less,
    });
    let known = seen.iter().filter(|(value, _)| matches!(value, Value::Number(_))).count();
    let mut groups: Vec<(String, f64)> = Vec::new();
    if known > 0 {
        // Thirds: whoever has the least, and whoever has the most.
        let third = known.div_ceil(3);
        for (part, least) in [(&seen[..third], true), (&seen[known - third..known], false)] {
            let edge = if least { part.last() } else { part.first() };
            if let Some((Value::Number(edge), _)) = edge {
                let sign = if least { "≤" } else { "≥" };
                groups.push((format!("{sign} {edge}"), mean(part.iter().map(|(_, adds)| *adds))));
            }
        }
    }
    for same in seen[known..].chunk_by(|a, b| a.0 == b.0) {
        let name = match &same[0].0 {
            Value::Level(level) => level.clone(),
            _ => "(missing)".to_owned(),
        };
        groups.push((name, mean(same.iter().map(|(_, adds)| *adds))));
    }
    let most = groups.iter().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, adds)| *adds > 0.0).cloned();
    let least = groups.iter().min_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, adds)| *adds < 0.0).cloned();
    Influence { column, strength, raises: most, lowers: least }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands at most")]
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}
