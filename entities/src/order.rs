//! Derived: purchases and returns.

use sea_orm::entity::prelude::*;

/// The current version of an order.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// Keyed hash of (source, external id).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its source.
    pub source_id: Uuid,
    /// Its id in the source.
    pub external_id: String,
    /// Who bought; absent for an order of no person.
    pub source_identity_id: Option<Uuid>,
    /// The number that the customer sees.
    pub number: Option<String>,
    /// `sale` or `return`.
    pub order_type: String,
    /// `pending`, `processing`, `completed`, `cancelled`, `refunded`, `failed`.
    pub status: String,
    /// When it was placed.
    pub placed_at: Option<DateTimeUtc>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// In millionths of the currency.
    pub total_micros: i64,
    /// Paid back, in millionths of the currency, positive.
    pub refunded_micros: i64,
    /// How many lines.
    pub line_count: i32,
    /// JSON: tax, shipping, discount, coupons and lines (`view::document::OrderDetails`).
    pub details: String,
}

impl ActiveModelBehavior for ActiveModel {}
