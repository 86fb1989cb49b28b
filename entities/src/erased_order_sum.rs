//! What the orders of erased people came to.

use sea_orm::entity::prelude::*;

/// A sum over orders that nobody can be found behind, kept where the law on taxes asks for it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erased_order_sum")]
pub struct Model {
    /// The source of the orders.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    /// The year in which they were placed; 0 where that is not known.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// ISO 4217 code; empty where there was none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// `sale` or `return`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_type: String,
    /// Where they stood.
    #[sea_orm(primary_key, auto_increment = false)]
    pub status: String,
    /// How many.
    pub orders: i64,
    /// What they came to, in millionths.
    pub total_micros: i64,
    /// What was paid back, in millionths.
    pub refunded_micros: i64,
}

impl ActiveModelBehavior for ActiveModel {}
