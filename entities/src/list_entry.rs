//! Facts: who was put on a list, and taken off it.

use sea_orm::entity::prelude::*;

/// A word about somebody and a list. The newest one of a source identity holds.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "list_entry")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The key of the list.
    pub list: String,
    /// Whom it is about.
    pub source_identity_id: Uuid,
    /// The source and the external id behind `source_identity_id`.
    pub person_source_id: Uuid,
    /// See `person_source_id`.
    pub person: String,
    /// Whether they were put on it, and not taken off.
    pub added: bool,
    /// When.
    pub at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
