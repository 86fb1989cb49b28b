//! What hangs on a profile of the past: the same lists as today's, of who was held to be this person then.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, Result};
use chrono::{DateTime, TimeDelta, Utc};
use profiles::behaviour::{Interest, Session};
use profiles::past::Past;
use profiles::view::timeline::Stretch;
use uuid::Uuid;

use super::company::Company;
use super::deal::Deal;
use super::decision::Decision;
use super::identity::{Link, SourceIdentity};
use super::order::Order;
use super::timeline::TimelineEntry;
use crate::graphql::error::top;
use crate::graphql::loaders::loaders;

/// A profile of the past and its instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Then<'a> {
    pub(super) past: &'a Past,
    pub(super) instant: DateTime<Utc>,
}

impl Then<'_> {
    pub(super) async fn members(self, ctx: &Context<'_>) -> Result<Arc<Vec<SourceIdentity>>> {
        let rows = self.past.members.iter();
        let named: Vec<_> = rows.clone().map(|row| row.source_id).collect();
        let sources = loaders(ctx).profiles.sources_with(&named).await.map_err(top)?;
        let members: profiles::Result<_> =
            rows.map(|row| SourceIdentity::new(&sources, row.clone())).collect();
        members.map(Arc::new).map_err(top)
    }

    pub(super) async fn links(self, ctx: &Context<'_>, first: u64, ends: bool) -> Result<Vec<Link>> {
        let members = if ends { self.members(ctx).await? } else { Arc::default() };
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let links = self.past.links.iter().take(first);
        Ok(links.map(|row| Link { row: row.clone(), members: Arc::clone(&members) }).collect())
    }

    pub(super) async fn orders(self, ctx: &Context<'_>, stretch: &Stretch) -> Result<Vec<Order>> {
        let loaders = loaders(ctx);
        let found = loaders.profiles.orders_of(self.past, stretch).await.map_err(top)?;
        let named: Vec<_> = found.iter().map(|row| row.source_id).collect();
        let sources = loaders.profiles.sources_with(&named).await.map_err(top)?;
        found.into_iter().map(|row| Order::new(&sources, row).map_err(top)).collect()
    }

    pub(super) async fn timeline(self, ctx: &Context<'_>, stretch: &Stretch) -> Result<Vec<TimelineEntry>> {
        let loaders = loaders(ctx);
        let found = loaders.profiles.timeline_of(self.past, stretch).await.map_err(top)?;
        let named: Vec<_> = found.iter().map(|entry| entry.source_id).collect();
        let sources = loaders.profiles.sources_with(&named).await.map_err(top)?;
        found.into_iter().map(|entry| TimelineEntry::new(&sources, entry).map_err(top)).collect()
    }

    pub(super) async fn sessions(self, ctx: &Context<'_>) -> Result<Arc<Vec<Session>>> {
        let found = loaders(ctx).profiles.sessions_of(self.past, self.instant).await;
        found.map(Arc::new).map_err(top)
    }

    pub(super) async fn interests(
        self,
        ctx: &Context<'_>,
        half_life: TimeDelta,
    ) -> Result<Arc<Vec<Interest>>> {
        let found = loaders(ctx).profiles.interests_of(self.past, self.instant, half_life).await;
        found.map(Arc::new).map_err(top)
    }

    pub(super) async fn companies(self, ctx: &Context<'_>) -> Result<Arc<Vec<Company>>> {
        let profiles = &loaders(ctx).profiles;
        let found = profiles.companies_by_id(&self.past.companies).await.map_err(top)?;
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let named: Vec<_> = found.iter().map(|row| row.source_id).collect();
        let sources = profiles.sources_with(&named).await.map_err(top)?;
        let companies: profiles::Result<_> =
            found.into_iter().map(|row| Company::new(&sources, row)).collect();
        companies.map(Arc::new).map_err(top)
    }

    pub(super) async fn accounts(self, ctx: &Context<'_>) -> Result<Arc<Vec<Uuid>>> {
        let found = loaders(ctx).profiles.companies_by_id(&self.past.companies).await.map_err(top)?;
        let accounts: BTreeSet<Uuid> = found.into_values().map(|row| row.account_id).collect();
        Ok(Arc::new(accounts.into_iter().collect()))
    }

    pub(super) async fn deals(self, ctx: &Context<'_>) -> Result<Arc<Vec<Deal>>> {
        let loaders = loaders(ctx);
        let found = loaders.profiles.deals_of(self.past, self.instant).await.map_err(top)?;
        let named: Vec<_> = found.iter().map(|row| row.source_id).collect();
        let sources = loaders.profiles.sources_with(&named).await.map_err(top)?;
        let deals: profiles::Result<_> = found.into_iter().map(|row| Deal::new(&sources, row)).collect();
        deals.map(Arc::new).map_err(top)
    }

    pub(super) async fn decisions(self, ctx: &Context<'_>, first: u64) -> Result<Arc<Vec<Decision>>> {
        let loaders = loaders(ctx);
        let made = loaders.profiles.decisions_about(self.past, self.instant, first);
        let made = made.await.map_err(top)?;
        Ok(Arc::new(made.into_iter().map(|found| Decision(Arc::new(found))).collect()))
    }
}
