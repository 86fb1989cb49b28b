//! Lists of people that somebody put together by hand.

use sea_orm::entity::prelude::*;

/// A list.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "static_list")]
pub struct Model {
    /// Short name: `fair-2026`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// What people see.
    pub name: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
