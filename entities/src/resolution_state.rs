//! The one row that resolution locks.

use sea_orm::entity::prelude::*;

/// Its row lock lets one process drain at a time.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resolution_state")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The greatest revision given to a profile.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}
