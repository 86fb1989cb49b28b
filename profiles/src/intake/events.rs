//! Storing events. A message id stands for one event: of several contents under one id, the one that was
//! delivered first is kept, and of two first ones the one with the smaller hash.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connectors::canonical::Event;
use entities::event::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::NotSet,
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, Set,
    sea_query::{Expr, OnConflict},
};

use super::{Counts, Delivery, Touched, hash};
use crate::{
    behaviour::Touch,
    clock::micros,
    error::Result,
    keys::Keys,
    store::{chunks, insert_all},
};

pub(super) async fn store(
    txn: &DatabaseTransaction,
    keys: &Keys,
    delivery: &Delivery<'_>,
    events: &[&Event],
    touched: &mut Touched,
) -> Result<Counts> {
    let known = known(txn, delivery, events).await?;
    let mut counts = Counts { read: events.len() as u64, ..Counts::default() };
    let mut rows: BTreeMap<&str, (Vec<u8>, ActiveModel)> = BTreeMap::new();
    for event in events {
        let properties = hash::json(&event.properties)?;
        let context = hash::json(&event.context)?;
        let hash = hash::event(event, &properties, &context);
        let before = known.get(event.message_id.as_str());
        if let Some((person, stored, received)) = before {
            counts.unchanged += 1;
            if (*received, stored) <= (delivery.stamp, &hash) {
                continue;
            }
            touched.activity(person);
        }
        touched.activity(&event.person);
        if rows.get(event.message_id.as_str()).is_some_and(|(other, _)| *other <= hash) {
            counts.unchanged += u64::from(before.is_none());
            continue;
        }
        let row = ActiveModel {
            id: NotSet,
            source_id: Set(delivery.source),
            message_id: Set(event.message_id.clone()),
            content_hash: Set(hash.clone()),
            source_identity_id: Set(keys.person(delivery.source, &event.person)),
            person: Set(event.person.clone()),
            name: Set(event.name.clone()),
            occurred_at: Set(micros(event.occurred_at)),
            received_at: Set(delivery.stamp),
            properties: Set(properties),
            context: Set(context),
            touch: Set(Touch::of(&event.context).map(|touch| touch.stored())),
        };
        let replaced = rows.insert(&event.message_id, (hash, row)).is_some();
        match (before.is_some(), replaced) {
            (true, _) => {}
            (false, true) => counts.unchanged += 1,
            (false, false) => counts.created += 1,
        }
    }
    let earlier = OnConflict::columns([Column::SourceId, Column::MessageId])
        .update_columns([
            Column::ContentHash,
            Column::SourceIdentityId,
            Column::Person,
            Column::Name,
            Column::OccurredAt,
            Column::ReceivedAt,
            Column::Properties,
            Column::Context,
            Column::Touch,
        ])
        .action_and_where(Expr::cust(
            "excluded.received_at < event.received_at OR (excluded.received_at = event.received_at \
             AND excluded.content_hash < event.content_hash)",
        ))
        .to_owned();
    insert_all::<Entity, _>(txn, rows.into_values().map(|(_, row)| row).collect(), Some(&earlier)).await?;
    Ok(counts)
}

type Known = BTreeMap<String, (String, Vec<u8>, DateTime<Utc>)>;

async fn known(txn: &DatabaseTransaction, delivery: &Delivery<'_>, events: &[&Event]) -> Result<Known> {
    let mut known = Known::new();
    for chunk in chunks(txn, events.iter().map(|event| event.message_id.clone())) {
        let rows: Vec<(String, String, Vec<u8>, DateTime<Utc>)> = Entity::find()
            .select_only()
            .columns([Column::MessageId, Column::Person, Column::ContentHash, Column::ReceivedAt])
            .filter(Column::SourceId.eq(delivery.source))
            .filter(chunk.of(Column::MessageId))
            .into_tuple()
            .all(txn)
            .await?;
        known.extend(rows.into_iter().map(|(id, person, hash, received)| (id, (person, hash, received))));
    }
    Ok(known)
}
