//! Does a score find whom an action changes? Curve and coefficient of Qini.
//!
//! Radcliffe, *Using Control Groups to Target on Predicted Lift*, Direct Marketing Analytics Journal, 2007.

use super::error::{BadData, GREATEST, within};
use crate::evidence::{Bootstrap, Interval};
use crate::matrix::count;

/// Somebody with a score, who took part in a randomised test of an action.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Who has a greater one would be treated earlier.
    pub score: f64,
    /// Whether the action was done.
    pub treated: bool,
    /// What came then: 1 or 0, or an amount.
    pub outcome: f64,
}

/// How much is gained by treating those with the greatest scores alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Qini {
    /// Points of the curve, from (0, 0) to (1, what treating everybody gains): the share of customers that is treated, and
    /// what is gained then for each of all N customers, (R − R′ · T / T′) / N, with the sums R and R′ of the outcomes and the
    /// numbers T and T′ of those treated and not treated so far. A point stands after each group of equal scores, from where
    /// on there are some of both.
    pub curve: Vec<(f64, f64)>,
    /// The area between the curve and the straight line, which a score of pure chance has: 0 finds nobody, and less than 0
    /// the wrong ones.
    pub coefficient: f64,
    /// Its interval; nothing where too few take part.
    pub interval: Option<Interval>,
}

impl Qini {
    /// Of everybody who took part, in any order. Costs a sort, and a pass for each replicate of the bootstrap.
    ///
    /// # Errors
    /// A score or an outcome that is no number, nobody treated, nobody not treated.
    pub fn of(ranked: &[Ranked], bootstrap: &Bootstrap) -> Result<Self, BadData> {
        for row in ranked {
            within(row.score, -GREATEST, GREATEST, || "a score".to_owned())?;
            within(row.outcome, -GREATEST, GREATEST, || "an outcome".to_owned())?;
        }
        for (treated, who) in
            [(true, "customers who were treated"), (false, "customers who were not treated")]
        {
            if !ranked.iter().any(|row| row.treated == treated) {
                return Err(BadData::None(who));
            }
        }
        let mut order = ranked.to_vec();
        order.sort_by(|one, other| {
            let scores = other.score.total_cmp(&one.score);
            scores.then(one.treated.cmp(&other.treated)).then(one.outcome.total_cmp(&other.outcome))
        });
        let everybody: Vec<usize> = (0..order.len()).collect();
        let curve = curve(&order, &everybody);
        let intervals = bootstrap.intervals(order.len(), |drawn| vec![area(&self::curve(&order, drawn))]);
        let coefficient = area(&curve).unwrap_or(0.0);
        Ok(Self { curve, coefficient, interval: intervals.into_iter().next().flatten() })
    }
}

/// The curve of customers who stand in the order of their scores.
fn curve(order: &[Ranked], drawn: &[usize]) -> Vec<(f64, f64)> {
    let all = count(drawn.len());
    // Those not treated and treated so far, and the sums of their outcomes.
    let (mut number, mut sum) = ([0.0; 2], [0.0; 2]);
    let mut points = vec![(0.0, 0.0)];
    for equal in drawn.chunk_by(|one, other| order[*one].score.total_cmp(&order[*other].score).is_eq()) {
        for at in equal {
            let side = usize::from(order[*at].treated);
            number[side] += 1.0;
            sum[side] += order[*at].outcome;
        }
        if number[0] > 0.0 && number[1] > 0.0 {
            let gain = sum[1] - sum[0] * number[1] / number[0];
            points.push(((number[0] + number[1]) / all, gain / all));
        }
    }
    points
}

/// Between a curve and the straight line to its end; nothing where it has none.
fn area(curve: &[(f64, f64)]) -> Option<f64> {
    let (share, gain) = *curve.last()?;
    let panels = curve.windows(2).map(|ends| {
        let [(from, low), (to, high)] = [ends[0], ends[1]];
        0.5 * (to - from) * (low + high)
    });
    (share > 0.0).then(|| panels.sum::<f64>() - 0.5 * gain)
}
