//! Lists of people that somebody put together by hand.

use async_graphql::{Context, Object, Result};
use profiles::audiences;

use super::segment::told;
use crate::graphql::error::top;
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Count, DateTime};

/// A list of people.
#[derive(Debug)]
pub(crate) struct List(pub(in crate::graphql) audiences::List);

/// A list of people that somebody put together by hand. A rule asks for it by `in list "key"`.
#[Object]
impl List {
    /// Its short name: lower-case letters, digits, `-` and `_`.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many are on it now, whatever they allow. Null for who reads for a purpose where they are less than 10.
    async fn size(&self, ctx: &Context<'_>) -> Result<Option<Count>> {
        let loaders = loaders(ctx);
        Ok(told(loaders, loaders.list_size(self.0.key.clone()).await.map_err(top)?))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// By whom.
    async fn created_by(&self) -> &str {
        &self.0.actor
    }
}
