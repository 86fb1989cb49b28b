//! Households.

use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, ID, Object, Result};
use futures_util::future::try_join_all;
use profiles::view::groups::Group;
use profiles::view::household;
use uuid::Uuid;

use super::connection;
use super::group::Members;
use super::totals::Totals;
use super::withheld::WithheldField;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging::{self, points};
use crate::graphql::scalars::{Count, JsonRef};

const LIST: &str = "households";

/// People of one family name at one address.
#[derive(Debug, Clone)]
pub(crate) struct Household(pub(in crate::graphql) Arc<household::Household>);

impl Household {
    fn group(&self) -> Members {
        Members { group: Group::Household, id: self.0.id }
    }
}

/// People of one family name at one address, each a profile of their own: addresses are compared without case,
/// punctuation and the word for a street's kind, family names without particles (`van der`), and of a name with a hyphen
/// the first half counts. Who moves house or is deleted at every source is a member no longer.
#[Object(crate = "crate::graphql::quick")]
impl Household {
    /// Global id. It follows from the family name and the address, and gives neither away.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Household, self.0.id)
    }

    /// The family name, as its eldest profile writes it; null where `withheld` says why.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The address, as its eldest profile writes it: an object with `street`, `street2`, `postal_code`, `city`, `region`
    /// and `country`, as far as they are known; null where `withheld` says why.
    async fn address(&self) -> Option<JsonRef<'_>> {
        self.0.withheld.is_none().then_some(JsonRef(&self.0.address))
    }

    /// What is null because the eldest profile may not be used for the purpose of the key, and why.
    async fn withheld(&self) -> Vec<WithheldField> {
        let why = self.0.withheld;
        why.iter()
            .flat_map(|why| ["name", "address"].map(|field| WithheldField::whole(field, *why, None)))
            .collect()
    }

    /// How many profiles are members; 1 or more.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<Count> {
        self.group().count(ctx).await
    }

    /// True above 50 members: then it is no family but an institution, a building, or an address that people give who
    /// have none to give.
    async fn crowded(&self, ctx: &Context<'_>) -> Result<bool> {
        self.group().is_crowded(ctx).await
    }

    /// Its members, by id.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<connection::Profiles> {
        self.group().page(ctx, first, after.as_deref()).await
    }

    /// What the orders of all members sum up to; null for one that is `crowded`, and where the
    /// orders of one may not be used for the purpose of the key: their `withheld` says why.
    async fn totals(&self, ctx: &Context<'_>) -> Result<Option<Totals<'static>>> {
        self.group().totals(ctx).await
    }
}

/// A page of the households of at least so many members.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<&str>,
    min_members: i32,
) -> Result<connection::Households> {
    let size = paging::size(ctx, "first", first)?;
    let after: Option<Uuid> = paging::place("after", LIST, after)?;
    let (loaders, min_members) = (loaders(ctx), i64::from(min_members));
    let found = loaders.profiles.households(min_members, after, size + 1);
    let mut found = found.await.map_err(top)?;
    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let count = HouseholdCount { min_members };
    let mut connection = connection::Households::with_additional_fields(after.is_some(), more, count);
    let found = try_join_all(found.into_iter().map(|id| loaders.household(id))).await.map_err(top)?;
    connection.edges.extend(
        found
            .into_iter()
            .flatten()
            .map(|household| Edge::new(paging::cursor(LIST, household.id), Household(household))),
    );
    Ok(connection)
}

/// What a list of households says beside its page.
#[derive(Debug)]
pub(crate) struct HouseholdCount {
    min_members: i64,
}

/// What a list of households says beside its page.
#[Object(crate = "crate::graphql::quick")]
impl HouseholdCount {
    /// How many households have so many members, on all pages. Counted only if asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Count> {
        let loaders = loaders(ctx);
        loaders.profiles.count_households(self.min_members).await.map(Count).map_err(top)
    }
}
