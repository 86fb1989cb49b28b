//! Facts: what can be done for customers, as administrators define it.

use sea_orm::entity::prelude::*;

/// One version of all actions and their limits. The greatest one holds; those before say what decisions were made by.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "action_catalogue")]
pub struct Model {
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// Actions, limits, control group and currency, as JSON.
    pub definition: String,
    /// When it was defined.
    pub defined_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
