//! Tree after tree, each of which corrects those before.

use serde::{Deserialize, Serialize};

use super::super::chance::Chance;
use super::super::features::{Encoded, Feature, count};
use super::super::folds::stratified_folds;
use super::super::logistic::{FAR, probability, softplus};
use super::super::options::{Direction, TreeOptions};
use super::grow::{Grower, Grown, Sum};
use super::shap::Paths;
use super::tree::{Next, Tree};

/// Log-odds that begin at the base rate's, to which every tree adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in super::super) struct Booster {
    begin: f64,
    trees: Vec<Tree>,
}

/// What is learnt from.
struct Lesson<'a> {
    grower: Grower<'a>,
    labels: &'a [bool],
    options: TreeOptions,
    columns: usize,
    seed: u64,
}

impl Booster {
    /// Both classes must occur.
    pub(in super::super) fn fit(
        features: &[Feature],
        encoded: &Encoded<'_>,
        labels: &[bool],
        options: &TreeOptions,
        monotone: &[Option<Direction>],
        seed: u64,
    ) -> Self {
        let grower = Grower::new(features, encoded, *options, monotone);
        let lesson = Lesson { grower, labels, options: *options, columns: features.len(), seed };
        let (seen, held) = lesson.parts();
        let rounds = if held.is_empty() {
            options.rounds
        } else {
            let (rounds, _) = lesson.boost(&seen, &held, options.rounds);
            rounds
        };
        let all: Vec<u32> = (0..).zip(labels).map(|(row, _)| row).collect();
        lesson.boost(&all, &[], rounds).1
    }

    /// The log-odds of all rows: tree by tree, so that each is at hand for many.
    pub(in super::super) fn log_odds(&self, encoded: &Encoded<'_>) -> Vec<f64> {
        let mut log_odds = vec![self.begin; encoded.rows()];
        for tree in &self.trees {
            for (row, log_odds) in log_odds.iter_mut().enumerate() {
                *log_odds += tree.value(encoded.row(row));
            }
        }
        log_odds
    }

    /// The mean of the log-odds over the customers of the training.
    pub(in super::super) fn base(&self) -> f64 {
        self.begin + self.trees.iter().map(Tree::mean).sum::<f64>()
    }

    /// Adds to each feature's contribution what comes from the trees. Together they are the log-odds less the base.
    pub(in super::super) fn explain(&self, codes: &[u8], contributions: &mut [f64]) {
        let mut paths = Paths::default();
        for tree in &self.trees {
            paths.explain(tree, codes, contributions);
        }
    }

    /// How many trees there are.
    pub(in super::super) fn rounds(&self) -> usize {
        self.trees.len()
    }

    /// Whether it can be asked about so many features: what was stored may have been changed since.
    pub(in super::super) fn is_sound(&self, features: usize) -> bool {
        self.begin.abs() <= FAR && self.trees.iter().all(|tree| tree.is_sound(features))
    }
}

impl Lesson<'_> {
    /// Those to learn from, and those to tell when to stop; nobody if that is not wanted, or if either part would lack a class.
    fn parts(&self) -> (Vec<u32>, Vec<u32>) {
        let positives = self.labels.iter().filter(|label| **label).count();
        let rarer = positives.min(self.labels.len() - positives);
        if self.options.held == 0 || rarer < self.options.held {
            return (Vec::new(), Vec::new());
        }
        let folds = stratified_folds(self.labels, self.options.held, self.seed);
        let (held, seen): (Vec<_>, Vec<_>) = (0_u32..).zip(folds).partition(|(_, fold)| *fold == 0);
        let rows = |part: Vec<(u32, usize)>| part.into_iter().map(|(row, _)| row).collect();
        (rows(seen), rows(held))
    }

    /// Learns from those seen, and says after how many trees those held apart were answered best.
    fn boost(&self, seen: &[u32], held: &[u32], rounds: usize) -> (usize, Booster) {
        let mut chance = Chance::new(self.seed);
        let positives = count(seen.iter().filter(|row| self.labels[**row as usize]).count());
        let begin = (positives / (count(seen.len()) - positives)).ln();
        let mut log_odds = vec![begin; self.labels.len()];
        let mut slopes = vec![Sum::default(); self.labels.len()];
        let mut trees = Vec::new();
        let (mut best, mut best_loss) = (0, self.loss(held, &log_odds));
        for round in 1..=rounds {
            slopes.fill(Sum::default());
            for at in chance.sample(share(self.options.row_share, seen.len()), seen.len()) {
                let row = seen[at as usize] as usize;
                let probability = probability(log_odds[row]);
                let slope = probability - f64::from(u8::from(self.labels[row]));
                slopes[row] = Sum { slope, curvature: probability * (1.0 - probability), rows: 1.0 };
            }
            let columns = chance.sample(share(self.options.column_share, self.columns), self.columns);
            let Grown { tree, rows, ranges } = self.grower.grow(&slopes, &columns);
            for (node, range) in tree.nodes.iter().zip(ranges) {
                if let Next::Leaf(value) = node.next {
                    for row in &rows[range] {
                        log_odds[*row as usize] += value;
                    }
                }
            }
            trees.push(tree);
            if !held.is_empty() {
                let loss = self.loss(held, &log_odds);
                if loss < best_loss {
                    (best, best_loss) = (round, loss);
                } else if round - best >= self.options.patience {
                    break;
                }
            }
        }
        (best, Booster { begin, trees })
    }

    /// Minus the log-likelihood of some rows.
    fn loss(&self, rows: &[u32], log_odds: &[f64]) -> f64 {
        let of = |row: &u32| {
            let log_odds = log_odds[*row as usize];
            softplus(if self.labels[*row as usize] { -log_odds } else { log_odds })
        };
        rows.iter().map(of).sum()
    }
}

/// So many of all, at least one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
fn share(share: f64, of: usize) -> usize {
    ((share * count(of)).round() as usize).clamp(1.min(of), of)
}
