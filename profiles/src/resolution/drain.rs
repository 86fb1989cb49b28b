//! Deriving again what changed, a batch at a time, each batch in one transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use connectors::canonical::RecordKind;
use entities::{resolution_state, source_identity, touched};
use sea_orm::{
    ActiveValue::Unchanged,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Set,
    sea_query::{LockBehavior, LockType},
};
use uuid::Uuid;

use super::{component, objects, persons, regroup};
use crate::{
    Profiles,
    error::{Error, Result},
    intake::ACTIVITY,
    normaliser::Normaliser,
    store::{begin_write, chunks},
    view::build,
};

/// The most keys that one transaction derives again.
const BATCH: u64 = 2000;
/// How often, and after which pause, a run that ends looks whether another process has derived the rest.
const SETTLE: u32 = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// What draining did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Keys derived again.
    pub keys: u64,
    /// Profiles written.
    pub profiles: u64,
}

enum Outcome {
    Drained(Drained),
    Empty,
    /// Another process is draining.
    Busy,
}

impl Profiles {
    /// Derives again whatever changed, until nothing is left or another process is found at it. `now` is
    /// the instant that changed profiles carry as their update time.
    pub async fn drain(&self, now: DateTime<Utc>) -> Result<Drained> {
        self.drain_some(now, u32::MAX).await
    }

    /// As [`Profiles::drain`], and at most so many batches.
    pub(crate) async fn drain_some(&self, now: DateTime<Utc>, batches: u32) -> Result<Drained> {
        let mut all = Drained::default();
        for _ in 0..batches {
            match self.drain_batch(now).await? {
                Outcome::Drained(batch) => {
                    all.keys += batch.keys;
                    all.profiles += batch.profiles;
                    if self.has_grown(batch.keys) {
                        self.db().execute_unprepared("ANALYZE").await?;
                    }
                }
                Outcome::Empty | Outcome::Busy => break,
            }
        }
        Ok(all)
    }

    /// Derives until nothing waits, also what another process is at, for as long as `going` says.
    pub(crate) async fn settle(&self, going: impl Fn() -> bool) -> Result<()> {
        for _ in 0..SETTLE {
            while going() && self.drain_some(self.now(), 1).await?.keys > 0 {}
            if !going() || !self.anything_touched().await? {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn anything_touched(&self) -> Result<bool> {
        let first = touched::Entity::find().select_only().column(touched::Column::Id).limit(1);
        Ok(first.into_tuple::<i64>().one(self.db()).await?.is_some())
    }

    async fn drain_batch(&self, now: DateTime<Utc>) -> Result<Outcome> {
        // A cheap look outside the transaction: an idle system takes no writer's place.
        if !self.anything_touched().await? {
            return Ok(Outcome::Empty);
        }
        let txn = begin_write(self.db()).await?;
        let Some(state) = resolution_state::Entity::find_by_id(1)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .one(&txn)
            .await?
        else {
            txn.rollback().await?;
            return Ok(Outcome::Busy);
        };
        let rows = touched::Entity::find().order_by_asc(touched::Column::Id).limit(BATCH).all(&txn).await?;
        if rows.is_empty() {
            txn.rollback().await?;
            return Ok(Outcome::Empty);
        }
        let revision = state.revision + 1;
        let profiles = self.derive(&txn, &rows, revision, now).await?;
        for ids in chunks(rows.iter().map(|row| row.id)) {
            touched::Entity::delete_many().filter(touched::Column::Id.is_in(ids)).exec(&txn).await?;
        }
        resolution_state::Entity::update(resolution_state::ActiveModel {
            id: Unchanged(1),
            revision: Set(revision),
        })
        .exec(&txn)
        .await?;
        txn.commit().await?;
        Ok(Outcome::Drained(Drained { keys: rows.len() as u64, profiles }))
    }

    /// Derives everything that hangs on these keys. Returns how many profiles were written.
    async fn derive(
        &self,
        txn: &DatabaseTransaction,
        rows: &[touched::Model],
        revision: i64,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let ruleset = self.current_ruleset(txn).await?;
        let rules = &ruleset.identity;
        let keys = self.keys();
        let normaliser = Normaliser::new(rules);

        let mut records: BTreeMap<(RecordKind, Uuid), BTreeSet<String>> = BTreeMap::new();
        let mut people: BTreeSet<(Uuid, String)> = BTreeSet::new();
        let mut owners = objects::Owners::default();
        for row in rows {
            if row.kind == ACTIVITY {
                let person = keys.person(row.source_id, &row.external_id);
                owners.stale.insert(person);
                owners.former.insert(person);
                owners.named.insert((row.source_id, row.external_id.clone()));
                continue;
            }
            let kind = RecordKind::parse(&row.kind)
                .ok_or_else(|| Error::stored("touched key", format!("unknown kind {}", row.kind)))?;
            if kind == RecordKind::Person {
                people.insert((row.source_id, row.external_id.clone()));
            } else {
                records.entry((kind, row.source_id)).or_default().insert(row.external_id.clone());
            }
        }
        for ((kind, source), external_ids) in &records {
            objects::derive(txn, keys, *source, *kind, external_ids, &mut owners).await?;
        }
        people.extend(unknown(txn, keys, owners.named).await?);
        people.extend(undescribed(txn, owners.former).await?);
        let changes = persons::derive(txn, keys, &normaliser, &people).await?;

        let mut seeds = changes.moved.clone();
        seeds.extend(component::seeds(txn, rules, &changes.values).await?);
        let component = component::around(txn, rules, seeds).await?;
        let regrouped = regroup::regroup(txn, rules, &component).await?;

        // Which profiles read differently now.
        let mut stale: BTreeSet<Uuid> = owners.stale;
        stale.extend(&changes.derived);
        let mut profiles: BTreeSet<Uuid> = regrouped.left.clone();
        profiles.extend(&changes.left);
        for group in &regrouped.groups {
            if group.members.iter().any(|member| stale.remove(member) | regrouped.moved.contains(member)) {
                profiles.insert(group.id);
            }
            for member in &group.members {
                stale.remove(member);
            }
        }
        for ids in chunks(stale) {
            let found: Vec<Uuid> = source_identity::Entity::find()
                .select_only()
                .column(source_identity::Column::ProfileId)
                .filter(source_identity::Column::Id.is_in(ids))
                .into_tuple()
                .all(txn)
                .await?;
            profiles.extend(found);
        }
        let limited = regrouped.groups.iter().map(|group| (group.id, group.limited)).collect();
        let context =
            build::Context { ruleset: &ruleset, normaliser: &normaliser, revision, now, limited: &limited };
        build::write(txn, &context, profiles).await
    }
}

/// Those of these source identities that no record describes: they last as long as something names them.
async fn undescribed(txn: &DatabaseTransaction, former: BTreeSet<Uuid>) -> Result<BTreeSet<(Uuid, String)>> {
    let mut found = BTreeSet::new();
    for ids in chunks(former) {
        let rows: Vec<(Uuid, String)> = source_identity::Entity::find()
            .select_only()
            .columns([source_identity::Column::SourceId, source_identity::Column::ExternalId])
            .filter(source_identity::Column::Id.is_in(ids))
            .filter(source_identity::Column::Known.eq(false))
            .into_tuple()
            .all(txn)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Those of the named people that have no source identity yet.
async fn unknown(
    txn: &DatabaseTransaction,
    keys: &crate::Keys,
    named: BTreeSet<(Uuid, String)>,
) -> Result<BTreeSet<(Uuid, String)>> {
    let mut unknown: BTreeMap<Uuid, (Uuid, String)> =
        named.into_iter().map(|(source, id)| (keys.person(source, &id), (source, id))).collect();
    for ids in chunks(unknown.keys().copied().collect::<Vec<_>>()) {
        let known: Vec<Uuid> = source_identity::Entity::find()
            .select_only()
            .column(source_identity::Column::Id)
            .filter(source_identity::Column::Id.is_in(ids))
            .into_tuple()
            .all(txn)
            .await?;
        for id in known {
            unknown.remove(&id);
        }
    }
    Ok(unknown.into_values().collect())
}
