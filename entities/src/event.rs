//! Facts: things that happened.

use sea_orm::entity::prelude::*;

/// Something that happened to or was done by a person. The first delivery of a message id is kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its source.
    pub source_id: Uuid,
    /// Unique within the source.
    pub message_id: String,
    /// SHA-256 over the content: breaks a tie between two first deliveries.
    pub content_hash: Vec<u8>,
    /// Whose event it is.
    pub source_identity_id: Uuid,
    /// The external id behind `source_identity_id`.
    pub person: String,
    /// `Email Opened`.
    pub name: String,
    /// When it happened.
    pub occurred_at: DateTimeUtc,
    /// The smallest stamp of a delivery.
    pub received_at: DateTimeUtc,
    /// JSON object.
    pub properties: String,
    /// JSON object.
    pub context: String,
    /// JSON: `behaviour::Touch`, what of the context says which campaign brought the person there.
    pub touch: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
