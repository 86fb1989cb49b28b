//! What is remembered of the columns a model was trained on, so that it reads later tables the same way.
//!
//! Every value becomes a **code** below 256: a number the place of its interval, a level its place among the levels, and both
//! have a code of their own for *missing*. Trees look at codes alone; the logistic regression also at the numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::table::{BadTable, Column, Levels, Table};

/// How many intervals numbers are put in at most, with one code left for what is missing.
const INTERVALS: usize = 255;
/// Above so many rows the intervals are those of evenly spaced rows.
const LOOKED_AT: usize = 200_000;
/// How many levels of a category are kept apart: the most frequent. The others are one, so that 64 codes are enough.
const LEVELS: usize = 62;
/// A level that fewer rows have is not kept apart: nothing can be learnt of it.
const LEAST_ROWS: usize = 10;

/// Numbers further from 0 count as this one, so that no difference is infinite.
const FARTHEST: f64 = 1e300;

/// A column, as it was when the model was trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Feature {
    pub(super) name: String,
    pub(super) shape: Shape,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Shape {
    /// Ascending; the code of a number says how many of them it has reached. Then missing.
    Number { cuts: Vec<f64>, scale: Scale },
    /// Sorted; the code of a level is its place. Then all other levels, then missing.
    Category { levels: Vec<String> },
}

/// How numbers are made comparable: limited, so that one of 1e9 spoils nothing, and then standardised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    mean: f64,
    deviation: f64,
}

impl Scale {
    /// The limits are three times the range of the middle nine tenths away from it, or none where these are all equal.
    fn of(sorted: &[f64]) -> Option<Self> {
        let last = sorted.len().checked_sub(1)?;
        let at = |place: usize| sorted[place].clamp(-FARTHEST, FARTHEST);
        let (least, from, to, most) = (at(0), at(last / 20), at(last - last / 20), at(last));
        let reach = 3.0 * (to - from);
        let limited = reach > 0.0;
        let (low, high) =
            if limited { (least.max(from - reach), most.min(to + reach)) } else { (least, most) };
        // In units of the greatest, so that the square of no number is infinite.
        let unit = low.abs().max(high.abs());
        if unit <= 0.0 || least >= most {
            return None;
        }
        let count = count(sorted.len());
        let mean = sorted.iter().map(|number| number.clamp(low, high) / unit).sum::<f64>() / count;
        let of = |number: &f64| (number.clamp(low, high) / unit - mean).powi(2);
        let deviation = (sorted.iter().map(of).sum::<f64>() / count).sqrt();
        let scale = Self { low, high, mean: (mean * unit).clamp(low, high), deviation: deviation * unit };
        (scale.deviation > 0.0 && scale.deviation.is_finite()).then_some(scale)
    }

    pub(super) fn standardise(&self, number: f64) -> f64 {
        (number.clamp(self.low, self.high) - self.mean) / self.deviation
    }

    fn is_sound(&self) -> bool {
        let Self { low, high, mean, deviation } = *self;
        // No customer of 2³² is further from the mean than 2¹⁶ deviations.
        -FARTHEST <= low
            && high <= FARTHEST
            && (low..=high).contains(&mean)
            && deviation > 0.0
            && deviation.is_finite()
            && (high / deviation - low / deviation) <= 1e6
    }
}

impl Feature {
    /// What is to be remembered of a column; nothing if all its values are the same.
    pub(super) fn learn(name: &str, column: &Column) -> Option<Self> {
        let shape = match column {
            Column::Numbers(values) => numbers(values)?,
            Column::Levels(levels) => levels_kept(levels)?,
        };
        Some(Self { name: name.to_owned(), shape })
    }

    /// How many codes there are; the last is that of a missing value.
    pub(super) fn codes(&self) -> usize {
        match &self.shape {
            Shape::Number { cuts, .. } => cuts.len() + 2,
            Shape::Category { levels } => levels.len() + 2,
        }
    }

    /// Whether it can be used: what was stored may have been changed since.
    pub(super) fn is_sound(&self) -> bool {
        match &self.shape {
            Shape::Number { cuts, scale } => {
                let ascend = cuts.windows(2).all(|pair| pair[0] < pair[1]);
                cuts.len() < INTERVALS && ascend && cuts.iter().all(|cut| cut.is_finite()) && scale.is_sound()
            }
            Shape::Category { levels } => {
                levels.len() <= LEVELS && levels.windows(2).all(|pair| pair[0] < pair[1])
            }
        }
    }

    pub(super) fn is_category(&self) -> bool {
        matches!(self.shape, Shape::Category { .. })
    }
}

fn numbers(values: &[f64]) -> Option<Shape> {
    let step = values.len().div_ceil(LOOKED_AT).max(1);
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let missing = sorted.len() < values.len();
    if step > 1 {
        sorted = sorted.into_iter().step_by(step).collect();
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let Some(scale) = Scale::of(&sorted) else {
        // The same number wherever there is one: only whether there is one can say something.
        let only = sorted.first()?.clamp(-FARTHEST, FARTHEST);
        let scale = Scale { low: only, high: only, mean: only, deviation: 1.0 };
        return missing.then(|| Shape::Number { cuts: Vec::new(), scale });
    };
    Some(Shape::Number { cuts: cuts(&sorted), scale })
}

/// Half way between neighbours: all of them if they are few, else those that part the rows most evenly.
fn cuts(sorted: &[f64]) -> Vec<f64> {
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for number in sorted {
        match runs.last_mut() {
            Some((last, rows)) if *last >= *number => *rows += 1,
            _ => runs.push((*number, 1)),
        }
    }
    let mut cuts = Vec::new();
    let (mut inside, mut left) = (0, sorted.len());
    for (at, pair) in runs.windows(2).enumerate() {
        let ((lower, rows), (upper, _)) = (pair[0], pair[1]);
        inside += rows;
        let intervals = INTERVALS - cuts.len();
        let few = runs.len() - at <= intervals;
        if intervals > 1 && (few || inside * intervals >= left) {
            let half = lower / 2.0 + upper / 2.0;
            cuts.push(if half > lower { half } else { upper });
            left -= inside;
            inside = 0;
        }
    }
    cuts
}

fn levels_kept(levels: &Levels) -> Option<Shape> {
    let mut rows = vec![0_usize; levels.dictionary.len()];
    for place in levels.of_rows.iter().flatten() {
        rows[*place as usize] += 1;
    }
    let mut kept: Vec<usize> = (0..rows.len()).filter(|place| rows[*place] >= LEAST_ROWS).collect();
    kept.sort_by_key(|place| (std::cmp::Reverse(rows[*place]), *place));
    kept.truncate(LEVELS);
    kept.sort_unstable();
    let known: usize = rows.iter().sum();
    let apart: usize = kept.iter().map(|place| rows[*place]).sum();
    let kinds = kept.len() + usize::from(apart < known) + usize::from(known < levels.of_rows.len());
    let kept = kept.into_iter().map(|place| levels.dictionary[place].clone()).collect();
    (kinds > 1).then_some(Shape::Category { levels: kept })
}

/// A table, read as a model reads it.
pub(super) struct Encoded<'a> {
    width: usize,
    /// Row by row.
    codes: Vec<u8>,
    /// The numbers of the features that are numbers.
    numbers: Vec<Option<&'a [f64]>>,
}

impl<'a> Encoded<'a> {
    /// Of some rows of a table.
    pub(super) fn new(
        features: &[Feature],
        table: &'a Table,
        rows: std::ops::Range<usize>,
    ) -> Result<Self, BadTable> {
        let width = features.len();
        let mut codes = vec![0; rows.len() * width];
        let mut numbers = Vec::with_capacity(width);
        for (at, feature) in features.iter().enumerate() {
            let places = codes.iter_mut().skip(at).step_by(width);
            match (&feature.shape, table.column(&feature.name)?) {
                (Shape::Number { cuts, .. }, Column::Numbers(values)) => {
                    let values = &values[rows.clone()];
                    for (code, value) in places.zip(values) {
                        *code = code_of(if value.is_nan() {
                            cuts.len() + 1
                        } else {
                            cuts.partition_point(|cut| cut <= value)
                        });
                    }
                    numbers.push(Some(values));
                }
                (Shape::Category { levels }, Column::Levels(column)) => {
                    let find = |level: &String| levels.binary_search(level).unwrap_or(levels.len());
                    let known: Vec<u8> = column.dictionary.iter().map(|level| code_of(find(level))).collect();
                    for (code, place) in places.zip(&column.of_rows[rows.clone()]) {
                        *code = place.map_or(code_of(levels.len() + 1), |place| known[place as usize]);
                    }
                    numbers.push(None);
                }
                _ => return Err(BadTable::OtherKind(feature.name.clone())),
            }
        }
        Ok(Self { width, codes, numbers })
    }

    pub(super) fn rows(&self) -> usize {
        self.codes.len() / self.width.max(1)
    }

    pub(super) fn row(&self, row: usize) -> &[u8] {
        &self.codes[row * self.width..][..self.width]
    }

    /// The number in a row, NaN if it is missing, and how to make it comparable; nothing of a category.
    pub(super) fn number<'f>(&self, feature: &'f Feature, at: usize, row: usize) -> Option<(f64, &'f Scale)> {
        match (&feature.shape, self.numbers[at]) {
            (Shape::Number { scale, .. }, Some(values)) => Some((values[row], scale)),
            _ => None,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "features have at most 256 codes")]
fn code_of(place: usize) -> u8 {
    place as u8
}

/// As a number; exact for as many as a table can have.
#[expect(clippy::cast_precision_loss, reason = "rows are fewer than 2^32")]
pub(super) fn count(rows: usize) -> f64 {
    rows as f64
}

/// The features of a table that say something, and the names of those that do not.
pub(super) fn learn(table: &Table, wanted: impl Fn(&str) -> bool) -> (Vec<Feature>, Vec<&str>) {
    let columns: BTreeMap<&str, &Column> = table.columns().filter(|(name, _)| wanted(name)).collect();
    let mut constant = Vec::new();
    let mut features = Vec::new();
    for (name, column) in columns {
        match Feature::learn(name, column) {
            Some(feature) => features.push(feature),
            None => constant.push(name),
        }
    }
    (features, constant)
}
