//! Facts: what personal data may be used for.

use sea_orm::entity::prelude::*;

/// One version of a purpose. The greatest version of a key holds.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purpose")]
pub struct Model {
    /// Its name in statements.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// JSON: `consent::Purpose`.
    pub definition: String,
    /// When it was defined so.
    pub defined_at: DateTimeUtc,
    /// By whom: the name of a key.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
