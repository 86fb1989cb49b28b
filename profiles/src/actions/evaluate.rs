//! What another policy would have brought, from what came of the choices of those before.

use std::sync::Arc;

use predictions::actions::{BadData, Chooses, Estimate, Evaluation, NOTHING, Played, Rehearsal};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{
    catalogue::{Catalogue, Limits},
    decide::unfit,
    features::FEATURES,
    learn::told,
    outcomes::Outcome,
};
use crate::{
    Profiles,
    error::{Error, Result},
    insights::Verdict,
    view::read::json,
};

/// The most choices that are looked at: the newest ones.
const MOST: usize = 10_000;
/// In how many parts customers are divided: each is judged by what the others teach.
const FOLDS: usize = 5;

/// What is to be tried.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// Actions that would be others.
    pub actions: Vec<Change>,
    /// Other limits.
    pub limits: Option<Limits>,
}

/// What an action would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its key.
    pub key: String,
    /// What it would cost; as now unless given.
    pub cost: Option<Decimal>,
    /// What it would bring; as now unless given.
    pub benefit: Option<Decimal>,
    /// Whether it would not be there.
    pub removed: bool,
}

/// What a policy would have brought for each choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The catalogue that was tried.
    pub catalogue: Arc<Catalogue>,
    /// Of how many choices it is known what came of them, of those that are looked at.
    pub choices: usize,
    /// What came of it; none where too little is known.
    pub found: Option<Found>,
}

/// See [`Evaluated`].
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What the policy would have brought.
    pub policy: Evaluation,
    /// What always doing the same would have brought, where possible, and nothing else.
    pub fixed: Vec<(String, Evaluation)>,
    /// The key of the best of those.
    pub best: String,
    /// How much more the policy would have brought than that.
    pub difference: Estimate,
    /// Whether it is better.
    pub verdict: Verdict,
    /// That in words.
    pub sentence: String,
}

/// What counts of an answer.
#[derive(Deserialize)]
struct Answered {
    overall: Probability,
}

#[derive(Deserialize)]
struct Probability {
    value: f64,
}

impl Profiles {
    /// What the catalogue, or a draft of another one, would have brought in the situations of which it is known what came of the
    /// choice. Choices after which something else was done say nothing, nor do those of whom does not allow profiling by now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a draft that cannot be; [`Error::Conflict`] while something else is being learned.
    pub async fn evaluate_actions(&self, draft: Draft) -> Result<Evaluated> {
        let catalogue = Arc::new(draft.applied(&*self.action_catalogue().await?)?);
        let Ok(turn) = Arc::clone(self.previewing()).try_lock_owned() else {
            return Err(Error::Conflict(
                "a model is learned or a preview is under way; ask again when it has ended".to_owned(),
            ));
        };
        let mut played = Vec::new();
        told(self, self.now(), |told| {
            // What is chosen and not yet answered is not known; nothing is done as soon as it is decided.
            let is_known = told.outcome != Outcome::Taken || told.action == NOTHING;
            if told.action == told.chosen && is_known {
                let Answered { overall } = json("action decision", &told.answer)?;
                played.push(Played {
                    situation: json("action decision", &told.situation)?,
                    action: told.action,
                    propensity: overall.value,
                    accepted: told.outcome == Outcome::Accepted,
                });
            }
            Ok(played.len() < MOST)
        })
        .await?;
        played.retain(|one| one.situation.features.len() == FEATURES.len());
        let (core, choices) = (catalogue.core(self.action_seed()), played.len());
        let evaluating = tokio::task::spawn_blocking(move || {
            let rehearsal = Rehearsal::of(&core, &played, FOLDS, Chooses::Draw);
            let found = rehearsal.and_then(|rehearsal| found(&rehearsal));
            drop(turn);
            found
        });
        let found = match evaluating.await.map_err(|_| Error::Conflict("it was given up".to_owned()))? {
            Ok(found) => Some(found),
            Err(BadData::None(_)) => None,
            Err(error) => return Err(unfit(error)),
        };
        Ok(Evaluated { catalogue, choices, found })
    }
}

fn found(rehearsal: &Rehearsal) -> std::result::Result<Found, BadData> {
    let Rehearsal { log, actions, target } = rehearsal;
    let beside = log.against_fixed(|row, action| target[row][action])?;
    let best = actions[beside.best].clone();
    let sentence = beside.sentence(&best);
    Ok(Found {
        policy: beside.policy,
        fixed: actions.iter().cloned().zip(beside.fixed).collect(),
        best,
        difference: beside.difference,
        verdict: beside.verdict.into(),
        sentence,
    })
}

impl Draft {
    /// The catalogue that it would come to.
    fn applied(self, catalogue: &Catalogue) -> Result<Catalogue> {
        let mut drafted = catalogue.clone();
        if let Some(limits) = self.limits {
            limits.check().map_err(|error| error.within("draft"))?;
            drafted.limits = limits;
        }
        for change in self.actions {
            let missing = || Error::invalid("draft.actions", format!("there is no action `{}`", change.key));
            let place = drafted.actions.iter().position(|action| action.key == change.key);
            let place = place.ok_or_else(missing)?;
            if change.removed {
                drafted.actions.remove(place);
                continue;
            }
            let action = &mut drafted.actions[place];
            action.cost = change.cost.unwrap_or(action.cost);
            action.benefit = change.benefit.unwrap_or(action.benefit);
            action.check().map_err(|error| error.within("draft.actions"))?;
        }
        Ok(drafted)
    }
}
