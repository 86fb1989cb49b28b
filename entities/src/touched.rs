//! What must be derived again.

use sea_orm::entity::prelude::*;

/// A key whose facts changed. Written by intake in its own transaction, drained by resolution. One row a change, so that a change during a drain is never lost.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "touched")]
pub struct Model {
    /// Surrogate key, in order of writing.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The source.
    pub source_id: Uuid,
    /// A record kind, or `activity` for a person whose events changed.
    pub kind: String,
    /// The key in the source.
    pub external_id: String,
}

impl ActiveModelBehavior for ActiveModel {}
