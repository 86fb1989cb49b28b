//! Facts: what people said about the use of their data.

use sea_orm::entity::prelude::*;

/// One consent statement as a source reported it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_statement")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who reported it: a source, or Rondom itself for what was recorded here.
    pub source_id: Uuid,
    /// SHA-256 over the content: the same statement twice is one.
    pub content_hash: Vec<u8>,
    /// Who said it.
    pub source_identity_id: Uuid,
    /// The source and the external id behind `source_identity_id`.
    pub person_source_id: Uuid,
    /// See `person_source_id`.
    pub person: String,
    /// `email_marketing`, `sms_marketing`, …
    pub purpose: String,
    /// Kind of the contact point: `email`, `phone`; absent when it is about the person.
    pub contact_kind: Option<String>,
    /// The contact point as delivered.
    pub contact_value: Option<String>,
    /// `granted`, `denied`, `withdrawn`, `pending`, `expired` or `unstated`.
    pub status: String,
    /// When it was said.
    pub stated_at: Option<DateTimeUtc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTimeUtc>,
    /// How it was collected.
    pub method: Option<String>,
    /// JSON object: what proves it.
    pub evidence: String,
    /// The version of the notice that was shown.
    pub notice: Option<String>,
    /// Who recorded it here: the name of a key; null where a source reported it.
    pub actor: Option<String>,
    /// The greatest stamp of a delivery.
    pub last_seen: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
