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
    /// Its web domain, as delivered.
    pub domain: Option<String>,
    /// The registrable domain, by which it is recognised.
    pub domain_key: Option<String>,
    /// Its number in a company register or for value added tax, as delivered.
    pub register_number: Option<String>,
    /// The same in normal form, by which it is recognised.
    pub register_key: Option<String>,
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
    /// The earliest creation time that its source ever stated.
    pub created_at: Option<DateTimeUtc>,
    /// The id of the eldest company of its account.
    pub account_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
