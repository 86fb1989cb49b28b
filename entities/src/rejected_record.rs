//! What could not be understood.

use sea_orm::entity::prelude::*;

/// An object that a source delivered and nobody could read. The same object rejected twice is one row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rejected_record")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its source.
    pub source_id: Uuid,
    /// Its stream.
    pub stream: String,
    /// SHA-256 of the payload and the reason.
    pub payload_hash: Vec<u8>,
    /// Its id, where that much could be read.
    pub external_id: Option<String>,
    /// What was expected.
    pub reason: String,
    /// As delivered.
    pub payload: Vec<u8>,
    /// First delivery.
    pub first_seen: DateTimeUtc,
    /// Last delivery.
    pub last_seen: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
