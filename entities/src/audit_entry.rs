//! The audit log.

use sea_orm::entity::prelude::*;

/// One deed. Entries are only added.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    /// 1, 2, 3, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// When.
    pub at: DateTimeUtc,
    /// Who: the name of a key.
    pub actor: String,
    /// What: the name of a mutation or command.
    pub action: String,
    /// The ids of the objects that it is about.
    pub subject: Option<String>,
    /// The purpose for which it is done.
    pub purpose: Option<String>,
    /// From where.
    pub origin: Option<String>,
    /// Keyed hash over this entry and the hash before it.
    pub hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
