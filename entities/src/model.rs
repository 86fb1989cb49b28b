//! Facts: the models by which source identities are compared.

use sea_orm::entity::prelude::*;

/// A model, which never changes once it is there: rules name it by its number.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "model")]
pub struct Model {
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// JSON.
    pub model: String,
    /// When it was learned.
    pub trained_at: DateTimeUtc,
    /// Who had it learned.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
