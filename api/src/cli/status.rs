//! `rondom status`: what is in the database.

use clap::Args;
use profiles::{
    status::{Commerce, Status as Counts},
    view::{document::CurrencyTotal, money::from_micros},
};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{open, out};
use crate::config::StoreArgs;

/// Counts of what is in the database.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Write one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn run(args: Status) -> anyhow::Result<()> {
    let profiles = open::existing(&open::settings(args.store)?).await?;
    let status = profiles.status().await?;
    let commerce = profiles.commerce().await?;
    if args.json {
        out::json(&Report::new(status, &commerce))?;
        return Ok(());
    }
    out::counts(&[
        ("sources", status.sources),
        ("records", status.records),
        ("rejected records", status.rejected_records),
        ("events", status.events),
        ("source identities", status.source_identities),
        ("profiles", status.profiles),
        ("orders", status.orders),
        ("orders of no person", commerce.orders_without_person),
        ("deals", status.deals),
        ("companies", status.companies),
        ("products", status.products),
        ("waiting to be derived", status.waiting),
        ("could not be derived", status.failed),
    ])?;
    for total in commerce.totals.currencies.iter().map(Total::from) {
        out::line(format!(
            "{} revenue {} from {} orders, {} returns; {} cancelled, {} pending, {} refunded",
            total.currency,
            total.revenue,
            out::thousands(total.orders),
            out::thousands(total.returns),
            out::thousands(total.cancelled),
            out::thousands(total.pending),
            total.refunded,
        ))?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(flatten)]
    counts: Counts,
    orders_without_person: u64,
    totals: Vec<Total>,
}

/// What the orders in one currency come to; amounts are decimal texts in units of the currency.
#[derive(Serialize)]
struct Total {
    currency: String,
    orders: u64,
    returns: u64,
    cancelled: u64,
    pending: u64,
    revenue: Decimal,
    refunded: Decimal,
}

impl Report {
    fn new(counts: Counts, commerce: &Commerce) -> Self {
        Self {
            counts,
            orders_without_person: commerce.orders_without_person,
            totals: commerce.totals.currencies.iter().map(Total::from).collect(),
        }
    }
}

impl From<&CurrencyTotal> for Total {
    fn from(total: &CurrencyTotal) -> Self {
        Self {
            currency: total.currency.clone(),
            orders: total.orders.unsigned_abs(),
            returns: total.returns.unsigned_abs(),
            cancelled: total.cancelled.unsigned_abs(),
            pending: total.pending.unsigned_abs(),
            revenue: from_micros(total.revenue_micros),
            refunded: from_micros(total.refunded_micros),
        }
    }
}
