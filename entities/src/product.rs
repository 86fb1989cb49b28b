//! Derived: things that can be bought.

use sea_orm::entity::prelude::*;

/// The current version of a product.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
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
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// Its page.
    pub url: Option<String>,
    /// Its picture.
    pub image_url: Option<String>,
    /// In millionths of the currency.
    pub price_micros: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// JSON array of names.
    pub categories: String,
    /// Whether it can be bought now.
    pub in_stock: Option<bool>,
}

impl ActiveModelBehavior for ActiveModel {}
