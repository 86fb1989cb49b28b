//! Keys of the API.

use sea_orm::entity::prelude::*;

/// One API key. The key itself is shown once and never stored.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// Public id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is for.
    pub name: String,
    /// `admin`, `analyst`, `sales` or `frontend`.
    pub role: String,
    /// The purpose for which it reads people's data; null for the one of its role.
    pub purpose: Option<String>,
    /// SHA-256 of the key.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created_at: DateTimeUtc,
    /// When it was taken back.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
