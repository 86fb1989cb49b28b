//! What a model is told of a customer: how often they came again, when last, and how long they have been known.

use std::ops::Range;

/// What is wrong with data that were given.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadData {
    /// A recency or an age that is no time.
    #[error("{what} must be 0 or more and at most {LONGEST:e}, and is {value}")]
    NoTime {
        /// Which.
        what: &'static str,
        /// What it was.
        value: f64,
    },
    /// The last purchase lies after the end.
    #[error("the last purchase at {recency} lies after the end of the observation at {age}")]
    AfterEnd {
        /// The last purchase.
        recency: f64,
        /// The end.
        age: f64,
    },
    /// A last repeat purchase, although there was none.
    #[error("a customer without repeat purchases has recency 0, and not {recency}")]
    NoRepeat {
        /// What it was.
        recency: f64,
    },
    /// A weight that counts nobody.
    #[error("a weight must be a number of customers, 0 or more, and is {0}")]
    NoWeight(f64),
    /// A mean of purchases that nobody paid.
    #[error(
        "an average value must be above 0 and at most {DEAREST:e}, and is {0}: leave out returns and gifts"
    )]
    NoValue(f64),
    /// An average of no purchases.
    #[error("an average value needs at least one repeat purchase")]
    NoPurchases,
    /// A parameter that no model can have.
    #[error("the parameter {name} must be a number between 1e-12 and 1e12, and is {value}")]
    NoParameter {
        /// Its name.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// Not whole opportunities, in a model that counts them.
    #[error(
        "this model counts opportunities: frequency, recency and age must be whole, with frequency ≤ recency, and at most {MOST_OPPORTUNITIES}; found {frequency}, {recency}, {age}"
    )]
    NoOpportunities {
        /// As given.
        frequency: u32,
        /// As given.
        recency: f64,
        /// As given.
        age: f64,
    },
}

/// The longest time, in whatever unit.
pub(super) const LONGEST: f64 = 1e9;
/// The greatest average value, in whatever currency.
const DEAREST: f64 = 1e15;
/// Sums over opportunities are made term by term.
pub(super) const MOST_OPPORTUNITIES: f64 = 10_000.0;

/// The purchases of one customer, as far as the models look at them. Times are in one unit of the caller's choice, days
/// say, and count from the customer's first purchase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct History {
    frequency: u32,
    recency: f64,
    age: f64,
}

impl History {
    /// A history of `frequency` repeat purchases (so without the first), the last at `recency`, known for `age`.
    ///
    /// # Errors
    /// What cannot be.
    pub fn new(frequency: u32, recency: f64, age: f64) -> Result<Self, BadData> {
        for (what, value) in [("recency", recency), ("age", age)] {
            if !(0.0..=LONGEST).contains(&value) {
                return Err(BadData::NoTime { what, value });
            }
        }
        if recency > age {
            return Err(BadData::AfterEnd { recency, age });
        }
        if frequency == 0 && recency > 0.0 {
            return Err(BadData::NoRepeat { recency });
        }
        // Adding 0 makes −0 the same as 0.
        Ok(Self { frequency, recency: recency + 0.0, age: age + 0.0 })
    }

    /// The history that days of purchases make up to the end of the day `end`, in any order, with the day as unit. Several
    /// purchases on one day are one, and what comes after the end is not looked at; nothing if nothing is left. Days may
    /// be counted from wherever one likes, and may just as well be weeks or years.
    pub fn of_days(days: &[i64], end: i64) -> Option<Self> {
        let mut days: Vec<i64> = days.iter().copied().filter(|day| *day <= end).collect();
        days.sort_unstable();
        days.dedup();
        let (first, last) = (*days.first()?, *days.last()?);
        let frequency = u32::try_from(days.len() - 1).unwrap_or(u32::MAX);
        Some(Self { frequency, recency: span(first, last), age: span(first, end) })
    }

    /// Puts numbers together that may not fit, as when a history is half one person's and half another's: the last
    /// purchase is then the nearest possible.
    pub(super) fn fitting(frequency: u32, recency: f64, age: f64) -> Self {
        let age = age.clamp(0.0, LONGEST);
        let recency = if frequency == 0 { 0.0 } else { recency.clamp(0.0, age) };
        Self { frequency, recency, age }
    }

    /// How many purchases followed the first.
    pub const fn frequency(self) -> u32 {
        self.frequency
    }

    /// When the last purchase was, after the first; 0 if there was but one.
    pub const fn recency(self) -> f64 {
        self.recency
    }

    /// How long ago the first purchase was.
    pub const fn age(self) -> f64 {
        self.age
    }

    /// How long ago the last purchase was.
    pub fn silence(self) -> f64 {
        self.age - self.recency
    }

    /// That the history counts opportunities.
    pub(super) fn check_whole(self) -> Result<(), BadData> {
        let Self { frequency, recency, age } = self;
        let whole = recency.fract() == 0.0 && age.fract() == 0.0;
        if whole && f64::from(frequency) <= recency && age <= MOST_OPPORTUNITIES {
            return Ok(());
        }
        Err(BadData::NoOpportunities { frequency, recency, age })
    }
}

/// Days between two days; far beyond all calendars they need not be exact.
#[expect(clippy::cast_precision_loss, reason = "days of any calendar are far below 2^53")]
fn span(from: i64, to: i64) -> f64 {
    (to.saturating_sub(from) as f64).clamp(0.0, LONGEST)
}

/// A distinct history, and how many customers have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Theirs.
    pub history: History,
    /// How many they are; a sample may count in fractions.
    pub weight: f64,
}

/// The distinct histories of a base of customers, sorted. What is fitted costs what they cost, however many customers
/// share them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histories {
    rows: Vec<Row>,
    pieces: Vec<Range<usize>>,
}

impl Histories {
    /// Puts histories together that are the same.
    ///
    /// # Errors
    /// A weight that is none.
    pub fn new(rows: impl IntoIterator<Item = (History, f64)>) -> Result<Self, BadData> {
        let rows = rows.into_iter().map(|(history, weight)| Row { history, weight });
        let mut rows: Vec<Row> = rows.collect();
        if let Some(row) = rows.iter().find(|row| !(0.0..=1e15).contains(&row.weight)) {
            return Err(BadData::NoWeight(row.weight));
        }
        rows.sort_unstable_by(|a, b| {
            let (x, y) = (a.history, b.history);
            let frequency = x.frequency.cmp(&y.frequency);
            let times = || x.recency.total_cmp(&y.recency).then(x.age.total_cmp(&y.age));
            frequency.then_with(times).then_with(|| a.weight.total_cmp(&b.weight))
        });
        rows.retain(|row| row.weight > 0.0);
        rows.dedup_by(|next, kept| {
            let same = next.history == kept.history;
            if same {
                kept.weight += next.weight;
            }
            same
        });
        let pieces = pieces(&rows, |row| row.history.frequency);
        Ok(Self { rows, pieces })
    }

    /// Each customer once.
    pub fn of(customers: impl IntoIterator<Item = History>) -> Self {
        Self::new(customers.into_iter().map(|history| (history, 1.0))).unwrap_or_default()
    }

    /// The distinct histories.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Rows that share a frequency, few enough to be worked on at once.
    pub(super) fn pieces(&self) -> &[Range<usize>] {
        &self.pieces
    }

    /// How many customers there are.
    pub fn customers(&self) -> f64 {
        self.rows.iter().map(|row| row.weight).sum()
    }

    /// The sum over all customers.
    pub fn total(&self, of: impl Fn(History) -> f64) -> f64 {
        self.rows.iter().map(|row| row.weight * of(row.history)).sum()
    }

    /// The mean over all customers; 0 if there are none.
    pub fn mean(&self, of: impl Fn(History) -> f64) -> f64 {
        if self.rows.is_empty() { 0.0 } else { self.total(of) / self.customers() }
    }

    /// The time that customers who came again leave between two purchases: half of them leave less on average.
    pub fn usual_interval(&self) -> Option<f64> {
        let again = self.rows.iter().filter(|row| row.history.frequency > 0 && row.history.recency > 0.0);
        let mut again: Vec<(f64, f64)> =
            again.map(|row| (row.history.recency / f64::from(row.history.frequency), row.weight)).collect();
        again.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let half = again.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        let mut counted = 0.0;
        let middle = again.iter().find(|(_, weight)| {
            counted += weight;
            counted >= half
        });
        middle.map(|(interval, _)| *interval)
    }

    /// A sample of at most so many rows that stands for all: every `total / most`-th customer of the sorted rows.
    pub(super) fn thinned(&self, most: u32) -> Self {
        let chosen = thin(self.rows.iter().map(|row| row.weight), most);
        let rows: Vec<Row> = chosen.map(|(at, weight)| Row { weight, ..self.rows[at] }).collect();
        let pieces = pieces(&rows, |row| row.history.frequency);
        Self { rows, pieces }
    }
}

/// Where rows with one key begin and end, cut further if they are many. What is summed piece by piece does not depend on
/// how many threads take part.
pub(super) fn pieces<R, K: PartialEq>(rows: &[R], key: impl Fn(&R) -> K) -> Vec<Range<usize>> {
    const MOST: usize = 4096;
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        match pieces.last_mut() {
            Some(piece) if piece.len() < MOST && key(&rows[piece.start]) == key(row) => piece.end = at + 1,
            _ => pieces.push(at..at + 1),
        }
    }
    pieces
}

/// Systematic sampling: positions and new weights of at most `most` of the weighted.
pub(super) fn thin(
    weights: impl Iterator<Item = f64> + Clone,
    most: u32,
) -> impl Iterator<Item = (usize, f64)> {
    let step = weights.clone().sum::<f64>() / f64::from(most.max(1));
    let (mut passed, mut next) = (0.0, 0.5 * step);
    weights.enumerate().filter_map(move |(at, weight)| {
        passed += weight;
        if step <= 0.0 || passed < next {
            return None;
        }
        let hits = ((passed - next) / step).floor() + 1.0;
        next += hits * step;
        Some((at, hits * step))
    })
}
