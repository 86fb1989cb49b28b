//! What orders sum up to.

use std::borrow::Cow;

use async_graphql::Object;
use profiles::view::document::{self, CurrencyTotal};
use profiles::view::money::from_micros;
use rust_decimal::Decimal;

use super::money::Money;
use crate::graphql::scalars::{Count, DateTime};

/// What orders sum up to.
#[derive(Debug, Clone)]
pub(crate) struct Totals<'a>(pub(super) Cow<'a, document::Totals>);

/// What the orders of a profile, or of all members of a household or an account, sum up to. Amounts of different
/// currencies are never added.
#[Object(crate = "crate::graphql::quick")]
impl Totals<'_> {
    /// Sales that count (processing, completed or refunded), over all currencies.
    async fn orders(&self) -> Count {
        self.0.currencies.iter().map(|total| total.orders).sum::<i64>().into()
    }

    /// One entry per currency, by code.
    async fn currencies(&self) -> Vec<CurrencyTotals<'_>> {
        self.0.currencies.iter().map(CurrencyTotals).collect()
    }
}

/// Sums over the orders in one currency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrencyTotals<'a>(&'a CurrencyTotal);

impl<'a> CurrencyTotals<'a> {
    fn money(self, micros: i64) -> Money<'a> {
        Money::micros(micros, Some(&self.0.currency))
    }
}

/// Sums over the orders in one currency.
#[Object(crate = "crate::graphql::quick")]
impl<'a> CurrencyTotals<'a> {
    /// ISO 4217 code; null for orders whose source does not say.
    async fn currency(&self) -> Option<&'a str> {
        Some(self.0.currency.as_str()).filter(|code| !code.is_empty())
    }

    /// Sales that count: processing, completed or refunded.
    async fn orders(&self) -> Count {
        self.0.orders.into()
    }

    /// Sales that are not paid yet.
    async fn pending(&self) -> Count {
        self.0.pending.into()
    }

    /// Sales that were cancelled or failed.
    async fn cancelled(&self) -> Count {
        self.0.cancelled.into()
    }

    /// Returns (credit notes).
    async fn returns(&self) -> Count {
        self.0.returns.into()
    }

    /// What is left: the sales that count, less refunds, less returns.
    async fn revenue(&self) -> Money<'a> {
        self.money(self.0.revenue_micros)
    }

    /// The sales that count, before refunds and returns.
    async fn sales(&self) -> Money<'a> {
        self.money(self.0.sales_micros)
    }

    /// What was paid back on sales; 0 or more.
    async fn refunded(&self) -> Money<'a> {
        self.money(self.0.refunded_micros)
    }

    /// `sales` divided by `orders`, rounded to two decimal places, half to even; null without an order.
    async fn average_order(&self) -> Option<Money<'a>> {
        let sales = from_micros(self.0.sales_micros);
        let average = sales.checked_div(Decimal::from(self.0.orders))?.round_dp(2).normalize();
        Some(Money::new(average, Some(&self.0.currency)))
    }

    /// When the first sale that counts was placed.
    async fn first_order_at(&self) -> Option<DateTime> {
        self.0.first_order_at.map(DateTime)
    }

    /// When the last sale that counts was placed.
    async fn last_order_at(&self) -> Option<DateTime> {
        self.0.last_order_at.map(DateTime)
    }
}
