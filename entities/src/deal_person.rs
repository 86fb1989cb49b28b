//! Derived: who a deal concerns.

use sea_orm::entity::prelude::*;

/// A source identity that a deal concerns.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal_person")]
pub struct Model {
    /// The deal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub deal_id: Uuid,
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_identity_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
