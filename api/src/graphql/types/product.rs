//! Things that can be bought.

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use profiles::insights::Relation;
use profiles::sources::Sources;
use profiles::view::rows;
use profiles::{Error, Result};
use uuid::Uuid;

use super::money::Money;
use super::recommendation::{RelatedProduct, related};
use super::source::Source;
use crate::graphql::ids::{self, Kind};
use crate::graphql::paging::points;

/// A thing that can be bought.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, crate = "crate::graphql::quick")]
pub(crate) struct Product {
    /// Global id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The source that sells it.
    source: Source,
    /// Its id in that source.
    external_id: String,
    /// Its name.
    name: Option<String>,
    /// Stock-keeping unit.
    sku: Option<String>,
    /// Its page.
    url: Option<String>,
    /// Its picture.
    image_url: Option<String>,
    /// Names of its categories.
    categories: Vec<String>,
    /// Whether it can be bought now; null where the source does not say.
    in_stock: Option<bool>,
    #[graphql(skip)]
    key: Uuid,
    #[graphql(skip)]
    price_micros: Option<i64>,
    #[graphql(skip)]
    currency: Option<String>,
}

impl Product {
    pub(in crate::graphql) fn new(sources: &Sources, row: rows::Product) -> Result<Self> {
        let categories = serde_json::from_str(&row.categories)
            .map_err(|error| Error::Stored { what: "product categories", message: error.to_string() })?;
        Ok(Self {
            id: ids::id(Kind::Product, row.id),
            source: Source::of(sources, row.source_id)?,
            external_id: row.external_id,
            name: row.name,
            sku: row.sku,
            url: row.url,
            image_url: row.image_url,
            categories,
            in_stock: row.in_stock,
            key: row.id,
            price_micros: row.price_micros,
            currency: row.currency,
        })
    }
}

#[ComplexObject]
impl Product {
    /// Price of one, now.
    async fn price(&self) -> Option<Money<'_>> {
        self.price_micros.map(|micros| Money::micros(micros, self.currency.as_deref()))
    }

    /// What is bought with it in one order and is in stock, the most confident first; by the newest model of recommendations in
    /// force.
    #[graphql(complexity = "points(Some(first), child_complexity)")]
    async fn bought_together(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 20.", default = 5)] first: i32,
    ) -> async_graphql::Result<Vec<RelatedProduct>> {
        related(ctx, self.key, Relation::Together, first).await
    }

    /// What its buyers buy too, shares a category with it, costs more in the same currency, and is in stock; the most
    /// confident first.
    #[graphql(complexity = "points(Some(first), child_complexity)")]
    async fn up_sell(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 20.", default = 5)] first: i32,
    ) -> async_graphql::Result<Vec<RelatedProduct>> {
        related(ctx, self.key, Relation::Better, first).await
    }

    /// What the same people buy, at whatever time, and is in stock; the most similar first.
    #[graphql(complexity = "points(Some(first), child_complexity)")]
    async fn similar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 0 to 20.", default = 5)] first: i32,
    ) -> async_graphql::Result<Vec<RelatedProduct>> {
        related(ctx, self.key, Relation::Similar, first).await
    }
}
