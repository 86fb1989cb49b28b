//! Facts: the stages through which people pass.

use sea_orm::entity::prelude::*;

/// One version of the lifecycle. The greatest one holds.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lifecycle")]
pub struct Model {
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// JSON: a list of `journey::Stage`s, the first one first.
    pub stages: String,
    /// When it was defined so.
    pub defined_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
