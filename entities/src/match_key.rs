//! Derived: by which keys the counterparts of a source identity are found.

use sea_orm::entity::prelude::*;

/// A key of a source identity. Two that share one are compared.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_key")]
pub struct Model {
    /// The key: a hash, as the model makes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: i64,
    /// Only older versions of the record had it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub former: bool,
    /// Whose it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_identity_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
