//! Facts: what was learned of how actions are accepted.

use sea_orm::entity::prelude::*;

/// What was learned once, which never changes. The greatest version decides; those before are kept while a decision names them.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "action_model")]
pub struct Model {
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// What was learned, as JSON.
    pub model: String,
    /// The id of the last outcome that it knows.
    pub up_to: i64,
    /// From how many outcomes it was learned.
    pub outcomes: i64,
    /// When it was learned.
    pub learned_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
