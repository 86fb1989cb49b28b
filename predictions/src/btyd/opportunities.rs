//! BG/BB: for customers who can buy only at certain opportunities, as donors at yearly drives.
//!
//! At each opportunity a customer who has not left buys with probability p, which differs between customers as a beta
//! variable (α, β) does; before each they leave with probability θ, which differs as a beta variable (γ, δ) does. Fader,
//! Hardie & Shang, *Customer-Base Analysis in a Discrete-Time Noncontractual Setting*, Marketing Science 29 (2010).
//!
//! The frequency is the number of opportunities at which they bought, recency the last such, age how many there were. What
//! is not whole is rounded. The first purchase makes somebody a customer and is no opportunity.

use super::history::{History, MOST_OPPORTUNITIES, Row};
use super::special::{added, digamma, ln_beta, logistic};

/// The parameters α, β, γ and δ.
pub(super) type Parameters = [f64; 4];

/// x, tₓ and n of the paper.
fn counts(history: History) -> [f64; 3] {
    let n = history.age().round().min(MOST_OPPORTUNITIES);
    let last = history.recency().round().min(n);
    [f64::from(history.frequency()).min(last), last, n]
}

/// A window in whole opportunities.
fn whole(window: f64) -> f64 {
    window.round().min(MOST_OPPORTUNITIES)
}

/// Having left: the log of its odds, and means over the opportunities at which it may have happened.
struct Gone {
    odds: f64,
    /// The derivatives of the logarithm of the terms by the parameters.
    slopes: [f64; 4],
}

/// The sum of the likelihood over the opportunities before which the customer may have left, relative to their being there
/// still. The terms only fall from the first on, so that nothing overflows.
fn gone(parameters: &Parameters, [x, last, n]: [f64; 3]) -> Gone {
    let [alpha, beta, gamma, delta] = *parameters;
    let (mut term, mut sum) = (1.0, 0.0);
    // Digammas, relative to those at the first term: of α + β + i, β + i − x, γ + δ + 1 + i and δ + i.
    let (mut passed, mut sums) = ([0.0; 4], [0.0; 4]);
    let mut i = last;
    while i < n {
        sum += term;
        for (sum, passed) in sums.iter_mut().zip(passed) {
            *sum += term * passed;
        }
        let at = [alpha + beta + i, beta + i - x, gamma + delta + 1.0 + i, delta + i];
        for (passed, at) in passed.iter_mut().zip(at) {
            *passed += 1.0 / at;
        }
        term *= at[1] / at[0] * (at[3] / at[2]);
        i += 1.0;
    }
    if sum == 0.0 {
        return Gone { odds: f64::NEG_INFINITY, slopes: [0.0; 4] };
    }
    let first = [alpha + beta + last, beta + last - x, gamma + delta + 1.0 + last, delta + last].map(digamma);
    let [both, silent, either, stayed]: [f64; 4] = std::array::from_fn(|k| first[k] + sums[k] / sum);
    let odds = sum.ln() + ln_beta(alpha + x, beta + last - x) - ln_beta(alpha + x, beta + n - x)
        + ln_beta(gamma + 1.0, delta + last)
        - ln_beta(gamma, delta + n);
    let slopes = [digamma(alpha + x) - both, silent - both, digamma(gamma + 1.0) - either, stayed - either];
    Gone { odds, slopes }
}

/// The log-likelihood of rows with one frequency, and its derivatives by the parameters (as in the paper, one sum over
/// when the customer may have left).
pub(super) fn likelihood(parameters: &Parameters, rows: &[Row]) -> [f64; 5] {
    let [alpha, beta, gamma, delta] = *parameters;
    let (all, ever) = (digamma(alpha + beta), digamma(gamma + delta));
    let start = [digamma(alpha) - all, digamma(beta) - all, digamma(gamma) - ever, digamma(delta) - ever];
    let norm = ln_beta(alpha, beta) + ln_beta(gamma, delta);
    let mut sum = [0.0; 5];
    for Row { history, weight } in rows {
        let [x, last, n] = counts(*history);
        let there = ln_beta(alpha + x, beta + n - x) + ln_beta(gamma, delta + n) - norm;
        let (both, either) = (digamma(alpha + beta + n), digamma(gamma + delta + n));
        let of_there = [
            digamma(alpha + x) - both,
            digamma(beta + n - x) - both,
            digamma(gamma) - either,
            digamma(delta + n) - either,
        ];
        let Gone { odds, slopes } = gone(parameters, [x, last, n]);
        let (more, share) = added(odds);
        sum[0] += weight * (there + more);
        for k in 0..4 {
            sum[k + 1] += weight * ((1.0 - share) * of_there[k] + share * slopes[k] - start[k]);
        }
    }
    sum
}

/// The probability that a customer was there at the last opportunity.
pub(super) fn there(parameters: &Parameters, history: History) -> f64 {
    logistic(-gone(parameters, counts(history)).odds)
}

/// The probability that somebody who was there at the last opportunity will be at the next.
pub(super) fn stays(parameters: &Parameters, history: History) -> f64 {
    let [_, _, gamma, delta] = *parameters;
    let [_, _, n] = counts(history);
    (delta + n) / (gamma + delta + n)
}

/// The purchases that are expected at so many coming opportunities of somebody who was there at the last (the paper's conditional expectation, summed term by term, so that γ = 1 is as
/// good as any other), each multiplied by the discount to the power of how far off it is.
pub(super) fn expected(parameters: &Parameters, history: History, window: f64, discount: f64) -> f64 {
    let [alpha, beta, gamma, delta] = *parameters;
    let [x, _, n] = counts(history);
    let each = (alpha + x) / (alpha + beta + n);
    let (mut stay, mut sum, mut j) = (1.0, 0.0, n);
    while j < n + whole(window) {
        stay *= discount * (delta + j) / (gamma + delta + j);
        sum += stay;
        j += 1.0;
    }
    each * sum
}

/// The probability of at least so many purchases at the coming opportunities, for somebody who was there at the last: the sum over those at which the last of them
/// may fall.
pub(super) fn at_least(parameters: &Parameters, history: History, purchases: u32, window: f64) -> f64 {
    let [alpha, beta, gamma, delta] = *parameters;
    let [x, _, n] = counts(history);
    let k = f64::from(purchases);
    if k > whole(window) {
        return 0.0;
    }
    // In logarithms, as the first terms of many purchases are too small for numbers.
    let stay = |j: f64| (delta + n + j) / (gamma + delta + n + j);
    let at_each = |j: f64| ((alpha + x + j) / (alpha + beta + n + j) * stay(j)).ln();
    let mut term: f64 = (0..purchases).map(|j| at_each(f64::from(j))).sum();
    let (mut sum, mut j) = (term.exp(), k);
    while j < whole(window) {
        let silent = (beta + n - x + j - k) / (alpha + beta + n + j);
        term += (j / (j - k + 1.0) * silent * stay(j)).ln();
        sum += term.exp();
        j += 1.0;
    }
    sum.min(1.0)
}
