//! Facts: patterns of traits, as administrators define them.

use sea_orm::entity::prelude::*;

/// One version of a persona. The greatest one holds; one without a definition takes the persona away.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "persona")]
pub struct Model {
    /// Short name: `bargain-hunter`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// What people see.
    pub name: String,
    /// Description, least score and marks, as JSON.
    pub definition: Option<String>,
    /// When it was defined.
    pub defined_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
