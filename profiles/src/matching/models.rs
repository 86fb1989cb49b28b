//! Models: learned from everybody, kept under a number, never changed. Rules name one; moving to another is a change of
//! rules, with its preview.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use entities::model;
use identity::{
    Decision, IdentifierKind, Rules, Verdict,
    linkage::{Details, Label, Model, Report, Sheet, Table},
};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::details::identifier;
use crate::{
    Profiles, decisions,
    error::{Error, Result},
    resolution::{component::cap, everybody::everybody, rebuild},
    store::{begin_write, snapshot},
};

/// A model, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct TrainedModel {
    /// Its number: what `identity.model` in the rules names.
    pub version: i32,
    /// When it was learned.
    pub trained_at: DateTime<Utc>,
    /// Who had it learned.
    pub actor: String,
}

/// A model that was learned just now.
#[derive(Debug, Clone)]
pub struct Trained {
    /// Its number.
    pub version: i32,
    /// How it came about.
    pub report: Report,
    /// How many decided pairs it has learned from.
    pub labels: usize,
}

/// The models that were read last.
#[derive(Debug, Default)]
pub(crate) struct ModelCache(Mutex<Vec<(i32, Arc<Model>)>>);

/// How many models are kept in memory: those before and after a change of rules.
const KEPT: usize = 2;

impl ModelCache {
    fn get(&self, version: i32) -> Option<Arc<Model>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| *known == version).map(|(_, model)| Arc::clone(model))
    }

    fn put(&self, version: i32, model: Arc<Model>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.insert(0, (version, model));
    }
}

impl Profiles {
    /// Learns a model from everybody, and from what people decided about pairs, and keeps it under the next number. It
    /// comes into force when rules name it.
    ///
    /// # Errors
    /// [`Error::Conflict`] while a model is learned or a change of rules is previewed.
    pub async fn train_model(&self, actor: &str) -> Result<Trained> {
        let Ok(turn) = Arc::clone(self.previewing()).try_lock_owned() else {
            return Err(Error::Conflict(
                "a model is learned or a preview is under way; ask again when it has ended".to_owned(),
            ));
        };
        let txn = snapshot(self.db()).await?;
        let rules = self.ruleset().identity.clone();
        let people = everybody(&txn, self.keys(), &rules).await?;
        let decided = decisions::all(&txn).await?.standing(None);
        txn.rollback().await?;
        let learning = tokio::task::spawn_blocking(move || {
            let people = people.into_iter().map(|person| (person.row.id, person.details)).collect();
            let learned = learn(&rules, people, &decided);
            drop(turn);
            learned
        });
        let (model, labels) =
            learning.await.map_err(|_| Error::Conflict("learning was given up".to_owned()))?;
        let report = model.report().clone();
        let version = self.keep_model(&model, actor).await?;
        Ok(Trained { version, report, labels })
    }

    /// Keeps a model; returns its number.
    pub(crate) async fn keep_model(&self, model: &Model, actor: &str) -> Result<i32> {
        let json = serde_json::to_string(model).map_err(|error| Error::stored("model", error))?;
        let txn = begin_write(self.db()).await?;
        // One number at a time, whoever else learns.
        rebuild::keep_drains_out(&txn).await?;
        let newest: Option<i32> = model::Entity::find()
            .select_only()
            .column(model::Column::Version)
            .order_by_desc(model::Column::Version)
            .into_tuple()
            .one(&txn)
            .await?;
        let version = newest.unwrap_or_default() + 1;
        let row = model::Model { version, model: json, trained_at: self.now(), actor: actor.to_owned() };
        model::Entity::insert(row.into_active_model()).exec_without_returning(&txn).await?;
        txn.commit().await?;
        Ok(version)
    }

    /// The models there are, the newest first.
    pub async fn models(&self) -> Result<Vec<TrainedModel>> {
        use model::Column as C;
        let found = model::Entity::find().select_only().columns([C::Version, C::TrainedAt, C::Actor]);
        Ok(found.order_by_desc(C::Version).into_model().all(self.db()).await?)
    }

    /// The model that these rules name.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no such model.
    pub(crate) async fn model_of<C: ConnectionTrait>(
        &self,
        db: &C,
        rules: &Rules,
    ) -> Result<Option<Arc<Model>>> {
        let Some(version) = rules.model else { return Ok(None) };
        if let Some(known) = self.model_cache().get(version) {
            return Ok(Some(known));
        }
        let Some(row) = model::Entity::find_by_id(version).one(db).await? else {
            let message = format!(
                "there is no model {version}; `rondom identity train` learns one from what is stored"
            );
            return Err(Error::invalid("identity.model", message));
        };
        let model: Model = serde_json::from_str(&row.model).map_err(|error| Error::stored("model", error))?;
        let model = Arc::new(model);
        self.model_cache().put(version, Arc::clone(&model));
        Ok(Some(model))
    }
}

/// Learns from these people; returns how many decided pairs there were to learn from.
fn learn(rules: &Rules, people: BTreeMap<Uuid, Details>, decided: &[Decision]) -> (Model, usize) {
    let people = own(rules, people);
    let mut sheet = Sheet::default();
    for (id, details) in &people {
        sheet.push(&id.to_string(), details.iter());
    }
    let ids: Vec<Uuid> = people.keys().copied().collect();
    let place = |id: &Uuid| ids.binary_search(id).ok().and_then(|place| u32::try_from(place).ok());
    let labels: Vec<Label> = decided
        .iter()
        .filter_map(|word| {
            Some(Label { a: place(&word.a)?, b: place(&word.b)?, same: word.verdict == Verdict::Same })
        })
        .collect();
    (Model::train(&Table::plain(&sheet), &labels).0, labels.len())
}

/// What these people say, without addresses and numbers that more of them share than the rules allow.
pub(crate) fn own(rules: &Rules, people: BTreeMap<Uuid, Details>) -> BTreeMap<Uuid, Details> {
    let mut carriers: BTreeMap<(IdentifierKind, String), i64> = BTreeMap::new();
    for details in people.values() {
        let said: BTreeSet<_> =
            details.iter().filter_map(|(field, value)| identifier(field, value)).collect();
        for value in said {
            *carriers.entry(value).or_default() += 1;
        }
    }
    let shared = |value| carriers.get(&value).is_some_and(|count| *count > cap(rules, value.0));
    let own = |details: Details| details.without(|field, value| identifier(field, value).is_some_and(shared));
    people.into_iter().map(|(id, details)| (id, own(details))).collect()
}
