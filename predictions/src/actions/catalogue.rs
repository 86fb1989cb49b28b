//! What an administrator offers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::error::{BadData, GREATEST, within};

/// The id of the action that is always possible: leaving the customer alone.
pub const NOTHING: &str = "nothing";

/// What can be done for customers, and within which limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The actions. [`NOTHING`] need not be among them; where it is, it says what something is worth that happens by itself.
    pub actions: Vec<Action>,
    /// How often a customer may be contacted through a channel within any 7 days. A channel that is not named has no limit.
    pub weekly: BTreeMap<String, u32>,
    /// Which share of the customers, 0–1, is in the control group and gets one of the possible actions at random.
    pub control: f64,
    /// What the control group and the draws follow from, together with the ids of customer and decision.
    pub seed: u64,
}

/// Something that can be done for a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Its id, unique in the catalogue.
    pub id: String,
    /// Through which channel the customer is contacted, if they are.
    pub channel: Option<String>,
    /// What it costs, whether accepted or not: 0 or more.
    pub cost: f64,
    /// What it brings when it is accepted: 0 or more.
    pub benefit: f64,
    /// What is thought of its acceptance before there are outcomes.
    pub prior: Prior,
    /// For how many seconds after a contact it is not done again.
    pub cool_down: u64,
    /// For how many seconds it is not done again after the customer accepted or refused it; `None` for never again.
    pub again_after: Option<u64>,
    /// Actions of one group exclude each other: while one is within its cool-down, or accepted and not yet to be done again,
    /// no other is done.
    pub group: Option<String>,
}

/// A Beta distribution: what is thought of a rate before there are outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prior {
    /// The expected rate: 0.0001 to 0.9999.
    pub rate: f64,
    /// As how many outcomes it counts: 0.1 to 1e6.
    pub strength: f64,
}

impl Default for Prior {
    /// Every rate is as probable as any other: Bayes and Laplace.
    fn default() -> Self {
        Self { rate: 0.5, strength: 2.0 }
    }
}

impl Action {
    /// An action without contact, cost, benefit and limits.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            channel: None,
            cost: 0.0,
            benefit: 0.0,
            prior: Prior::default(),
            cool_down: 0,
            again_after: None,
            group: None,
        }
    }

    fn check(&self) -> Result<(), BadData> {
        let Self { id, .. } = self;
        within(self.cost, 0.0, GREATEST, || format!("the cost of `{id}`"))?;
        within(self.benefit, 0.0, GREATEST, || format!("the benefit of `{id}`"))?;
        within(self.prior.rate, 1e-4, 1.0 - 1e-4, || format!("the prior rate of `{id}`"))?;
        within(self.prior.strength, 0.1, 1e6, || format!("the prior strength of `{id}`"))?;
        let problem = if id.is_empty() {
            "needs an id"
        } else if id == NOTHING && (self.channel.is_some() || self.group.is_some() || self.cost > 0.0) {
            "contacts nobody: it has no channel, no group and no cost"
        } else if id == NOTHING && self.cool_down > 0 {
            "is always possible: it has no cool-down"
        } else {
            return Ok(());
        };
        Err(BadData::Action { action: id.clone(), problem })
    }
}

impl Catalogue {
    /// All actions with [`NOTHING`] first: of actions with equal scores the first is chosen, so that nothing is done in vain.
    ///
    /// # Errors
    /// A number out of its range, an id that is there twice, a *nothing* that costs or contacts.
    pub(super) fn checked(mut self) -> Result<Self, BadData> {
        within(self.control, 0.0, 1.0, || "the control share".to_owned())?;
        self.actions.iter().try_for_each(Action::check)?;
        let mut ids = BTreeSet::new();
        if let Some(twice) = self.actions.iter().find(|action| !ids.insert(&action.id)) {
            return Err(BadData::Twice(format!("the action `{}`", twice.id)));
        }
        match self.actions.iter().position(|action| action.id == NOTHING) {
            Some(place) => self.actions[..=place].rotate_right(1),
            None => self.actions.insert(0, Action::new(NOTHING)),
        }
        Ok(self)
    }
}
