//! Models as they are kept, and which of them predicts.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    prediction_model::{Column as M, Entity as Models, Model as ModelRow},
    prediction_promotion::{ActiveModel as Promotion, Column as P, Entity as Promotions},
};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::{
    learn::{Unlearned, learn},
    model::Learned,
    purchases::{self, day, midnight},
};
use crate::{
    Profiles, audiences,
    error::{Error, Result},
    resolution::rebuild::keep_drains_out,
    store::{begin_write, end, snapshot},
    view::read::json,
};

/// What is predicted so far.
const KIND: &str = "purchases";
/// How often it is learned anew by itself.
const ANEW: TimeDelta = TimeDelta::days(7);
/// In whose name.
const SCHEDULE: &str = "schedule";
/// The longest time ahead that anything is predicted for, in days.
pub(super) const LONGEST: u32 = 1_825;

/// A model under its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// 1, 2, 3, …
    pub version: i32,
    /// What was learned.
    pub learned: Learned,
    /// When.
    pub trained_at: DateTime<Utc>,
    /// Who had it learned.
    pub actor: String,
    /// Whether it predicts now.
    pub in_force: bool,
}

/// Which models have predicted from when on, oldest first: a new one each time that another one was promoted.
pub(crate) type Versions = Arc<Vec<(DateTime<Utc>, Arc<Version>)>>;

impl Profiles {
    /// Learns from everybody's purchases up to the end of yesterday (UTC) what people will buy, and keeps it under the next number.
    /// With `promote` it predicts from then on. The horizon, in days, is how far ahead is looked unless somebody asks for another
    /// time: twice the usual time between two purchases unless given.
    ///
    /// # Errors
    /// [`Error::Conflict`] where too little is known, or while something else is being learned: the model in force stays in force.
    pub async fn train_predictions(
        &self,
        horizon: Option<u32>,
        promote: bool,
        actor: &str,
    ) -> Result<Arc<Version>> {
        if horizon.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
            return Err(Error::invalid("horizon", format!("expected 1 to {LONGEST} days")));
        }
        let Ok(turn) = Arc::clone(self.previewing()).try_lock_owned() else {
            return Err(Error::Conflict(
                "a model is learned or a preview is under way; ask again when it has ended".to_owned(),
            ));
        };
        let now = self.now();
        let txn = snapshot(self.db()).await?;
        // Today is not over.
        let bought = purchases::all(&txn, self, midnight(day(now)) - TimeDelta::microseconds(1), now).await;
        let bought = end(txn, bought).await?;
        let learning = tokio::task::spawn_blocking(move || {
            let learned = learn(&bought, day(now), horizon);
            drop(turn);
            learned
        });
        let learned = learning.await.map_err(|_| Error::Conflict("learning was given up".to_owned()))?;
        let learned = learned.map_err(|error: Unlearned| Error::Conflict(error.to_string()))?;

        let txn = begin_write(self.db()).await?;
        let kept = self.keep(&txn, &learned, promote, actor).await;
        let row = end(txn, kept).await?;
        self.prediction_cache().clear();
        let in_force = self.model_in_force().await?.is_some_and(|version| version.version == row.version);
        version(row, in_force).map(Arc::new)
    }

    /// Learns anew where the newest model is a week old, or there is none. It predicts from then on unless somebody has gone back to
    /// an older one. Returns whether there was anything to do.
    ///
    /// # Errors
    /// As [`Profiles::train_predictions`].
    pub(crate) async fn learn_when_due(&self) -> Result<bool> {
        let newest: Option<(i32, DateTime<Utc>)> = Models::find()
            .select_only()
            .columns([M::Version, M::TrainedAt])
            .order_by_desc(M::Version)
            .into_tuple()
            .one(self.db())
            .await?;
        if newest.is_some_and(|(_, trained_at)| self.now() - trained_at < ANEW) {
            return Ok(false);
        }
        let in_force = promoted(self.db(), self).await?.last().map(|(_, version)| version.version);
        let promote = in_force == newest.map(|(version, _)| version);
        self.train_predictions(None, promote, SCHEDULE).await.map(|_| true)
    }

    async fn keep(
        &self,
        txn: &DatabaseTransaction,
        learned: &Learned,
        promote: bool,
        actor: &str,
    ) -> Result<ModelRow> {
        // One number at a time, whoever else learns.
        keep_drains_out(txn).await?;
        let newest: Option<i32> = Models::find()
            .select_only()
            .column(M::Version)
            .order_by_desc(M::Version)
            .into_tuple()
            .one(txn)
            .await?;
        let text =
            serde_json::to_string(learned).map_err(|error| Error::stored("prediction model", error))?;
        // What cannot be read again would stop whatever asks for it.
        let readable = json::<Learned>("prediction model", &text).and_then(|learned| learned.predicting());
        readable
            .map_err(|error| Error::Conflict(format!("nothing that can be kept was learned: {error}")))?;
        let row = ModelRow {
            version: newest.unwrap_or_default() + 1,
            kind: KIND.to_owned(),
            model: text,
            trained_at: self.now(),
            actor: actor.to_owned(),
        };
        Models::insert(row.clone().into_active_model()).exec_without_returning(txn).await?;
        if promote {
            self.promote(txn, row.version, actor).await?;
        }
        Ok(row)
    }

    /// Has a model predict from now on: a newer one, or an older one again.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such model.
    pub async fn promote_predictions(&self, number: i32, actor: &str) -> Result<Arc<Version>> {
        let txn = begin_write(self.db()).await?;
        let promoted = async {
            keep_drains_out(&txn).await?;
            let row = Models::find_by_id(number).one(&txn).await?;
            let row = row.ok_or_else(|| Error::NotFound { what: "model", id: number.to_string() })?;
            self.promote(&txn, number, actor).await?;
            Ok(row)
        };
        let promoted = promoted.await;
        let row = end(txn, promoted).await?;
        self.prediction_cache().clear();
        version(row, true).map(Arc::new)
    }

    async fn promote(&self, txn: &DatabaseTransaction, version: i32, actor: &str) -> Result<()> {
        let last = promotions(txn).await?.last().map(|(_, at)| *at + TimeDelta::microseconds(1));
        let promotion = Promotion {
            id: NotSet,
            kind: Set(KIND.to_owned()),
            version: Set(version),
            // In order, whatever the clocks of processes say.
            promoted_at: Set(last.map_or(self.now(), |last| last.max(self.now()))),
            actor: Set(actor.to_owned()),
        };
        Promotions::insert(promotion).exec_without_returning(txn).await?;
        audiences::predictions_changed(txn, self).await
    }

    /// The models there are, the newest first.
    pub async fn prediction_models(&self, first: u64) -> Result<Vec<Version>> {
        let in_force = self.model_in_force().await?.map(|version| version.version);
        let rows = Models::find().order_by_desc(M::Version).limit(first).all(self.db()).await?;
        rows.into_iter()
            .map(|row| {
                let predicts = Some(row.version) == in_force;
                version(row, predicts)
            })
            .collect()
    }

    /// The model that predicts now. What another process promoted is known here within five seconds.
    pub async fn model_in_force(&self) -> Result<Option<Arc<Version>>> {
        let versions = match self.prediction_cache().get() {
            Some(versions) => versions,
            None => promoted(self.db(), self).await?,
        };
        Ok(versions.last().map(|(_, version)| Arc::clone(version)))
    }
}

/// Which versions were promoted, and when, in order.
async fn promotions<C: ConnectionTrait>(db: &C) -> Result<Vec<(i32, DateTime<Utc>)>> {
    let found = Promotions::find().select_only().columns([P::Version, P::PromotedAt]);
    Ok(found.filter(P::Kind.eq(KIND)).order_by_asc(P::Id).into_tuple().all(db).await?)
}

/// Which models have predicted from when on, as this connection sees it: nobody who works out segments may go by an older
/// answer than their transaction's.
pub(super) async fn promoted<C: ConnectionTrait>(db: &C, profiles: &Profiles) -> Result<Versions> {
    let promotions = promotions(db).await?;
    let is_same = |known: &Versions| {
        known.iter().map(|(at, version)| (version.version, *at)).eq(promotions.iter().copied())
    };
    if let Some(versions) = profiles.prediction_cache().get().filter(is_same) {
        return Ok(versions);
    }
    let last = promotions.last().map(|(version, _)| *version);
    let mut known: BTreeMap<i32, Arc<Version>> = BTreeMap::new();
    let mut versions: Vec<(DateTime<Utc>, Arc<Version>)> = Vec::with_capacity(promotions.len());
    for (number, at) in promotions {
        if let Entry::Vacant(vacant) = known.entry(number) {
            let found = Models::find_by_id(number).one(db).await?;
            let found = found.ok_or_else(|| Error::stored("prediction promotion", "no such model"))?;
            vacant.insert(Arc::new(version(found, Some(number) == last)?));
        }
        versions.push((at, Arc::clone(&known[&number])));
    }
    let versions = Arc::new(versions);
    profiles.prediction_cache().put(Arc::clone(&versions));
    Ok(versions)
}

fn version(row: ModelRow, in_force: bool) -> Result<Version> {
    let learned = json("prediction model", &row.model)?;
    Ok(Version { version: row.version, learned, trained_at: row.trained_at, actor: row.actor, in_force })
}
