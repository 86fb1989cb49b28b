//! Learning a score from what was known at three instants and what came of it, and asking it. Pure: the same rows give the same score to the last bit.
//!
//! A score is learned from the middle instant and its level is put right by the last one, so that it holds in a window that it has not seen.
//! How good that is, is tried one window earlier: learned from the first instant, put right by the middle one, judged by what came after the last.

use std::collections::BTreeMap;

use predictions::{
    evidence::{self, Bootstrap, judge},
    scores::{Calibrator, Direction, Options, Scorer, Table, TrainError, Value},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use sha2::{Digest, Sha256};

use super::{
    super::{
        Reason,
        kind::Unlearned,
        learn::{date, evidence as told, hundredths},
        model::{About, Data, Evidence, percentile},
        progress::{Phase, Progress},
    },
    features::FEATURES,
    gather::{Asked, HORIZON},
    pairs,
    story::YEAR,
};
use crate::error::{Error, Result};

/// How many must have done it, and how many not, so that a score can be learned.
const FEWEST: usize = 50;
/// And so that its level can be put right.
const FEW: usize = 20;
/// From how many rows, and how many of them that came, the level is put right by any rising curve.
const MANY: (usize, usize) = (1_000, 200);
const SEED: u64 = 1;
const THREADS: usize = 2;

/// One of the columns that a score is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    name: &'static str,
    is_name: bool,
    direction: Option<Direction>,
}

impl Column {
    /// Values of the unit `name` are levels, all others numbers.
    pub(super) fn new(name: &'static str, unit: &str, direction: Option<Direction>) -> Self {
        Self { name, is_name: unit == "name", direction }
    }
}

/// What was known of many at one instant, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    columns: Vec<(Column, Cells)>,
    came: Vec<bool>,
    rule: Vec<f64>,
    fair: Vec<bool>,
}

#[derive(Debug, Clone)]
enum Cells {
    Numbers(Vec<Option<f64>>),
    Names(Vec<Option<String>>),
}

impl Rows {
    pub(super) fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let empty = |column: Column| {
            let cells = if column.is_name { Cells::Names(Vec::new()) } else { Cells::Numbers(Vec::new()) };
            (column, cells)
        };
        let columns = columns.into_iter().map(empty).collect();
        Self { columns, came: Vec::new(), rule: Vec::new(), fair: Vec::new() }
    }

    /// Adds what was known, in the order of columns, and whether it came. `rule` is what a simple rule says; `fair` is whether the row was
    /// drawn from all alike.
    pub(super) fn push(
        &mut self,
        values: impl IntoIterator<Item = Value>,
        came: bool,
        rule: f64,
        fair: bool,
    ) {
        for ((_, cells), value) in self.columns.iter_mut().zip(values) {
            match (cells, value) {
                (Cells::Numbers(all), Value::Number(number)) => all.push(Some(number)),
                (Cells::Names(all), Value::Level(name)) => all.push(Some(name)),
                (Cells::Numbers(all), _) => all.push(None),
                (Cells::Names(all), _) => all.push(None),
            }
        }
        self.came.push(came);
        self.rule.push(rule);
        self.fair.push(fair);
    }

    fn table(&self) -> Result<Table, TrainError> {
        let mut table = Table::new(self.came.len())?;
        for (column, cells) in &self.columns {
            match cells {
                Cells::Numbers(all) => table.numbers(column.name, all.iter().copied())?,
                Cells::Names(all) => table.levels(column.name, all.iter().map(Option::as_ref))?,
            }
        }
        Ok(table)
    }

    fn positives(&self) -> usize {
        self.came.iter().filter(|came| **came).count()
    }

    fn has(&self, fewest: usize) -> bool {
        let positives = self.positives();
        positives >= fewest && self.came.len() - positives >= fewest
    }

    fn calibrator(&self) -> Calibrator {
        let many = self.came.len() >= MANY.0 && self.positives() >= MANY.1;
        if many { Calibrator::Isotonic } else { Calibrator::Platt }
    }

    fn digest(&self, digest: &mut Sha256) {
        for (column, cells) in &self.columns {
            digest.update(column.name.as_bytes());
            match cells {
                Cells::Numbers(all) => {
                    for cell in all {
                        digest.update(cell.map_or([0xff; 8], f64::to_be_bytes));
                    }
                }
                Cells::Names(all) => {
                    for cell in all {
                        digest.update(cell.as_deref().unwrap_or("\u{0}").as_bytes());
                        digest.update([0]);
                    }
                }
            }
        }
        for came in &self.came {
            digest.update([u8::from(*came)]);
        }
    }
}

/// A score that was learned, and how many have less.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scored {
    #[serde(serialize_with = "write", deserialize_with = "read")]
    scorer: Scorer,
    /// Of those that were drawn from all alike, from the smallest to the greatest, at each hundredth but the ends.
    hundredths: Vec<f64>,
}

fn write<S: Serializer>(scorer: &Scorer, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&scorer.to_json().map_err(ser::Error::custom)?)
}

fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Scorer, D::Error> {
    Scorer::from_json(&String::deserialize(from)?).map_err(de::Error::custom)
}

/// Learns from what was known at three instants of so many people. `of` is who should have done `what`.
pub(super) fn learn(
    windows: &[Rows; 3],
    asked: &Asked,
    people: u64,
    [of, what]: [&str; 2],
    progress: &Progress,
) -> Result<(Scored, About), Unlearned> {
    let [first, middle, last] = windows;
    if !middle.has(FEWEST) || !last.has(FEW) {
        let (found, among) = (middle.positives(), middle.came.len());
        return Err(Unlearned::TooLittle(format!(
            "within {HORIZON} days {found} of {among} {of} {what}; scores are learned from {FEWEST} or more who do and as many who \
             do not, and {FEW} of each in the {HORIZON} days after"
        )));
    }
    let unfit = |error: TrainError| Unlearned::Unfit(error.to_string());
    progress.at(Phase::Fitting)?;
    let scorer = train(middle, last).map_err(unfit)?;
    progress.at(Phase::Testing)?;
    let evidence = if first.has(FEWEST) && middle.has(FEW) {
        judged(windows, asked.days[2]).map_err(unfit)?
    } else {
        None
    };
    let mut digest = Sha256::new();
    for rows in windows {
        rows.digest(&mut digest);
    }
    let table = last.table().map_err(unfit)?;
    let scores = scorer.scores(&table, THREADS).map_err(|error| unfit(error.into()))?;
    let fair = scores.iter().zip(&last.fair).filter(|(_, fair)| **fair);
    let hundredths = hundredths(fair.map(|(score, _)| score.probability).collect());
    let (rows, positives) = scorer.trained_on();
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    let parameters = [("rows", rows), ("positives", positives), ("trees", scorer.trees())]
        .map(|(name, value)| (name.to_owned(), value as f64));
    let about = About {
        method: "logistic regression and boosted trees".to_owned(),
        parameters: parameters.into(),
        horizon: Some(HORIZON),
        currency: Some(asked.currency.clone()).filter(|currency| !currency.is_empty()),
        data: Data {
            from: date(asked.days[0] - YEAR),
            to: date(asked.days[2] + i64::from(HORIZON) - 1),
            customers: people,
            observations: windows.iter().map(|rows| rows.came.len() as u64).sum(),
            hash: hex::encode(digest.finalize()),
        },
        evidence,
    };
    Ok((Scored { scorer, hundredths }, about))
}

/// Learned from earlier rows, with a level that holds for later ones.
fn train(earlier: &Rows, later: &Rows) -> Result<Scorer, TrainError> {
    let directions =
        earlier.columns.iter().filter_map(|(column, _)| Some((column.name.to_owned(), column.direction?)));
    let mut options = Options { monotone: directions.collect(), seed: SEED, ..Options::default() };
    let table = earlier.table()?;
    let scorer = loop {
        match Scorer::train(&table, &earlier.came, &options) {
            // Where a column says nothing, there is nothing to hold.
            Err(TrainError::NotMonotone(name)) if options.monotone.remove(&name).is_some() => {}
            trained => break trained?,
        }
    };
    scorer.calibrated(later.calibrator(), &later.table()?, &later.came, THREADS)
}

/// What would have been said before the last window, beside what came in it.
fn judged([first, middle, last]: &[Rows; 3], day: i64) -> Result<Option<Evidence>, TrainError> {
    let scores = train(first, middle)?.scores(&last.table()?, THREADS)?;
    let probabilities: Vec<f64> = scores.into_iter().map(|score| score.probability).collect();
    let judged = judge(&probabilities, &last.came, Some(&last.rule), &Bootstrap::new(SEED));
    Ok(judged.map(|mut tested| {
        tested.origins = vec![evidence::Origin { day, customers: last.came.len() }];
        told(&tested, Some(&tested), HORIZON)
    }))
}

/// How likely somebody is to buy.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// 0 to 1.
    pub probability: f64,
    /// The score before its level was put right, in log-odds: what reasons add up to.
    pub log_odds: f64,
    /// The mean of all, in log-odds.
    pub base: f64,
    /// Within how many days.
    pub horizon: u32,
    /// What makes it another one, the strongest first, in log-odds.
    pub reasons: Vec<Reason>,
    /// The share of those with a smaller probability when the score was learned.
    pub percentile: Option<f64>,
}

impl Scored {
    /// Whether it can be used: the scorer was checked when it was read.
    pub(super) fn check(&self) -> Result<()> {
        let sound = self.hundredths.iter().all(|one| one.is_finite());
        sound.then_some(()).ok_or_else(|| Error::stored("prediction model", "a hundredth is no number"))
    }

    /// What is said of one row, with what is told of each factor in words.
    pub(super) fn say(&self, row: &Rows, words: impl Fn(&'static str) -> String) -> Result<Score> {
        let bad = |error: String| Error::stored("prediction model", error);
        let table = row.table().map_err(|error| bad(error.to_string()))?;
        let explained = self.scorer.reasons(&table, 0).map_err(|error| bad(error.to_string()))?;
        let mut factors: BTreeMap<&'static str, f64> = BTreeMap::new();
        for reason in &explained.reasons {
            *factors.entry(factor(&reason.feature)).or_default() += reason.contribution;
        }
        // What several factors tell in the same words is one reason: the strongest of them.
        let mut factors: Vec<(&'static str, f64)> =
            factors.into_iter().filter(|(_, adds)| *adds != 0.0).collect();
        let strongest_first = |a: f64, b: f64| b.abs().total_cmp(&a.abs());
        factors.sort_by(|a, b| strongest_first(a.1, b.1));
        let mut reasons: Vec<Reason> = Vec::with_capacity(factors.len());
        for (factor, contribution) in factors {
            let text = words(factor);
            match reasons.iter_mut().find(|reason| reason.text == text) {
                Some(same) => same.contribution += contribution,
                None => reasons.push(Reason { factor, contribution, text }),
            }
        }
        reasons.sort_by(|a, b| strongest_first(a.contribution, b.contribution));
        let score = explained.score;
        Ok(Score {
            probability: score.probability,
            log_odds: score.log_odds,
            base: explained.base,
            horizon: HORIZON,
            reasons,
            percentile: percentile(&self.hundredths, score.probability),
        })
    }
}

/// Under which reason a feature is told.
fn factor(feature: &str) -> &'static str {
    let of_person = FEATURES.iter().map(|one| (one.name, one.factor));
    let of_pair = pairs::FEATURES.iter().map(|one| (one.name, one.factor));
    of_person.chain(of_pair).find(|(name, _)| *name == feature).map_or("other", |(_, factor)| factor)
}
