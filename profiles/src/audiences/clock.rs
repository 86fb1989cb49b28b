//! When time alone moves somebody.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::segment_clock::{self, Column, Entity};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::evaluate::{Occasion, reconsider};
use crate::{
    Profiles,
    error::{Error, Result},
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

/// Asks about those whose time has come, the earliest first, at most `limit`. Returns how many they were. Whoever cannot be
/// asked about, because something stored cannot be read, holds up nobody: their time is forgotten until their facts change.
pub(crate) async fn ask_due(
    txn: &DatabaseTransaction,
    profiles: &Profiles,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<u64> {
    let found = Entity::find().select_only().column(Column::ProfileId).filter(Column::DueAt.lte(now));
    let found = found.order_by_asc(Column::DueAt).order_by_asc(Column::ProfileId).limit(limit);
    let due: BTreeSet<Uuid> = found.into_tuple().all(txn).await?.into_iter().collect();
    match reconsider(txn, profiles, &due, now).await {
        Err(Error::Stored { .. }) => {}
        asked => return asked.map(|()| due.len() as u64),
    }
    for id in &due {
        match reconsider(txn, profiles, &[*id].into(), now).await {
            Err(error @ Error::Stored { .. }) => {
                tracing::error!(profile = %id, %error, "segments cannot be asked about a profile; it is left as it is");
                Entity::delete_by_id(*id).exec(txn).await?;
            }
            asked => asked?,
        }
    }
    Ok(due.len() as u64)
}

/// Forgets the times of these people.
pub(super) async fn forget(txn: &DatabaseTransaction, people: &BTreeSet<Uuid>) -> Result<()> {
    for ids in chunks(txn, people.iter().copied()) {
        Entity::delete_many().filter(ids.of(Column::ProfileId)).exec(txn).await?;
    }
    Ok(())
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
