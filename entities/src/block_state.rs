//! Whether the blocked keys in memory are those that are stored.

use sea_orm::entity::prelude::*;

/// The one row that counts the changes of the block list.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "block_state")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// How often the list was changed.
    pub version: i64,
}

impl ActiveModelBehavior for ActiveModel {}
