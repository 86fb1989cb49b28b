//! Keys with which sites and apps send what happens.

use sea_orm::entity::prelude::*;

/// One write key. It stands in the source of every page that uses it, and opens nothing to read: no secret.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "write_key")]
pub struct Model {
    /// Public id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The source whose facts arrive with it.
    pub source_id: Uuid,
    /// What it is for.
    pub name: String,
    /// The key itself.
    pub key: String,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was taken back.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
