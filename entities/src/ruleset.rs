//! Facts: the rules under which profiles are derived.

use sea_orm::entity::prelude::*;

/// One version of the rules (identity, survivorship). The greatest version is in force.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ruleset")]
pub struct Model {
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// JSON.
    pub rules: String,
    /// When it came into force.
    pub adopted_at: DateTimeUtc,
    /// Who brought it into force: the name of a key; null for the configuration.
    pub actor: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
