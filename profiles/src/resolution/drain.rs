//! Deriving again what changed, a batch at a time, each batch in one transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use connectors::canonical::RecordKind;
use entities::{failed_key, resolution_state, source_identity, touched};
use identity::linkage::Model;
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    FromQueryResult, QueryFilter, QuerySelect, Set, Statement, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{accounts, component, objects, persons, rebuild::keep_drains_out, regroup};
use crate::{
    Profiles, audiences, behaviour,
    decisions::{self, DECIDED},
    error::{Error, Result},
    intake::ACTIVITY,
    matching::index::Comparison,
    normaliser::Normaliser,
    rules::Ruleset,
    store::{begin_write, chunks, insert_all, over, roll_back},
    view::{build, gather},
};

/// The most keys that one transaction derives again; in tests few, so that what is done comes in many parts.
const BATCH: u64 = if cfg!(test) { 10 } else { 2000 };
/// Among so many times as many rows the equal ones are looked for.
const EQUAL: u64 = 8;
/// Products or people in one statement.
const STEP: usize = 1024;
/// The most people whose time has come that a batch of keys takes along.
const DUE: u64 = 200;
/// The kind under which everybody is touched to be derived again, before everybody is regrouped.
pub(super) const AGAIN: &str = "again";
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

/// When those who were derived are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouping {
    Now,
    /// Once everybody has been derived again.
    Later,
}

enum Outcome {
    Drained(Drained),
    /// Nothing was derived, and trying again would fail again, by one of so many keys.
    Failed {
        first: touched::Model,
        keys: u64,
        error: Error,
    },
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
        // After a failure: how many keys there are of which one is to blame.
        let mut suspects: u64 = 0;
        let mut size = BATCH;
        let mut left = batches;
        while left > 0 {
            match self.drain_batch(now, size).await? {
                Outcome::Failed { first, keys: 1, error } => {
                    self.set_aside(first, &error).await?;
                    (suspects, size) = (0, BATCH);
                }
                Outcome::Failed { keys, .. } => (suspects, size) = (keys, keys.div_ceil(8)),
                Outcome::Drained(batch) => {
                    left -= 1;
                    suspects = suspects.saturating_sub(batch.keys);
                    if suspects == 0 {
                        size = BATCH;
                    }
                    all.keys += batch.keys;
                    all.profiles += batch.profiles;
                    self.tidy_up(batch.keys).await?;
                }
                Outcome::Empty | Outcome::Busy => break,
            }
        }
        Ok(all)
    }

    /// What many derived keys leave to be done between transactions.
    async fn tidy_up(&self, keys: u64) -> Result<()> {
        let tidying = self.has_drained(keys);
        if tidying.statistics {
            self.db().execute_unprepared("ANALYZE").await?;
        }
        // Every look for a key passes by the dead ones until they are swept out.
        if tidying.sweep && self.db().get_database_backend() == DbBackend::Postgres {
            self.db().execute_unprepared("VACUUM touched").await?;
        }
        Ok(())
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

    /// Takes a key that cannot be derived out of the queue.
    async fn set_aside(&self, key: touched::Model, error: &Error) -> Result<()> {
        use failed_key::Column as C;
        let txn = begin_write(self.db()).await?;
        keep_drains_out(&txn).await?;
        // Somebody else may have derived it meanwhile.
        if touched::Entity::delete_by_id(key.id).exec(&txn).await?.rows_affected == 1 {
            // Not the error itself: it may quote what is stored. It stands in the table.
            tracing::error!(source = %key.source_id, kind = key.kind, "a key cannot be derived; it is set aside");
            let failed = failed_key::ActiveModel {
                source_id: Set(key.source_id),
                kind: Set(key.kind),
                external_id: Set(key.external_id),
                failure: Set(error.to_string().replace('\0', "")),
            };
            let anew = OnConflict::columns([C::SourceId, C::Kind, C::ExternalId])
                .update_column(C::Failure)
                .to_owned();
            failed_key::Entity::insert(failed).on_conflict(anew).exec_without_returning(&txn).await?;
        }
        Ok(txn.commit().await?)
    }

    async fn anything_touched(&self) -> Result<bool> {
        // A number that stands in the text lets the plan be kept.
        let any = "SELECT 1 FROM touched LIMIT 1";
        let any = Statement::from_string(self.db().get_database_backend(), any);
        Ok(self.db().query_one_raw(any).await?.is_some())
    }

    async fn drain_batch(&self, now: DateTime<Utc>, size: u64) -> Result<Outcome> {
        // A cheap look outside the transaction: an idle system takes no writer's place.
        let is_time = self.next_due().await?.is_some_and(|due| due <= now);
        if !is_time && !self.anything_touched().await? {
            return Ok(Outcome::Empty);
        }
        let txn = begin_write(self.db()).await?;
        let outcome = self.drain_in(&txn, now, size).await;
        if let Ok(Outcome::Drained(_)) = &outcome {
            txn.commit().await?;
        } else {
            roll_back(txn).await;
        }
        outcome
    }

    async fn drain_in(&self, txn: &DatabaseTransaction, now: DateTime<Utc>, size: u64) -> Result<Outcome> {
        let Some(revision) = next_revision(txn).await? else {
            return Ok(Outcome::Busy);
        };
        let Waiting { keys, rows, failed, more } = waiting(txn, size).await?;
        if keys.is_empty() {
            let keys = audiences::ask_due(txn, self, now, size).await?;
            return Ok(match keys {
                0 => Outcome::Empty,
                keys => Outcome::Drained(Drained { keys, profiles: 0 }),
            });
        }
        let ruleset = self.current_ruleset(txn).await?;
        let model = self.model_of(txn, &ruleset.identity).await?;
        // While everybody is being derived again nobody is regrouped: nobody is compared with half a world. What waits
        // beyond a batch that is full may be of that kind, too.
        let anew = keys.iter().any(|key| key.kind == AGAIN) || (more && rules_are_being_applied(txn).await?);
        let grouping = if anew { Grouping::Later } else { Grouping::Now };
        let at = (revision, now);
        let profiles = match self.derive(txn, &ruleset, model.as_deref(), &keys, grouping, at).await {
            Ok(profiles) => profiles,
            Err(error) if error.is_lasting() => {
                let (first, keys) = (keys[0].clone(), keys.len() as u64);
                return Ok(Outcome::Failed { first, keys, error });
            }
            Err(error) => return Err(error),
        };
        for key in failed {
            failed_key::Entity::delete_by_id(key).exec(txn).await?;
        }
        for ids in chunks(txn, rows) {
            touched::Entity::delete_many().filter(ids.of(touched::Column::Id)).exec(txn).await?;
        }
        // Time does not wait until nothing happens any more.
        audiences::ask_due(txn, self, now, DUE).await?;
        Ok(Outcome::Drained(Drained { keys: keys.len() as u64, profiles }))
    }

    /// Derives everything that hangs on these keys in the transaction of the caller, who keeps drains out.
    pub(crate) async fn derive_now(
        &self,
        txn: &DatabaseTransaction,
        keys: &[touched::Model],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let state = resolution_state::Entity::find_by_id(1).one(txn).await?;
        let revision = state.map_or(0, |state| state.revision);
        let ruleset = self.current_ruleset(txn).await?;
        let model = self.model_of(txn, &ruleset.identity).await?;
        self.derive(txn, &ruleset, model.as_deref(), keys, Grouping::Now, (revision, now)).await?;
        Ok(())
    }

    /// Derives everything that hangs on these keys. Returns how many profiles were written.
    async fn derive(
        &self,
        txn: &DatabaseTransaction,
        ruleset: &Ruleset,
        model: Option<&Model>,
        rows: &[touched::Model],
        grouping: Grouping,
        (revision, now): (i64, DateTime<Utc>),
    ) -> Result<u64> {
        let rules = &ruleset.identity;
        let keys = self.keys();
        let normaliser = Normaliser::new(rules);

        let mut records: BTreeMap<(RecordKind, Uuid), BTreeSet<String>> = BTreeMap::new();
        let mut people: BTreeSet<(Uuid, String)> = BTreeSet::new();
        let mut owners = objects::Owners::default();
        let mut decided: BTreeSet<Uuid> = BTreeSet::new();
        let mut again: BTreeSet<Uuid> = BTreeSet::new();
        for row in rows {
            if row.kind == AGAIN {
                again.insert(keys.person(row.source_id, &row.external_id));
                people.insert((row.source_id, row.external_id.clone()));
                continue;
            }
            if row.kind == DECIDED {
                decided.insert(keys.person(row.source_id, &row.external_id));
                continue;
            }
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
            objects::derive(txn, keys, rules, *source, *kind, external_ids, &mut owners).await?;
        }
        accounts::regroup(txn, owners.companies).await?;
        touch_buyers(txn, self, owners.products).await?;
        people.extend(unknown(txn, keys, owners.named).await?);
        people.extend(shared(txn, &owners.stale).await?);
        people.extend(forsaken(txn, owners.former).await?);
        let changes = persons::derive(txn, keys, rules, model, &normaliser, &people).await?;

        let mut seeds = component::seeds(txn, rules, &changes).await?;
        seeds.extend(&changes.moved);
        if grouping == Grouping::Later {
            // Those who are derived again are regrouped later in any case.
            let later = &(&seeds - &again) | &decided;
            let keys = decisions::keys_of(txn, &later).await?.into_iter();
            touch(txn, keys.map(|key| (key.source_id, key.kind, key.external_id))).await?;
            seeds.clear();
        } else {
            seeds.extend(decided);
        }
        if model.is_some() {
            seeds.extend(component::linked(txn, &seeds, &changes.derived - &changes.known).await?);
        }
        let comparison = model.map(|model| Comparison::new(model, changes.compared, changes.sharing));
        let known = component::Known {
            rows: changes.rows,
            values: changes.carried,
            counts: changes.counts,
            new: &changes.derived - &changes.known,
        };
        let component = component::around(txn, rules, comparison, known, seeds).await?;
        let regrouped = regroup::regroup(txn, keys, rules, &component).await?;

        // Which profiles are described differently now, and to whom something happened.
        let mut described: BTreeSet<Uuid> = &regrouped.left | &changes.left;
        let mut derived = changes.derived;
        for group in &regrouped.groups {
            let new = |member: &Uuid| derived.contains(member) || regrouped.moved.contains(member);
            if group.members.iter().any(new) {
                described.insert(group.id);
            }
            for member in &group.members {
                derived.remove(member);
            }
        }
        described.extend(profiles_of(txn, derived).await?);
        let groups = regrouped.groups.iter().map(|group| group.id);
        let before = build::limited(txn, groups.filter(|id| !described.contains(id))).await?;
        for group in &regrouped.groups {
            if before.get(&group.id).is_some_and(|limited| *limited != group.limited) {
                described.insert(group.id);
            }
        }
        owners.stale.extend(changes.acted);
        let acted = &profiles_of(txn, owners.stale).await? - &described;
        let limited = &regrouped.groups.iter().map(|group| (group.id, group.limited)).collect();
        let known = gather::Known { values: &component.values, said: changes.said, ever: false };
        let meanings = &behaviour::current(txn, self).await?;
        let normaliser = &normaliser;
        let context = build::Context { keys, ruleset, normaliser, meanings, revision, now, limited, known };
        let changed = &described | &acted;
        let written = build::write(txn, &context, described).await?;
        let written = written + build::sum_up(txn, &context, acted).await?;
        audiences::reconsider(txn, self, &changed, now).await?;
        Ok(written)
    }
}

/// Takes the place of the one who drains, and its revision; nothing where another process has it.
async fn next_revision(txn: &DatabaseTransaction) -> Result<Option<i64>> {
    let backend = txn.get_database_backend();
    let lock = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE resolution_state SET revision = revision + 1 \
         WHERE id = (SELECT id FROM resolution_state WHERE id = 1 {lock}) RETURNING revision"
    );
    let row = txn.query_one_raw(Statement::from_string(backend, sql)).await?;
    Ok(row.map(|row| row.try_get("", "revision")).transpose()?)
}

/// The key of a row of `failed_key`.
type FailedKey = (Uuid, String, String);

/// What waits to be derived.
#[derive(Debug, Default)]
struct Waiting {
    /// The keys that have waited longest, each once.
    keys: Vec<touched::Model>,
    /// Their rows, and those of equal keys that wait behind them.
    rows: Vec<i64>,
    /// Those of them that could not be derived before.
    failed: BTreeSet<FailedKey>,
    /// Whether more may wait behind them.
    more: bool,
}

/// The next keys, at most so many different ones. Equal ones that wait not far behind come along: who is busy is derived
/// once, and the more waits, the less of it is work.
async fn waiting(txn: &DatabaseTransaction, size: u64) -> Result<Waiting> {
    let backend = txn.get_database_backend();
    let failing = Statement::from_string(backend, "SELECT 1 FROM failed_key LIMIT 1");
    let failed = match txn.query_one_raw(failing).await? {
        Some(_) => {
            "EXISTS (SELECT 1 FROM failed_key f \
             WHERE f.source_id = t.source_id AND f.kind = t.kind AND f.external_id = t.external_id)"
        }
        None => "FALSE",
    };
    let looked_at = size.saturating_mul(EQUAL);
    let sql = format!(
        "SELECT t.id, t.source_id, t.kind, t.external_id, {failed} AS failed FROM touched t ORDER BY t.id \
         LIMIT {looked_at}"
    );
    let mut waiting = Waiting::default();
    let mut seen: u64 = 0;
    let mut known: BTreeSet<FailedKey> = BTreeSet::new();
    for row in txn.query_all_raw(Statement::from_string(backend, sql)).await? {
        seen += 1;
        let touched = touched::Model::from_query_result(&row, "")?;
        let key = (touched.source_id, touched.kind.clone(), touched.external_id.clone());
        if !known.contains(&key) {
            if known.len() as u64 == size {
                continue;
            }
            if row.try_get("", "failed")? {
                waiting.failed.insert(key.clone());
            }
            known.insert(key);
            waiting.keys.push(touched.clone());
        }
        waiting.rows.push(touched.id);
    }
    waiting.more = seen == looked_at || known.len() as u64 == size;
    Ok(waiting)
}

/// Whether somebody still waits to be derived under rules that have come into force.
pub(crate) async fn rules_are_being_applied(txn: &DatabaseTransaction) -> Result<bool> {
    let first = touched::Entity::find().select_only().column(touched::Column::Id);
    let first = first.filter(touched::Column::Kind.eq(AGAIN)).limit(1);
    Ok(first.into_tuple::<i64>().one(txn).await?.is_some())
}

/// Adds keys, as (source, kind, external id), to those that wait to be derived again.
pub(crate) async fn touch(
    txn: &DatabaseTransaction,
    keys: impl IntoIterator<Item = (Uuid, String, String)>,
) -> Result<()> {
    let rows = keys.into_iter().map(|(source_id, kind, external_id)| touched::ActiveModel {
        id: NotSet,
        source_id: Set(source_id),
        kind: Set(kind),
        external_id: Set(external_id),
    });
    insert_all::<touched::Entity, _>(txn, rows.collect(), None).await?;
    Ok(())
}

/// Has whoever bought one of these products asked again, where a segment asks what people bought. They may be many and
/// wait as everybody does.
async fn touch_buyers(
    txn: &DatabaseTransaction,
    profiles: &Profiles,
    products: BTreeSet<Uuid>,
) -> Result<()> {
    if products.is_empty() || !audiences::ask_for_products(txn, profiles).await? {
        return Ok(());
    }
    let products: Vec<Uuid> = products.into_iter().collect();
    for step in products.chunks(STEP) {
        let sql = "INSERT INTO touched (source_id, kind, external_id) \
             SELECT DISTINCT s.source_id, $1, s.external_id FROM order_product b \
             JOIN orders o ON o.id = b.order_id JOIN source_identity s ON s.id = o.source_identity_id \
             WHERE b.product_id = {}";
        txn.execute_raw(over(txn, sql, step, [ACTIVITY.into()])).await?;
    }
    Ok(())
}

/// The profiles of these source identities.
async fn profiles_of(txn: &DatabaseTransaction, identities: BTreeSet<Uuid>) -> Result<BTreeSet<Uuid>> {
    let mut profiles = BTreeSet::new();
    for ids in chunks(txn, identities) {
        let found: Vec<Uuid> = source_identity::Entity::find()
            .select_only()
            .column(source_identity::Column::ProfileId)
            .filter(ids.of(source_identity::Column::Id))
            .into_tuple()
            .all(txn)
            .await?;
        profiles.extend(found);
    }
    Ok(profiles)
}

/// Those of these source identities that are visitors whose events may be somebody else's.
async fn shared(txn: &DatabaseTransaction, acted: &BTreeSet<Uuid>) -> Result<BTreeSet<(Uuid, String)>> {
    let mut found = BTreeSet::new();
    for ids in chunks(txn, acted.iter().copied()) {
        let rows: Vec<(Uuid, String)> = source_identity::Entity::find()
            .select_only()
            .columns([source_identity::Column::SourceId, source_identity::Column::ExternalId])
            .filter(ids.of(source_identity::Column::Id))
            .filter(source_identity::Column::Users.is_not_null())
            .into_tuple()
            .all(txn)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Those of these source identities that no record describes and that nothing names any more.
async fn forsaken(txn: &DatabaseTransaction, former: BTreeSet<Uuid>) -> Result<BTreeSet<(Uuid, String)>> {
    let sql = format!(
        "SELECT s.source_id, s.external_id FROM source_identity s \
         WHERE s.id = {{}} AND s.known = FALSE AND NOT ({})",
        persons::is_named()
    );
    let former: Vec<Uuid> = former.into_iter().collect();
    let mut found = BTreeSet::new();
    for ids in former.chunks(STEP) {
        for row in txn.query_all_raw(over(txn, &sql, ids, [])).await? {
            found.insert((row.try_get("", "source_id")?, row.try_get("", "external_id")?));
        }
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
    for ids in chunks(txn, unknown.keys().copied().collect::<Vec<_>>()) {
        let known: Vec<Uuid> = source_identity::Entity::find()
            .select_only()
            .column(source_identity::Column::Id)
            .filter(ids.of(source_identity::Column::Id))
            .into_tuple()
            .all(txn)
            .await?;
        for id in known {
            unknown.remove(&id);
        }
    }
    Ok(unknown.into_values().collect())
}
