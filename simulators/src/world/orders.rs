//! How an order comes about: what is bought, what it costs, how it ends.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::record::{between, days};
use crate::{
    chance::Chance,
    people::{Country, Person},
    woocommerce::{Address, Coupon, Line, Order, OrderStatus, Product, Refund},
};

/// Who stands at the till.
pub(super) struct Buyer<'a> {
    pub(super) person: &'a Person,
    /// 0 for a guest.
    pub(super) customer_id: u64,
    pub(super) billing: Address,
}

/// Makes orders from the range.
pub(super) struct Till<'a> {
    range: Vec<&'a Product>,
}

/// How far along an order is.
struct Outcome {
    status: OrderStatus,
    paid: Option<DateTime<Utc>>,
    completed: Option<DateTime<Utc>>,
}

impl<'a> Till<'a> {
    pub(super) fn new(products: &'a BTreeMap<u64, Product>) -> Self {
        Self { range: products.values().collect() }
    }

    /// An order without its ids, as it stands at `now`.
    pub(super) fn order(
        &mut self,
        chance: &mut Chance,
        buyer: &Buyer,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Order {
        let country = buyer.person.home.country;
        let created = at.trunc_subsecs(0);
        let off_percent = if chance.hit(0.12) { 10 } else { 0 };
        let lines = self.lines(chance, buyer.person, off_percent);
        let saved = |amount: fn(&Line) -> i64| lines.iter().map(amount).sum();
        let coupon = (off_percent > 0).then(|| Coupon {
            code: "welcome10".to_owned(),
            discount: saved(|line| line.subtotal - line.total),
            discount_tax: saved(|line| line.subtotal_tax - line.total_tax),
        });
        let goods: i64 = lines.iter().map(|line| line.total + line.total_tax).sum();
        // Postage is free from 50 euros.
        let postage = if goods >= in_currency(5_000, country) { 0 } else { in_currency(495, country) };
        let (shipping_total, shipping_tax) = untaxed(postage, country);
        let outcome = outcome(chance, created, now);
        let mut order = Order {
            id: 0,
            status: outcome.status,
            currency: country.currency().to_owned(),
            created,
            modified: outcome.completed.or(outcome.paid).unwrap_or(created),
            paid: outcome.paid,
            completed: outcome.completed,
            customer_id: buyer.customer_id,
            shipping: Address { email: String::new(), phone: String::new(), ..buyer.billing.clone() },
            billing: buyer.billing.clone(),
            lines,
            shipping_total,
            shipping_tax,
            coupon,
            payment_method: payment(chance, country),
            refunds: Vec::new(),
        };
        if order.status == OrderStatus::Completed {
            give_back(chance, &mut order, now);
        }
        order
    }

    fn lines(&self, chance: &mut Chance, person: &Person, off_percent: i64) -> Vec<Line> {
        // Everybody likes two categories above the others.
        let categories = self.range.len() / 10;
        let liked = [person.index % categories, (person.index / categories) % categories];
        let count = [1, 1, 1, 2, 2, 3, 4, 5][chance.below(8)];
        let mut bought: BTreeMap<u64, Line> = BTreeMap::new();
        for _ in 0..count {
            let product = if chance.hit(0.65) {
                self.range[chance.pick(&liked) * 10 + chance.below(10)]
            } else {
                *chance.pick(&self.range)
            };
            let quantity = [1, 1, 1, 1, 2, 2, 3, 6][chance.below(8)];
            let country = person.home.country;
            let price = in_currency(product.sale_price.unwrap_or(product.price), country) * quantity;
            let (subtotal, subtotal_tax) = untaxed(price, country);
            let (total, total_tax) = untaxed(price - price * off_percent / 100, country);
            let line = Line {
                id: 0,
                product_id: product.id,
                name: product.name.clone(),
                sku: product.sku.clone(),
                quantity,
                subtotal,
                subtotal_tax,
                total,
                total_tax,
            };
            bought.entry(product.id).or_insert(line);
        }
        bought.into_values().collect()
    }
}

/// A price in euro cents in hundredths of the country's currency.
fn in_currency(cents: i64, country: Country) -> i64 {
    cents * country.rate_percent() / 100
}

/// Splits an amount with tax into the amount without and the tax.
fn untaxed(gross: i64, country: Country) -> (i64, i64) {
    let percent = 100 + country.vat_percent();
    let net = (gross * 100 + percent / 2) / percent;
    (net, gross - net)
}

fn outcome(chance: &mut Chance, created: DateTime<Utc>, now: DateTime<Utc>) -> Outcome {
    let paid = (created + TimeDelta::seconds(chance.between(20, 900))).min(now);
    let completed = (paid + days(1.0 + chance.exponential(2.0))).trunc_subsecs(0);
    match chance.below(100) {
        0..4 => Outcome { status: OrderStatus::Cancelled, paid: None, completed: None },
        4..6 => Outcome { status: OrderStatus::Failed, paid: None, completed: None },
        6 if now - created < TimeDelta::days(3) => {
            Outcome { status: OrderStatus::Pending, paid: None, completed: None }
        }
        7 if now - created < TimeDelta::days(9) => {
            Outcome { status: OrderStatus::OnHold, paid: None, completed: None }
        }
        _ if completed > now => {
            Outcome { status: OrderStatus::Processing, paid: Some(paid), completed: None }
        }
        _ => Outcome { status: OrderStatus::Completed, paid: Some(paid), completed: Some(completed) },
    }
}

/// Some parcels come back, whole or in part.
fn give_back(chance: &mut Chance, order: &mut Order, now: DateTime<Utc>) {
    let share = match chance.below(100) {
        0..2 => 100,
        2..6 => *chance.pick(&[20, 30, 50]),
        _ => return,
    };
    let created =
        between(chance, order.modified, now.min(order.modified + TimeDelta::days(21))).trunc_subsecs(0);
    let amount = order.total() * share / 100;
    let reason = *chance.pick(&["", "Damaged in transit", "Wrong colour", "Changed my mind"]);
    order.refunds.push(Refund { id: 0, created, amount, reason: reason.to_owned() });
    order.modified = created;
    if share == 100 {
        order.status = OrderStatus::Refunded;
    }
}

fn payment(chance: &mut Chance, country: Country) -> &'static str {
    let local = match country {
        Country::Netherlands => "ideal",
        Country::Denmark => "mobilepay",
        Country::Germany => "paypal",
        Country::Britain => "stripe",
    };
    if chance.hit(0.6) { local } else { "stripe" }
}
