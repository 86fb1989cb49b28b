//! What households and accounts have in common: their members, and what those bought.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, Result};
use futures_util::future::try_join;
use profiles::view::groups::{Group, MembersPage};
use profiles::view::list::ListPlace;
use uuid::Uuid;

use super::connection;
use super::search::ProfileCount;
use super::totals::Totals;
use crate::graphql::error::top;
use crate::graphql::loaders::loaders;
use crate::graphql::paging;
use crate::graphql::scalars::Count;

/// One group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Members {
    pub(super) group: Group,
    pub(super) id: Uuid,
}

impl Members {
    fn list(self) -> &'static str {
        match self.group {
            Group::Household => "members of a household",
            Group::Account => "members of an account",
        }
    }

    async fn size(self, ctx: &Context<'_>) -> Result<u64> {
        loaders(ctx).group_size(self.id, self.group).await.map_err(top)
    }

    pub(super) async fn count(self, ctx: &Context<'_>) -> Result<Count> {
        self.size(ctx).await.map(Count)
    }

    /// Whether it has more members than are summed up.
    pub(super) async fn is_crowded(self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.size(ctx).await? > self.group.largest())
    }

    pub(super) async fn page(
        self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<&str>,
    ) -> Result<connection::Profiles> {
        let size = paging::size(ctx, "first", first)?;
        let place: Option<ListPlace> = paging::place("after", self.list(), after)?;
        let page = MembersPage { first: size + 1, after: place.map(|place| place.id) };
        let loaders = loaders(ctx);
        // Here and not by the field itself, so that it is asked with the others' sizes.
        let counted = ctx.look_ahead().field("totalCount").exists();
        let count = async { if counted { loaders.group_size(self.id, self.group).await } else { Ok(0) } };
        let members = loaders.group_members(self.id, self.group, page);
        let (mut found, count) = try_join(members, count).await.map_err(top)?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let count = ProfileCount::Known(Count(count));
        let mut connection = connection::Profiles::with_additional_fields(page.after.is_some(), more, count);
        connection.edges.extend(found.into_iter().map(|profile| {
            let place = ListPlace { value: None, id: profile.key() };
            Edge::new(paging::cursor(self.list(), place), profile)
        }));
        Ok(connection)
    }

    pub(super) async fn totals(self, ctx: &Context<'_>) -> Result<Option<Totals<'static>>> {
        if self.is_crowded(ctx).await? {
            return Ok(None);
        }
        let found = loaders(ctx).group_totals(self.id, self.group).await.map_err(top)?;
        Ok(found.map(|found| Totals(Cow::Owned(Arc::unwrap_or_clone(found)))))
    }
}
