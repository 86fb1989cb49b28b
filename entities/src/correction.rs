//! Facts: what people said is right where sources say something else.

use sea_orm::entity::prelude::*;

/// The value of a trait as the person states it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "correction")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who recorded it: Rondom itself.
    pub source_id: Uuid,
    /// The request for rectification that it fulfils.
    pub request_id: Uuid,
    /// Whom the request named; it goes where they go.
    pub source_identity_id: Uuid,
    /// The source and the external id behind `source_identity_id`.
    pub person_source_id: Uuid,
    /// See `person_source_id`.
    pub person: String,
    /// The trait: `first_name`.
    pub key: String,
    /// The value, as JSON.
    pub value: String,
    /// When it was decided that it is so.
    pub stated_at: DateTimeUtc,
    /// When it was taken back.
    pub ended_at: Option<DateTimeUtc>,
    /// Who decided.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
