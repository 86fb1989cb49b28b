//! Amounts beside what they came to: purchases, or money.

use super::ranks::{parts, ranked};
use super::{figure, matched, number};

/// The mean distance of the predicted from the actual.
pub fn mae(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    mean(predicted, actual, f64::abs)
}

/// The root of the mean square of that distance: a few that are far off count for more.
pub fn rmse(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    mean(predicted, actual, |off| off * off).map(f64::sqrt)
}

fn mean(predicted: &[f64], actual: &[f64], of: impl Fn(f64) -> f64) -> Option<f64> {
    if !matched(predicted, actual) {
        return None;
    }
    let sum: f64 = predicted.iter().zip(actual).map(|(predicted, actual)| of(predicted - actual)).sum();
    figure(sum / number(actual.len()))
}

/// How much more was predicted for all together than came, as a share of what came: 0.1 is 10 % too much. Nothing if
/// nothing came.
pub fn bias(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    let came: f64 = actual.iter().sum();
    if !matched(predicted, actual) || !came.is_finite() || came <= 0.0 {
        return None;
    }
    figure(predicted.iter().sum::<f64>() / came - 1.0)
}

/// A tenth of all customers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decile {
    /// 1 for those of whom most is expected, to 10.
    pub decile: u32,
    /// Their share of the actual value of all. A tenth is what a coin gives them.
    pub value: f64,
}

/// The share of the actual value, which must not be below 0, in each tenth of customers by what was predicted. Ten of them,
/// as equal as can be; with fewer than ten customers some are empty. They add up to 1.
pub fn lift(predicted: &[f64], actual: &[f64]) -> Option<Vec<Decile>> {
    let (ranked, total) = by_value(predicted, actual)?;
    let share = |part: &[(f64, f64)]| part.iter().map(|(_, came)| came).sum::<f64>() / total;
    let deciles = (1..).zip(parts(ranked.len(), 10));
    Some(deciles.map(|(decile, part)| Decile { decile, value: share(&ranked[part]) }).collect())
}

/// The share of the actual value that came from the tenth of customers of whom most was expected: the first of [`lift`].
pub fn capture(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    lift(predicted, actual)?.first().map(|decile| decile.value)
}

/// How well customers are put in the order of their value: the area between the curve of value gained, going from the
/// greatest prediction to the least, and a coin's, in parts of the area that the actual order has. 1 is perfect, 0 a coin,
/// less is worse than one. (The Gini correlation cov(Y, F(X)) / cov(Y, F(Y)) of Schechtman & Yitzhaki, *A measure of
/// association based on Gini's mean difference*, Communications in Statistics 16, 1987.) Nothing if all are worth the same.
pub fn gini(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    let perfect = area(actual, actual)?;
    let area = area(predicted, actual)?;
    if perfect > 0.0 { figure(area / perfect) } else { None }
}

/// Twice the covariance of value and rank, but for a factor.
fn area(predicted: &[f64], actual: &[f64]) -> Option<f64> {
    let (ranked, total) = by_value(predicted, actual)?;
    // Ranks from (n − 1) / 2 down to −(n − 1) / 2.
    let middle = 0.5 * number(ranked.len() - 1);
    Some(ranked.iter().enumerate().map(|(at, (_, came))| (middle - number(at)) * (came / total)).sum())
}

fn by_value(predicted: &[f64], actual: &[f64]) -> Option<(Vec<(f64, f64)>, f64)> {
    let total: f64 = actual.iter().sum();
    let sound = predicted.iter().all(|predicted| predicted.is_finite())
        && actual.iter().all(|actual| *actual >= 0.0)
        && total.is_finite()
        && total > 0.0;
    (matched(predicted, actual) && sound).then(|| (ranked(predicted, actual.iter().copied()), total))
}
