//! What is too old when it arrives: dropped, or else every full synchronisation would bring back what was removed.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use connectors::{
    Page,
    canonical::{Body, Record},
};
use entities::source;
use sea_orm::ConnectionTrait;

use super::{rules::Kind, state};
use crate::{Profiles, error::Result};

/// What of a page is not too old by the rules in force, and how much of it was.
pub(crate) async fn expire<'a, C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    source: &source::Model,
    page: Cow<'a, Page>,
) -> Result<(Cow<'a, Page>, u64)> {
    let rules = state::in_force(db).await?;
    let now = profiles.now();
    let events = rules.of(Kind::Events, &source.key).cutoff(now);
    let orders = rules.of(Kind::Orders, &source.key).cutoff(now);
    let is_old = |at: Option<DateTime<Utc>>, cutoff| at.zip(cutoff).is_some_and(|(at, cutoff)| at < cutoff);
    let old_record = |record: &Record| is_old(ordered(record), orders);
    let old = page.events.iter().filter(|event| is_old(Some(event.occurred_at), events)).count()
        + page.records.iter().filter(|record| old_record(record)).count();
    if old == 0 {
        return Ok((page, 0));
    }
    let mut page = page.into_owned();
    page.events.retain(|event| !is_old(Some(event.occurred_at), events));
    page.records.retain(|record| !old_record(record));
    Ok((Cow::Owned(page), old as u64))
}

/// When an order was placed, else changed. That one is gone is heard in any case.
fn ordered(record: &Record) -> Option<DateTime<Utc>> {
    match &record.body {
        Body::Order(order) if !record.deleted => order.placed_at.or(record.updated_at),
        _ => None,
    }
}
