//! What could not be derived.

use sea_orm::entity::prelude::*;

/// A key that was taken out of the queue because deriving it fails whenever it is tried. It goes when the key is derived after all: once its facts change, or in a rebuild.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "failed_key")]
pub struct Model {
    /// The source.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    /// As in [`crate::touched`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The key in the source.
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub failure: String,
}

impl ActiveModelBehavior for ActiveModel {}
