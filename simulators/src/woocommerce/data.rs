//! What a shop knows. Amounts are hundredths of the order's currency.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A web shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// `ck_…`
    pub consumer_key: String,
    /// `cs_…`
    pub consumer_secret: String,
    /// The site's time zone, in which dates without `_gmt` are written.
    pub zone: Tz,
    /// Accounts by id.
    pub customers: BTreeMap<u64, Customer>,
    /// Orders by id.
    pub orders: BTreeMap<u64, Order>,
    /// Products by id.
    pub products: BTreeMap<u64, Product>,
}

/// An account of the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// User id.
    pub id: u64,
    /// Address of the account; that of the billing address may differ.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Login.
    pub username: String,
    /// Role of the user; `customer` for most.
    pub role: String,
    /// Registration.
    pub created: DateTime<Utc>,
    /// Last change of the account, if there was one.
    pub modified: Option<DateTime<Utc>>,
    /// Whether an order of the account was ever paid.
    pub paying: bool,
    /// Billing address.
    pub billing: Address,
    /// Shipping address, without e-mail.
    pub shipping: Address,
}

/// A billing or shipping address; unknown parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "WooCommerce's own names say it")]
pub struct Address {
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub address_1: String,
    pub address_2: String,
    pub city: String,
    pub state: String,
    pub postcode: String,
    pub country: String,
    pub email: String,
    pub phone: String,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Post id.
    pub id: u64,
    /// Where it stands.
    pub status: OrderStatus,
    /// ISO 4217 code.
    pub currency: String,
    /// When it was placed.
    pub created: DateTime<Utc>,
    /// Last change.
    pub modified: DateTime<Utc>,
    /// When it was paid.
    pub paid: Option<DateTime<Utc>>,
    /// When it was completed.
    pub completed: Option<DateTime<Utc>>,
    /// The account, or 0 for a guest.
    pub customer_id: u64,
    /// Billing address with e-mail and phone.
    pub billing: Address,
    /// Shipping address.
    pub shipping: Address,
    /// What was bought.
    pub lines: Vec<Line>,
    /// Shipping without tax.
    pub shipping_total: i64,
    /// Tax on shipping.
    pub shipping_tax: i64,
    /// Coupon used.
    pub coupon: Option<Coupon>,
    /// `ideal`, `stripe` and the like.
    pub payment_method: &'static str,
    /// Refunds, newest first.
    pub refunds: Vec<Refund>,
}

/// Status of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Waits for payment.
    Pending,
    /// Paid, waits to be sent.
    Processing,
    /// Waits for the shop.
    OnHold,
    /// Done.
    Completed,
    /// Called off.
    Cancelled,
    /// Paid back in full.
    Refunded,
    /// Payment failed.
    Failed,
    /// Thrown away; listed only when asked for.
    Trash,
    /// One that a plug-in brought.
    Custom(String),
}

/// A line of an order; amounts for the whole quantity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Line id.
    pub id: u64,
    /// Product.
    pub product_id: u64,
    /// Its name at the time.
    pub name: String,
    /// Its article number.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
    /// Before discount, without tax.
    pub subtotal: i64,
    /// Tax on the subtotal.
    pub subtotal_tax: i64,
    /// After discount, without tax.
    pub total: i64,
    /// Tax on the total.
    pub total_tax: i64,
}

/// A coupon that an order used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// Its code.
    pub code: String,
    /// Discount without tax.
    pub discount: i64,
    /// Tax saved.
    pub discount_tax: i64,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Post id.
    pub id: u64,
    /// When.
    pub created: DateTime<Utc>,
    /// How much, with tax, as a positive amount.
    pub amount: i64,
    /// Why.
    pub reason: String,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Post id.
    pub id: u64,
    /// Name.
    pub name: String,
    /// Article number.
    pub sku: String,
    /// Category: id and name.
    pub category: (u64, String),
    /// Price with tax in the shop's currency.
    pub price: i64,
    /// Reduced price, if it is on sale.
    pub sale_price: Option<i64>,
    /// Pieces in stock.
    pub stock: i64,
    /// `publish`, or `draft`, `private`.
    pub status: String,
    /// Creation.
    pub created: DateTime<Utc>,
    /// Last change.
    pub modified: DateTime<Utc>,
}

impl OrderStatus {
    /// WooCommerce's word for it.
    pub fn name(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::OnHold => "on-hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::Trash => "trash",
            Self::Custom(name) => name,
        }
    }
}

impl Order {
    /// What the customer pays, with shipping and tax and before refunds.
    pub fn total(&self) -> i64 {
        self.sum(|line| line.total + line.total_tax) + self.shipping_total + self.shipping_tax
    }

    pub(crate) fn sum(&self, amount: impl Fn(&Line) -> i64) -> i64 {
        self.lines.iter().map(amount).sum()
    }

    /// What is left after refunds.
    pub fn remaining(&self) -> i64 {
        self.total() - self.refunds.iter().map(|refund| refund.amount).sum::<i64>()
    }
}
