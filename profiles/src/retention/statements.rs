//! Statements about the use of data that tell nothing any more: newer ones of the same voice replaced them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::consent_statement::{Column, Entity, Model};
use identity::IdentifierKind;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    due::{Found, Place, Search},
    keep,
};
use crate::{
    consent::{ContactPoint, Statement, Status, telling},
    error::{Error, Result},
    store::chunks,
};

pub(super) async fn found<C: ConnectionTrait>(
    db: &C,
    search: &Search<'_>,
    places: &[Place],
) -> Result<Found> {
    let due = due(db, search, places).await?;
    Ok(Found::of(due.iter().map(said_at)))
}

pub(super) async fn remove(txn: &DatabaseTransaction, search: &Search<'_>, places: &[Place]) -> Result<u64> {
    let due = due(txn, search, places).await?;
    for ids in chunks(txn, due.iter().map(|row| row.id)) {
        Entity::delete_many().filter(ids.of(Column::Id)).exec(txn).await?;
    }
    let removed = due.len() as u64;
    let mut people: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for row in due {
        people.entry(row.person_source_id).or_default().push(row.person);
    }
    for (source, people) in people {
        keep::keep(txn, source, people).await?;
    }
    Ok(removed)
}

fn said_at(row: &Model) -> DateTime<Utc> {
    row.stated_at.unwrap_or(row.last_seen)
}

/// Those that are too old and no longer tell. Contact points are compared as they were written: rules that take more
/// spellings for one leave fewer statements that tell, never others.
async fn due<C: ConnectionTrait>(db: &C, search: &Search<'_>, places: &[Place]) -> Result<Vec<Model>> {
    let ids: BTreeSet<i64> =
        places.iter().filter_map(|place| if let Place::Row(id) = place { Some(*id) } else { None }).collect();
    let mut people = BTreeSet::new();
    for ids in chunks(db, ids.iter().copied()) {
        let rows = Entity::find().filter(ids.of(Column::Id)).all(db).await?;
        people.extend(rows.into_iter().map(|row| row.source_identity_id));
    }
    let mut rows = Vec::new();
    for people in chunks(db, people) {
        rows.extend(Entity::find().filter(people.of(Column::SourceIdentityId)).all(db).await?);
    }
    let id = |row: &Model| search.keys.statement(row.source_id, &row.content_hash);
    let all = rows.iter().map(|row| statement(row, id(row))).collect::<Result<Vec<_>>>()?;
    let telling: BTreeSet<Uuid> = telling(all).into_iter().map(|statement| statement.id).collect();
    rows.retain(|row| {
        let is_old =
            ids.contains(&row.id) && row.source_id == search.source_id() && said_at(row) < search.cutoff;
        is_old && !telling.contains(&id(row))
    });
    Ok(rows)
}

fn statement(row: &Model, id: Uuid) -> Result<Statement> {
    let unknown = |what: &str| Error::stored("consent statement", format!("unknown {what}"));
    let point = match (&row.contact_kind, &row.contact_value) {
        (Some(kind), Some(value)) => {
            let kind = IdentifierKind::parse(kind).ok_or_else(|| unknown("kind of contact point"))?;
            Some(ContactPoint { kind, value: value.clone() })
        }
        _ => None,
    };
    Ok(Statement {
        id,
        identity: row.source_identity_id,
        source: row.source_id,
        purpose: row.purpose.clone(),
        status: Status::parse(&row.status).ok_or_else(|| unknown("status"))?,
        stated_at: row.stated_at,
        last_seen: row.last_seen,
        expires_at: row.expires_at,
        point,
        carried: BTreeSet::new(),
        written: false,
    })
}
