//! What is thought of a probability: its log-odds are normally distributed.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// The log-odds of a probability, as far as they are known: normal with this mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Belief {
    pub(super) centre: f64,
    pub(super) spread: f64,
}

/// A probability with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chance {
    /// The expected probability.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// Beyond so many standard deviations nobody is looked for: 1e-15 of all are.
pub(super) const EDGE: f64 = 8.0;
/// Between ± so many standard deviations lie 95 %.
pub(super) const Z95: f64 = 1.959_963_984_540_054;
/// The greatest standard deviation of log-odds, with which 95 % of what is thought lies between 0.00006 and 0.99994.
const WIDEST: f64 = 5.0;

/// Points of the standard normal distribution and their weights: the trapezoidal rule with step 1/4, whose error for
/// smooth functions of a normal variable falls exponentially (Trefethen & Weideman, SIAM Review 56, 2014). For the logistic
/// function of log-odds with standard deviation s it is of the order e^(−8π²/s): 1e-7 at s = 5.
static POINTS: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| {
    let points = (-32_i32..=32).map(|step| f64::from(step) / 4.0);
    let densities: Vec<(f64, f64)> = points.map(|z| (z, libm::exp(-0.5 * z * z))).collect();
    let sum: f64 = densities.iter().map(|(_, density)| density).sum();
    densities.into_iter().map(|(z, density)| (z, density / sum)).collect()
});

impl Belief {
    /// As a Beta(α, β) distribution of the probability: its mean, which is α / (α + β), and the variance of its log-odds,
    /// which is ψ′(α) + ψ′(β) (Aitchison & Shen, *Logistic-Normal Distributions*, Biometrika 67, 1980), are kept. The
    /// standard deviation is cut at 5.
    pub(super) fn of_rate(alpha: f64, beta: f64) -> Self {
        let spread = (trigamma(alpha) + trigamma(beta)).sqrt().min(WIDEST);
        let mean = alpha / (alpha + beta);
        let (mut low, mut high) = (-100.0, 100.0);
        for _ in 0..60 {
            let centre = 0.5 * (low + high);
            if (Self { centre, spread }).mean() < mean { low = centre } else { high = centre }
        }
        Self { centre: 0.5 * (low + high), spread }
    }

    /// The expected probability.
    pub(super) fn mean(self) -> f64 {
        POINTS.iter().map(|(z, weight)| weight * self.at(*z)).sum()
    }

    /// The probability at so many standard deviations of the log-odds from their mean.
    pub(super) fn at(self, z: f64) -> f64 {
        logistic(self.centre + self.spread * z)
    }

    pub(super) fn chance(self) -> Chance {
        Chance { mean: self.mean(), low: self.at(-Z95), high: self.at(Z95) }
    }
}

/// 1 / (1 + e⁻ˣ), without overflow.
pub(super) fn logistic(x: f64) -> f64 {
    let small = libm::exp(-x.abs());
    if x < 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) }
}

/// The distribution function of the standard normal distribution.
pub(super) fn normal(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The second derivative of ln Γ: the recurrence DLMF 5.15.5 up to 8, then the asymptotic series DLMF 5.15.8.
fn trigamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 8.0 {
        below += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2_730.0];
    let tail = series.iter().rev().fold(0.0, |sum, term| (sum + term) * square);
    below + 1.0 / x + 0.5 * square + tail / x
}

#[cfg(test)]
mod tests {
    use super::{Belief, normal, trigamma};

    fn close(got: f64, expected: f64, tolerance: f64) {
        assert!((got - expected).abs() <= tolerance * expected.abs(), "{got} is not {expected}");
    }

    #[test]
    fn functions_have_their_known_values() {
        let sixth = std::f64::consts::PI * std::f64::consts::PI / 6.0;
        close(trigamma(1.0), sixth, 1e-12);
        close(trigamma(0.5), 3.0 * sixth, 1e-12);
        close(trigamma(9.0), trigamma(8.0) - 1.0 / 64.0, 1e-12);
        close(normal(1.959_963_984_540_054), 0.975, 1e-14);
        close(normal(0.0), 0.5, 0.0);
    }

    #[test]
    fn a_rate_keeps_its_mean() {
        for (alpha, beta) in [(1.0, 1.0), (1.0, 19.0), (0.05, 0.95), (300.0, 40.0), (1e-5, 1e6)] {
            let belief = Belief::of_rate(alpha, beta);
            close(belief.mean(), alpha / (alpha + beta), 1e-9);
            assert!(belief.chance().low < belief.chance().high, "{belief:?}");
        }
    }

    #[test]
    fn a_well_known_rate_has_the_interval_of_its_distribution() {
        let chance = Belief::of_rate(60.0, 340.0).chance();
        let density = |x: f64| (59.0 * x.ln() + 339.0 * (-x).ln_1p() + 165.0).exp();
        let below = |end: f64| {
            let steps = (0..20_000).map(|step| end * (f64::from(step) + 0.5) / 20_000.0);
            steps.map(density).sum::<f64>() * end
        };
        for (end, share) in [(chance.low, 0.025), (chance.high, 0.975)] {
            let found = below(end) / below(1.0);
            assert!((found - share).abs() < 0.003, "{found} of the distribution lies below {end}");
        }
    }
}
