//! Functions that the models are made of, and that the standard library does not have.
//!
//! "DLMF" is the Digital Library of Mathematical Functions of NIST, <https://dlmf.nist.gov>.

use std::sync::LazyLock;

/// The logarithm of the gamma function, for arguments above 0.
pub(super) fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The logarithm of the beta function (DLMF 5.12.1).
pub(super) fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// The derivative of [`ln_gamma`]: the recurrence DLMF 5.5.2 up to 8, then the asymptotic series DLMF 5.11.2.
pub(super) fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 8.0 {
        below += 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series =
        [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0];
    let tail = series.iter().rev().fold(0.0, |sum, term| (sum + term) * square);
    x.ln() - 0.5 / x - tail - below
}

/// ln(1 + eˣ), without overflow: how log-likelihoods add one more way in which something came about. And its derivative,
/// which is that way's share, [`logistic`].
pub(super) fn added(x: f64) -> (f64, f64) {
    let small = (-x.abs()).exp();
    let share = if x < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
    (x.max(0.0) + small.ln_1p(), share)
}

/// ln(1 + eˣ), without overflow.
pub(super) fn softplus(x: f64) -> f64 {
    added(x).0
}

/// 1 / (1 + e⁻ˣ), without overflow.
pub(super) fn logistic(x: f64) -> f64 {
    added(x).1
}

/// (eˣ − 1) / x, which is 1 at 0.
pub(super) fn growth(x: f64) -> f64 {
    if x.abs() < 1e-8 { 1.0 + 0.5 * x } else { x.exp_m1() / x }
}

/// The regularised incomplete beta function I(x; a, b), which is the distribution function of a beta variable: the
/// continued fraction DLMF 8.17.22 by the modified method of Lentz, on the side where it converges fast.
pub(super) fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - lower_beta(1.0 - x, b, a);
    }
    lower_beta(x, a, b)
}

fn lower_beta(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut numerator, mut denominator) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = denominator;
    for step in 1..=10_000_u32 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for coefficient in [even, odd] {
            denominator = 1.0 / away(1.0 + coefficient * denominator);
            numerator = away(1.0 + coefficient / numerator);
            change = denominator * numerator;
            fraction *= change;
        }
        if (change - 1.0_f64).abs() < 1e-15 {
            break;
        }
    }
    let front = a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b) - a.ln();
    (front.exp() * fraction).clamp(0.0, 1.0)
}

/// Points in 0–1 and their weights: the rule of Gauss and Legendre, which is exact for polynomials up to twice its
/// number of points (DLMF, section 3.5(v)).
pub(super) type Rule = Vec<(f64, f64)>;

/// With 8, 16 and 32 points.
pub(super) static RULES: LazyLock<[Rule; 3]> = LazyLock::new(|| [8, 16, 32].map(gauss_legendre));

/// The zeros of the Legendre polynomial by Newton's method, from the guess that they lie like those of a cosine; the
/// weights follow from the slopes there.
fn gauss_legendre(points: u32) -> Rule {
    let n = f64::from(points);
    let point = |index: u32| {
        let mut x = (std::f64::consts::PI * (f64::from(index) + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut previous, mut value) = (1.0, x);
            for degree in 2..=points {
                let d = f64::from(degree);
                (previous, value) = (value, ((2.0 * d - 1.0) * x * value - (d - 1.0) * previous) / d);
            }
            slope = n * (x * value - previous) / (x * x - 1.0);
            x -= value / slope;
            if (value / slope).abs() < 1e-16 {
                break;
            }
        }
        (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..points).map(point).collect()
}

/// ∫ f from `from` to `to`, cut in so many equal panels of 32 points each.
pub(super) fn integrate(from: f64, to: f64, panels: u32, f: impl Fn(f64) -> f64) -> f64 {
    let width = (to - from) / f64::from(panels);
    let panel = |index: u32| {
        let start = from + f64::from(index) * width;
        RULES[2].iter().map(|(at, weight)| weight * f(start + at * width)).sum::<f64>()
    };
    width * (0..panels).map(panel).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::{RULES, digamma, growth, incomplete_beta, integrate, ln_beta, ln_gamma, logistic, softplus};

    fn close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance * expected.abs().max(1.0), "{got} is not {expected}");
    }

    #[test]
    fn gamma_and_digamma_have_their_known_values() {
        close(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln(), 1e-15);
        close(ln_gamma(11.0), 3_628_800_f64.ln(), 1e-15);
        close(ln_beta(2.0, 3.0), (1.0_f64 / 12.0).ln(), 1e-15);
        let euler = 0.577_215_664_901_532_9;
        close(digamma(1.0), -euler, 1e-14);
        close(digamma(0.5), -euler - 2.0 * std::f64::consts::LN_2, 1e-14);
        for x in [1e-4, 0.3, 2.7, 7.99, 8.0, 55.5, 1e6] {
            close(digamma(x + 1.0), digamma(x) + 1.0 / x, 1e-13);
        }
    }

    #[test]
    fn nothing_overflows() {
        close(softplus(800.0), 800.0, 0.0);
        close(softplus(-800.0), 0.0, 0.0);
        close(softplus(0.0), std::f64::consts::LN_2, 1e-16);
        close(logistic(-800.0), 0.0, 0.0);
        close(logistic(2.0) + logistic(-2.0), 1.0, 1e-15);
        close(growth(0.0), 1.0, 0.0);
        close(growth(1e-6), 1.0 + 0.5e-6, 1e-12);
    }

    #[test]
    fn the_incomplete_beta_function_is_a_distribution() {
        close(incomplete_beta(0.3, 1.0, 1.0), 0.3, 1e-14);
        close(incomplete_beta(0.5, 7.3, 7.3), 0.5, 1e-13);
        // I(x; 2, 3) is a polynomial.
        let x = 0.4_f64;
        close(incomplete_beta(x, 2.0, 3.0), 6.0 * x.powi(2) - 8.0 * x.powi(3) + 3.0 * x.powi(4), 1e-14);
        for (a, b) in [(0.01, 5.0), (300.0, 0.2), (1e5, 1e5)] {
            assert!(incomplete_beta(0.2, a, b) <= incomplete_beta(0.6, a, b), "{a} {b}");
            close(incomplete_beta(0.0, a, b), 0.0, 0.0);
            close(incomplete_beta(1.0, a, b), 1.0, 0.0);
        }
    }

    #[test]
    fn integrals_are_exact_for_polynomials() {
        for rule in RULES.iter() {
            close(rule.iter().map(|(_, weight)| weight).sum(), 1.0, 1e-14);
            close(rule.iter().map(|(x, weight)| weight * x.powi(15)).sum(), 1.0 / 16.0, 1e-14);
        }
        close(integrate(1.0, 3.0, 2, |x| x * x), 26.0 / 3.0, 1e-14);
    }
}
