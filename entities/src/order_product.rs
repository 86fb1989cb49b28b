//! Derived: which products an order is for.

use sea_orm::entity::prelude::*;

/// A product that an order has a line of, whether anything is known of it or not.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_product")]
pub struct Model {
    /// The order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    /// The product.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
