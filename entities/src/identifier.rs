//! Derived: values by which a source identity is recognised.

use sea_orm::entity::prelude::*;

/// A normalised value that a source identity carries.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identifier")]
pub struct Model {
    /// Who carries it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_identity_id: Uuid,
    /// `email`, `phone`, `user_id`, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// The normalised value.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
}

impl ActiveModelBehavior for ActiveModel {}
