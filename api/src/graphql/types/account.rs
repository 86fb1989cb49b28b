//! Accounts.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use futures_util::future::try_join_all;
use profiles::sources::Sources;
use profiles::view::account;
use profiles::view::groups::Group;
use uuid::Uuid;

use super::company::Company;
use super::connection;
use super::group::Members;
use super::totals::Totals;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging::{self, points};
use crate::graphql::scalars::Count;

const LIST: &str = "accounts";

/// A company, as all sources together know it: company objects with the same registrable web domain or the same number in
/// a register are one. Its members are the people whom a source calls members of one of them; an e-mail address at its
/// domain makes nobody a member.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, crate = "crate::graphql::quick")]
pub(crate) struct Account {
    /// Global id: that of its eldest company object. `account(id:)` finds it by the id of any of them.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The name that its eldest company object with a name gives it.
    name: Option<String>,
    /// The registrable web domains by which it is recognised, sorted.
    domains: Vec<String>,
    /// The numbers in registers by which it is recognised, in one form, sorted.
    register_numbers: Vec<String>,
    /// What sources know of it, eldest first; at most 500.
    companies: Arc<Vec<Company>>,
    #[graphql(skip)]
    key: Uuid,
}

impl Account {
    pub(in crate::graphql) fn new(sources: &Sources, stored: account::Account) -> profiles::Result<Self> {
        let texts = |texts: BTreeSet<&str>| texts.into_iter().map(str::to_owned).collect();
        let (domains, register_numbers) = (texts(stored.domains()), texts(stored.register_numbers()));
        let name = stored.name().map(str::to_owned);
        let companies = stored.companies.into_iter().map(|row| Company::new(sources, row));
        Ok(Self {
            id: ids::id(Kind::Account, stored.id),
            name,
            domains,
            register_numbers,
            companies: Arc::new(companies.collect::<profiles::Result<_>>()?),
            key: stored.id,
        })
    }

    fn group(&self) -> Members {
        Members { group: Group::Account, id: self.key }
    }
}

#[ComplexObject]
impl Account {
    /// How many profiles are members; 0 or more.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<Count> {
        self.group().count(ctx).await
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

    /// What the orders of all members sum up to; null above 10,000 members, and where the orders of one may not be used for
    /// the purpose of the key: their `withheld` says why.
    async fn totals(&self, ctx: &Context<'_>) -> Result<Option<Totals<'static>>> {
        self.group().totals(ctx).await
    }
}

/// The accounts of these ids, in their order; those that are none any more are left out.
pub(in crate::graphql) async fn all(ctx: &Context<'_>, ids: &[Uuid]) -> Result<Vec<Account>> {
    let found = try_join_all(ids.iter().map(|id| loaders(ctx).account(*id))).await.map_err(top)?;
    Ok(found.into_iter().flatten().collect())
}

/// A page of all accounts.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<connection::Accounts> {
    let size = paging::size(ctx, "first", first)?;
    let after: Option<Uuid> = paging::place("after", LIST, after)?;
    let mut found = loaders(ctx).profiles.accounts(after, size + 1).await.map_err(top)?;
    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let mut connection = connection::Accounts::with_additional_fields(after.is_some(), more, AccountCount);
    let edges = all(ctx, &found).await?.into_iter();
    connection.edges.extend(edges.map(|account| Edge::new(paging::cursor(LIST, account.key), account)));
    Ok(connection)
}

/// What a list of accounts says beside its page.
#[derive(Debug)]
pub(crate) struct AccountCount;

/// What a list of accounts says beside its page.
#[Object(crate = "crate::graphql::quick")]
impl AccountCount {
    /// How many accounts there are, on all pages. Counted only if asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Count> {
        loaders(ctx).profiles.count_accounts().await.map(Count).map_err(top)
    }
}
