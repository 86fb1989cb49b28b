//! What stays of the orders of erased people where the law on taxes asks for it: sums of a year, behind which nobody
//! is found.

use std::collections::BTreeMap;

use chrono::Datelike;
use entities::{erased_order_sum, order};
use rust_decimal::Decimal;
use sea_orm::{
    DatabaseTransaction, EntityTrait, QueryOrder,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{Profiles, error::Result, store::insert_all, view::money::from_micros};

/// What orders of erased people came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedOrders {
    /// Their source.
    pub source: Uuid,
    /// The year in which they were placed, where that is known.
    pub year: Option<i32>,
    /// ISO 4217 code, where there was one.
    pub currency: Option<String>,
    /// `sale` or `return`.
    pub order_type: String,
    /// Where they stood.
    pub status: String,
    /// How many.
    pub orders: i64,
    /// What they came to, in the currency.
    pub total: Decimal,
    /// What was paid back, in the currency.
    pub refunded: Decimal,
}

/// Adds orders to the sums.
pub(super) async fn add(txn: &DatabaseTransaction, orders: &[order::Model]) -> Result<()> {
    let mut sums: BTreeMap<_, erased_order_sum::Model> = BTreeMap::new();
    for order in orders {
        let year = order.placed_at.map_or(0, |placed| placed.year());
        let currency = order.currency.clone().unwrap_or_default();
        let key = (order.source_id, year, currency.clone(), order.order_type.clone(), order.status.clone());
        let sum = sums.entry(key).or_insert_with(|| erased_order_sum::Model {
            source_id: order.source_id,
            year,
            currency,
            order_type: order.order_type.clone(),
            status: order.status.clone(),
            orders: 0,
            total_micros: 0,
            refunded_micros: 0,
        });
        sum.orders += 1;
        sum.total_micros = sum.total_micros.saturating_add(order.total_micros);
        sum.refunded_micros = sum.refunded_micros.saturating_add(order.refunded_micros);
    }
    use erased_order_sum::Column as C;
    let added = |column: &str| Expr::cust(format!("erased_order_sum.{column} + excluded.{column}"));
    let further = OnConflict::columns([C::SourceId, C::Year, C::Currency, C::OrderType, C::Status])
        .value(C::Orders, added("orders"))
        .value(C::TotalMicros, added("total_micros"))
        .value(C::RefundedMicros, added("refunded_micros"))
        .to_owned();
    insert_all::<erased_order_sum::Entity, _>(txn, sums.into_values().collect(), Some(&further)).await?;
    Ok(())
}

impl Profiles {
    /// What stays of the orders of erased people.
    pub async fn erased_orders(&self) -> Result<Vec<ErasedOrders>> {
        use erased_order_sum::Column as C;
        let rows = erased_order_sum::Entity::find()
            .order_by_asc(C::SourceId)
            .order_by_asc(C::Year)
            .order_by_asc(C::Currency)
            .order_by_asc(C::OrderType)
            .order_by_asc(C::Status);
        let sums = rows.all(self.db()).await?.into_iter().map(|row| ErasedOrders {
            source: row.source_id,
            year: (row.year != 0).then_some(row.year),
            currency: (!row.currency.is_empty()).then_some(row.currency),
            order_type: row.order_type,
            status: row.status,
            orders: row.orders,
            total: from_micros(row.total_micros),
            refunded: from_micros(row.refunded_micros),
        });
        Ok(sums.collect())
    }
}
