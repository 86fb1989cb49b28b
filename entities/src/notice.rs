//! Facts: what people were told before they agreed.

use sea_orm::entity::prelude::*;

/// One text of one version of a purpose's notice. Never rewritten.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    /// The key of the purpose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: String,
    /// The version, as its author names it: `2026-1`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    /// The language: a tag of BCP 47.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    /// What people read.
    pub body: String,
    /// SHA-256 of the text in UTF-8.
    pub hash: Vec<u8>,
    /// When it was published.
    pub published_at: DateTimeUtc,
    /// By whom: the name of a key.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
