//! Following who enters and leaves.

use chrono::{DateTime, TimeDelta, Utc};
use entities::membership_change::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{Profiles, error::Result};

/// A passage into or out of a segment, as it was told.
pub type MembershipChange = Model;

/// How long it is kept what was told.
const KEPT: TimeDelta = TimeDelta::days(1);

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

    /// Drops what was told long ago.
    pub(crate) async fn forget_membership_changes(&self, now: DateTime<Utc>) -> Result<()> {
        Entity::delete_many().filter(Column::NoticedAt.lt(now - KEPT)).exec(self.db()).await?;
        Ok(())
    }
}
