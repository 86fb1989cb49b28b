//! Gamma-Gamma: how much a customer spends in a purchase.
//!
//! Purchases of a customer differ as a gamma variable (p, ν) does, and ν differs between customers as a gamma variable
//! (q, γ) does; how often somebody buys says nothing about how much ([`Spends::correlation`] tells whether that holds).
//! Fader & Hardie, *The Gamma-Gamma Model of Monetary Value* (2013), after Colombo & Jiang, *A stochastic RFM model*,
//! Journal of Interactive Marketing 13 (1999).

use std::ops::Range;

use super::fit::{Estimates, FitError, Options, Task};
use super::history::{BadData, pieces, thin};
use super::special::{digamma, ln_gamma};
use super::total::total;

/// What the repeat purchases of one customer came to. The first purchase is left out, as in the paper: it is often unlike
/// the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spend {
    purchases: u32,
    mean: f64,
}

impl Spend {
    /// So many repeat purchases of so much on average.
    ///
    /// # Errors
    /// No purchases, or nothing that was paid for them.
    pub fn new(purchases: u32, mean: f64) -> Result<Self, BadData> {
        if purchases == 0 {
            return Err(BadData::NoPurchases);
        }
        if !(f64::MIN_POSITIVE..=1e15).contains(&mean) {
            return Err(BadData::NoValue(mean));
        }
        Ok(Self { purchases, mean })
    }

    /// The spend that purchases, each a day and an amount, make up to the end of the day `end`. Those of a day are one, as
    /// in [`super::History::of_days`]. Nothing if nobody came again, or paid nothing when they did.
    ///
    /// # Errors
    /// An amount below 0, or no number.
    pub fn of_purchases(purchases: &[(i64, f64)], end: i64) -> Result<Option<Self>, BadData> {
        let mut purchases: Vec<(i64, f64)> =
            purchases.iter().copied().filter(|(day, _)| *day <= end).collect();
        if let Some((_, amount)) = purchases.iter().find(|(_, amount)| !(0.0..=1e15).contains(amount)) {
            return Err(BadData::NoValue(*amount));
        }
        purchases.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        purchases.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        let again = purchases.get(1..).unwrap_or_default();
        let sum: f64 = again.iter().map(|(_, amount)| amount).sum();
        let count = u32::try_from(again.len()).unwrap_or(u32::MAX);
        if sum > 0.0 { Self::new(count, sum / f64::from(count)).map(Some) } else { Ok(None) }
    }

    /// How many repeat purchases there were.
    pub const fn purchases(self) -> u32 {
        self.purchases
    }

    /// What they came to on average.
    pub const fn mean(self) -> f64 {
        self.mean
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Row {
    purchases: u32,
    mean: f64,
    ln_mean: f64,
    weight: f64,
}

/// The distinct spends of a base of customers, sorted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spends {
    rows: Vec<Row>,
    pieces: Vec<Range<usize>>,
}

impl Spends {
    /// Puts spends together that are the same.
    ///
    /// # Errors
    /// A weight that is none.
    pub fn new(rows: impl IntoIterator<Item = (Spend, f64)>) -> Result<Self, BadData> {
        let rows = rows.into_iter().map(|(Spend { purchases, mean }, weight)| Row {
            purchases,
            mean,
            ln_mean: mean.ln(),
            weight,
        });
        let mut rows: Vec<Row> = rows.collect();
        if let Some(row) = rows.iter().find(|row| !(0.0..=1e15).contains(&row.weight)) {
            return Err(BadData::NoWeight(row.weight));
        }
        rows.sort_unstable_by(|a, b| {
            let mean = a.purchases.cmp(&b.purchases).then_with(|| a.mean.total_cmp(&b.mean));
            mean.then_with(|| a.weight.total_cmp(&b.weight))
        });
        rows.retain(|row| row.weight > 0.0);
        rows.dedup_by(|next, kept| {
            let same = (next.purchases, next.mean) == (kept.purchases, kept.mean);
            if same {
                kept.weight += next.weight;
            }
            same
        });
        let pieces = pieces(&rows, |row| row.purchases);
        Ok(Self { rows, pieces })
    }

    /// Each customer once.
    pub fn of(customers: impl IntoIterator<Item = Spend>) -> Self {
        Self::new(customers.into_iter().map(|spend| (spend, 1.0))).unwrap_or_default()
    }

    /// How many customers there are.
    pub fn customers(&self) -> f64 {
        self.rows.iter().map(|row| row.weight).sum()
    }

    /// The average customer's average; 0 if there are none.
    pub fn mean(&self) -> f64 {
        self.average(|row| row.mean)
    }

    fn average(&self, of: impl Fn(&Row) -> f64) -> f64 {
        let sum: f64 = self.rows.iter().map(|row| row.weight * of(row)).sum();
        if self.rows.is_empty() { 0.0 } else { sum / self.customers() }
    }

    /// The correlation of how often customers buy and how much they spend, which the model takes for 0; nothing where either
    /// is the same for all.
    pub fn correlation(&self) -> Option<f64> {
        let (often, much) = (self.average(|row| f64::from(row.purchases)), self.mean());
        let of = |row: &Row| (f64::from(row.purchases) - often, row.mean - much);
        let both = self.average(|row| of(row).0 * of(row).1);
        let spread = (self.average(|row| of(row).0.powi(2)) * self.average(|row| of(row).1.powi(2))).sqrt();
        (spread > 0.0).then(|| (both / spread).clamp(-1.0, 1.0)).filter(|correlation| correlation.is_finite())
    }

    fn thinned(&self, most: u32) -> Self {
        let chosen = thin(self.rows.iter().map(|row| row.weight), most);
        let rows: Vec<Row> = chosen.map(|(at, weight)| Row { weight, ..self.rows[at] }).collect();
        let pieces = pieces(&rows, |row| row.purchases);
        Self { rows, pieces }
    }
}

/// The Gamma-Gamma model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GammaGamma {
    p: f64,
    q: f64,
    gamma: f64,
}

/// A fitted Gamma-Gamma model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpendFit {
    /// With the most likely parameters.
    pub model: GammaGamma,
    /// How they came about.
    pub estimates: Estimates<3>,
}

impl GammaGamma {
    /// What the parameters are called.
    pub const PARAMETERS: [&'static str; 3] = ["p", "q", "gamma"];

    /// A model with known parameters.
    ///
    /// # Errors
    /// A parameter that is not above 0, or no number.
    pub fn new(parameters: [f64; 3]) -> Result<Self, BadData> {
        for (name, value) in Self::PARAMETERS.into_iter().zip(parameters) {
            // γ is money, and may be as small or great as that.
            if !(1e-30..=1e30).contains(&value) {
                return Err(BadData::NoParameter { name, value });
            }
        }
        let [p, q, gamma] = parameters;
        Ok(Self { p, q, gamma })
    }

    /// The model that makes these spends most likely.
    ///
    /// # Errors
    /// What cannot be learnt from.
    pub fn fit(spends: &Spends, options: &Options) -> Result<SpendFit, FitError> {
        const MANY: usize = 20_000;
        if spends.rows.is_empty() {
            return Err(FitError::NoRepeats);
        }
        let task = Task {
            units: [1.0, 1.0, spends.mean()],
            start: [2.0, 3.0, 1.0],
            customers: spends.customers(),
            options: *options,
        };
        let likelihood = |spends: &Spends, parameters: &[f64; 3]| {
            let found = Self::new(*parameters).map(|model| model.likelihood(spends, options.threads));
            found.map_or((f64::NAN, [f64::NAN; 3]), |[value, p, q, gamma]| (value, [p, q, gamma]))
        };
        let sample = (spends.rows.len() > MANY).then(|| spends.thinned(8_000));
        let sampled = sample.as_ref().map(|sample| |parameters: &[f64; 3]| likelihood(sample, parameters));
        let estimates = task.solve(sampled, |parameters| likelihood(spends, parameters));
        Ok(SpendFit { model: Self::new(estimates.parameters)?, estimates })
    }

    /// p, q and γ.
    pub const fn parameters(&self) -> [f64; 3] {
        [self.p, self.q, self.gamma]
    }

    /// The log-likelihood of what was observed.
    pub fn log_likelihood(&self, spends: &Spends) -> f64 {
        self.likelihood(spends, 1)[0]
    }

    /// The log-likelihood and its derivatives by the parameters (Fader & Hardie 2013, formula 1a).
    pub(super) fn likelihood(&self, spends: &Spends, threads: usize) -> [f64; 4] {
        total(&spends.pieces, threads, |piece| self.of_rows(&spends.rows[piece]))
    }

    fn of_rows(&self, rows: &[Row]) -> [f64; 4] {
        let Self { p, q, gamma } = *self;
        let Some(first) = rows.first() else { return [0.0; 4] };
        let x = f64::from(first.purchases);
        let shared = ln_gamma(p * x + q) - ln_gamma(p * x) - ln_gamma(q) + q * gamma.ln() + p * x * x.ln();
        let of_p = digamma(p * x + q) - digamma(p * x) + x.ln();
        let of_q = digamma(p * x + q) - digamma(q) + gamma.ln();
        // Three sums are all that the rows add.
        let (mut count, mut logs, mut mixed, mut inverse) = (0.0, 0.0, 0.0, 0.0);
        for row in rows {
            let together = gamma + x * row.mean;
            count += row.weight;
            logs += row.weight * row.ln_mean;
            mixed += row.weight * together.ln();
            inverse += row.weight / together;
        }
        [
            count * shared + (p * x - 1.0) * logs - (p * x + q) * mixed,
            x * (count * of_p + logs - mixed),
            count * of_q - mixed,
            count * q / gamma - (p * x + q) * inverse,
        ]
    }

    /// What a customer is expected to spend in a purchase: their own average and everybody's, weighted by how much is known
    /// of them. For somebody who never came again, everybody's. Nothing if the model has no mean, as spends differ
    /// too much.
    pub fn expected(&self, spend: Option<Spend>) -> Option<f64> {
        let [shape, scale] = self.learned(spend);
        (shape > 1.0).then(|| self.p * scale / (shape - 1.0)).filter(|mean| mean.is_finite())
    }

    /// The gamma distribution of ν, as far as it is known of a customer: shape and rate.
    pub(super) fn learned(&self, spend: Option<Spend>) -> [f64; 2] {
        let (x, mean) = spend.map_or((0.0, 0.0), |spend| (f64::from(spend.purchases), spend.mean));
        [self.p * x + self.q, self.gamma + x * mean]
    }
}
