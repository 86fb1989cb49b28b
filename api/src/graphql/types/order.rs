//! Purchases and returns.

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use profiles::Error;
use profiles::sources::Sources;
use profiles::view::document::{self, OrderDetails};
use profiles::view::rows;
use profiles::view::timeline::Place;

use super::identity::SourceIdentity;
use super::money::Money;
use super::product::Product;
use super::source::Source;
use super::stored::named;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Count, DateTime, Decimal};

/// Whether goods went to the customer or came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum OrderType {
    /// A purchase.
    Sale,
    /// A credit note: goods or money went back; its total is negative or zero.
    Return,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum OrderStatus {
    /// Placed, not paid.
    Pending,
    /// Paid, or being delivered.
    Processing,
    /// Paid and delivered.
    Completed,
    /// Taken back before it was fulfilled; counts for no revenue.
    Cancelled,
    /// Fully refunded.
    Refunded,
    /// Payment failed; counts for no revenue.
    Failed,
}

/// A purchase or a return.
#[derive(Debug, Clone)]
pub(crate) struct Order(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    row: rows::Order,
    source: Source,
    /// Read when somebody asks for it.
    details: OnceLock<OrderDetails>,
}

impl Order {
    pub(in crate::graphql) fn new(sources: &Sources, row: rows::Order) -> profiles::Result<Self> {
        let source = Source::of(sources, row.source_id)?;
        Ok(Self(Arc::new(Inner { row, source, details: OnceLock::new() })))
    }

    /// Where it stands in a list of orders.
    pub(super) fn place(&self) -> Place {
        let row = &self.0.row;
        Place { at: row.placed_at, key: row.external_id.clone(), source: row.source_id }
    }

    fn details(&self) -> Result<&OrderDetails> {
        if let Some(details) = self.0.details.get() {
            return Ok(details);
        }
        let read = serde_json::from_str(&self.0.row.details)
            .map_err(|error| top(Error::Stored { what: "order", message: error.to_string() }))?;
        Ok(self.0.details.get_or_init(|| read))
    }

    fn currency(&self) -> Option<&str> {
        self.0.row.currency.as_deref()
    }

    fn money(&self, amount: Option<rust_decimal::Decimal>) -> Option<Money<'_>> {
        amount.map(|amount| Money::new(amount, self.currency()))
    }
}

/// A purchase or a return. Every amount is in the order's currency.
#[Object(crate = "crate::graphql::quick")]
impl Order {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Order, self.0.row.id)
    }

    /// The source that took it.
    async fn source(&self) -> &Source {
        &self.0.source
    }

    /// Its id in that source.
    async fn external_id(&self) -> &str {
        &self.0.row.external_id
    }

    /// The number that the customer sees.
    async fn number(&self) -> Option<&str> {
        self.0.row.number.as_deref()
    }

    /// Whether goods went out or came back.
    #[graphql(name = "type")]
    async fn order_type(&self) -> Result<OrderType> {
        named("order type", &self.0.row.order_type).map_err(top)
    }

    /// Where it stands.
    async fn status(&self) -> Result<OrderStatus> {
        named("order status", &self.0.row.status).map_err(top)
    }

    /// When the customer placed it.
    async fn placed_at(&self) -> Option<DateTime> {
        self.0.row.placed_at.map(DateTime)
    }

    /// What the customer pays in all, taxes and shipping included. Negative or zero for a return.
    async fn total(&self) -> Money<'_> {
        Money::micros(self.0.row.total_micros, self.currency())
    }

    /// What was paid back; 0 or more.
    async fn refunded(&self) -> Money<'_> {
        Money::micros(self.0.row.refunded_micros, self.currency())
    }

    /// The part of the total that is tax; null where the source does not say.
    async fn tax(&self) -> Result<Option<Money<'_>>> {
        Ok(self.money(self.details()?.tax))
    }

    /// The part of the total that is shipping; null where the source does not say.
    async fn shipping(&self) -> Result<Option<Money<'_>>> {
        Ok(self.money(self.details()?.shipping))
    }

    /// What was taken off; null where the source does not say.
    async fn discount(&self) -> Result<Option<Money<'_>>> {
        Ok(self.money(self.details()?.discount))
    }

    /// Coupon codes that were used.
    async fn coupons(&self) -> Result<&[String]> {
        Ok(&self.details()?.coupons)
    }

    /// How many lines it has.
    async fn line_count(&self) -> i32 {
        self.0.row.line_count
    }

    /// What was bought or came back, in the source's order.
    async fn lines(&self) -> Result<Vec<OrderLine<'_>>> {
        let currency = self.currency();
        Ok(self.details()?.lines.iter().map(|line| OrderLine { line, currency }).collect())
    }

    /// Who bought; null for an order of no person, and where the purpose of the key may not use who somebody is.
    async fn source_identity(&self, ctx: &Context<'_>) -> Result<Option<Arc<SourceIdentity>>> {
        match self.0.row.source_identity_id {
            Some(id) => loaders(ctx).identity(id).await.map_err(top),
            None => Ok(None),
        }
    }
}

/// One line of an order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OrderLine<'a> {
    line: &'a document::Line,
    currency: Option<&'a str>,
}

/// One line of an order.
#[Object(crate = "crate::graphql::quick")]
impl<'a> OrderLine<'a> {
    /// Its id in the source, unique within the order.
    async fn id(&self) -> &'a str {
        &self.line.id
    }

    /// The product; null where the source names none or has not delivered it.
    async fn product(&self, ctx: &Context<'_>) -> Result<Option<Arc<Product>>> {
        match self.line.product {
            Some(id) => loaders(ctx).product(id).await.map_err(top),
            None => Ok(None),
        }
    }

    /// Stock-keeping unit.
    async fn sku(&self) -> Option<&'a str> {
        self.line.sku.as_deref()
    }

    /// The product's name as sold.
    async fn name(&self) -> Option<&'a str> {
        self.line.name.as_deref()
    }

    /// How many; negative where goods came back.
    async fn quantity(&self) -> Decimal {
        Decimal(self.line.quantity)
    }

    /// Price of one; null where the source does not say.
    async fn unit_price(&self) -> Option<Money<'a>> {
        self.line.unit_price.map(|price| Money::new(price, self.currency))
    }

    /// What the line costs after its discount.
    async fn total(&self) -> Money<'a> {
        Money::new(self.line.total, self.currency)
    }
}

/// What a list of orders says beside its page.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct OrderCount {
    /// How many orders of any type and status there are in all.
    pub(super) total_count: Count,
}
