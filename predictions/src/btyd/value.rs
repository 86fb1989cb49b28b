//! What a customer will be worth: their coming purchases times what they spend in one, discounted to the present.
//!
//! **What the interval says.** Between `low` and `high` lies what this one customer will spend with the probability asked
//! for, if the models hold with these parameters: it has in it that nobody knows whether and how often they come again (the
//! model of purchases' distribution) and what they spend when they do (a sum of k gamma variables of unknown ν, which is a
//! beta prime variable). It leaves out that the parameters are estimates, which for one customer of a base of thousands is
//! little beside that; for the value of a whole base it is everything, and [`super::Estimates::delta`] says how much. It
//! scales what is not discounted by how much discounting takes off the expected.

use super::history::History;
use super::model::Model;
use super::special::incomplete_beta;
use super::spend::{GammaGamma, Spend};

/// Over what time, and at what rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Horizon {
    /// How long from now, in the unit of the histories.
    pub window: f64,
    /// The continuous rate of discount per unit of time: ln(1 + yearly rate) / units in a year.
    pub rate: f64,
    /// How probable the interval is, say 0.8.
    pub level: f64,
}

/// What a customer will be worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Value {
    /// The expected purchases.
    pub purchases: f64,
    /// What is expected to be spent in one.
    pub spend: f64,
    /// The expected value, discounted.
    pub expected: f64,
    /// The lower end of the interval; 0 for most, as most may never come again.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The residual value of a customer; nothing if the model of spend has no mean for them.
pub fn residual_value(
    purchases: &Model,
    spends: &GammaGamma,
    history: History,
    spend: Option<Spend>,
    horizon: &Horizon,
) -> Option<Value> {
    let Horizon { window, rate, level } = *horizon;
    let each = spends.expected(spend)?;
    let count = purchases.expected(history, window);
    let discounted = purchases.discounted(history, window, rate);
    let kept = if count > 0.0 { (discounted / count).min(1.0) } else { 1.0 };
    let tail = if level > 0.0 { 0.5 * (1.0 - level.min(0.9999)) } else { 0.5 };
    let total = Total::new(purchases, spends, (history, spend), window, tail);
    let [low, high] = [1.0 - tail, tail].map(|above| kept * total.exceeded(above));
    Some(Value { purchases: count, spend: each, expected: discounted * each, low, high })
}

/// The distribution of what is spent in a window.
struct Total {
    /// How many purchases with what probability; 0 are left out, and many are put together.
    counts: Vec<(f64, f64)>,
    p: f64,
    shape: f64,
    scale: f64,
}

impl Total {
    fn new(
        purchases: &Model,
        spends: &GammaGamma,
        (history, spend): (History, Option<Spend>),
        window: f64,
        tail: f64,
    ) -> Self {
        let mut counts = Vec::new();
        let mut from = 1_u32;
        // Somebody who comes daily need not be asked about single purchases.
        while from < 1 << 30 && purchases.at_least(history, 2 * from, window) > 1.0 - 1e-9 {
            from *= 2;
        }
        let mut more = purchases.at_least(history, from, window);
        while more > 1e-4 * tail && from < u32::MAX {
            // One by one up to 50, then in steps of 2 %.
            let to = from.saturating_add((from / 50).max(1));
            let beyond = purchases.at_least(history, to, window).min(more);
            if more - beyond > 1e-9 {
                counts.push((0.5 * (f64::from(from) + f64::from(to) - 1.0), more - beyond));
            }
            (from, more) = (to, beyond);
        }
        let [p, ..] = spends.parameters();
        let [shape, scale] = spends.learned(spend);
        Self { counts, p, shape, scale }
    }

    /// The probability of more than `odds` times the scale.
    fn above(&self, odds: f64) -> f64 {
        // 1 − I(y; a, b) = I(1 − y; b, a).
        let rest = 1.0 / (1.0 + odds);
        let above = |(count, mass): &(f64, f64)| mass * incomplete_beta(rest, self.shape, self.p * count);
        self.counts.iter().map(above).sum()
    }

    /// The amount that is exceeded with a probability; 0 if nothing is spent that probably. Found by regula falsi on its
    /// logarithm, where the end that stays counts half, so that both ends move (after the Illinois method).
    fn exceeded(&self, probability: f64) -> f64 {
        let off = |ln: f64| self.above(ln.exp()) - probability;
        let any: f64 = self.counts.iter().map(|(_, mass)| mass).sum();
        if any <= probability {
            return 0.0;
        }
        let counted: f64 = self.counts.iter().map(|(count, mass)| count * mass).sum();
        let guess = (counted / any * self.p / self.shape).ln().clamp(-300.0, 300.0);
        let (mut low, mut high) = (guess - 0.5, guess + 0.5);
        let (mut at_low, mut at_high) = (off(low), off(high));
        while at_low < 0.0 && low > -700.0 {
            (low, high, at_high) = (low - 2.0 * (high - low), low, at_low);
            at_low = off(low);
        }
        while at_high > 0.0 && high < 700.0 {
            (low, high, at_low) = (high, high + 2.0 * (high - low), at_high);
            at_high = off(high);
        }
        for _ in 0..80 {
            // A part in ten thousand of an amount of money that nobody knows.
            if high - low < 1e-4 {
                break;
            }
            let share = (at_low / (at_low - at_high)).clamp(0.01, 0.99);
            let middle = low + share * (high - low);
            let at = off(middle);
            if at > 0.0 {
                (low, at_low, at_high) = (middle, at, 0.5 * at_high);
            } else {
                (high, at_high, at_low) = (middle, at, 0.5 * at_low);
            }
        }
        self.scale * high.exp()
    }
}
