//! Storing versions of objects.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use chrono::{DateTime, Utc};
use connectors::canonical::{Body, Extent, Record, RecordKind};
use entities::record_version::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::NotSet,
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Set,
    sea_query::{Expr, OnConflict},
};

use super::{Counts, Delivery, Touched, hash};
use crate::{
    clock::micros,
    error::Result,
    store::{chunks, insert_all},
};

/// What is known of a stored version.
#[derive(Debug, Clone)]
struct Known {
    id: i64,
    hash: Vec<u8>,
    updated_at: Option<DateTime<Utc>>,
    last_seen: DateTime<Utc>,
}

/// When something was said first, of which only that counts.
type Earliest = (DateTime<Utc>, ActiveModel);
type Row = (String, i64, Vec<u8>, Option<DateTime<Utc>>, DateTime<Utc>);
type Versions = HashMap<(RecordKind, String), Vec<Known>>;

pub(super) async fn store(
    txn: &DatabaseTransaction,
    delivery: &Delivery<'_>,
    records: &[&Record],
    touched: &mut Touched,
) -> Result<Counts> {
    let known = known(txn, delivery, records).await?;
    let mut counts = Counts { read: records.len() as u64, ..Counts::default() };
    let mut new: BTreeMap<(RecordKind, &str, Vec<u8>), ActiveModel> = BTreeMap::new();
    let mut since_then: BTreeMap<(&str, Vec<u8>), Earliest> = BTreeMap::new();
    let mut seen_again: Vec<i64> = Vec::new();

    for record in records {
        let kind = record.body.kind();
        let (body, hash) = hash::version(record)?;
        let versions = known.get(&(kind, record.external_id.clone()));
        if let Some(first) = since(record) {
            let stored = versions.and_then(|all| all.iter().find(|version| version.hash == hash));
            if stored.is_some_and(|stored| stored.updated_at <= Some(first)) {
                counts.unchanged += 1;
                continue;
            }
            let row = row(delivery, record, (body, hash.clone()));
            let row = ActiveModel { updated_at: Set(Some(first)), last_seen: Set(first), ..row };
            match (since_then.entry((&record.external_id, hash)), versions.is_some()) {
                (Entry::Occupied(mut known), _) => {
                    counts.unchanged += 1;
                    if first < known.get().0 {
                        known.insert((first, row));
                    }
                }
                (Entry::Vacant(place), is_known) => {
                    counts.changed += u64::from(is_known);
                    counts.created += u64::from(!is_known);
                    place.insert((first, row));
                }
            }
            touched.record(kind, &record.external_id);
            continue;
        }
        if let Some(version) = versions.and_then(|all| all.iter().find(|version| version.hash == hash)) {
            counts.unchanged += 1;
            if version.last_seen < delivery.stamp {
                seen_again.push(version.id);
                // Where it was the current one, it still is; otherwise it may have become so.
                if versions.and_then(|all| current(all)) != Some(version.id) {
                    touched.record(kind, &record.external_id);
                }
            }
            continue;
        }
        let row = row(delivery, record, (body, hash.clone()));
        if new.insert((kind, &record.external_id, hash), row).is_some() {
            counts.unchanged += 1;
        } else if versions.is_some() {
            counts.changed += 1;
        } else {
            counts.created += 1;
        }
        touched.record(kind, &record.external_id);
    }

    let later =
        OnConflict::columns([Column::SourceId, Column::Kind, Column::ExternalId, Column::ContentHash])
            .update_column(Column::LastSeen)
            .action_and_where(Expr::cust("excluded.last_seen > record_version.last_seen"))
            .to_owned();
    insert_all::<Entity, _>(txn, new.into_values().collect(), Some(&later)).await?;
    let earlier =
        OnConflict::columns([Column::SourceId, Column::Kind, Column::ExternalId, Column::ContentHash])
            .update_columns([Column::UpdatedAt, Column::LastSeen])
            .action_and_where(Expr::cust("excluded.updated_at < record_version.updated_at"))
            .to_owned();
    let rows = since_then.into_values().map(|(_, row)| row).collect();
    insert_all::<Entity, _>(txn, rows, Some(&earlier)).await?;
    for ids in chunks(txn, seen_again) {
        Entity::update_many()
            .col_expr(Column::LastSeen, Expr::value(delivery.stamp))
            .filter(ids.of(Column::Id))
            .filter(Column::LastSeen.lt(delivery.stamp))
            .exec(txn)
            .await?;
    }
    Ok(counts)
}

fn row(delivery: &Delivery<'_>, record: &Record, (body, hash): (String, Vec<u8>)) -> ActiveModel {
    ActiveModel {
        id: NotSet,
        source_id: Set(delivery.source),
        kind: Set(record.body.kind().as_str().to_owned()),
        external_id: Set(record.external_id.clone()),
        content_hash: Set(hash),
        updated_at: Set(record.updated_at.map(micros)),
        created_at: Set(record.created_at.map(micros)),
        last_seen: Set(delivery.stamp),
        deleted: Set(record.deleted),
        body: Set(body),
        payload: Set(record.payload.clone()),
    }
}

/// When something was said of which only the first time counts.
fn since(record: &Record) -> Option<DateTime<Utc>> {
    let Body::Person(person) = &record.body else { return None };
    record.updated_at.map(micros).filter(|_| person.extent == Extent::Since)
}

/// The current version: the greatest (update time, last seen, content hash). Undated is less than any date.
fn current(versions: &[Known]) -> Option<i64> {
    versions
        .iter()
        .max_by(|a, b| (a.updated_at, a.last_seen, &a.hash).cmp(&(b.updated_at, b.last_seen, &b.hash)))
        .map(|version| version.id)
}

async fn known(txn: &DatabaseTransaction, delivery: &Delivery<'_>, records: &[&Record]) -> Result<Versions> {
    let mut by_kind: BTreeMap<RecordKind, Vec<String>> = BTreeMap::new();
    for record in records {
        by_kind.entry(record.body.kind()).or_default().push(record.external_id.clone());
    }
    let mut versions = Versions::new();
    for (kind, mut ids) in by_kind {
        ids.sort_unstable();
        ids.dedup();
        for chunk in chunks(txn, ids) {
            let rows: Vec<Row> = Entity::find()
                .select_only()
                .columns([
                    Column::ExternalId,
                    Column::Id,
                    Column::ContentHash,
                    Column::UpdatedAt,
                    Column::LastSeen,
                ])
                .filter(Column::SourceId.eq(delivery.source))
                .filter(Column::Kind.eq(kind.as_str()))
                .filter(chunk.of(Column::ExternalId))
                .into_tuple()
                .all(txn)
                .await?;
            for (external_id, id, hash, updated_at, last_seen) in rows {
                versions.entry((kind, external_id)).or_default().push(Known {
                    id,
                    hash,
                    updated_at,
                    last_seen,
                });
            }
        }
    }
    Ok(versions)
}
