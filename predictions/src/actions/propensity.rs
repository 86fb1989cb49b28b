//! How probable it is that an action gets the greatest draw.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::belief::{Belief, EDGE, normal};

/// The probability with which an action is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Propensity {
    /// The probability, above 0.
    pub value: f64,
    /// How far off that can be; 0 where it is exact.
    pub error: f64,
}

/// The score of an action before its probability is drawn: benefit · probability − cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stake {
    pub(super) belief: Belief,
    pub(super) benefit: f64,
    pub(super) cost: f64,
}

impl Stake {
    /// The score at so many standard deviations of the log-odds from their mean.
    pub(super) fn at(&self, z: f64) -> f64 {
        if self.benefit > 0.0 { self.benefit * self.belief.at(z) - self.cost } else { -self.cost }
    }

    /// The expected score.
    pub(super) fn expected(&self) -> f64 {
        self.benefit * self.belief.mean() - self.cost
    }

    fn is_fixed(&self) -> bool {
        self.benefit <= 0.0 || self.belief.spread <= 0.0
    }

    /// The probability of a draw below a score, or at it for one that loses ties.
    fn below(&self, score: f64, loses_ties: bool) -> f64 {
        if self.is_fixed() {
            let own = self.at(0.0);
            return f64::from(u8::from(own < score || (loses_ties && own <= score)));
        }
        let probability = (score + self.cost) / self.benefit;
        if probability <= 0.0 {
            return 0.0;
        }
        if probability >= 1.0 {
            return 1.0;
        }
        let log_odds = libm::log(probability / (1.0 - probability));
        normal((log_odds - self.belief.centre) / self.belief.spread)
    }
}

/// The refinement ends when the error is at most this share of the value, or this much …
const CLOSE_ENOUGH: f64 = 0.02;
const TOO_LITTLE: f64 = 1e-5;
/// … or after so many panels.
const MOST_PANELS: usize = 256;
/// Nobody's draw is looked for beyond so many standard deviations, where 1e-9 of them are.
const OUT_OF_REACH: f64 = 6.0;
/// What that, the edges and rounding leave open for each rival.
const LEFT_OPEN: f64 = 2e-9;
/// The least propensity, so that nothing is divided by 0.
const LEAST: f64 = 1e-9;

/// A stretch of the chosen action's draws, in standard deviations, and how the probability of winning grows along it.
struct Panel {
    from: Point,
    to: Point,
}

#[derive(Clone, Copy)]
struct Point {
    z: f64,
    share: f64,
    wins: f64,
}

impl Panel {
    fn width(&self) -> f64 {
        self.to.share - self.from.share
    }

    /// Half the difference of what is added at most and at least.
    fn error(&self) -> f64 {
        0.5 * self.width() * (self.to.wins - self.from.wins).abs()
    }

    fn value(&self) -> f64 {
        0.5 * self.width() * (self.to.wins + self.from.wins)
    }
}

impl PartialEq for Panel {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Panel {}

impl PartialOrd for Panel {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Panel {
    fn cmp(&self, other: &Self) -> Ordering {
        self.error().total_cmp(&other.error()).then(other.from.z.total_cmp(&self.from.z))
    }
}

/// The probability that the action at a place draws a greater score than all others; of equal scores the first wins.
///
/// It is ∫ Π Fⱼ(s(u)) du over u = 0..1, where s(u) is the u-quantile of the action's own score and Fⱼ the distribution
/// function of the score of another, as the draws are independent. What is integrated never falls and lies between 0 and 1:
/// on each panel it lies between its values at the ends, so that the trapezoidal rule comes with a bound on its error that
/// always holds, and not with an estimate. The panel with the greatest bound is halved until the error is at most 2 % of the
/// value or 0.00001, or there are 256 panels. That costs at most 257 evaluations of each rival's distribution function.
pub(super) fn propensity(stakes: &[Stake], chosen: usize) -> Propensity {
    let own = &stakes[chosen];
    let all = stakes.iter().enumerate().filter(|(place, _)| *place != chosen);
    let mut rivals: Vec<(f64, bool, &Stake)> =
        all.map(|(place, rival)| (rival.at(OUT_OF_REACH), place > chosen, rival)).collect();
    rivals.sort_by(|one, other| other.0.total_cmp(&one.0));
    let wins = |score: f64| {
        let mut product = 1.0;
        for (greatest, loses_ties, rival) in &rivals {
            if *greatest < score || product <= 0.0 {
                break;
            }
            product *= rival.below(score, *loses_ties);
        }
        product
    };
    let open = |count: usize| LEFT_OPEN * f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if rivals.is_empty() {
        return Propensity { value: 1.0, error: 0.0 };
    }
    if own.is_fixed() {
        let value = wins(own.at(0.0));
        return Propensity { value: value.max(LEAST), error: open(rivals.len()) };
    }
    let point = |z: f64| {
        let share = if z <= -EDGE {
            0.0
        } else if z >= EDGE {
            1.0
        } else {
            normal(z)
        };
        Point { z, share, wins: wins(own.at(z)) }
    };
    let starts = [-EDGE, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, EDGE].map(point);
    let mut panels: BinaryHeap<Panel> =
        starts.windows(2).map(|ends| Panel { from: ends[0], to: ends[1] }).collect();
    let totals = |panels: &BinaryHeap<Panel>| {
        panels.iter().fold((0.0, 0.0), |(value, error), panel| (value + panel.value(), error + panel.error()))
    };
    let (mut value, mut error) = totals(&panels);
    while error > (CLOSE_ENOUGH * value).max(TOO_LITTLE) && panels.len() < MOST_PANELS {
        let Some(worst) = panels.pop() else { break };
        let middle = point(0.5 * (worst.from.z + worst.to.z));
        let halves = [Panel { from: worst.from, to: middle }, Panel { from: middle, to: worst.to }];
        for half in halves {
            value += half.value();
            error += half.error();
            panels.push(half);
        }
        value -= worst.value();
        error -= worst.error();
    }
    let (value, error) = totals(&panels);
    Propensity { value: value.clamp(LEAST, 1.0), error: error + open(rivals.len()) }
}
