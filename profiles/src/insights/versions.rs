//! Models as they are kept, and which of them predicts.

use std::{
    any::Any,
    collections::{BTreeMap, HashMap, btree_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    prediction_model::{Column as M, Entity as Models, Model as ModelRow},
    prediction_promotion::{ActiveModel as Promotion, Column as P, Entity as Promotions},
};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::{
    kind::{Draft, Kind, Model},
    model::{About, Learned},
};
use crate::{
    Profiles, audiences,
    error::{Error, Result},
    kept::Kept,
    resolution::rebuild::keep_drains_out,
    store::{begin_write, end},
    view::read::json,
};

/// What is told of a model under its number.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// What it predicts.
    pub kind: Kind,
    /// 1, 2, 3, … over all kinds.
    pub version: i32,
    /// What it is, what it was learned from and how good it is.
    pub about: About,
    /// When.
    pub trained_at: DateTime<Utc>,
    /// Who had it learned.
    pub actor: String,
    /// Whether it predicts now.
    pub in_force: bool,
}

/// A model with what is told of it.
#[derive(Debug)]
pub(crate) struct Held<M> {
    pub(crate) version: Arc<Version>,
    pub(crate) model: M,
}

/// Which models of purchases have predicted from when on, oldest first: a new one each time that another one was promoted.
pub(crate) type Versions = Arc<Vec<(DateTime<Utc>, Arc<Held<Learned>>)>>;

/// The models in force as they were last read.
#[derive(Debug, Default)]
pub(crate) struct InForce(Mutex<HashMap<Kind, Arc<Slot>>>);

/// One of them.
#[derive(Debug, Default)]
struct Slot {
    /// The number, for a moment.
    number: Kept<Option<i32>>,
    /// The model of that number, which never changes.
    held: Mutex<Option<(i32, Arc<dyn Any + Send + Sync>)>>,
}

impl InForce {
    fn slot(&self, kind: Kind) -> Arc<Slot> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default())
    }
}

/// What is told of a model, as it is stored: without the model, which may be large.
#[derive(FromQueryResult)]
struct Told {
    version: i32,
    kind: String,
    about: String,
    trained_at: DateTime<Utc>,
    actor: String,
}

impl Told {
    fn read(self, in_force: bool) -> Result<Version> {
        Ok(Version {
            kind: Kind::of(&self.kind)?,
            version: self.version,
            about: json("prediction model", &self.about)?,
            trained_at: self.trained_at,
            actor: self.actor,
            in_force,
        })
    }
}

impl Profiles {
    /// Keeps what was learned under the next number; with `promote` it predicts from now on.
    pub(super) async fn keep_draft(
        &self,
        txn: &DatabaseTransaction,
        draft: Draft,
        promote: bool,
        actor: &str,
    ) -> Result<i32> {
        // One number at a time, whoever else learns.
        keep_drains_out(txn).await?;
        let newest: Option<i32> = Models::find()
            .select_only()
            .column(M::Version)
            .order_by_desc(M::Version)
            .into_tuple()
            .one(txn)
            .await?;
        let Draft { kind, about, text } = draft;
        let about =
            serde_json::to_string(&about).map_err(|error| Error::stored("prediction model", error))?;
        let row = ModelRow {
            version: newest.unwrap_or_default() + 1,
            kind: kind.name().to_owned(),
            about,
            model: text,
            trained_at: self.now(),
            actor: actor.to_owned(),
        };
        let number = row.version;
        Models::insert(row.into_active_model()).exec_without_returning(txn).await?;
        if promote {
            self.promote(txn, kind, number, actor).await?;
        }
        if let Some(kept) = kind.kept() {
            forget_old(txn, kind, kept).await?;
        }
        Ok(number)
    }

    /// Has a model predict from now on: a newer one, or an older one again.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such model.
    pub async fn promote_model(&self, number: i32, actor: &str) -> Result<Version> {
        let txn = begin_write(self.db()).await?;
        let promoted = async {
            keep_drains_out(&txn).await?;
            let version = told(&txn, number).await?.read(true)?;
            self.promote(&txn, version.kind, number, actor).await?;
            Ok(version)
        };
        let promoted = promoted.await;
        let version = end(txn, promoted).await?;
        self.forget_models();
        Ok(version)
    }

    async fn promote(&self, txn: &DatabaseTransaction, kind: Kind, version: i32, actor: &str) -> Result<()> {
        let last = promotions(txn, kind).await?.last().map(|(_, at)| *at + TimeDelta::microseconds(1));
        let promotion = Promotion {
            id: NotSet,
            kind: Set(kind.name().to_owned()),
            version: Set(version),
            // In order, whatever the clocks of processes say.
            promoted_at: Set(last.map_or(self.now(), |last| last.max(self.now()))),
            actor: Set(actor.to_owned()),
        };
        Promotions::insert(promotion).exec_without_returning(txn).await?;
        match kind {
            Kind::Purchases => audiences::predictions_changed(txn, self).await,
            // No rule asks for them.
            Kind::Fleet | Kind::Recommendations | Kind::LeadScore | Kind::Propensity => Ok(()),
        }
    }

    /// The models there are, of one kind or of all, the newest first.
    pub async fn models_learned(&self, kind: Option<Kind>, first: u64) -> Result<Vec<Version>> {
        let mut in_force = BTreeMap::new();
        for kind in Kind::ALL {
            in_force.insert(kind, number_in_force(self.db(), kind).await?);
        }
        let mut found = Models::find()
            .select_only()
            .columns([M::Version, M::Kind, M::About, M::TrainedAt, M::Actor])
            .order_by_desc(M::Version)
            .limit(first);
        if let Some(kind) = kind {
            found = found.filter(M::Kind.eq(kind.name()));
        }
        let rows: Vec<Told> = found.into_model().all(self.db()).await?;
        let read = |row: Told| {
            let predicts = in_force.get(&Kind::of(&row.kind)?) == Some(&Some(row.version));
            row.read(predicts)
        };
        rows.into_iter().map(read).collect()
    }

    /// One model under its number.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such model.
    pub async fn model_learned(&self, number: i32) -> Result<Version> {
        let told = told(self.db(), number).await?;
        let in_force = number_in_force(self.db(), Kind::of(&told.kind)?).await?;
        told.read(in_force == Some(number))
    }

    /// The model of a kind that predicts now. What another process promoted is known here within five seconds.
    pub(crate) async fn in_force<M: Model>(&self) -> Result<Option<Arc<Held<M>>>> {
        let slot = self.models_in_force().slot(M::KIND);
        let number = match slot.number.get() {
            Some(number) => number,
            None => {
                let number = number_in_force(self.db(), M::KIND).await?;
                slot.number.put(number);
                number
            }
        };
        let Some(number) = number else { return Ok(None) };
        let known = slot.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = known.filter(|(held, _)| *held == number);
        if let Some(held) = known.and_then(|(_, held)| held.downcast::<Held<M>>().ok()) {
            return Ok(Some(held));
        }
        let held = Arc::new(held::<_, M>(self.db(), number, true).await?);
        let kept: Arc<dyn Any + Send + Sync> = held.clone();
        *slot.held.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, kept));
        Ok(Some(held))
    }

    /// What another process keeps is known within five seconds, and what this one has kept at once.
    pub(super) fn forget_models(&self) {
        self.prediction_cache().clear();
        for kind in Kind::ALL {
            self.models_in_force().slot(kind).number.clear();
        }
    }
}

/// Forgets all models of a kind but the newest and the one in force, and that they ever were.
async fn forget_old(txn: &DatabaseTransaction, kind: Kind, kept: u64) -> Result<()> {
    let of_kind = Models::find().select_only().column(M::Version).filter(M::Kind.eq(kind.name()));
    let oldest = of_kind.order_by_desc(M::Version).offset(kept - 1).limit(1);
    let Some(oldest): Option<i32> = oldest.into_tuple().one(txn).await? else { return Ok(()) };
    let in_force = number_in_force(txn, kind).await?.unwrap_or(oldest);
    let old = Models::delete_many().filter(M::Kind.eq(kind.name())).filter(M::Version.lt(oldest));
    old.filter(M::Version.ne(in_force)).exec(txn).await?;
    let old = Promotions::delete_many().filter(P::Kind.eq(kind.name())).filter(P::Version.lt(oldest));
    old.filter(P::Version.ne(in_force)).exec(txn).await?;
    Ok(())
}

async fn told<C: ConnectionTrait>(db: &C, number: i32) -> Result<Told> {
    let found = Models::find_by_id(number)
        .select_only()
        .columns([M::Version, M::Kind, M::About, M::TrainedAt, M::Actor])
        .into_model()
        .one(db)
        .await?;
    found.ok_or_else(|| Error::NotFound { what: "model", id: number.to_string() })
}

/// The model of a number.
pub(super) async fn held<C: ConnectionTrait, M: Model>(
    db: &C,
    number: i32,
    in_force: bool,
) -> Result<Held<M>> {
    let row = Models::find_by_id(number).one(db).await?;
    let row = row.filter(|row| row.kind == M::KIND.name());
    let row = row.ok_or_else(|| Error::NotFound { what: "model", id: number.to_string() })?;
    let model = json("prediction model", &row.model)?;
    let ModelRow { version, kind, about, trained_at, actor, .. } = row;
    let version = Told { version, kind, about, trained_at, actor }.read(in_force)?;
    Ok(Held { version: Arc::new(version), model })
}

/// The number of the model of a kind that predicts now.
pub(super) async fn number_in_force<C: ConnectionTrait>(db: &C, kind: Kind) -> Result<Option<i32>> {
    let last = Promotions::find().select_only().column(P::Version).filter(P::Kind.eq(kind.name()));
    Ok(last.order_by_desc(P::Id).into_tuple().one(db).await?)
}

/// The newest model of a kind, and when it was learned.
pub(super) async fn newest<C: ConnectionTrait>(db: &C, kind: Kind) -> Result<Option<(i32, DateTime<Utc>)>> {
    let found = Models::find().select_only().columns([M::Version, M::TrainedAt]);
    Ok(found.filter(M::Kind.eq(kind.name())).order_by_desc(M::Version).into_tuple().one(db).await?)
}

/// Which versions were promoted, and when, in order.
async fn promotions<C: ConnectionTrait>(db: &C, kind: Kind) -> Result<Vec<(i32, DateTime<Utc>)>> {
    let found = Promotions::find().select_only().columns([P::Version, P::PromotedAt]);
    Ok(found.filter(P::Kind.eq(kind.name())).order_by_asc(P::Id).into_tuple().all(db).await?)
}

/// Which models of purchases have predicted from when on, as this connection sees it: nobody who works out segments may go
/// by an older answer than their transaction's.
pub(super) async fn promoted<C: ConnectionTrait>(db: &C, profiles: &Profiles) -> Result<Versions> {
    let promotions = promotions(db, Kind::Purchases).await?;
    let is_same = |known: &Versions| {
        known.iter().map(|(at, held)| (held.version.version, *at)).eq(promotions.iter().copied())
    };
    if let Some(versions) = profiles.prediction_cache().get().filter(is_same) {
        return Ok(versions);
    }
    let last = promotions.last().map(|(version, _)| *version);
    let mut known: BTreeMap<i32, Arc<Held<Learned>>> = BTreeMap::new();
    let mut versions: Vec<(DateTime<Utc>, Arc<Held<Learned>>)> = Vec::with_capacity(promotions.len());
    for (number, at) in promotions {
        if let Entry::Vacant(vacant) = known.entry(number) {
            vacant.insert(Arc::new(held(db, number, Some(number) == last).await?));
        }
        versions.push((at, Arc::clone(&known[&number])));
    }
    let versions = Arc::new(versions);
    profiles.prediction_cache().put(Arc::clone(&versions));
    Ok(versions)
}
