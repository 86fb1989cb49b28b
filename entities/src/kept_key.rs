//! Whom expired facts named.

use sea_orm::entity::prelude::*;

/// The key of a source identity of which retention removed what named it, and which no record describes: it stays.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_key")]
pub struct Model {
    /// The key in the source.
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    /// The source.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
