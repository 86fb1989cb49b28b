//! Derived: who belongs to a company.

use sea_orm::entity::prelude::*;

/// A source identity that belongs to a company.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company_person")]
pub struct Model {
    /// The company.
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    /// The person.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_identity_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
