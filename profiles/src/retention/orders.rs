//! Orders that are too old, with all their versions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connectors::canonical::{Body, RecordKind};
use entities::record_version::{self, Column};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, Statement, Value,
};

use super::{
    due::{FOUND, Found, Place, Search},
    keep,
};
use crate::{
    error::Result,
    resolution::{
        touch,
        versions::{self, Version},
    },
    store::chunks,
};

/// Orders that were placed too long ago, of which nobody knows when they were placed, or that are gone in their source.
pub(super) async fn next<C: ConnectionTrait>(
    db: &C,
    search: &Search<'_>,
    after: Option<&Place>,
) -> Result<Vec<Place>> {
    let after = match after {
        Some(Place::Order(id)) => id.clone(),
        _ => String::new(),
    };
    let sql = format!(
        "SELECT external_id FROM orders \
         WHERE source_id = $1 AND external_id > $2 AND (placed_at < $3 OR placed_at IS NULL) \
         UNION SELECT external_id FROM record_version \
         WHERE source_id = $1 AND external_id > $2 AND kind = 'order' AND deleted \
         ORDER BY external_id LIMIT {FOUND}"
    );
    let values: [Value; 3] = [search.source_id().into(), after.into(), search.cutoff.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok(Place::Order(row.try_get("", "external_id")?))).collect()
}

pub(super) async fn found<C: ConnectionTrait>(
    db: &C,
    search: &Search<'_>,
    places: &[Place],
) -> Result<Found> {
    Ok(Found::of(due(db, search, places).await?.into_values().map(|(at, _)| at)))
}

pub(super) async fn remove(txn: &DatabaseTransaction, search: &Search<'_>, places: &[Place]) -> Result<u64> {
    let due = due(txn, search, places).await?;
    for ids in chunks(txn, due.keys().cloned()) {
        record_version::Entity::delete_many()
            .filter(ids.of(Column::ExternalId))
            .filter(Column::SourceId.eq(search.source_id()))
            .filter(Column::Kind.eq(RecordKind::Order.as_str()))
            .exec(txn)
            .await?;
    }
    let removed = due.len() as u64;
    let (source, kind) = (search.source_id(), RecordKind::Order.as_str());
    touch(txn, due.keys().map(|external_id| (source, kind.to_owned(), external_id.clone()))).await?;
    keep::keep(txn, search.source_id(), due.into_values().filter_map(|(_, person)| person)).await?;
    Ok(removed)
}

/// Those of these orders that are too old: since when, and whom they name.
async fn due<C: ConnectionTrait>(
    db: &C,
    search: &Search<'_>,
    places: &[Place],
) -> Result<BTreeMap<String, (DateTime<Utc>, Option<String>)>> {
    let ids =
        places.iter().filter_map(|place| if let Place::Order(id) = place { Some(id.clone()) } else { None });
    let mut due = BTreeMap::new();
    for (external_id, versions) in versions::load(db, search.source_id(), RecordKind::Order, ids).await? {
        let Some(current) = versions.last() else { continue };
        let (at, person) = told(current)?;
        if at < search.cutoff {
            due.insert(external_id, (at, person));
        }
    }
    Ok(due)
}

/// When an order was placed, else changed, else last heard of; and whom it names.
fn told(version: &Version) -> Result<(DateTime<Utc>, Option<String>)> {
    let (placed_at, person) = match version.body()? {
        Body::Order(order) => (order.placed_at, order.person),
        _ => (None, None),
    };
    let at = placed_at.or(version.updated_at).unwrap_or(version.last_seen);
    Ok((at, person.filter(|_| !version.deleted)))
}
