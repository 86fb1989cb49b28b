//! Facts: versions of the objects of a source.

use sea_orm::entity::prelude::*;

/// One version of one object of a source. Append-only; seeing a known version again only raises `last_seen`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record_version")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its source.
    pub source_id: Uuid,
    /// `person`, `company`, `deal`, `product`, `order`, `campaign`.
    pub kind: String,
    /// Its id in the source.
    pub external_id: String,
    /// SHA-256 over everything but `last_seen`: the identity of the version.
    pub content_hash: Vec<u8>,
    /// When the source says it changed.
    pub updated_at: Option<DateTimeUtc>,
    /// When the source says it was created.
    pub created_at: Option<DateTimeUtc>,
    /// The greatest stamp of a delivery that carried it.
    pub last_seen: DateTimeUtc,
    /// Archived or deleted at the source.
    pub deleted: bool,
    /// The canonical mapping, JSON.
    pub body: String,
    /// The bytes as delivered.
    pub payload: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
