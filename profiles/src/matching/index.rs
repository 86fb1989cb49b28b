//! What is compared, kept by source identity, and by match key for finding counterparts.
//!
//! An e-mail address or phone number that more source identities carry than the rules' cap is nobody's own and counts as
//! missing: `compared.shared` lists those of a source identity. When a value crosses the cap, either way, all its
//! carriers change once. So it is with match keys, beyond [`CAP`].

use std::collections::{BTreeMap, BTreeSet};

use entities::{compared, identifier, match_key};
use identity::{
    IdentifierKind, Rules,
    linkage::{CAP, Details, Model},
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, Statement, Value as Bound, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{
    details::identifier,
    pairs::{Pair, pair},
};
use crate::{
    error::{Error, Result},
    resolution::{
        component::{by_kind, cap},
        person::Value,
    },
    store::{chunks, insert_all, over},
};

/// What the versions of a record say, as far as it is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) now: Details,
    /// What they said at moments before.
    pub(crate) before: Vec<Details>,
}

/// Who may have other counterparts now.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) moved: BTreeSet<Uuid>,
    /// What is kept of them.
    pub(crate) rows: BTreeMap<Uuid, compared::Model>,
    /// Those who share each key that somebody has or had, as [`Comparison`] keeps them.
    pub(crate) sharing: BTreeMap<i64, Vec<Uuid>>,
}

/// Keeps what these people say. `known` are those of whom something may be kept already and whose records were read.
pub(crate) async fn write(
    txn: &DatabaseTransaction,
    model: &Model,
    known: &BTreeSet<Uuid>,
    told: &BTreeMap<Uuid, Told>,
    crossing: &Crossing<'_>,
) -> Result<Changes> {
    let mut rows = made(model, told, crossing)?;
    let mut concerned = carriers(txn, &crossing.values).await?;
    concerned.extend(known);
    concerned.retain(|id| known.contains(id) || !rows.contains_key(id));
    let before = load(txn, concerned.iter().copied()).await?;

    let mut changes = Changes::default();
    let (derived, bystanders): (Vec<_>, Vec<_>) =
        before.values().partition(|row| known.contains(&row.source_identity_id));
    for row in bystanders {
        let before: Vec<String> = read(&row.shared)?;
        let shared = crossing.shared_of(&read(&row.details)?, Some(&before));
        rows.insert(row.source_identity_id, compared::Model { shared: json(&shared)?, ..row.clone() });
    }
    let gone: Vec<&compared::Model> =
        derived.into_iter().filter(|row| !rows.contains_key(&row.source_identity_id)).collect();
    changes.moved.extend(gone.iter().map(|row| row.source_identity_id));
    for ids in chunks(txn, gone.iter().map(|row| row.source_identity_id)) {
        compared::Entity::delete_many().filter(ids.of(compared::Column::SourceIdentityId)).exec(txn).await?;
    }
    let new: Vec<compared::Model> =
        rows.iter().filter(|(id, row)| before.get(id) != Some(row)).map(|(_, row)| row.clone()).collect();
    changes.moved.extend(new.iter().map(|row| row.source_identity_id));
    let grown = write_keys(txn, &before, &new, &gone).await?;
    use compared::Column as C;
    let replace = OnConflict::column(C::SourceIdentityId)
        .update_columns([C::Details, C::Shared, C::Keys, C::FormerKeys])
        .to_owned();
    insert_all::<compared::Entity, _>(txn, new, Some(&replace)).await?;
    changes.rows = rows;

    changes.sharing = sharing(txn, grown.keys().copied().collect()).await?;
    let cap = i64::try_from(CAP).unwrap_or(i64::MAX);
    for (key, by) in &grown {
        let few = &changes.sharing[key];
        if few.is_empty() && *by > 0 {
            // Too many now; were they before? If not, all of them are below this limit.
            let limit = CAP + usize::try_from(*by).unwrap_or(CAP) + 1;
            let some = some_of(txn, *key, limit).await?;
            if i64::try_from(some.len()).is_ok_and(|now| now > cap && now - by <= cap) {
                changes.moved.extend(some);
            }
        } else if i64::try_from(few.len()).is_ok_and(|now| !few.is_empty() && now - by > cap) {
            changes.moved.extend(few);
        }
    }
    Ok(changes)
}

/// The identifiers that are compared, of those that have grown and of those that these people tell.
pub(crate) fn identifiers<'a>(
    grown: &'a BTreeMap<Value, i64>,
    told: &'a BTreeMap<Uuid, Told>,
) -> impl Iterator<Item = Value> + 'a {
    let said = told.values().flat_map(|told| told.now.iter());
    let said = said.filter_map(|(field, value)| identifier(field, value));
    grown.keys().filter(|value| is_compared(value)).cloned().chain(said)
}

fn is_compared((kind, _): &Value) -> bool {
    matches!(kind, IdentifierKind::Email | IdentifierKind::Phone)
}

/// Which of the identifiers that are compared are shared by too many now, and which of them have become so, or no longer
/// are.
#[derive(Debug)]
pub(crate) struct Crossing<'a> {
    counts: &'a BTreeMap<Value, i64>,
    values: BTreeSet<Value>,
    shared: BTreeSet<Value>,
}

impl<'a> Crossing<'a> {
    /// `grown` says by how many carriers each value has grown, `counts` how many carry it now.
    pub(crate) fn new(rules: &Rules, grown: &BTreeMap<Value, i64>, counts: &'a BTreeMap<Value, i64>) -> Self {
        let (mut values, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for (value, count) in counts.iter().filter(|(value, _)| is_compared(value)) {
            let cap = cap(rules, value.0);
            let before = count - grown.get(value).copied().unwrap_or_default();
            if *count > cap {
                shared.insert(value.clone());
            }
            if (*count > cap) != (before > cap) {
                values.insert(value.clone());
            }
        }
        Self { counts, values, shared }
    }

    /// Which of these values are shared by too many; what is not known anew is as it was.
    fn shared_of(&self, details: &Details, before: Option<&[String]>) -> Vec<String> {
        let identifiers = details.iter().filter_map(|(field, value)| identifier(field, value));
        let is_shared = |value: &Value| match before {
            Some(before) if !self.counts.contains_key(value) => before.contains(&value.1),
            _ => self.shared.contains(value),
        };
        identifiers.filter(is_shared).map(|(_, value)| value).collect()
    }
}

/// The rows of these people.
fn made(
    model: &Model,
    told: &BTreeMap<Uuid, Told>,
    crossing: &Crossing<'_>,
) -> Result<BTreeMap<Uuid, compared::Model>> {
    let all: Vec<&Details> =
        told.values().flat_map(|told| std::iter::once(&told.now).chain(&told.before)).collect();
    let mut keys = model.keys(&all).into_iter();
    let mut rows = BTreeMap::new();
    for (id, told) in told {
        let now: BTreeSet<i64> = keys.next().unwrap_or_default().into_iter().map(u64::cast_signed).collect();
        let past = keys.by_ref().take(told.before.len()).flatten().map(u64::cast_signed);
        let former: BTreeSet<i64> = past.filter(|key| !now.contains(key)).collect();
        let row = compared::Model {
            source_identity_id: *id,
            details: json(&told.now)?,
            shared: json(&crossing.shared_of(&told.now, None))?,
            keys: bytes(&now),
            former_keys: bytes(&former),
        };
        rows.insert(*id, row);
    }
    Ok(rows)
}

/// Writes the keys of these rows; returns by how many carriers each has grown.
async fn write_keys(
    txn: &DatabaseTransaction,
    before: &BTreeMap<Uuid, compared::Model>,
    rows: &[compared::Model],
    gone: &[&compared::Model],
) -> Result<BTreeMap<i64, i64>> {
    let mut grown: BTreeMap<i64, i64> = BTreeMap::new();
    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
    let entries = |row: &compared::Model| {
        let id = row.source_identity_id;
        let now = keys(&row.keys).map(move |key| (key, false, id));
        now.chain(keys(&row.former_keys).map(move |key| (key, true, id))).collect::<BTreeSet<_>>()
    };
    for row in rows {
        let new = entries(row);
        let old = before.get(&row.source_identity_id).map(entries).unwrap_or_default();
        added.extend(new.difference(&old));
        removed.extend(old.difference(&new));
    }
    removed.extend(gone.iter().flat_map(|row| entries(row)));
    for (key, _, _) in removed.iter().filter(|(_, former, _)| !former) {
        *grown.entry(*key).or_default() -= 1;
    }
    delete_keys(txn, removed).await?;
    for (key, former, _) in &added {
        if !former {
            *grown.entry(*key).or_default() += 1;
        }
    }
    let added = added.into_iter();
    let added = added.map(|(key, former, id)| match_key::Model { key, former, source_identity_id: id });
    insert_all::<match_key::Entity, _>(txn, added.collect(), None).await?;
    Ok(grown)
}

async fn delete_keys(txn: &DatabaseTransaction, gone: BTreeSet<(i64, bool, Uuid)>) -> Result<()> {
    let gone: Vec<_> = gone.into_iter().collect();
    if txn.get_database_backend() != DbBackend::Postgres {
        for key in gone {
            match_key::Entity::delete_by_id(key).exec(txn).await?;
        }
        return Ok(());
    }
    for step in gone.chunks(1024) {
        let arrays: [Bound; 3] = [
            step.iter().map(|(key, _, _)| *key).collect::<Vec<_>>().into(),
            step.iter().map(|(_, former, _)| *former).collect::<Vec<_>>().into(),
            step.iter().map(|(_, _, id)| *id).collect::<Vec<_>>().into(),
        ];
        let sql = "DELETE FROM match_key m USING unnest($1, $2, $3) AS g(key, former, id) \
             WHERE m.key = g.key AND m.former = g.former AND m.source_identity_id = g.id";
        txn.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, sql, arrays)).await?;
    }
    Ok(())
}

/// Who shares each of these keys; nobody where they are too many.
async fn sharing<C: ConnectionTrait>(db: &C, keys: BTreeSet<i64>) -> Result<BTreeMap<i64, Vec<Uuid>>> {
    let mut found: BTreeMap<i64, Vec<Uuid>> = keys.iter().map(|key| (*key, Vec::new())).collect();
    let keys: Vec<i64> = keys.into_iter().collect();
    let limit = i64::try_from(CAP + 1).unwrap_or(i64::MAX);
    for step in keys.chunks(1024) {
        // However many have a key, PostgreSQL looks at no more of them than are asked for.
        let statement = if db.get_database_backend() == DbBackend::Postgres {
            let sql = "SELECT k.key, m.source_identity_id FROM unnest($1) AS k(key) CROSS JOIN LATERAL \
                 (SELECT source_identity_id FROM match_key WHERE key = k.key AND NOT former LIMIT $2) AS m";
            Statement::from_sql_and_values(DbBackend::Postgres, sql, [step.to_vec().into(), limit.into()])
        } else {
            let sql = "SELECT key, source_identity_id FROM (\
                 SELECT key, source_identity_id, ROW_NUMBER() OVER (PARTITION BY key) AS place \
                 FROM match_key WHERE key = {} AND NOT former) ranked \
               WHERE place <= $1";
            over(db, sql, step, [limit.into()])
        };
        for row in db.query_all_raw(statement).await? {
            let key: i64 = row.try_get("", "key")?;
            found.entry(key).or_default().push(row.try_get("", "source_identity_id")?);
        }
    }
    found.values_mut().filter(|sharing| sharing.len() > CAP).for_each(Vec::clear);
    Ok(found)
}

/// So many of those who have a key.
async fn some_of(txn: &DatabaseTransaction, key: i64, limit: usize) -> Result<Vec<Uuid>> {
    use match_key::Column as K;
    let found = match_key::Entity::find().select_only().column(K::SourceIdentityId);
    let found = found.filter(K::Key.eq(key)).filter(K::Former.eq(false)).limit(limit as u64);
    Ok(found.into_tuple().all(txn).await?)
}

/// Who carries one of these identifiers.
async fn carriers(txn: &DatabaseTransaction, values: &BTreeSet<Value>) -> Result<BTreeSet<Uuid>> {
    use identifier::Column as I;
    let mut ids = BTreeSet::new();
    for (kind, values) in by_kind(values.clone()) {
        for chunk in chunks(txn, values) {
            let found = identifier::Entity::find().select_only().column(I::SourceIdentityId);
            let found = found.filter(I::Kind.eq(kind.as_str())).filter(chunk.of(I::Value));
            ids.extend(found.into_tuple::<Uuid>().all(txn).await?);
        }
    }
    Ok(ids)
}

async fn load<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, compared::Model>> {
    let mut rows = BTreeMap::new();
    for ids in chunks(db, ids) {
        let found =
            compared::Entity::find().filter(ids.of(compared::Column::SourceIdentityId)).all(db).await?;
        rows.extend(found.into_iter().map(|row| (row.source_identity_id, row)));
    }
    Ok(rows)
}

/// What counts of these people's details; of those who say nothing, nothing.
pub(crate) async fn counting<C: ConnectionTrait>(
    db: &C,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, Details>> {
    #[derive(FromQueryResult)]
    struct Row {
        source_identity_id: Uuid,
        details: String,
        shared: String,
    }
    use compared::Column as C;
    let mut counting = BTreeMap::new();
    for ids in chunks(db, ids) {
        let found = compared::Entity::find().select_only();
        let found = found.columns([C::SourceIdentityId, C::Details, C::Shared]);
        let found = found.filter(ids.of(C::SourceIdentityId)).into_model::<Row>().all(db).await?;
        for row in found {
            counting.insert(row.source_identity_id, counted(&row.details, &row.shared)?);
        }
    }
    Ok(counting)
}

fn counted(details: &str, shared: &str) -> Result<Details> {
    let (details, shared): (Details, Vec<String>) = (read(details)?, read(shared)?);
    if shared.is_empty() {
        return Ok(details);
    }
    let is_shared = |field, value: &str| {
        identifier(field, value).is_some() && shared.iter().any(|shared| shared == value)
    };
    Ok(details.without(is_shared))
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::stored("details", error))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::stored("details", error))
}

fn bytes(keys: &BTreeSet<i64>) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_be_bytes()).collect()
}

fn keys(bytes: &[u8]) -> impl Iterator<Item = i64> + '_ {
    bytes.as_chunks::<8>().0.iter().map(|key| i64::from_be_bytes(*key))
}

/// How many people are compared with their counterparts at a time: bounds the memory of one step.
const STEP: usize = 256;

/// Comparing people with their counterparts, each pair once.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    model: &'a Model,
    /// What is kept of some people.
    rows: BTreeMap<Uuid, compared::Model>,
    sharing: BTreeMap<i64, Vec<Uuid>>,
    /// The weight of every pair so far.
    weights: BTreeMap<Pair, i64>,
}

impl<'a> Comparison<'a> {
    /// Some things may be known already: what is kept of people, and who shares some of the keys, nobody standing for
    /// too many.
    pub(crate) fn new(
        model: &'a Model,
        rows: BTreeMap<Uuid, compared::Model>,
        sharing: BTreeMap<i64, Vec<Uuid>>,
    ) -> Self {
        Self { model, rows, sharing, weights: BTreeMap::new() }
    }

    /// Weighs these people against everybody who shares a key with them, and the pairs of `also`. Returns the weights of
    /// the pairs that are new.
    pub(crate) async fn weigh(
        &mut self,
        txn: &DatabaseTransaction,
        people: &[Uuid],
        also: &BTreeSet<Pair>,
    ) -> Result<Vec<(Pair, i64)>> {
        let mut weighed = Vec::new();
        for step in people.chunks(STEP) {
            let mut rows: BTreeMap<Uuid, compared::Model> =
                step.iter().filter_map(|id| self.rows.remove_entry(id)).collect();
            rows.extend(load(txn, step.iter().copied().filter(|id| !rows.contains_key(id))).await?);
            let had: BTreeSet<i64> = rows.values().flat_map(|row| keys(&row.keys)).collect();
            let unknown = had.into_iter().filter(|key| !self.sharing.contains_key(key)).collect();
            self.sharing.extend(sharing(txn, unknown).await?);

            let mut pairs: BTreeSet<Pair> = BTreeSet::new();
            for (id, row) in &rows {
                let fellows = keys(&row.keys).filter_map(|key| self.sharing.get(&key)).flatten();
                pairs.extend(fellows.filter_map(|fellow| pair(*id, *fellow)));
            }
            let here: BTreeSet<Uuid> = step.iter().copied().collect();
            pairs.extend(also.iter().filter(|(a, b)| here.contains(a) || here.contains(b)));
            pairs.retain(|pair| !self.weights.contains_key(pair));
            let fellows: BTreeSet<Uuid> =
                pairs.iter().flat_map(|(a, b)| [*a, *b]).filter(|id| !rows.contains_key(id)).collect();
            let mut all = counting(txn, fellows).await?;
            for (id, row) in &rows {
                all.insert(*id, counted(&row.details, &row.shared)?);
            }
            // Who says nothing is weighed against nobody.
            all.retain(|_, details| !details.is_empty());
            let ids: Vec<Uuid> = all.keys().copied().collect();
            let place = |id: &Uuid| ids.binary_search(id).ok().and_then(|place| u32::try_from(place).ok());
            let (pairs, places): (Vec<Pair>, Vec<(u32, u32)>) =
                pairs.into_iter().filter_map(|(a, b)| Some(((a, b), (place(&a)?, place(&b)?)))).unzip();
            let records: Vec<&Details> = all.values().collect();
            weighed.extend(pairs.into_iter().zip(self.model.weigh(&records, &places)));
            self.weights.extend(weighed.iter().copied());
        }
        Ok(weighed)
    }

    /// The weights of all pairs that were weighed.
    pub(crate) fn into_weights(self) -> BTreeMap<Pair, i64> {
        self.weights
    }
}
