//! A score: trained, calibrated, asked, explained and kept.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::calibrate::{Calibration, Calibrator};
use super::features::{Encoded, Feature, learn};
use super::keep::VERSION;
use super::logistic::{Logistic, coefficients};
use super::options::{Method, Options};
use super::sensitive::protected_ground;
use super::table::{BadTable, Table};
use super::trees::Booster;
use crate::btyd::total::each;

/// More coefficients than this would take a logistic regression too long.
const WIDEST: usize = 2_000;
/// Of each class there should be so many.
const FEW: usize = 50;
/// How many rows are read at once.
const PIECE: usize = 4_096;

/// A trained score. It is a pure function of the table, the labels and the options it was trained with.
#[derive(Debug, Clone, PartialEq)]
pub struct Scorer(pub(super) Stored);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) version: u32,
    pub(super) customers: usize,
    pub(super) positives: usize,
    pub(super) status: Status,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) features: Vec<Feature>,
    pub(super) logistic: Option<Logistic>,
    pub(super) trees: Option<Booster>,
    pub(super) calibration: Calibration,
}

/// How far a score can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// There was enough to learn from.
    Trained,
    /// One of the two classes has fewer than 50 customers: a number comes out, but it is not to be shown as a personal one.
    FewData,
    /// The logistic regression was stopped before it was done.
    Stopped,
}

/// A column that the model does not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub column: String,
    /// Why not.
    pub why: Why,
}

/// Why a column is not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// Its name speaks of a protected trait: which.
    Sensitive(String),
    /// The options say so.
    Excluded,
    /// All its values are the same, or its levels are too rare to tell anything.
    SaysNothing,
}

/// What a model says of one customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The log-odds before they are calibrated: what reasons add up to. Finite.
    pub log_odds: f64,
    /// The calibrated probability, 0 to 1.
    pub probability: f64,
}

/// Why there is no score.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TrainError {
    /// The table.
    #[error(transparent)]
    Table(#[from] BadTable),
    /// More or fewer labels than rows.
    #[error("there are {labels} labels for {rows} rows")]
    Labels {
        /// How many rows the table has.
        rows: usize,
        /// How many labels there are.
        labels: usize,
    },
    /// There is nothing to tell apart.
    #[error("of {rows} customers {positives} are positive: both outcomes must occur")]
    OneClass {
        /// How many customers there are.
        rows: usize,
        /// How many of them have the outcome.
        positives: usize,
    },
    /// No column can be used.
    #[error("no column says anything: {0} were left out")]
    NoFeatures(usize),
    /// Too many levels for a logistic regression.
    #[error("{0} coefficients are more than 2000: leave columns out, or use trees alone")]
    TooWide(usize),
    /// A constraint on something that has no order.
    #[error("{0:?} is not a number that is used, so the score cannot be held to one direction along it")]
    NotMonotone(String),
    /// An option that cannot be.
    #[error("{name} cannot be {value}")]
    Option {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: f64,
    },
}

impl Scorer {
    /// Learns who has an outcome (`true`) from what was known of customers before it. Whether it could be known before is
    /// the caller's care: what is written down after the outcome, or because of it, makes every score look good and be
    /// worthless.
    ///
    /// # Errors
    /// What cannot be learnt from, and options that cannot be.
    pub fn train(table: &Table, labels: &[bool], options: &Options) -> Result<Self, TrainError> {
        if let Some((name, value)) = options.wrong() {
            return Err(TrainError::Option { name, value });
        }
        let positives = check(table.rows(), labels)?;
        for name in options.excluded.iter().chain(&options.allowed).chain(options.monotone.keys()) {
            table.column(name)?;
        }
        let why = |name: &str| {
            let ground = protected_ground(name).filter(|_| !options.allowed.contains(name));
            let sensitive = ground.map(|ground| Why::Sensitive(ground.to_owned()));
            sensitive.or(options.excluded.contains(name).then_some(Why::Excluded))
        };
        let (features, constant) = learn(table, |name| why(name).is_none());
        let mut left_out: Vec<LeftOut> = table
            .names()
            .filter_map(|name| why(name).map(|why| LeftOut { column: name.to_owned(), why }))
            .chain(
                constant.into_iter().map(|name| LeftOut { column: name.to_owned(), why: Why::SaysNothing }),
            )
            .collect();
        left_out.sort_by(|a, b| a.column.cmp(&b.column));
        if features.is_empty() {
            return Err(TrainError::NoFeatures(left_out.len()));
        }
        let ordered = |name: &String| features.iter().any(|of| of.name == *name && !of.is_category());
        if let Some(name) = options.monotone.keys().find(|name| !ordered(name)) {
            return Err(TrainError::NotMonotone(name.clone()));
        }
        let monotone: Vec<_> =
            features.iter().map(|feature| options.monotone.get(&feature.name).copied()).collect();
        let encoded = Encoded::new(&features, table, 0..table.rows())?;
        let logistic = if options.method == Method::Trees {
            None
        } else {
            let size = coefficients(&features);
            if size > WIDEST {
                return Err(TrainError::TooWide(size));
            }
            Some(Logistic::fit(&features, &encoded, labels, options.ridge, &monotone))
        };
        let trees = (options.method != Method::Logistic)
            .then(|| Booster::fit(&features, &encoded, labels, &options.trees, &monotone, options.seed));
        let status = if positives.min(labels.len() - positives) < FEW {
            Status::FewData
        } else if logistic.as_ref().is_some_and(|logistic| !logistic.converged) {
            Status::Stopped
        } else {
            Status::Trained
        };
        let calibration = Calibration::None;
        let (version, customers) = (VERSION, labels.len());
        Ok(Self(Stored {
            version,
            customers,
            positives,
            status,
            left_out,
            features,
            logistic,
            trees,
            calibration,
        }))
    }

    /// The same score with probabilities that hold in a later window: of customers who were not trained on, with what
    /// became of them. Its order of customers stays, but for ties that an isotonic calibration makes.
    ///
    /// # Errors
    /// A table without the columns that were trained on, or one outcome only.
    pub fn calibrated(
        mut self,
        calibrator: Calibrator,
        table: &Table,
        labels: &[bool],
        threads: usize,
    ) -> Result<Self, TrainError> {
        check(table.rows(), labels)?;
        let scores: Vec<f64> = self.scores(table, threads)?.into_iter().map(|score| score.log_odds).collect();
        self.0.calibration = Calibration::fit(calibrator, &scores, labels);
        Ok(self)
    }

    /// The scores of customers, in the order of rows. The table may have more columns than the model uses, and a level that
    /// the training did not know is like all rare ones. What comes out does not depend on the threads.
    ///
    /// # Errors
    /// A column that is not there or is of another kind.
    pub fn scores(&self, table: &Table, threads: usize) -> Result<Vec<Score>, BadTable> {
        let starts = (0..table.rows()).step_by(PIECE);
        let pieces: Vec<Range<usize>> = starts.map(|start| start..table.rows().min(start + PIECE)).collect();
        let of = |piece| Ok(self.of(&Encoded::new(&self.0.features, table, piece)?));
        let mut scores = Vec::with_capacity(table.rows());
        for part in each(&pieces, threads, of) {
            scores.extend(part?);
        }
        Ok(scores)
    }

    pub(super) fn of(&self, encoded: &Encoded<'_>) -> Vec<Score> {
        let linear = self.0.logistic.as_ref().map(|logistic| logistic.log_odds(&self.0.features, encoded));
        let trees = self.0.trees.as_ref().map(|trees| trees.log_odds(encoded));
        let log_odds = match (linear, trees) {
            (Some(linear), Some(trees)) => {
                linear.iter().zip(&trees).map(|(a, b)| 0.5 * a + 0.5 * b).collect()
            }
            (one, other) => one.or(other).unwrap_or_default(),
        };
        let score = |log_odds| Score { log_odds, probability: self.0.calibration.probability(log_odds) };
        log_odds.into_iter().map(score).collect()
    }

    /// How far it can be relied on.
    pub const fn status(&self) -> Status {
        self.0.status
    }

    /// How many customers it was trained on, and how many of them had the outcome.
    pub const fn trained_on(&self) -> (usize, usize) {
        (self.0.customers, self.0.positives)
    }

    /// The columns that it does not use, by name, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.0.left_out
    }

    /// The columns that it uses, by name.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        self.0.features.iter().map(|feature| feature.name.as_str())
    }

    /// How many trees it has.
    pub fn trees(&self) -> usize {
        self.0.trees.as_ref().map_or(0, Booster::rounds)
    }
}

/// How many have the outcome, if there are some who have it and some who do not.
fn check(rows: usize, labels: &[bool]) -> Result<usize, TrainError> {
    if rows != labels.len() {
        return Err(TrainError::Labels { rows, labels: labels.len() });
    }
    let positives = labels.iter().filter(|label| **label).count();
    if positives == 0 || positives == rows {
        return Err(TrainError::OneClass { rows, positives });
    }
    Ok(positives)
}
