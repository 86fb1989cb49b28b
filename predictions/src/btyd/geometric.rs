//! BG/NBD and MBG/NBD: who leaves does so right after a purchase.
//!
//! A customer buys at a rate λ, which differs between customers as a gamma variable (r, α) does, and after each purchase
//! leaves with probability p, which differs as a beta variable (a, b) does.
//!
//! * BG/NBD: Fader, Hardie & Lee, *"Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model*,
//!   Marketing Science 24 (2005). Nobody leaves before the first repeat purchase.
//! * MBG/NBD: Batislam, Denizel & Filiztekin, *Empirical validation and comparison of models for customer base analysis*,
//!   International Journal of Research in Marketing 24 (2007). The first purchase can be the last.
//!
//! Both are one model here, which differs in how many chances to leave a customer with x repeat purchases had: x or x + 1.
//!
//! **Why no hypergeometric function.** Formula (10) of the paper of 2005 gives the expected purchases as a difference with a
//! ₂F₁ in it, which loses digits and divides by a − 1. The same expectation is a sum of positive terms, exact to rounding
//! for every a: somebody who stayed would buy N times in the window, N having a negative binomial distribution with r and
//! z = t / (α + t); the purchase k + 1 is made if N > k and they did not leave at any of the k before. As λ and p are
//! independent,
//!
//! E = Σₖ P(N > k) · E[(1 − p)ᵏ], with E[(1 − p)ᵏ] = (b)ₖ / (a + b)ₖ.
//!
//! (Sum P(N > k) = Σₙ P(N = n) by parts and by DLMF 15.2.1 to find the ₂F₁ of the paper again.)
#![expect(clippy::many_single_char_names, reason = "called as in the papers")]

use super::history::{History, Row};
use super::special::{added, digamma, incomplete_beta, ln_beta, ln_gamma, logistic, softplus};

/// The parameters r, α, a and b.
pub(super) type Parameters = [f64; 4];

/// When a customer can leave.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaving {
    /// After a repeat purchase (BG/NBD).
    AfterRepeats,
    /// After any purchase, the first too (MBG/NBD).
    AfterAny,
}

impl Leaving {
    /// How many chances to leave somebody had.
    fn chances(self, frequency: u32) -> f64 {
        f64::from(frequency) + f64::from(u8::from(matches!(self, Self::AfterAny)))
    }
}

/// The log-likelihood of rows with one frequency, and its derivatives by the parameters (Fader, Hardie & Lee 2005, with
/// the four terms A₁ … A₄ of their note *Implementing the BG/NBD Model in Excel*; Batislam et al. 2007).
pub(super) fn likelihood(leaving: Leaving, parameters: &Parameters, rows: &[Row]) -> [f64; 5] {
    let [r, alpha, a, b] = *parameters;
    let Some(first) = rows.first() else { return [0.0; 5] };
    let x = f64::from(first.history.frequency());
    let k = leaving.chances(first.history.frequency());
    // What depends on the frequency alone is worked out once.
    let shared = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln() + ln_gamma(b + k) - ln_gamma(b)
        + ln_gamma(a + b)
        - ln_gamma(a + b + k);
    let both = digamma(a + b) - digamma(a + b + k);
    let of_r = digamma(r + x) - digamma(r) + alpha.ln();
    let of_b = digamma(b + k) - digamma(b) + both;
    let left = if k > 0.0 { (a / (b + k - 1.0)).ln() } else { f64::NEG_INFINITY };

    let mut sum = [0.0; 5];
    for Row { history, weight } in rows {
        let (now, then) = (alpha + history.age(), alpha + history.recency());
        let (ln_now, since) = (now.ln(), (now / then).ln());
        let odds = left + (r + x) * since;
        let (more, gone) = added(odds);
        let terms = [
            shared - (r + x) * ln_now + more,
            of_r - ln_now + gone * since,
            r / alpha - (r + x) * ((1.0 - gone) / now + gone / then),
            both + gone / a,
            of_b - if k > 0.0 { gone / (b + k - 1.0) } else { 0.0 },
        ];
        for (sum, term) in sum.iter_mut().zip(terms) {
            *sum += weight * term;
        }
    }
    sum
}

/// The probability that a customer has not left (Fader, Hardie & Lee 2005, their note on P(alive); Batislam et al. 2007).
pub(super) fn alive(leaving: Leaving, parameters: &Parameters, history: History) -> f64 {
    let [r, alpha, a, b] = *parameters;
    let k = leaving.chances(history.frequency());
    if k == 0.0 {
        return 1.0;
    }
    let since = ((alpha + history.age()) / (alpha + history.recency())).ln();
    logistic(-((a / (b + k - 1.0)).ln() + (r + f64::from(history.frequency())) * since))
}

/// What is known of somebody who has not left: the parameters, after their history.
fn learned(leaving: Leaving, parameters: &Parameters, history: History) -> Parameters {
    let [r, alpha, a, b] = *parameters;
    [r + f64::from(history.frequency()), alpha + history.age(), a, b + leaving.chances(history.frequency())]
}

/// The purchases that are expected in the coming window of somebody who has not left (Fader, Hardie & Lee 2005, formula 10).
pub(super) fn expected(leaving: Leaving, parameters: &Parameters, history: History, window: f64) -> f64 {
    staying(&learned(leaving, parameters, history), window)
}

/// The probability of at least so many purchases in the coming window, for somebody who has not left. As λ and p are
/// independent, it is the probability of staying until the last of them times that of the rate being enough for them.
pub(super) fn at_least(
    leaving: Leaving,
    parameters: &Parameters,
    history: History,
    purchases: u32,
    window: f64,
) -> f64 {
    let [r, alpha, a, b] = learned(leaving, parameters, history);
    if purchases == 1 {
        return -(-r * (window / alpha).ln_1p()).exp_m1();
    }
    let k = f64::from(purchases);
    let stayed = (ln_beta(a, b + k - 1.0) - ln_beta(a, b)).exp();
    stayed * incomplete_beta(window / (alpha + window), k, r)
}

/// The expected purchases of somebody who has not left: the sum of the module's head.
fn staying(parameters: &Parameters, window: f64) -> f64 {
    const MOST: f64 = 1500.0;
    let [r, alpha, a, b] = *parameters;
    let rest = alpha / (alpha + window);
    let z = window / (alpha + window);
    let silent = -r * (window / alpha).ln_1p();
    let none = silent.exp();
    let usual = r * z / rest;
    let terms = usual + 8.0 * (usual / rest).sqrt() - 30.0 / z.ln();
    // Where the number of terms is no number there are too many.
    let short = none >= 1e-250 && terms < MOST;
    if !short {
        return staying_long(parameters, window);
    }
    let mut exactly = none;
    let mut more = -silent.exp_m1();
    let (mut stayed, mut sum, mut k) = (1.0, 0.0, 0.0);
    // What is left after a term is less than the term times what a geometric series would add.
    let left = 1.0 + (r + 1.0) * z / rest;
    while k < 2.0 * MOST {
        let term = stayed * more;
        sum += term;
        if term * left <= 1e-14 * sum {
            break;
        }
        stayed *= (b + k) / (a + b + k);
        k += 1.0;
        exactly *= (r + k - 1.0) / k * z;
        more = (more - exactly).max(0.0);
    }
    sum
}

/// The same where the sum would be too long: E[(1 − (α / (α + p t))ʳ) / p] over p, by the trapezoidal rule in ln(p / (1 − p)),
/// which converges geometrically (Trefethen & Weideman, *The Exponentially Convergent Trapezoidal Rule*, SIAM Review 56,
/// 2014). Far out the terms are geometric series, which are added up to their ends.
fn staying_long(parameters: &Parameters, window: f64) -> f64 {
    let [r, alpha, a, b] = *parameters;
    let norm = ln_beta(a, b);
    let density = |s: f64| (-a * softplus(-s) - b * softplus(s) - norm).exp();
    let bought = |s: f64| -(-r * (window / alpha * logistic(s)).ln_1p()).exp_m1() / logistic(s);
    let middle = (a / b).ln();
    let width = 0.7 * ((a + b) / (a * b)).sqrt();
    let step = width.min(0.5);
    // Below, p is too small to matter beside anything; above, it is 1.
    let lowest = middle.min((alpha / window).ln() - r.max(1.0).ln()).min(0.0) - 37.0;
    let highest = middle.max((b.max(1.0)).ln()).max(0.0) + 37.0;
    let half = |direction: f64, end: f64, decay: f64| {
        let (mut sum, mut s) = (0.0, middle + direction * step);
        for _ in 0..20_000 {
            if direction * s > direction * end {
                return sum + density(s) * bought(s) / -(-decay * step).exp_m1();
            }
            let term = density(s) * bought(s);
            sum += term;
            if term <= 1e-17 * sum && decay > 1.0 {
                break;
            }
            s += direction * step;
        }
        sum
    };
    step * (density(middle) * bought(middle) + half(-1.0, lowest, a) + half(1.0, highest, b))
}

#[cfg(test)]
mod tests {
    use super::{staying, staying_long};

    #[test]
    fn the_sum_and_the_integral_agree() {
        for parameters in
            [[0.24, 4.4, 0.79, 2.4], [7.2, 43.0, 1.0, 9.4], [2.0, 1.0, 0.01, 50.0], [30.0, 40.0, 5.0, 0.3]]
        {
            for window in [0.01, 1.0, 39.0, 400.0] {
                let (sum, integral) = (staying(&parameters, window), staying_long(&parameters, window));
                assert!((sum / integral - 1.0).abs() < 1e-10, "{parameters:?} {window}: {sum} {integral}");
            }
        }
    }

    #[test]
    fn the_sum_is_the_formula_of_the_paper() {
        // (a + b − 1) / (a − 1) · [1 − (α / (α + t))ʳ · ₂F₁(r, b; a + b − 1; t / (α + t))]
        let [r, alpha, a, b]: [f64; 4] = [0.243, 4.414, 0.793, 2.426];
        let t = 52.0;
        let z: f64 = t / (alpha + t);
        let (mut term, mut f) = (1.0, 1.0);
        for n in 0..1000_u32 {
            let n = f64::from(n);
            term *= (r + n) * (b + n) / ((a + b - 1.0 + n) * (n + 1.0)) * z;
            f += term;
        }
        let paper = (a + b - 1.0) / (a - 1.0) * (1.0 - (alpha / (alpha + t)).powf(r) * f);
        assert!((staying(&[r, alpha, a, b], t) / paper - 1.0).abs() < 1e-11);
    }
}
