use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Timeline;

/// All that rules may ask of a person. What no rule asks for ([`Dependencies`](crate::Dependencies)) may be left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// Who it is. Samples are drawn by it.
    pub id: Uuid,
    /// The earliest instant at which anything is known of this person. History begins there.
    pub since: Option<DateTime<Utc>>,
    /// Traits by name, as JSON: dates are text (`2026-01-31`, or an instant of RFC 3339), money is
    /// `{"amount": "12.50", "currency": "EUR"}`.
    pub traits: BTreeMap<String, Timeline<Value>>,
    /// What the person did, best in order of time.
    pub events: Vec<Event>,
    /// What the person bought.
    pub orders: Vec<Order>,
    /// Whether a purpose is allowed, by its key.
    pub consents: BTreeMap<String, Timeline<bool>>,
    /// Predictions by name. What is not a number passes no test.
    pub predictions: BTreeMap<String, Timeline<f64>>,
    /// Membership of other segments, by their key.
    pub segments: BTreeMap<String, Timeline<bool>>,
    /// Whether the person is on a list, by its key.
    pub lists: BTreeMap<String, Timeline<bool>>,
}

/// Something that a person did.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What, as in `Order Completed`.
    pub name: String,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Its properties.
    pub properties: Map<String, Value>,
}

/// An order.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// When. An undated order was always there, and lies in no window.
    pub placed_at: Option<DateTime<Utc>>,
    /// Whether it counts: it was not cancelled, did not fail and is not pending. What does not count is not there.
    pub counts: bool,
    /// Whether goods came back: then it is no purchase, and only takes its revenue off the total.
    pub is_return: bool,
    /// What it brought, returns taken off.
    pub revenue: Decimal,
    /// ISO 4217.
    pub currency: String,
    /// What was bought.
    pub lines: Vec<Line>,
}

/// A line of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The id of the product.
    pub product: Option<String>,
    /// Its number of stock keeping.
    pub sku: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The categories that it is in.
    pub categories: Vec<String>,
}
