//! The one timeline of a profile.

use std::sync::Arc;

use async_graphql::{Context, Enum, Name, Object, Result, Value};
use profiles::Error;
use profiles::sources::Sources;
use profiles::view::money::from_micros;
use profiles::view::timeline::{Entry, Place};

use super::order::{Order, OrderStatus, OrderType};
use super::source::Source;
use super::stored::named;
use crate::graphql::error::top;
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{DateTime, Json};

/// What sort of thing stands on a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum TimelineEntryKind {
    /// Something that happened, such as an e-mail that was opened.
    Event,
    /// An order, at the time it was placed.
    Order,
}

/// Something on a profile's timeline.
#[derive(Debug, Clone)]
pub(crate) struct TimelineEntry {
    entry: Arc<Entry>,
    source: Source,
}

impl TimelineEntry {
    pub(in crate::graphql) fn new(sources: &Sources, entry: Entry) -> profiles::Result<Self> {
        Ok(Self { source: Source::of(sources, entry.source_id)?, entry: Arc::new(entry) })
    }

    /// Where it stands in a timeline.
    pub(super) fn place(&self) -> Place {
        let entry = &self.entry;
        Place { at: entry.at, key: entry.key.clone(), source: entry.source_id }
    }
}

/// Something on a profile's timeline.
#[Object(crate = "crate::graphql::quick")]
impl TimelineEntry {
    /// What sort of thing it is.
    async fn kind(&self) -> TimelineEntryKind {
        if self.entry.order_id.is_some() { TimelineEntryKind::Order } else { TimelineEntryKind::Event }
    }

    /// The event's name, such as `Email Opened`; for an order `Order Placed`, `Order Completed`, `Order Cancelled`,
    /// `Order Refunded`, `Order Failed` or `Return`.
    async fn name(&self) -> Result<&str> {
        match &self.entry.name {
            Some(name) => Ok(name),
            None => name_of_order(&self.entry).map_err(top),
        }
    }

    /// When it happened; null for an order whose source does not date it.
    async fn occurred_at(&self) -> Option<DateTime> {
        self.entry.at.map(DateTime)
    }

    /// The source that told of it.
    async fn source(&self) -> &Source {
        &self.source
    }

    /// What it was about: the event's own properties, or an order's `number`, `status`, `total` and `currency`. For a purpose
    /// that may not use data of the group `IDENTITY` e-mail addresses and telephone numbers in it are masked, as they are in
    /// every text that such a key is given.
    async fn properties(&self) -> Result<Json> {
        let Some(text) = &self.entry.properties else { return Ok(properties_of_order(&self.entry)) };
        let read = serde_json::from_str(text).map(Json);
        read.map_err(|error| top(Error::Stored { what: "event properties", message: error.to_string() }))
    }

    /// The order; null for an event.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<Order>> {
        match self.entry.order_id {
            Some(id) => loaders(ctx).order(id).await.map_err(top),
            None => Ok(None),
        }
    }
}

fn name_of_order(entry: &Entry) -> profiles::Result<&'static str> {
    if named::<OrderType>("order type", entry.order_type.as_deref().unwrap_or_default())? == OrderType::Return
    {
        return Ok("Return");
    }
    Ok(match named("order status", entry.status.as_deref().unwrap_or_default())? {
        OrderStatus::Pending | OrderStatus::Processing => "Order Placed",
        OrderStatus::Completed => "Order Completed",
        OrderStatus::Cancelled => "Order Cancelled",
        OrderStatus::Refunded => "Order Refunded",
        OrderStatus::Failed => "Order Failed",
    })
}

fn properties_of_order(entry: &Entry) -> Json {
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let total = entry.total_micros.map(|micros| Value::from(from_micros(micros).to_string()));
    let properties = [
        ("number", text(&entry.number)),
        ("status", text(&entry.status)),
        ("total", total),
        ("currency", text(&entry.currency)),
    ];
    let present = properties.into_iter().filter_map(|(name, value)| Some((Name::new(name), value?)));
    Json(Value::Object(present.collect()))
}
