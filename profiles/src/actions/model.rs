//! What was learned, under numbers. Each is kept while a decision names it, so that the decision can be repeated.
//!
//! These are not the models of [`crate::insights`]: they are learned anew within a minute of an outcome and decide at once, where
//! those are learned once a week and are promoted by people.

use chrono::{DateTime, TimeDelta, Utc};
use entities::action_model::{Column, Entity, Model};
use predictions::actions::Learned;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, QuerySelect, Statement};
use serde::{Deserialize, Serialize};

use super::features::FEATURES;
use crate::{
    Profiles,
    error::{Error, Result},
    resolution::rebuild::keep_drains_out,
    store::{begin_write, end},
    view::read::json,
};

/// For how long a model is kept that no decision names: a process may be about to decide by it.
const LINGERS: TimeDelta = TimeDelta::hours(1);

/// What is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// By which numbers customers were told apart.
    features: Vec<String>,
    learned: Learned,
}

/// What was learned, under its number.
pub(super) struct Known {
    pub(super) version: i32,
    pub(super) learned: Learned,
}

/// What was learned last, and is of the same features; none before anything was learned.
pub(super) async fn newest<C: ConnectionTrait>(db: &C) -> Result<Option<Known>> {
    let Some(row) = Entity::find().order_by_desc(Column::Version).one(db).await? else { return Ok(None) };
    let Stored { features, learned } = json("action model", &row.model)?;
    Ok((features == FEATURES).then_some(Known { version: row.version, learned }))
}

/// What was learned under a number.
pub(super) async fn of_version<C: ConnectionTrait>(db: &C, version: i32) -> Result<Learned> {
    let row = Entity::find_by_id(version).one(db).await?;
    let row = row.ok_or_else(|| Error::stored("action decision", format!("no model {version}")))?;
    json::<Stored>("action model", &row.model).map(|stored| stored.learned)
}

/// The id of the last outcome that was learned from; 0 before anything was.
pub(super) async fn learned_up_to<C: ConnectionTrait>(db: &C) -> Result<i64> {
    let newest = Entity::find().select_only().column(Column::UpTo).order_by_desc(Column::Version);
    Ok(newest.into_tuple().one(db).await?.unwrap_or_default())
}

impl Profiles {
    /// Keeps what was learned, and lets go of what nothing names any more. Returns its number; none where somebody else has learned
    /// as much meanwhile.
    pub(super) async fn keep_action_model(
        &self,
        learned: Learned,
        outcomes: usize,
        up_to: i64,
    ) -> Result<Option<i32>> {
        let features = FEATURES.map(str::to_owned).into();
        let text = serde_json::to_string(&Stored { features, learned })
            .map_err(|error| Error::stored("action model", error))?;
        let now = self.now();
        let txn = begin_write(self.db()).await?;
        let kept = async {
            // One number at a time, whoever else learns.
            keep_drains_out(&txn).await?;
            if learned_up_to(&txn).await? >= up_to {
                return Ok(None);
            }
            let newest: Option<i32> = Entity::find()
                .select_only()
                .column(Column::Version)
                .order_by_desc(Column::Version)
                .into_tuple()
                .one(&txn)
                .await?;
            let row = Model {
                version: newest.unwrap_or_default() + 1,
                model: text,
                up_to,
                outcomes: i64::try_from(outcomes).unwrap_or(i64::MAX),
                learned_at: now,
            };
            let version = row.version;
            Entity::insert(sea_orm::IntoActiveModel::into_active_model(row))
                .exec_without_returning(&txn)
                .await?;
            let_go(&txn, version, now).await?;
            Ok(Some(version))
        };
        let kept = kept.await;
        let version = end(txn, kept).await?;
        self.deciding_cache().clear();
        Ok(version)
    }
}

/// Removes the models before a version that no decision names.
async fn let_go<C: ConnectionTrait>(db: &C, version: i32, now: DateTime<Utc>) -> Result<()> {
    let sql = "DELETE FROM action_model WHERE version < $1 AND learned_at < $2 \
         AND NOT EXISTS (SELECT 1 FROM action_decision d WHERE d.model = action_model.version)";
    let values = [version.into(), (now - LINGERS).into()];
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}
