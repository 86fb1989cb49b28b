//! Derived: values by which a source identity was recognised once.

use sea_orm::entity::prelude::*;

/// A normalised value that only older versions of a source identity carried. It links nobody today; looking at a past
/// moment finds through it who belonged together then.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identifier_past")]
pub struct Model {
    /// Who carried it.
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
