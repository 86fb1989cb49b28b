//! How to train a score.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Which model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Method {
    /// Logistic regression alone: few parameters, with standard errors.
    Logistic,
    /// Boosted trees alone: bends and interactions.
    Trees,
    /// The mean of the log-odds of both, which is seldom worse than the better one.
    Blend,
}

/// Which way a score may move while a number grows and all else stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Direction {
    /// The score never falls.
    Up,
    /// The score never rises.
    Down,
}

impl Direction {
    /// Whether a slope goes the wrong way.
    pub(super) fn forbids(self, slope: f64) -> bool {
        match self {
            Self::Up => slope < 0.0,
            Self::Down => slope > 0.0,
        }
    }
}

/// How to train. The defaults were set once, from what is usual for tables of this kind, and not searched for on any data.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Which model.
    pub method: Method,
    /// λ of the logistic regression's ridge, ½ λ Σ β², over standardised numbers and levels; above 0.
    pub ridge: f64,
    /// How trees are grown.
    pub trees: TreeOptions,
    /// Numbers along which the score must not fall, or not rise. It holds for the final probability too.
    pub monotone: BTreeMap<String, Direction>,
    /// Columns that are not to be used.
    pub excluded: BTreeSet<String>,
    /// Columns that are to be used although their names speak of a protected trait: a person's decision, on record.
    pub allowed: BTreeSet<String>,
    /// Chance: which rows and columns each tree sees, and which rows tell when to stop.
    pub seed: u64,
}

/// How trees are grown and when to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeOptions {
    /// How many trees at most; 1 to 10,000.
    pub rounds: usize,
    /// How much of each tree's advice is taken; above 0, at most 1.
    pub rate: f64,
    /// How many leaves a tree has at most; 2 to 256.
    pub leaves: usize,
    /// How many questions lead to a leaf at most; 1 to 16.
    pub depth: usize,
    /// How many customers a leaf has at least.
    pub least_rows: usize,
    /// The weight by which the log-odds of leaves are drawn to 0; 0 or above.
    pub ridge: f64,
    /// The share of customers that each tree sees; above 0, at most 1.
    pub row_share: f64,
    /// The share of features that each tree sees; above 0, at most 1.
    pub column_share: f64,
    /// One in so many customers, of each class alike, is held apart to tell after how many trees to stop; then all are learnt
    /// from with so many trees. 0 is never to stop early, which also happens where a class has fewer customers; else 2 to 100.
    pub held: usize,
    /// After how many trees without a better log loss of those held apart to stop; at least 1.
    pub patience: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            method: Method::Blend,
            ridge: 1.0,
            trees: TreeOptions::default(),
            monotone: BTreeMap::new(),
            excluded: BTreeSet::new(),
            allowed: BTreeSet::new(),
            seed: 0,
        }
    }
}

impl Default for TreeOptions {
    fn default() -> Self {
        Self {
            rounds: 500,
            rate: 0.05,
            leaves: 8,
            depth: 6,
            least_rows: 20,
            ridge: 1.0,
            row_share: 0.8,
            column_share: 0.8,
            held: 5,
            patience: 25,
        }
    }
}

impl Options {
    /// The name and value of an option that cannot be.
    pub(super) fn wrong(&self) -> Option<(&'static str, f64)> {
        let trees = &self.trees;
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let count = super::features::count;
        let checks = [
            ("ridge", self.ridge, self.ridge > 0.0 && self.ridge <= 1e12),
            ("trees.rounds", count(trees.rounds), (1..=10_000).contains(&trees.rounds)),
            ("trees.rate", trees.rate, share(trees.rate)),
            ("trees.leaves", count(trees.leaves), (2..=256).contains(&trees.leaves)),
            ("trees.depth", count(trees.depth), (1..=16).contains(&trees.depth)),
            ("trees.least_rows", count(trees.least_rows), trees.least_rows >= 1),
            ("trees.ridge", trees.ridge, (0.0..=1e12).contains(&trees.ridge)),
            ("trees.row_share", trees.row_share, share(trees.row_share)),
            ("trees.column_share", trees.column_share, share(trees.column_share)),
            ("trees.held", count(trees.held), trees.held == 0 || (2..=100).contains(&trees.held)),
            ("trees.patience", count(trees.patience), trees.patience >= 1),
        ];
        checks.into_iter().find(|(_, _, right)| !right).map(|(name, value, _)| (name, value))
    }
}
