//! `rondom predict recommend`: which items a customer is most interested in, new and again.

mod customer;
mod report;

use std::rc::Rc;

use anyhow::{Context, bail};
use clap::Args;
use predictions::recommend::{Judged, Purchase, Recommender, Settings, Tuned, judge, tune};

use super::days::{self, Day};
use super::names::Names;
use super::rows::{Input, Source};
use crate::cli::{out, progress};
use customer::Offered;
use report::Report;

/// Predict which items a customer will buy, and show how good that is
///
/// Reads what was bought, one customer and one item a row, in any order. What came before the split is learned from, and its
/// last part chooses how signals are blended; what came since judges lists of ten items, beside lists of what the customer
/// bought most often and of what most customers bought. Judged are customers and items that were known before the split;
/// of more than 10,000 customers, as many are chosen evenly.
///
/// Needs some 60 bytes of memory a row, and up to 300 MB to choose blends. With --for a split after the last row is fine: then nothing is judged.
#[derive(Debug, Args)]
pub(super) struct Recommend {
    #[command(flatten)]
    source: Source,

    /// The column that says who bought
    #[arg(long, value_name = "COL")]
    customer: String,

    /// The column that says what
    #[arg(long, value_name = "COL")]
    item: String,

    /// The column that says when
    #[arg(long, value_name = "COL")]
    date: String,

    /// When the part to judge by begins: on the morning of a day, or at an instant
    #[arg(long, value_name = "DATE", value_parser = instant)]
    split: f64,

    /// Show what this customer is recommended at the split, with the reasons
    #[arg(long = "for", value_name = "CUSTOMER")]
    customer_asked: Option<String>,

    /// Write the report as one JSON object
    #[arg(long)]
    json: bool,
}

fn instant(text: &str) -> Result<f64, &'static str> {
    days::instant(text).ok_or(days::NO_DATE)
}

/// The last instant before a split, in days.
const BEFORE: f64 = 1e-6;

/// How many customers are judged at most.
const MOST: usize = 10_000;

/// A purchase by the places of customer and item.
type Bought = Purchase<u32, u32>;

pub(super) fn run(args: &Recommend) -> anyhow::Result<()> {
    let orders = read(args)?;
    let working = progress::spinner("choosing how signals are blended");
    let studied = study(args, &orders, &|what| working.set_message(what))?;
    working.finish_and_clear();
    let report = Report::new(args, &orders, studied);
    if args.json { Ok(out::json(&report)?) } else { report.print() }
}

/// What a file says.
struct Orders {
    input: Input,
    /// Numbers are places in here.
    customers: Vec<Rc<str>>,
    items: Vec<Rc<str>>,
    /// By customer and time.
    purchases: Vec<Bought>,
    first: f64,
    last: f64,
}

/// What was made of it.
struct Studied {
    tuned: Tuned,
    /// Days at the end of what came before the split that chose the blends.
    window: f64,
    judged: Option<Judged>,
    offered: Option<Offered>,
}

fn read(args: &Recommend) -> anyhow::Result<Orders> {
    let rows = args.source.open()?;
    let (customer, item) = (rows.column(&args.customer)?, rows.column(&args.item)?);
    let date = rows.column(&args.date)?;
    let (mut customers, mut items) = (Names::default(), Names::default());
    let mut purchases: Vec<Bought> = Vec::new();
    let input = rows.each(|row| {
        let (who, what, time) = (row.filled(customer)?, row.filled(item)?, row.instant(date)?);
        purchases.push(Purchase { customer: customers.number(who)?, item: items.number(what)?, time });
        Ok(())
    })?;
    let ((customers, who), (items, what)) = (customers.sorted(), items.sorted());
    for purchase in &mut purchases {
        purchase.customer = who[purchase.customer as usize];
        purchase.item = what[purchase.item as usize];
    }
    // The same customer, item and instant is one purchase, however many lines an order has for it.
    purchases.sort_unstable_by(|a, b| {
        a.customer.cmp(&b.customer).then(a.time.total_cmp(&b.time)).then(a.item.cmp(&b.item))
    });
    purchases.dedup();
    let times = || purchases.iter().map(|purchase| purchase.time);
    let (first, last) = (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max));
    Ok(Orders { input, customers, items, purchases, first, last })
}

fn study(args: &Recommend, orders: &Orders, says: &dyn Fn(&'static str)) -> anyhow::Result<Studied> {
    let file = &orders.input.file;
    let (split, now) = (args.split, args.split - BEFORE);
    let asked = args.customer_asked.as_deref().map(|name| {
        let found = orders.customers.binary_search_by(|customer| (**customer).cmp(name));
        found.map_err(|_| anyhow::anyhow!("{file}: no row is about the customer `{name}`"))
    });
    let asked = asked.transpose()?;
    if orders.customers.len() < 2 {
        bail!("{file}: one customer is too few: others are what there is to learn from");
    }
    if orders.first >= split {
        bail!(
            "{file}: nothing is bought before {}; the first row is of {}: choose a later --split",
            Day::of(split),
            Day::of(orders.first)
        );
    }
    let over = orders.last < split;
    if over && asked.is_none() {
        bail!(
            "{file}: nothing is bought since {}; the last row is of {}: choose an earlier --split",
            Day::of(split),
            Day::of(orders.last)
        );
    }
    // As long as what is judged, but at most a third of what is learned from.
    let known = now.min(orders.last) - orders.first;
    let length = if over { known } else { orders.last.floor() + 1.0 - split };
    let window = length.min(known / 3.0);
    let tuned = tune(&orders.purchases, now, window, &Settings::default()).with_context(|| file.clone())?;
    says("learning");
    let recommender =
        Recommender::train(&orders.purchases, now, &tuned.settings).with_context(|| file.clone())?;
    says("judging");
    let judged = if over {
        None
    } else {
        judge(&orders.purchases, &recommender, now, MOST).with_context(|| file.clone())?
    };
    if !over && judged.is_none() {
        bail!(
            "{file}: nobody who bought before {} has bought any of the items known then since: there is nothing to judge by",
            Day::of(split)
        );
    }
    let offered = asked.map(|customer| Offered::new(orders, &recommender, customer, split)).transpose()?;
    Ok(Studied { tuned, window, judged, offered })
}

#[cfg(test)]
mod tests;
