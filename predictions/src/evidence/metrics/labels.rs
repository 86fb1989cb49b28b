//! Scores and probabilities beside what came true.

use super::ranks::{parts, ranked};
use super::{figure, matched, number};

/// How many bins a calibration has where nobody says otherwise.
pub const BINS: usize = 10;

/// Logarithms of probabilities nearer to 0 or 1 than this are not looked at: one certain error is not endlessly bad.
const NEAREST: f64 = 1e-15;

/// The area under the receiver operating characteristic: the probability that one who did is scored above one who did not,
/// where equal scores count half. 1 is perfect, 0.5 a coin. (Mann & Whitney, *On a test of whether one of two random
/// variables is stochastically larger than the other*, Annals of Mathematical Statistics 18, 1947.)
pub fn auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let (mut above, mut won, mut without) = (0.0, 0.0, 0.0);
    for (yes, no) in groups(scores, labels)? {
        won += no * (above + 0.5 * yes);
        above += yes;
        without += no;
    }
    figure(won / (above * without))
}

/// The area under the curve of precision over recall, as average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct scores from
/// the greatest on, with nothing interpolated. The share of those who did is what a coin reaches. (Davis & Goadrich, *The
/// Relationship Between Precision-Recall and ROC Curves*, 2006, say why one must not interpolate in straight lines.)
pub fn pr_auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let (mut found, mut looked_at, mut area) = (0.0, 0.0, 0.0);
    for (yes, no) in groups(scores, labels)? {
        found += yes;
        looked_at += yes + no;
        area += yes * found / looked_at;
    }
    figure(area / found)
}

/// How many did and did not, for each distinct score from the greatest on; nothing unless there are some of both.
fn groups(scores: &[f64], labels: &[bool]) -> Option<impl Iterator<Item = (f64, f64)>> {
    let did = labels.iter().filter(|label| **label).count();
    let both = did > 0 && did < labels.len();
    if !matched(scores, labels) || !both || scores.iter().any(|score| !score.is_finite()) {
        return None;
    }
    let ranked = ranked(scores, labels.iter().map(|label| truth(*label)));
    let mut at = 0;
    Some(std::iter::from_fn(move || {
        let (score, share) = *ranked.get(at)?;
        let same = ranked[at..].iter().take_while(|(other, _)| other.total_cmp(&score).is_eq()).count();
        at += same;
        // The share of a group times its size is whole.
        let yes = (share * number(same)).round();
        Some((yes, number(same) - yes))
    }))
}

/// The mean square of what probabilities are off by: 0 is perfect, and p (1 − p) what the share p of those who did gives
/// as everybody's probability. (Brier, *Verification of forecasts expressed in terms of probability*, 1950, halved.)
pub fn brier(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean(probabilities, labels, |probability, label| (probability - truth(label)).powi(2))
}

/// The mean of −ln of the probability of what came true, in nats; probabilities are kept 1e-15 away from 0 and 1. (Good,
/// *Rational Decisions*, 1952.)
pub fn log_loss(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean(probabilities, labels, |probability, label| {
        let probability = probability.clamp(NEAREST, 1.0 - NEAREST);
        if label { -probability.ln() } else { -(-probability).ln_1p() }
    })
}

fn mean(probabilities: &[f64], labels: &[bool], of: impl Fn(f64, bool) -> f64) -> Option<f64> {
    if !sound(probabilities, labels) {
        return None;
    }
    let sum: f64 =
        probabilities.iter().zip(labels).map(|(probability, label)| of(*probability, *label)).sum();
    figure(sum / number(labels.len()))
}

fn sound(probabilities: &[f64], labels: &[bool]) -> bool {
    matched(probabilities, labels)
        && probabilities.iter().all(|probability| (0.0..=1.0).contains(probability))
}

const fn truth(label: bool) -> f64 {
    if label { 1.0 } else { 0.0 }
}

/// Some whose probabilities are alike.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// The mean of their probabilities.
    pub predicted: f64,
    /// The share of them who did.
    pub observed: f64,
    /// How many they are.
    pub count: usize,
}

/// What was predicted beside what was observed, from the least probable to the most, in `bins` bins ([`BINS`] if unsure) of
/// as many each, give or take one. Fewer bins if there are fewer who fill them. Who has the same probability may fall into
/// two bins, each then with the same share who did.
pub fn calibration(probabilities: &[f64], labels: &[bool], bins: usize) -> Option<Vec<Bin>> {
    if !sound(probabilities, labels) || bins == 0 {
        return None;
    }
    let mut ranked = ranked(probabilities, labels.iter().map(|label| truth(*label)));
    ranked.reverse();
    let bin = |bin: &[(f64, f64)]| {
        let sum = bin.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let count = number(bin.len());
        Bin { predicted: sum.0 / count, observed: sum.1 / count, count: bin.len() }
    };
    let filled = parts(ranked.len(), bins.min(ranked.len())).map(|part| bin(&ranked[part]));
    Some(filled.collect())
}

/// The expected calibration error: the mean over all of how far observed is from predicted in their bin of [`calibration`],
/// 0 if probabilities mean what they say. It is never quite 0, as bins are samples. (Naeini, Cooper & Hauskrecht,
/// *Obtaining Well Calibrated Probabilities Using Bayesian Binning*, 2015, with bins of equal counts, as in Nguyen &
/// O'Connor 2015.)
pub fn ece(probabilities: &[f64], labels: &[bool], bins: usize) -> Option<f64> {
    let bins = calibration(probabilities, labels, bins)?;
    let off: f64 = bins.iter().map(|bin| number(bin.count) * (bin.predicted - bin.observed).abs()).sum();
    figure(off / number(labels.len()))
}
