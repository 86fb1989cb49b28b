//! Choosing, and keeping what was chosen with all that it followed from.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use entities::action_decision::Model as Row;
use predictions::actions::{BadData, Learned, NextBestActions, Policy};
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};
use uuid::Uuid;

use super::{
    catalogue::{Catalogue, of_version},
    facts, model,
    situation::{Offer, stored},
};
use crate::{
    Profiles,
    consent::{Admitted, Channel, decide},
    error::{Error, Result},
    insights,
    store::batches,
};

/// Whether an action was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It was.
    Ok,
    /// None was: the person's data may not be used for profiling.
    NoConsent,
    /// None was: no actions are defined.
    NoActions,
}

/// What to do for somebody.
#[derive(Debug, Clone)]
pub struct NextBest {
    /// Whether anything was chosen.
    pub status: Status,
    /// When it was asked.
    pub at: DateTime<Utc>,
    /// What was chosen; where it was not, nothing is kept either.
    pub chosen: Option<Chosen>,
}

/// A choice as it was made.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Its id.
    pub id: Uuid,
    /// For whom: a source identity that is part of the profile.
    pub person: Uuid,
    /// When.
    pub decided_at: DateTime<Utc>,
    /// The channel that was asked for; none for all of them.
    pub channel: Option<Channel>,
    /// What could be chosen from.
    pub catalogue: Arc<Catalogue>,
    /// The version of what was learned; none before there was any.
    pub model: Option<i32>,
    /// What was chosen, what else could have been, and what not.
    pub answer: NextBestActions,
}

/// The policy that decides now.
#[derive(Debug, Clone)]
pub(crate) struct Deciding {
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) model: Option<i32>,
    pub(super) policy: Arc<Policy>,
}

impl Profiles {
    /// What to do for each of these people now, through a channel or through any. Each choice is kept, with all that it followed
    /// from; of whom does not allow profiling nothing is read and nothing is kept. Who is gone is not among them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next_best_actions(
        &self,
        people: &[Admitted],
        channel: Option<Channel>,
        actor: &str,
    ) -> Result<HashMap<Admitted, NextBest>> {
        let now = self.now();
        let deciding = self.deciding().await?;
        let nothing = |status| NextBest { status, at: now, chosen: None };
        let mut answers = HashMap::with_capacity(people.len());
        let purposes = self.purposes().await?;
        let profiling = insights::profiling(&purposes);
        let mut asked = facts::people(self, &Admitted::ids(people)).await?;
        asked.retain(|id, facts| {
            let may = profiling.is_some_and(|purpose| decide(purpose, &facts.said, None, now).is_allowed());
            let status = if may { Status::NoActions } else { Status::NoConsent };
            answers.insert(Admitted::again(*id), nothing(status));
            may
        });
        let catalogue = &deciding.catalogue;
        if asked.is_empty() || catalogue.actions.is_empty() {
            return Ok(answers);
        }
        facts::read_the_rest(self, catalogue, &mut asked, now).await?;
        let in_stock = facts::in_stock(self, catalogue).await?;
        let offer = Offer { catalogue, purposes: &purposes, in_stock: &in_stock, channel, now };
        let mut rows = Vec::with_capacity(asked.len());
        let mut chosen = BTreeMap::new();
        for (id, facts) in &asked {
            let (row, answer) = self.choose(&deciding, &offer, *id, facts, actor)?;
            chosen.insert(*id, (row.id, answer));
            rows.push(row);
        }
        let kept = keep(self, rows).await?;
        for (person, (id, answer)) in chosen {
            // Who was erased meanwhile is told nothing of.
            if !kept.contains(&id) {
                answers.remove(&Admitted::again(person));
                continue;
            }
            let catalogue = Arc::clone(catalogue);
            let model = deciding.model;
            let chosen = Some(Chosen { id, person, decided_at: now, channel, catalogue, model, answer });
            answers.insert(Admitted::again(person), NextBest { status: Status::Ok, at: now, chosen });
        }
        Ok(answers)
    }

    /// What is chosen for somebody, as it is kept and as it is told.
    fn choose(
        &self,
        deciding: &Deciding,
        offer: &Offer<'_>,
        person: Uuid,
        facts: &facts::Facts,
        actor: &str,
    ) -> Result<(Row, NextBestActions)> {
        let mut situation = offer.situation(person, facts);
        let versions = [deciding.catalogue.version, deciding.model.unwrap_or_default()];
        let content = json(&(versions, offer.channel, offer.now.timestamp_micros(), &situation))?;
        situation.id = self.keys().action_decision(content.as_bytes());
        let answer = deciding.policy.decide(&situation).map_err(unfit)?;
        let row = Row {
            id: situation.id,
            source_identity_id: person,
            decided_at: offer.now,
            channel: stored(offer.channel),
            catalogue: deciding.catalogue.version,
            model: deciding.model,
            action: answer.chosen.action.clone(),
            situation: json(&situation)?,
            answer: json(&answer)?,
            actor: actor.to_owned(),
        };
        Ok((row, answer))
    }

    /// The policy that decides now: of the catalogue that holds and what was learned last, as far as this process knows.
    async fn deciding(&self) -> Result<Arc<Deciding>> {
        let catalogue = self.action_catalogue().await?;
        if let Some(known) =
            self.deciding_cache().get().filter(|known| known.catalogue.version == catalogue.version)
        {
            return Ok(known);
        }
        let newest = model::newest(self.db()).await?;
        let (model, learned) =
            newest.map_or((None, None), |known| (Some(known.version), Some(known.learned)));
        let core = catalogue.core(self.action_seed());
        let policy = Arc::new(Policy::new(core, learned.unwrap_or_default()).map_err(unfit)?);
        let deciding = Arc::new(Deciding { catalogue, model, policy });
        self.deciding_cache().put(Arc::clone(&deciding));
        Ok(deciding)
    }

    /// The policy of a kept decision.
    pub(super) async fn decided_by(&self, catalogue: i32, model: Option<i32>) -> Result<Deciding> {
        let known = self.deciding_cache().get();
        if let Some(known) =
            known.filter(|known| known.catalogue.version == catalogue && known.model == model)
        {
            return Ok((*known).clone());
        }
        let catalogue = Arc::new(of_version(self.db(), catalogue).await?);
        let learned = match model {
            Some(version) => model::of_version(self.db(), version).await?,
            None => Learned::default(),
        };
        let policy = Policy::new(catalogue.core(self.action_seed()), learned).map_err(unfit)?;
        Ok(Deciding { catalogue, model, policy: Arc::new(policy) })
    }
}

/// What is stored cannot be decided by.
pub(super) fn unfit(error: BadData) -> Error {
    Error::stored("action catalogue", error)
}

/// As it is kept.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::stored("action decision", error))
}

/// Keeps decisions for those who are still there. The same decision twice is one. Returns which are kept.
async fn keep(profiles: &Profiles, rows: Vec<Row>) -> Result<HashSet<Uuid>> {
    const COLUMNS: [&str; 10] = [
        "id",
        "source_identity_id",
        "decided_at",
        "channel",
        "catalogue",
        "model",
        "action",
        "situation",
        "answer",
        "actor",
    ];
    let db = profiles.db();
    let backend = db.get_database_backend();
    // An erasure under way is waited for; a drain is not.
    let lock = if backend == DbBackend::Postgres { " FOR KEY SHARE OF s" } else { "" };
    let rows = rows.into_iter().map(|row| -> [Value; 10] {
        [
            row.id.into(),
            row.source_identity_id.into(),
            row.decided_at.into(),
            row.channel.into(),
            row.catalogue.into(),
            row.model.into(),
            row.action.into(),
            row.situation.into(),
            row.answer.into(),
            row.actor.into(),
        ]
    });
    let mut kept = HashSet::new();
    for batch in batches(rows.collect()) {
        let line = |row: usize| {
            let places = (1..=COLUMNS.len()).map(|column| format!("${}", row * COLUMNS.len() + column));
            format!("({})", places.collect::<Vec<_>>().join(", "))
        };
        let lines: Vec<String> = (0..batch.len()).map(line).collect();
        let given: Vec<String> = (1..=COLUMNS.len()).map(|column| format!("v.column{column}")).collect();
        let sql = format!(
            "INSERT INTO action_decision ({}) SELECT {} FROM (VALUES {}) AS v \
             JOIN source_identity s ON s.id = v.column2 WHERE s.id IS NOT NULL{lock} \
             ON CONFLICT (id) DO UPDATE SET actor = action_decision.actor RETURNING id",
            COLUMNS.join(", "),
            given.join(", "),
            lines.join(", ")
        );
        let statement = Statement::from_sql_and_values(backend, sql, batch.into_iter().flatten());
        for row in db.query_all_raw(statement).await? {
            kept.insert(row.try_get("", "id")?);
        }
    }
    Ok(kept)
}
