//! What a policy would have brought, from what came of another one's choices.
//!
//! Dudík, Langford & Li, *Doubly Robust Policy Evaluation and Learning*, ICML 2011. A row of the log counts w = π / p times,
//! where p is the propensity with which its action was chosen and π the probability with which the policy would have chosen
//! it.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::belief::Z95;
use super::error::{BadData, GREATEST, within};
use crate::evidence::{Interval, Verdict};
use crate::matrix::count;

/// A choice that was made, and what came of it. Actions are numbered, the same way in all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Whom it was made for. The choices for one customer are not independent, and the intervals take that into account.
    pub customer: Uuid,
    /// Which action; `None` for one that no policy in question would choose, as it is no longer offered.
    pub action: Option<usize>,
    /// How probable the choice was: above 1e-9 and at most 1.
    pub propensity: f64,
    /// What it brought.
    pub reward: f64,
    /// What a model that has not seen this row expects each action to bring; `None` for one that was not possible. The first
    /// action always is. A poor model widens the doubly robust interval and does no other harm.
    pub expected: Vec<Option<f64>>,
}

/// The choices of a policy that was live, control group and all.
#[derive(Debug, Clone, PartialEq)]
pub struct Log {
    rows: Vec<Logged>,
    /// For each row the number of its customer.
    customers: Vec<usize>,
    distinct: usize,
    actions: usize,
}

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its interval.
    pub interval: Interval,
}

/// What a policy would bring for each choice. The intervals are those of the normal distribution, with standard errors
/// that are clustered by customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Inverse propensity scores, mean of w r (Horvitz & Thompson 1952). Right on average, and often far off.
    pub inverse_propensity: Estimate,
    /// The same divided by the mean of w (Hájek 1971; Swaminathan & Joachims 2015), which varies less; its error is that of
    /// a ratio (Owen, *Monte Carlo Theory, Methods and Examples*, 2013, equation 9.9). None where every w is 0.
    pub self_normalised: Option<Estimate>,
    /// Doubly robust, mean of Σ π q + w (r − q) with the expectations q (Dudík, Langford & Li, equation 3): the one to use.
    pub doubly_robust: Estimate,
    /// How many rows there are.
    pub rows: usize,
    /// As how many rows of the policy's own they count: (Σ w)² / Σ w² (Kish 1965).
    pub effective: f64,
    /// Why none of this can be relied on; empty where it can.
    pub thin: Vec<Thin>,
}

/// Why a log says too little of a policy. No such limit follows from theory; beyond these, normal intervals are known to be
/// too narrow.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Thin {
    /// The log hardly has choices that the policy would have made.
    #[error("{rows} rows count as {effective:.0} of the policy's own, and at least {FEW} are wanted")]
    Few {
        /// How many rows there are.
        rows: usize,
        /// As how many they count.
        effective: f64,
    },
    /// One row decides.
    #[error("one row has {:.0} % of all weight, and at most {:.0} % are wanted", 100.0 * share, 100.0 * HEAVY)]
    Heavy {
        /// Its share, 0–1.
        share: f64,
    },
    /// The weights do not have their mean: what the policy would do was never done, or the propensities are wrong.
    #[error(
        "the mean weight is {mean:.3} ± {error:.3}, and should be 1: some of what the policy does is not in the log"
    )]
    Unsupported {
        /// The mean of w.
        mean: f64,
        /// Its standard error.
        error: f64,
    },
}

const FEW: f64 = 100.0;
const HEAVY: f64 = 0.05;
/// A mean is off when so many standard errors lie between.
const OFF: f64 = 4.0;

/// A policy beside those that always do the same.
#[derive(Debug, Clone, PartialEq)]
pub struct AgainstFixed {
    /// The policy.
    pub policy: Evaluation,
    /// For each action, always doing that, and the first where it is not possible.
    pub fixed: Vec<Evaluation>,
    /// Which of them is worth the most, doubly robust. It is the best of several on the same data, so its value looks a
    /// little better than it is, to the policy's disadvantage.
    pub best: usize,
    /// How much more the policy is worth than that one.
    pub difference: Estimate,
    /// Whether it is better; unclear as well where the log says too little of either.
    pub verdict: Verdict,
}

impl AgainstFixed {
    /// That in words; `best` is what the best single action is called.
    pub fn sentence(&self, best: &str) -> String {
        let Estimate { value, interval: Interval { low, high } } = self.difference;
        let verdict = match self.verdict {
            Verdict::Yes => "The policy beats",
            Verdict::No => "The policy does not beat",
            Verdict::Unclear => "It is not clear that the policy beats",
        };
        format!("{verdict} always `{best}`: the difference is {value:+.4} ({low:+.4} to {high:+.4}).")
    }
}

impl Log {
    /// # Errors
    /// Fewer than two customers; a propensity, reward or expectation out of range; an action that was not possible; not as
    /// many expectations in each row.
    pub fn new(rows: Vec<Logged>) -> Result<Self, BadData> {
        let actions = rows.first().map_or(0, |row| row.expected.len());
        let mut numbers = BTreeMap::new();
        let mut customers = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            let found = row.expected.len();
            if found != actions {
                return Err(BadData::Count { what: "expectations", expected: actions, found });
            }
            within(row.propensity, 1e-9, 1.0, || format!("the propensity of row {at}"))?;
            within(row.reward, -GREATEST, GREATEST, || format!("the reward of row {at}"))?;
            for expected in row.expected.iter().flatten() {
                within(*expected, -GREATEST, GREATEST, || format!("an expectation of row {at}"))?;
            }
            for action in row.action.into_iter().chain([0]) {
                if row.expected.get(action).is_none_or(Option::is_none) {
                    let problem = "must have an expectation where it was chosen, and the first everywhere";
                    return Err(BadData::Action { action: action.to_string(), problem });
                }
            }
            let next = numbers.len();
            customers.push(*numbers.entry(row.customer).or_insert(next));
        }
        if numbers.len() < 2 {
            return Err(BadData::None("choices for at least two customers"));
        }
        let distinct = numbers.len();
        Ok(Self { rows, customers, distinct, actions })
    }

    /// The rows.
    pub fn rows(&self) -> &[Logged] {
        &self.rows
    }

    /// What a policy would bring that does an action in the situation of a row with probability `target(row, action)`.
    ///
    /// # Errors
    /// Probabilities that do not add up to 1, or of something that was not possible.
    pub fn evaluate(&self, target: impl Fn(usize, usize) -> f64) -> Result<Evaluation, BadData> {
        let weights = self.weights(&target)?;
        let rewards = self.rows.iter().zip(&weights).map(|(row, weight)| weight * row.reward);
        let inverse_propensity = self.mean(&rewards.collect::<Vec<f64>>()).0;
        let (sum, squares) = weights.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        let effective = if squares > 0.0 { sum * sum / squares } else { 0.0 };
        let self_normalised = (sum > 0.0).then(|| {
            let pairs = || self.rows.iter().zip(&weights);
            let value = pairs().map(|(row, weight)| weight * row.reward).sum::<f64>() / sum;
            let mean = sum / count(self.rows.len());
            let off = pairs().map(|(row, weight)| value + weight * (row.reward - value) / mean);
            self.mean(&off.collect::<Vec<f64>>()).0
        });
        let doubly_robust = self.mean(&self.doubly_robust(&target, &weights)).0;
        let (mean, error) = self.mean(&weights);
        let greatest = weights.iter().copied().fold(0.0, f64::max);
        let mut thin = Vec::new();
        if effective < FEW {
            thin.push(Thin::Few { rows: self.rows.len(), effective });
        }
        if sum > 0.0 && greatest > HEAVY * sum {
            thin.push(Thin::Heavy { share: greatest / sum });
        }
        if (mean.value - 1.0).abs() > OFF * error + 1e-9 {
            thin.push(Thin::Unsupported { mean: mean.value, error });
        }
        let rows = self.rows.len();
        Ok(Evaluation { inverse_propensity, self_normalised, doubly_robust, rows, effective, thin })
    }

    /// How much more one policy would bring than another, doubly robust. As both are looked at in the same rows, the
    /// interval is narrower than those of the two would make one think.
    ///
    /// # Errors
    /// As [`Log::evaluate`].
    pub fn difference(
        &self,
        one: impl Fn(usize, usize) -> f64,
        other: impl Fn(usize, usize) -> f64,
    ) -> Result<Estimate, BadData> {
        let ours = self.doubly_robust(&one, &self.weights(&one)?);
        let theirs = self.doubly_robust(&other, &self.weights(&other)?);
        let more: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
        Ok(self.mean(&more).0)
    }

    /// The policy that always does the same, and the first action where that is not possible.
    pub fn always(&self, action: usize) -> impl Fn(usize, usize) -> f64 {
        move |row, asked| {
            let possible = self.rows[row].expected.get(action).is_some_and(Option::is_some);
            f64::from(u8::from(asked == if possible { action } else { 0 }))
        }
    }

    /// A policy beside all that always do the same.
    ///
    /// # Errors
    /// As [`Log::evaluate`].
    pub fn against_fixed(&self, target: impl Fn(usize, usize) -> f64) -> Result<AgainstFixed, BadData> {
        let policy = self.evaluate(&target)?;
        let fixed = (0..self.actions).map(|action| self.evaluate(self.always(action)));
        let fixed: Vec<Evaluation> = fixed.collect::<Result<_, _>>()?;
        let value = |action: usize| fixed[action].doubly_robust.value;
        let best = (1..fixed.len()).fold(0, |best, at| if value(at) > value(best) { at } else { best });
        let difference = self.difference(&target, self.always(best))?;
        let is_told = policy.thin.is_empty() && fixed[best].thin.is_empty();
        let verdict = Verdict::of(is_told.then_some(difference.interval));
        Ok(AgainstFixed { policy, fixed, best, difference, verdict })
    }

    /// How often each row counts.
    fn weights(&self, target: &impl Fn(usize, usize) -> f64) -> Result<Vec<f64>, BadData> {
        let weight = |(at, row): (usize, &Logged)| {
            let mut sum = 0.0;
            for (action, expected) in row.expected.iter().enumerate() {
                let most = if expected.is_some() { 1.0 } else { 0.0 };
                let probability = target(at, action);
                within(probability, 0.0, most, || format!("the probability of action {action} in row {at}"))?;
                sum += probability;
            }
            within(sum, 1.0 - 1e-6, 1.0 + 1e-6, || format!("the sum of the probabilities in row {at}"))?;
            Ok(row.action.map_or(0.0, |action| target(at, action) / row.propensity))
        };
        self.rows.iter().enumerate().map(weight).collect()
    }

    fn doubly_robust(&self, target: &impl Fn(usize, usize) -> f64, weights: &[f64]) -> Vec<f64> {
        let row = |((at, row), weight): ((usize, &Logged), &f64)| {
            let all = row.expected.iter().enumerate();
            let expected: f64 =
                all.filter_map(|(action, expected)| Some(target(at, action) * (*expected)?)).sum();
            let of_chosen = row.action.and_then(|action| row.expected[action]).unwrap_or(0.0);
            expected + weight * (row.reward - of_chosen)
        };
        self.rows.iter().enumerate().zip(weights).map(row).collect()
    }

    /// The mean over the rows with its interval, and its standard error, with what the rows of one customer have in common
    /// (Liang & Zeger 1986).
    fn mean(&self, values: &[f64]) -> (Estimate, f64) {
        let rows = count(values.len());
        let value = values.iter().sum::<f64>() / rows;
        let mut off = vec![0.0; self.distinct];
        for (customer, row) in self.customers.iter().zip(values) {
            off[*customer] += row - value;
        }
        let squares: f64 = off.iter().map(|off| off * off).sum();
        let customers = count(self.distinct);
        let error = (squares * customers / (customers - 1.0)).sqrt() / rows;
        let interval = Interval { low: value - Z95 * error, high: value + Z95 * error };
        (Estimate { value, interval }, error)
    }
}
