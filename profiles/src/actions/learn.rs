//! Learning from outcomes how actions are accepted: always from all of them, and the same from the same.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use predictions::actions::{self as core, Learned};
use sea_orm::{ConnectionTrait, Statement};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::{sync::watch, time::Instant};
use uuid::Uuid;

use super::{decide::unfit, features::FEATURES, model, outcomes::Outcome};
use crate::{
    Profiles,
    consent::{Purpose, Statement as Said, decide},
    error::{Error, Result},
    insights,
    view::read::json,
};

/// The most outcomes that are learned from: the newest ones.
pub(super) const MOST: usize = 100_000;
/// Reports in one statement.
const PAGE: u64 = if cfg!(test) { 7 } else { 2_000 };
/// How often it is looked whether there are new outcomes.
const LOOK: std::time::Duration = std::time::Duration::from_secs(20);
/// So many times as long as learning took nothing is learned again.
const REST: u32 = 10;
/// How often what is old is looked for.
const TIDY: std::time::Duration = std::time::Duration::from_hours(1);

/// What came of an action that was done, with the decision that it was done after.
pub(super) struct Told {
    pub(super) decision: Uuid,
    /// The action that was done.
    pub(super) action: String,
    /// The action that was chosen.
    pub(super) chosen: String,
    pub(super) outcome: Outcome,
    /// JSON: the situation.
    pub(super) situation: String,
    /// JSON: the answer.
    pub(super) answer: String,
}

/// What counts of a situation for learning.
#[derive(Deserialize)]
struct Features {
    features: Vec<f64>,
}

/// Reads what came of actions, the newest first, the last word on each action of a decision alone, until `take` wants no more. Of
/// whom does not allow profiling by now nothing is learned.
pub(super) async fn told(
    profiles: &Profiles,
    now: DateTime<Utc>,
    mut take: impl FnMut(Told) -> Result<bool>,
) -> Result<()> {
    let purposes = profiles.purposes().await?;
    let Some(purpose) = insights::profiling(&purposes) else { return Ok(()) };
    let db = profiles.db();
    let mut before = i64::MAX;
    let mut heard: BTreeSet<(Uuid, String)> = BTreeSet::new();
    loop {
        let sql = format!(
            "SELECT o.id, o.decision_id, o.action, o.outcome, d.action AS chosen, d.situation, d.answer, p.consents \
             FROM action_outcome o JOIN action_decision d ON d.id = o.decision_id \
             JOIN source_identity s ON s.id = d.source_identity_id JOIN profile p ON p.id = s.profile_id \
             WHERE o.id < $1 ORDER BY o.id DESC LIMIT {PAGE}"
        );
        let page = Statement::from_sql_and_values(db.get_database_backend(), sql, [before.into()]);
        let rows = db.query_all_raw(page).await?;
        for row in &rows {
            before = row.try_get("", "id")?;
            let told = Told {
                decision: row.try_get("", "decision_id")?,
                action: row.try_get("", "action")?,
                chosen: row.try_get("", "chosen")?,
                outcome: Outcome::read(&row.try_get::<String>("", "outcome")?)?,
                situation: row.try_get("", "situation")?,
                answer: row.try_get("", "answer")?,
            };
            let said: String = row.try_get("", "consents")?;
            let is_new = heard.insert((told.decision, told.action.clone()));
            if is_new && allows(purpose, &said, now)? && !take(told)? {
                return Ok(());
            }
        }
        if (rows.len() as u64) < PAGE {
            return Ok(());
        }
    }
}

fn allows(purpose: &Purpose, said: &str, now: DateTime<Utc>) -> Result<bool> {
    let said: Vec<Said> = json("consents", said)?;
    Ok(decide(purpose, &said, None, now).is_allowed())
}

impl Told {
    /// What it teaches, if anything.
    fn outcome(&self) -> Result<Option<core::Outcome>> {
        let accepted = match self.outcome {
            Outcome::Taken => return Ok(None),
            Outcome::Accepted => true,
            Outcome::Declined | Outcome::Refused => false,
        };
        let Features { features } = json("action decision", &self.situation)?;
        if features.len() != FEATURES.len() {
            return Ok(None);
        }
        let decision = if self.action == self.chosen { self.decision } else { self.aside() };
        Ok(Some(core::Outcome { decision, action: self.action.clone(), features, accepted }))
    }

    /// By what another action than the chosen one is known: one decision teaches of one action.
    fn aside(&self) -> Uuid {
        let digest = Sha256::new().chain_update(self.decision).chain_update(&self.action).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }
}

impl Profiles {
    /// Learns from all outcomes, where there are any that were not learned from. What was learned decides at once; other processes
    /// follow within five seconds. Returns the number under which it is kept; none where there was nothing to learn.
    ///
    /// # Errors
    /// [`Error::Conflict`] while something else is being learned.
    pub async fn learn_from_outcomes(&self) -> Result<Option<i32>> {
        let newest = newest_outcome(self).await?;
        if newest <= model::learned_up_to(self.db()).await? {
            return Ok(None);
        }
        let Ok(turn) = std::sync::Arc::clone(self.previewing()).try_lock_owned() else {
            return Err(Error::Conflict(
                "a model is learned or a preview is under way; ask again when it has ended".to_owned(),
            ));
        };
        let mut outcomes = Vec::new();
        told(self, self.now(), |told| {
            outcomes.extend(told.outcome()?);
            Ok(outcomes.len() < MOST)
        })
        .await?;
        let count = outcomes.len();
        let learning = tokio::task::spawn_blocking(move || {
            let learned = Learned::of(outcomes);
            drop(turn);
            learned
        });
        let learned = learning.await.map_err(|_| Error::Conflict("learning was given up".to_owned()))?;
        self.keep_action_model(learned.map_err(unfit)?, count, newest).await
    }

    /// Learns within a minute of an outcome, and lets go of what is old.
    pub(crate) async fn run_actions(&self, mut stop: watch::Receiver<bool>) {
        let mut tidied: Option<Instant> = None;
        while !*stop.borrow() {
            let began = Instant::now();
            match self.learn_from_outcomes().await {
                Ok(Some(version)) => tracing::debug!(version, "learned how actions are accepted"),
                Ok(None) | Err(Error::Conflict(_)) => {}
                Err(error) => {
                    tracing::error!(%error, "how actions are accepted cannot be learned; trying again");
                }
            }
            let pause = LOOK.max(began.elapsed() * REST);
            if tidied.is_none_or(|at| at.elapsed() > TIDY) {
                if let Err(error) = self.forget_old_decisions().await {
                    tracing::error!(%error, "old choices of actions cannot be removed; trying again");
                }
                tidied = Some(Instant::now());
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }
}

/// The id of the newest outcome; 0 where there is none.
async fn newest_outcome(profiles: &Profiles) -> Result<i64> {
    let db = profiles.db();
    let sql = "SELECT COALESCE(MAX(id), 0) AS newest FROM action_outcome";
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.map(|row| row.try_get("", "newest")).transpose()?.unwrap_or_default())
}
