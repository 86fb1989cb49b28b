//! What outcomes teach.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::belief::Belief;
use super::catalogue::Prior;
use super::error::{BadData, check_features};
use super::logistic::{Posterior, WeightPrior};
use super::scaling::Scaling;
use super::shared::shared;

/// An action is scored by what is known of the customer once it was accepted and not accepted at least so often each. Until
/// then everybody has its rate.
pub const ENOUGH: u32 = 50;

/// What came of an action that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The id of the decision. Where it is there again, it was accepted if any says so.
    pub decision: Uuid,
    /// The id of the action that was done.
    pub action: String,
    /// What was known of the customer then.
    pub features: Vec<f64>,
    /// Whether it was accepted. Tell of those that were not, once they had their time: what is never told counts nowhere,
    /// and every action looks better than it is.
    pub accepted: bool,
}

/// What was learned from outcomes. It is the same for the same set of them, to the last bit, in whatever order and however
/// often each is told. Keep it under a version, as decisions are repeated with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learned {
    scaling: Option<Scaling>,
    actions: BTreeMap<String, Taught>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taught {
    accepted: u32,
    declined: u32,
    posterior: Option<Posterior>,
}

impl Learned {
    /// Learns from a set of outcomes, always from the whole. Costs two fits for each action, each of some 6 passes of outcomes ·
    /// features² operations, and what the actions have in common. The benchmark says how long that takes.
    ///
    /// # Errors
    /// Features that are no numbers, or not as many everywhere; two outcomes of one decision that tell of different actions
    /// or features.
    pub fn of(outcomes: impl IntoIterator<Item = Outcome>) -> Result<Self, BadData> {
        let mut set: BTreeMap<Uuid, Outcome> = BTreeMap::new();
        for outcome in outcomes {
            match set.entry(outcome.decision) {
                Entry::Vacant(free) => drop(free.insert(outcome)),
                Entry::Occupied(mut held) => {
                    let held = held.get_mut();
                    if held.action != outcome.action || held.features != outcome.features {
                        return Err(BadData::Contradiction(outcome.decision));
                    }
                    held.accepted |= outcome.accepted;
                }
            }
        }
        let Some(expected) = set.values().next().map(|outcome| outcome.features.len()) else {
            return Ok(Self::default());
        };
        set.values().try_for_each(|outcome| check_features(&outcome.features, expected))?;
        let scaling = Scaling::of(set.values().map(|outcome| outcome.features.as_slice()));
        let mut rows: BTreeMap<String, Vec<(Vec<f64>, bool)>> = BTreeMap::new();
        for outcome in set.into_values() {
            let row = (scaling.apply(&outcome.features), outcome.accepted);
            rows.entry(outcome.action).or_default().push(row);
        }
        let weak = WeightPrior::weak(1 + expected);
        let alone: Vec<Posterior> =
            rows.values().filter(|rows| are_enough(rows)).map(|rows| Posterior::of(rows, &weak)).collect();
        let prior = shared(&alone, &weak);
        let actions = rows.into_iter().map(|(action, rows)| (action, Taught::of(&rows, &prior))).collect();
        Ok(Self { scaling: Some(scaling), actions })
    }

    /// How often an action was accepted, and how often not.
    pub fn outcomes(&self, action: &str) -> (u32, u32) {
        self.actions.get(action).map_or((0, 0), |taught| (taught.accepted, taught.declined))
    }

    /// The features as the models take them; nothing where there are no models.
    pub(super) fn scaled(&self, features: &[f64]) -> Result<Vec<f64>, BadData> {
        let expected = self.scaling.as_ref().map_or(features.len(), Scaling::len);
        check_features(features, expected)?;
        Ok(self.scaling.as_ref().map_or_else(Vec::new, |scaling| scaling.apply(features)))
    }

    /// What is thought of an action's acceptance by a customer with these scaled features, where it can be told.
    pub(super) fn personal(&self, action: &str, scaled: &[f64]) -> Option<Belief> {
        Some(self.actions.get(action)?.posterior.as_ref()?.belief(scaled))
    }

    /// What is thought of an action's acceptance by anybody.
    pub(super) fn rate(&self, action: &str, prior: Prior) -> Belief {
        let (accepted, declined) = self.outcomes(action);
        let alpha = prior.rate * prior.strength + f64::from(accepted);
        Belief::of_rate(alpha, (1.0 - prior.rate) * prior.strength + f64::from(declined))
    }

    /// Nothing that was read from somewhere and cannot have been learned.
    pub(super) fn check(&self) -> Result<(), BadData> {
        let width = self.scaling.as_ref().map_or(0, |scaling| 1 + scaling.len());
        self.scaling.iter().try_for_each(Scaling::check)?;
        let mut posteriors = self.actions.values().filter_map(|taught| taught.posterior.as_ref());
        posteriors.try_for_each(|posterior| posterior.check(width))
    }
}

impl Taught {
    fn of(rows: &[(Vec<f64>, bool)], prior: &WeightPrior) -> Self {
        let (accepted, declined) = tally(rows);
        let posterior = are_enough(rows).then(|| Posterior::of(rows, prior));
        Self { accepted, declined, posterior }
    }
}

/// How many accepted, and how many did not.
fn tally(rows: &[(Vec<f64>, bool)]) -> (u32, u32) {
    let total = |wanted| rows.iter().map(|(_, accepted)| u32::from(*accepted == wanted)).sum();
    (total(true), total(false))
}

fn are_enough(rows: &[(Vec<f64>, bool)]) -> bool {
    let (accepted, declined) = tally(rows);
    accepted >= ENOUGH && declined >= ENOUGH
}
