//! Keeping what could not be understood, with its reason.

use std::collections::BTreeMap;

use connectors::Rejected;
use entities::rejected_record::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::NotSet,
    DatabaseTransaction, Set,
    sea_query::{Expr, OnConflict},
};

use super::{Counts, Delivery};
use crate::{error::Result, keys::sha256, store::insert_all};

/// The most bytes kept of a rejected payload.
const KEPT: usize = 64 << 10;

pub(super) async fn store(
    txn: &DatabaseTransaction,
    delivery: &Delivery<'_>,
    rejected: &[Rejected],
) -> Result<Counts> {
    let rows: BTreeMap<Vec<u8>, ActiveModel> = rejected
        .iter()
        .map(|object| {
            let hash = sha256(&[&object.payload, object.reason.as_bytes()]);
            let row = ActiveModel {
                id: NotSet,
                source_id: Set(delivery.source),
                stream: Set(delivery.stream.to_owned()),
                payload_hash: Set(hash.clone()),
                external_id: Set(object.external_id.as_deref().map(printable)),
                reason: Set(printable(&object.reason)),
                payload: Set(object.payload[..object.payload.len().min(KEPT)].to_vec()),
                first_seen: Set(delivery.stamp),
                last_seen: Set(delivery.stamp),
            };
            (hash, row)
        })
        .collect();
    let later = OnConflict::columns([Column::SourceId, Column::Stream, Column::PayloadHash])
        .update_column(Column::LastSeen)
        .action_and_where(Expr::cust("excluded.last_seen > rejected_record.last_seen"))
        .to_owned();
    insert_all::<Entity, _>(txn, rows.into_values().collect(), Some(&later)).await?;
    let rejected = rejected.len() as u64;
    Ok(Counts { read: rejected, rejected, ..Counts::default() })
}

/// Text that both databases take, of bounded length.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}
