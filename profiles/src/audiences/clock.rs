//! When time alone moves somebody.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::segment_clock::{self, Column, Entity};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::evaluate::Occasion;
use crate::{
    Profiles,
    error::Result,
    store::{chunks, insert_all},
};

/// Writes down when to ask again about these people.
pub(super) async fn set(
    txn: &DatabaseTransaction,
    people: &[Uuid],
    mut due: BTreeMap<Uuid, DateTime<Utc>>,
    occasion: Occasion,
) -> Result<()> {
    for ids in chunks(txn, people.iter().copied()) {
        let of_them = ids.of(Column::ProfileId);
        if occasion == Occasion::WorkedOut {
            // The other segments were not asked; to ask too early does no harm.
            for row in Entity::find().filter(of_them.clone()).all(txn).await? {
                let due = due.entry(row.profile_id).or_insert(row.due_at);
                *due = row.due_at.min(*due);
            }
        }
        Entity::delete_many().filter(of_them).exec(txn).await?;
    }
    let rows = due.into_iter().map(|(profile_id, due_at)| segment_clock::Model { profile_id, due_at });
    insert_all::<Entity, _>(txn, rows.collect(), None).await?;
    Ok(())
}

/// Those whose time has come, the earliest first; at most `limit`.
pub(crate) async fn due<C: ConnectionTrait>(
    db: &C,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<BTreeSet<Uuid>> {
    let found = Entity::find().select_only().column(Column::ProfileId).filter(Column::DueAt.lte(now));
    let found = found.order_by_asc(Column::DueAt).order_by_asc(Column::ProfileId).limit(limit);
    Ok(found.into_tuple().all(db).await?.into_iter().collect())
}

impl Profiles {
    /// How long it is until time alone moves somebody; `None` where nobody knows.
    pub(crate) async fn until_due(&self) -> Option<std::time::Duration> {
        let due = self.next_due().await.ok()??;
        Some((due - self.now()).to_std().unwrap_or_default())
    }

    /// When time alone moves somebody next.
    pub(crate) async fn next_due(&self) -> Result<Option<DateTime<Utc>>> {
        let first = Entity::find().select_only().column(Column::DueAt).order_by_asc(Column::DueAt).limit(1);
        Ok(first.into_tuple().one(self.db()).await?)
    }
}
