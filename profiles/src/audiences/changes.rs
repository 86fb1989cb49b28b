//! Following who enters and leaves.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    membership,
    membership_change::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::clock;
use crate::{Profiles, error::Result, store::chunks};

/// A passage into or out of a segment, as it was told.
pub type MembershipChange = Model;

/// How long it is kept what was told.
const KEPT: TimeDelta = TimeDelta::days(1);

/// Drops whatever was told of erased people, and where they were and when they were to be asked about.
pub(crate) async fn forget_people(txn: &DatabaseTransaction, people: &BTreeSet<Uuid>) -> Result<()> {
    for ids in chunks(txn, people.iter().copied()) {
        Entity::delete_many().filter(ids.of(Column::ProfileId)).exec(txn).await?;
        let stays = ids.of(membership::Column::ProfileId);
        membership::Entity::delete_many().filter(stays).exec(txn).await?;
    }
    clock::forget(txn, people).await
}

impl Profiles {
    /// The place of the last change that was told.
    pub async fn latest_membership_change(&self) -> Result<i64> {
        let last = Entity::find().select_only().column(Column::Id).order_by_desc(Column::Id).limit(1);
        Ok(last.into_tuple::<i64>().one(self.db()).await?.unwrap_or_default())
    }

    /// The next changes after a place, in their order; at most `limit`. They are kept for a day.
    pub async fn membership_changes(&self, after: i64, limit: u64) -> Result<Vec<MembershipChange>> {
        let next = Entity::find().filter(Column::Id.gt(after)).order_by_asc(Column::Id).limit(limit);
        Ok(next.all(self.db()).await?)
    }

    /// Drops what was told from an instant on.
    pub(crate) async fn forget_told_since(&self, instant: DateTime<Utc>) -> Result<()> {
        Entity::delete_many().filter(Column::NoticedAt.gte(instant)).exec(self.db()).await?;
        Ok(())
    }

    /// Drops what was told long ago.
    pub(crate) async fn forget_membership_changes(&self, now: DateTime<Utc>) -> Result<()> {
        Entity::delete_many().filter(Column::NoticedAt.lt(now - KEPT)).exec(self.db()).await?;
        Ok(())
    }
}
