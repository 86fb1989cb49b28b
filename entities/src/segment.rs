//! Segments as people define them.

use sea_orm::entity::prelude::*;

/// One version of a segment. The greatest one holds; one without a rule takes the segment away.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segment")]
pub struct Model {
    /// Short name: `vip`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// What people see.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The rule, in its JSON form.
    pub rule: Option<String>,
    /// When it was defined.
    pub defined_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
