//! Pareto/NBD: who leaves may do so at any time.
//!
//! A customer buys at a rate λ, which differs between customers as a gamma variable (r, α) does, and leaves at a rate μ,
//! which differs as a gamma variable (s, β) does. Schmittlein, Morrison & Colombo, *Counting Your Customers: Who Are They and
//! What Will They Do Next?*, Management Science 33 (1987); in the form of Fader & Hardie, *A Note on Deriving the Pareto/NBD
//! Model and Related Expressions* (2005).
//!
//! **Why no hypergeometric function.** The note writes what may have happened since the last purchase as a difference of two
//! ₂F₁, which loses all digits where recency and age are near. Before they are split it is one integral,
//!
//! s ∫ (α + τ)^−(r + x) (β + τ)^−(s + 1) dτ, from recency to age,
//!
//! of a positive function, and so are its derivatives by the parameters and the probability of a further purchase. With
//! m = min(α, β) and φ = ln(m + τ) the function is analytic wherever |Im φ| < π, and the rule of Gauss and Legendre gives
//! it to some 13 digits with 8 to 32 points.

use super::history::{History, Row};
use super::special::{RULES, added, digamma, growth, incomplete_beta, integrate, ln_gamma, logistic};

/// The parameters r, α, s and β.
pub(super) type Parameters = [f64; 4];

/// A product of two powers, (α + τ)^−p (β + τ)^−q.
#[derive(Clone, Copy)]
struct Powers {
    alpha: f64,
    p: f64,
    beta: f64,
    q: f64,
}

/// The integral of [`Powers`], divided by their value where it begins, as its logarithm; and means of functions of τ under it.
struct Integral {
    ln: f64,
    /// Of ln((α + τ) / (α + from)), 1 / (α + τ), ln((β + τ) / (β + from)) and 1 / (β + τ).
    means: [f64; 4],
}

impl Powers {
    fn integral(self, from: f64, to: f64) -> Integral {
        let Self { alpha, p, beta, q } = self;
        // The nearer of the two, with its power, and the farther one.
        let alpha_is_near = alpha <= beta;
        let (near, far) =
            if alpha_is_near { (alpha + from, beta + from) } else { (beta + from, alpha + from) };
        let (near_power, far_power) = if alpha_is_near { (p, q) } else { (q, p) };
        let mut end = ((to - from) / near).ln_1p();
        // Past this the function has fallen by e⁻⁴⁰.
        let fall = near_power - 1.0 + far_power * near / far;
        if fall > 0.0 {
            end = end.min(40.0 / fall);
        }
        // Where the farther one is far away, the function falls hardly at all by its power, however great that is.
        let grown = near * end.exp();
        let steep = end * (near_power + far_power * grown / (far - near + grown));
        let (rule, panels) = match () {
            () if steep < 3.0 && end < 1.2 => (&RULES[0], 1.0),
            () if steep < 16.0 && end < 3.0 => (&RULES[1], 1.0),
            () => (&RULES[2], (steep / 32.0).max(end / 8.0).ceil().clamp(1.0, 64.0)),
        };
        let width = end / panels;
        let mut sum = 0.0;
        let mut sums = [0.0; 4];
        let mut start = 0.0;
        for _ in 0..64 {
            if start >= end - 0.5 * width {
                break;
            }
            for (at, weight) in rule {
                let phi = start + at * width;
                let grown = phi.exp();
                let other = far + near * (grown - 1.0);
                let ln_other = (other / far).ln();
                let value = weight * ((1.0 - near_power) * phi - far_power * ln_other).exp();
                let parts = [phi, 1.0 / (near * grown), ln_other, 1.0 / other];
                sum += value;
                for (sum, part) in sums.iter_mut().zip(parts) {
                    *sum += value * part;
                }
            }
            start += width;
        }
        if sum.is_nan() || sum <= 0.0 {
            return Integral {
                ln: f64::NEG_INFINITY,
                means: [0.0, 1.0 / (alpha + from), 0.0, 1.0 / (beta + from)],
            };
        }
        let [a, b, c, d] = sums.map(|part| part / sum);
        let means = if alpha_is_near { [a, b, c, d] } else { [c, d, a, b] };
        Integral { ln: (sum * width * near).ln(), means }
    }
}

/// What may have happened since the last purchase: the log of the odds of having left, and the integral they come from.
fn gone(parameters: &Parameters, history: History) -> (f64, Integral) {
    let [r, alpha, s, beta] = *parameters;
    let p = r + f64::from(history.frequency());
    let integral = Powers { alpha, p, beta, q: s + 1.0 }.integral(history.recency(), history.age());
    let since = |from: f64| ((from + history.age()) / (from + history.recency())).ln();
    let odds = (s / (beta + history.recency())).ln() + p * since(alpha) + s * since(beta) + integral.ln;
    (odds, integral)
}

/// The log-likelihood of rows with one frequency, and its derivatives by the parameters (Fader & Hardie 2005, as
/// in the module's head).
pub(super) fn likelihood(parameters: &Parameters, rows: &[Row]) -> [f64; 5] {
    let [r, alpha, s, beta] = *parameters;
    let Some(first) = rows.first() else { return [0.0; 5] };
    let x = f64::from(first.history.frequency());
    let shared = ln_gamma(r + x) - ln_gamma(r) + r * alpha.ln() + s * beta.ln();
    let of_r = digamma(r + x) - digamma(r) + alpha.ln();

    let mut sum = [0.0; 5];
    for Row { history, weight } in rows {
        let (age, recency) = (history.age(), history.recency());
        let (odds, integral) = gone(parameters, *history);
        let (more, gone) = added(odds);
        let [ln_a, inverse_a, ln_b, inverse_b] = integral.means;
        let (now_a, now_b) = ((alpha + age).ln(), (beta + age).ln());
        let (since_a, since_b) =
            (now_a - (alpha + recency).ln() - ln_a, now_b - (beta + recency).ln() - ln_b);
        let terms = [
            shared - (r + x) * now_a - s * now_b + more,
            of_r - now_a + gone * since_a,
            r / alpha - (r + x) * ((1.0 - gone) / (alpha + age) + gone * inverse_a),
            beta.ln() - now_b + gone * (1.0 / s + since_b),
            s / beta - (1.0 - gone) * s / (beta + age) - gone * (s + 1.0) * inverse_b,
        ];
        for (sum, term) in sum.iter_mut().zip(terms) {
            *sum += weight * term;
        }
    }
    sum
}

/// The probability that a customer has not left (Schmittlein et al. 1987).
pub(super) fn alive(parameters: &Parameters, history: History) -> f64 {
    logistic(-gone(parameters, history).0)
}

/// The purchases that are expected in the coming window of somebody who has not left (Schmittlein et al. 1987): what the rate brings in the
/// time that is likely left, which is (β + T) / (s − 1) · [1 − ((β + T) / (β + T + t))^(s − 1)] without its pole at s = 1.
pub(super) fn expected(parameters: &Parameters, history: History, window: f64) -> f64 {
    let [r, alpha, s, beta] = *parameters;
    let rate = (r + f64::from(history.frequency())) / (alpha + history.age());
    let stay = beta + history.age();
    let grown = (window / stay).ln_1p();
    rate * stay * grown * growth((1.0 - s) * grown)
}

/// The probability of at least so many purchases in the coming window, for somebody who has not left: they leave at a time that is
/// known as (β, s) tell, and until then has bought often enough with the probability of a negative binomial variable. For
/// one purchase it is the integral of the module's head once more: the density of the next purchase, times staying.
pub(super) fn at_least(parameters: &Parameters, history: History, purchases: u32, window: f64) -> f64 {
    let [r, alpha, s, beta] = *parameters;
    let (r, alpha, beta) = (r + f64::from(history.frequency()), alpha + history.age(), beta + history.age());
    if purchases == 1 {
        let next = Powers { alpha, p: r + 1.0, beta, q: s }.integral(0.0, window);
        return (r / alpha * next.ln.exp()).min(1.0);
    }
    let k = f64::from(purchases);
    let bought = |time: f64| incomplete_beta(time / (alpha + time), k, r);
    let end = (window / beta).ln_1p();
    let panels = if r + k < 100.0 { 2 } else { 8 };
    let left = integrate(0.0, end, panels, |psi| s * (-s * psi).exp() * bought(beta * psi.exp_m1()));
    (left + (-s * end).exp() * bought(window)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::Powers;
    use crate::btyd::special::integrate;

    #[test]
    fn integrals_of_powers_are_exact_wherever_the_function_lies() {
        for (alpha, p, beta, q) in [
            (10.6, 0.55, 11.7, 1.6),
            (4.4, 29.5, 0.02, 1.3),
            (0.05, 3.2, 800.0, 90.0),
            (5.0, 300.0, 5.0, 1.1),
            (9.0, 0.01, 0.3, 2.0),
            (54.3, 0.5, 1.9e7, 1.6e5),
            (2e6, 3e4, 11.0, 1.6),
            (10.0, 2.5, 300.0, 400.0),
            (10.0, 0.5, 1000.0, 60.0),
        ] {
            for (from, to) in [(0.0, 38.9), (38.0, 38.9), (5.0, 5000.0), (38.9, 38.9)] {
                let got = Powers { alpha, p, beta, q }.integral(from, to);
                let value = |tau: f64| {
                    ((alpha + from) / (alpha + tau)).powf(p) * ((beta + from) / (beta + tau)).powf(q)
                };
                // A plain integral over ln(0.01 + time), in many panels.
                let near = 0.01;
                let plain = integrate(0.0, ((to - from) / near).ln_1p(), 400, |phi| {
                    near * phi.exp() * value(from + near * phi.exp_m1())
                });
                assert!((got.ln.exp() - plain).abs() <= 1e-11 * plain, "{alpha} {p} {beta} {q} {from} {to}");
            }
        }
    }
}
