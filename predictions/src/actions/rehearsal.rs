//! A policy that learns from what was played, and is evaluated on it, but never on what it learned from.

use uuid::Uuid;

use super::catalogue::Catalogue;
use super::error::{BadData, within};
use super::learn::{Learned, Outcome};
use super::offline::{Log, Logged};
use super::policy::{Policy, fold};
use super::situation::Situation;
use crate::matrix::count;

/// A choice that was made and whose outcome is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// In which situation.
    pub situation: Situation,
    /// The action that was chosen, by its id.
    pub action: String,
    /// How probable that was: see [`super::NextBestActions::overall`].
    pub propensity: f64,
    /// Whether it was accepted.
    pub accepted: bool,
}

/// How a policy that is rehearsed chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chooses {
    /// As [`Policy::decide`] does: by a draw, so that it goes on learning.
    Draw,
    /// Always the action with the greatest score: what it would come to if there were nothing left to learn.
    Greatest,
}

/// What was played, with what policies that were learned from the other customers expect and would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// The log to evaluate with. A reward is the benefit, if accepted, less the cost.
    pub log: Log,
    /// The ids of the actions, in the order of their numbers in the log: *nothing* is the first.
    pub actions: Vec<String>,
    /// For each row the probability with which the policy would choose each action.
    pub target: Vec<Vec<f64>>,
}

/// In how many parts the customers can be divided.
const MOST_FOLDS: f64 = 20.0;

impl Rehearsal {
    /// Divides the customers in `folds` parts by their ids; for each part a policy is learned from what was played with the
    /// others (cross-fitting: Chernozhukov et al., *Double/Debiased Machine Learning*, 2018). Choices that the catalogue
    /// does not have or allow any more say nothing of what a policy would bring, but of whom it would ask.
    ///
    /// # Errors
    /// Nothing that can be learned from or evaluated; fewer than 2 or more than 20 folds.
    pub fn of(
        catalogue: &Catalogue,
        played: &[Played],
        folds: usize,
        chooses: Chooses,
    ) -> Result<Self, BadData> {
        within(count(folds), 2.0, MOST_FOLDS, || "the number of folds".to_owned())?;
        let parts: Vec<usize> =
            played.iter().map(|one| fold(one.situation.customer, catalogue.seed, folds)).collect();
        let learned = |part: usize| {
            let others = played.iter().zip(&parts).filter(|(_, of)| **of != part);
            Learned::of(others.map(|(one, _)| one.outcome()))
        };
        let policies = (0..folds)
            .map(|part| Policy::new(catalogue.clone(), learned(part)?))
            .collect::<Result<Vec<_>, _>>()?;
        let actions: Vec<String> = policies[0].actions().iter().map(|action| action.id.clone()).collect();
        let (mut rows, mut target) = (Vec::new(), Vec::new());
        for (one, part) in played.iter().zip(&parts) {
            let (row, chosen) = one.row(&policies[*part], chooses)?;
            rows.push(row);
            target.push(chosen);
        }
        Ok(Self { log: Log::new(rows)?, actions, target })
    }
}

impl Played {
    fn outcome(&self) -> Outcome {
        Outcome {
            decision: self.situation.id,
            action: self.action.clone(),
            features: self.situation.features.clone(),
            accepted: self.accepted,
        }
    }

    /// As a row of a log, and what a policy would do.
    fn row(&self, policy: &Policy, chooses: Chooses) -> Result<(Logged, Vec<f64>), BadData> {
        let actions = policy.actions();
        let mut expected = vec![None; actions.len()];
        let mut target = vec![0.0; actions.len()];
        let rehearsed = policy.rehearse(&self.situation, chooses)?;
        for one in rehearsed {
            expected[one.place] = Some(one.score);
            target[one.place] = one.probability;
        }
        let place = actions.iter().position(|action| action.id == self.action);
        let place = place.filter(|place| expected[*place].is_some());
        let reward = place.map_or(0.0, |place| {
            let action = &actions[place];
            if self.accepted { action.benefit - action.cost } else { -action.cost }
        });
        let customer: Uuid = self.situation.customer;
        Ok((Logged { customer, action: place, propensity: self.propensity, reward, expected }, target))
    }
}
