//! Facts: what was learned about what people will do.

use sea_orm::entity::prelude::*;

/// What was learned once, which never changes: promotions name it by its number.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "prediction_model")]
pub struct Model {
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// What it predicts: `purchases`, ….
    pub kind: String,
    /// Method, parameters, what it was learned from and how good it is, as JSON.
    pub about: String,
    /// What predicts, as JSON.
    pub model: String,
    /// When it was learned.
    pub trained_at: DateTimeUtc,
    /// Who had it learned.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
