//! Facts: what campaigns say of those whom they bring.

use sea_orm::entity::prelude::*;

/// One version of a meaning. The greatest one of a key holds; one without a definition takes it away.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign_meaning")]
pub struct Model {
    /// Short name: `ceo-automotive`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// JSON: `behaviour::Meaning`.
    pub definition: Option<String>,
    /// When it was defined so.
    pub defined_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
