//! Derived: companies.

use sea_orm::entity::prelude::*;

/// The current version of a company.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company")]
pub struct Model {
    /// Keyed hash of (source, external id).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its source.
    pub source_id: Uuid,
    /// Its id in the source.
    pub external_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its web domain.
    pub domain: Option<String>,
    /// Its industry.
    pub industry: Option<String>,
    /// Its country.
    pub country: Option<String>,
    /// Its city.
    pub city: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
    /// How many people work there.
    pub employees: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
