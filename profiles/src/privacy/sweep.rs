//! Putting everything that is stored through the screen, a page at a time: what arrived before somebody was erased ends
//! as it would have, had it arrived after.

use std::collections::BTreeSet;

use connectors::{
    Rejected,
    canonical::{ConsentStatement, ConsentStatus, Event, Identifier, Record, RecordKind},
};
use entities::{consent_statement, correction, event, record_version, rejected_record, source};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    erase::{Erasure, count},
    notes,
    screen::{Passage, Screen},
};
use crate::{
    behaviour::Touch,
    error::Result,
    intake::{ACTIVITY, hash},
    resolution::{canonical_kind, touch},
    store::chunks,
    view::{compose::contact_kind, read::json},
};

/// Rows that are looked at in one transaction; in tests few, so that it comes in many parts.
const PAGE: u64 = if cfg!(test) { 7 } else { 200 };

/// Up to where everything was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    table: Table,
    after: i64,
}

/// The tables, in their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Table {
    #[default]
    Records,
    Events,
    Statements,
    Corrections,
    Rejected,
}

impl Table {
    const fn next(self) -> Option<Self> {
        match self {
            Self::Records => Some(Self::Events),
            Self::Events => Some(Self::Statements),
            Self::Statements => Some(Self::Corrections),
            Self::Corrections => Some(Self::Rejected),
            Self::Rejected => None,
        }
    }
}

/// Looks at the next page. Returns the place after it; `None` after the last.
pub(super) async fn step(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    place: Place,
    erasure: &mut Erasure,
) -> Result<Option<Place>> {
    macro_rules! page {
        ($table:ident) => {
            $table::Entity::find()
                .filter($table::Column::Id.gt(place.after))
                .order_by_asc($table::Column::Id)
                .limit(PAGE)
                .all(txn)
                .await?
        };
    }
    let seen: Vec<i64> = match place.table {
        Table::Records => {
            let rows = page!(record_version);
            lock(txn, rows.iter().map(|row| row.source_id)).await?;
            let seen = rows.iter().map(|row| row.id).collect();
            records(txn, screen, rows, erasure).await?;
            seen
        }
        Table::Events => {
            let rows = page!(event);
            lock(txn, rows.iter().map(|row| row.source_id)).await?;
            let seen = rows.iter().map(|row| row.id).collect();
            events(txn, screen, rows, erasure).await?;
            seen
        }
        Table::Statements => {
            let rows = page!(consent_statement);
            lock(txn, rows.iter().map(|row| row.source_id)).await?;
            let seen = rows.iter().map(|row| row.id).collect();
            statements(txn, screen, rows, erasure).await?;
            seen
        }
        Table::Corrections => {
            let rows = page!(correction);
            let seen = rows.iter().map(|row| row.id).collect();
            corrections(txn, screen, rows, erasure).await?;
            seen
        }
        Table::Rejected => {
            let rows = page!(rejected_record);
            lock(txn, rows.iter().map(|row| row.source_id)).await?;
            let seen = rows.iter().map(|row| row.id).collect();
            rejected(txn, screen, rows, erasure).await?;
            seen
        }
    };
    let is_full = seen.len() as u64 == PAGE;
    if let Some(last) = seen.last().filter(|_| is_full) {
        return Ok(Some(Place { after: *last, ..place }));
    }
    let next = place.table.next().map(|table| Place { table, after: 0 });
    if next.is_none() {
        notes::redact(txn, screen, erasure).await?;
    }
    Ok(next)
}

/// Puts versions of objects through the screen.
pub(super) async fn records(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    rows: Vec<record_version::Model>,
    erasure: &mut Erasure,
) -> Result<()> {
    let mut gone = Vec::new();
    let mut touched = Vec::new();
    for row in rows {
        let Ok(body) = serde_json::from_str(&row.body) else {
            // What cannot be read is looked at as the text that it is.
            if screen.mentions(&row.body) || screen.mentions_bytes(&row.payload) {
                count(&mut erasure.removed, &format!("{}_records", row.kind), 1);
                touched.push((row.source_id, row.kind, row.external_id));
                gone.push(row.id);
            }
            continue;
        };
        let record = Record {
            external_id: row.external_id.clone(),
            updated_at: row.updated_at,
            created_at: row.created_at,
            deleted: row.deleted,
            body,
            payload: row.payload.clone(),
        };
        let key = (row.source_id, row.kind.clone(), row.external_id.clone());
        match screen.record(row.source_id, &record) {
            Passage::Whole => continue,
            Passage::Dropped => {
                count(&mut erasure.removed, &format!("{}_records", row.kind), 1);
                gone.push(row.id);
            }
            Passage::Redacted(record) => {
                count(&mut erasure.redacted, &format!("{}_records", row.kind), 1);
                if !replace(txn, &row, &record).await? {
                    gone.push(row.id);
                }
            }
        }
        touched.push(key);
    }
    for ids in chunks(txn, gone) {
        record_version::Entity::delete_many().filter(ids.of(record_version::Column::Id)).exec(txn).await?;
    }
    touch(txn, touched).await
}

/// Puts a version in the place of a stored one. False where it is stored already: then that one was seen last when the
/// later of the two was.
async fn replace(txn: &DatabaseTransaction, row: &record_version::Model, record: &Record) -> Result<bool> {
    use record_version::Column as C;
    let (body, hash) = hash::version(record)?;
    let same = record_version::Entity::find()
        .filter(C::ExternalId.eq(&row.external_id))
        .filter(C::SourceId.eq(row.source_id))
        .filter(C::Kind.eq(&row.kind))
        .filter(C::ContentHash.eq(hash.clone()))
        .one(txn)
        .await?;
    if let Some(same) = same {
        let seen = same.last_seen.max(row.last_seen);
        let row = record_version::ActiveModel {
            id: Unchanged(same.id),
            last_seen: Set(seen),
            ..Default::default()
        };
        record_version::Entity::update(row).exec(txn).await?;
        return Ok(false);
    }
    let row = record_version::ActiveModel {
        id: Unchanged(row.id),
        content_hash: Set(hash),
        body: Set(body),
        payload: Set(record.payload.clone()),
        ..Default::default()
    };
    record_version::Entity::update(row).exec(txn).await?;
    Ok(true)
}

async fn events(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    rows: Vec<event::Model>,
    erasure: &mut Erasure,
) -> Result<()> {
    let (mut gone, mut touched) = (Vec::new(), Vec::new());
    for row in rows {
        let event = Event {
            message_id: row.message_id,
            person: row.person,
            name: row.name,
            occurred_at: row.occurred_at,
            properties: json("event", &row.properties)?,
            context: json("event", &row.context)?,
        };
        match screen.event(row.source_id, &event) {
            Passage::Whole => continue,
            Passage::Dropped => gone.push(row.id),
            Passage::Redacted(event) => {
                let (properties, context) = (hash::json(&event.properties)?, hash::json(&event.context)?);
                let row = event::ActiveModel {
                    id: Unchanged(row.id),
                    content_hash: Set(hash::event(&event, &properties, &context)),
                    properties: Set(properties),
                    context: Set(context),
                    touch: Set(Touch::of(&event.context).map(|touch| touch.stored())),
                    ..Default::default()
                };
                event::Entity::update(row).exec(txn).await?;
                count(&mut erasure.redacted, "events", 1);
            }
        }
        touched.push((row.source_id, ACTIVITY.to_owned(), event.person));
    }
    count(&mut erasure.removed, "events", gone.len() as u64);
    for ids in chunks(txn, gone) {
        event::Entity::delete_many().filter(ids.of(event::Column::Id)).exec(txn).await?;
    }
    touch(txn, touched).await
}

async fn statements(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    rows: Vec<consent_statement::Model>,
    erasure: &mut Erasure,
) -> Result<()> {
    let (mut gone, mut touched) = (Vec::new(), Vec::new());
    for row in rows {
        let kind = row.contact_kind.as_deref().and_then(identity::IdentifierKind::parse);
        let point = kind.zip(row.contact_value);
        let said = ConsentStatement {
            person: row.person,
            purpose: row.purpose,
            contact_point: point.map(|(kind, value)| Identifier::new(canonical_kind(kind), value)),
            // Whatever was said: it is about whom.
            status: ConsentStatus::Denied,
            stated_at: row.stated_at,
            expires_at: row.expires_at,
            method: row.method,
            notice: row.notice,
            evidence: json("consent evidence", &row.evidence)?,
        };
        match screen.statement(row.person_source_id, &said) {
            Passage::Whole => continue,
            Passage::Dropped => gone.push(row.id),
            // Its hash stays what it was delivered with: it is the same word, with less to prove it.
            Passage::Redacted(said) => {
                let row = consent_statement::ActiveModel {
                    id: Unchanged(row.id),
                    evidence: Set(hash::json(&said.evidence)?),
                    ..Default::default()
                };
                consent_statement::Entity::update(row).exec(txn).await?;
                count(&mut erasure.redacted, "consent_statements", 1);
            }
        }
        touched.push((row.person_source_id, ACTIVITY.to_owned(), said.person));
    }
    count(&mut erasure.removed, "consent_statements", gone.len() as u64);
    for ids in chunks(txn, gone) {
        let rows = consent_statement::Entity::delete_many().filter(ids.of(consent_statement::Column::Id));
        rows.exec(txn).await?;
    }
    touch(txn, touched).await
}

/// A correction without what it mentions; none where that was the address or the number itself.
async fn corrections(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    rows: Vec<correction::Model>,
    erasure: &mut Erasure,
) -> Result<()> {
    let (mut gone, mut touched) = (Vec::new(), Vec::new());
    for row in rows {
        let mut value = json("correction", &row.value)?;
        if !screen.value(&mut value, &row.key, None).any {
            continue;
        }
        touched.push((row.person_source_id, RecordKind::Person.as_str().to_owned(), row.person));
        if contact_kind(&row.key).is_some() {
            gone.push(row.id);
            continue;
        }
        let (id, value) = (Unchanged(row.id), Set(hash::json(&value)?));
        let row = correction::ActiveModel { id, value, ..Default::default() };
        correction::Entity::update(row).exec(txn).await?;
        count(&mut erasure.redacted, "corrections", 1);
    }
    count(&mut erasure.removed, "corrections", gone.len() as u64);
    for ids in chunks(txn, gone) {
        correction::Entity::delete_many().filter(ids.of(correction::Column::Id)).exec(txn).await?;
    }
    touch(txn, touched).await
}

async fn rejected(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    rows: Vec<rejected_record::Model>,
    erasure: &mut Erasure,
) -> Result<()> {
    let mut gone = Vec::new();
    for row in rows {
        let object = Rejected { external_id: row.external_id, reason: row.reason, payload: row.payload };
        if screen.rejected(row.source_id, &object) != Passage::Whole {
            gone.push(row.id);
        }
    }
    count(&mut erasure.removed, "rejected_records", gone.len() as u64);
    for ids in chunks(txn, gone) {
        rejected_record::Entity::delete_many().filter(ids.of(rejected_record::Column::Id)).exec(txn).await?;
    }
    Ok(())
}

/// Keeps deliveries of these sources out.
async fn lock(txn: &DatabaseTransaction, sources: impl Iterator<Item = Uuid>) -> Result<()> {
    for ids in chunks(txn, sources.collect::<BTreeSet<_>>()) {
        let those = source::Entity::find().filter(ids.of(source::Column::Id));
        those.order_by_asc(source::Column::Id).lock_exclusive().all(txn).await?;
    }
    Ok(())
}
