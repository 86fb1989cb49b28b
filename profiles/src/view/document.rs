//! What stands in the JSON columns of a profile. Fields may be added, never renamed.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::survivorship::Rule;
use crate::behaviour::Touch;

/// A field of a profile with its survivors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trait {
    /// Its key: `first_name`.
    pub key: String,
    /// The value that survived. For [`Rule::Union`] the union of all.
    pub value: Value,
    /// Who said the winning value (for a union: who said something last).
    pub winner: Origin,
    /// The rule that chose.
    pub rule: Rule,
    /// The request for rectification by which the value stands against what sources say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<Uuid>,
    /// Who else says so (for a union: who else has a part in it), best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed_by: Vec<Origin>,
    /// What others said instead, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losers: Vec<Loser>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The source.
    pub source: Uuid,
    /// The source identity.
    pub identity: Uuid,
    /// Since when that source has carried that value; absent where it does not date its objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// Where nobody said so, and it follows from what a campaign means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inferred: Option<Box<Inference>>,
}

/// By what a value follows from a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inference {
    /// The key of the meaning.
    pub meaning: String,
    /// How sure it is, in thousandths: 1 to 1000.
    pub confidence: u16,
    /// The message id of the event by which the campaign brought the person; none where its reader may not know of visits.
    pub message_id: Option<String>,
    /// What that event says of the campaign; none as before.
    pub touch: Option<Touch>,
}

/// A value that did not survive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loser {
    /// The value.
    pub value: Value,
    /// Who said it.
    #[serde(flatten)]
    pub origin: Origin,
}

/// A value by which a profile is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileIdentifier {
    /// `email`, `phone`, …
    pub kind: String,
    /// The normalised value.
    pub value: String,
    /// The sources that carry it.
    pub sources: Vec<Uuid>,
}

/// What a profile's orders sum up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// One entry per currency, by code.
    pub currencies: Vec<CurrencyTotal>,
}

/// Sums over the orders in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyTotal {
    /// ISO 4217 code; empty where the source gave none.
    pub currency: String,
    /// Sales that count: processing, completed or refunded.
    pub orders: i64,
    /// Sales that are not paid yet.
    #[serde(default)]
    pub pending: i64,
    /// Sales that were cancelled or failed.
    pub cancelled: i64,
    /// Returns (credit notes).
    pub returns: i64,
    /// Sales that count, less refunds, less returns; millionths.
    pub revenue_micros: i64,
    /// Paid back on sales, millionths, positive.
    pub refunded_micros: i64,
    /// Sum of the sales that count, before refunds and returns; millionths.
    pub sales_micros: i64,
    /// First sale that counts.
    pub first_order_at: Option<DateTime<Utc>>,
    /// Last sale that counts.
    pub last_order_at: Option<DateTime<Utc>>,
}

/// The parts of an order that are only ever shown, never asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OrderDetails {
    /// The part of the total that is tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// The part of the total that is shipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Decimal>,
    /// What was taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Decimal>,
    /// Coupon codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<String>,
    /// What was bought.
    pub lines: Vec<Line>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its id in the source.
    pub id: String,
    /// The product's id in Rondom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Uuid>,
    /// Stock-keeping unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// The product's name as sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub quantity: Decimal,
    /// Price of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// What the line costs after its discount.
    pub total: Decimal,
}
