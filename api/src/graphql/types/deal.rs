//! Sales opportunities.

use async_graphql::{ComplexObject, Enum, ID, SimpleObject};
use profiles::Result;
use profiles::sources::Sources;
use profiles::view::rows;

use super::money::Money;
use super::source::Source;
use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::DateTime;

/// How a deal came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum DealOutcome {
    /// Nothing is decided.
    Open,
    /// Won.
    Won,
    /// Lost.
    Lost,
}

/// A sales opportunity.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, crate = "crate::graphql::quick")]
pub(crate) struct Deal {
    /// Global id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The source that knows it.
    source: Source,
    /// Its id in that source.
    external_id: String,
    /// Its title.
    name: Option<String>,
    /// Its pipeline, as the source calls it.
    pipeline: Option<String>,
    /// Its stage, as the source calls it.
    stage: Option<String>,
    /// How it came out.
    outcome: DealOutcome,
    /// When it was created.
    created_at: Option<DateTime>,
    /// When it was, or is expected to be, closed.
    closes_at: Option<DateTime>,
    #[graphql(skip)]
    amount_micros: Option<i64>,
    #[graphql(skip)]
    currency: Option<String>,
}

impl Deal {
    pub(in crate::graphql) fn new(sources: &Sources, row: rows::Deal) -> Result<Self> {
        Ok(Self {
            id: ids::id(Kind::Deal, row.id),
            source: Source::of(sources, row.source_id)?,
            external_id: row.external_id,
            name: row.name,
            pipeline: row.pipeline,
            stage: row.stage,
            outcome: match row.won {
                None => DealOutcome::Open,
                Some(true) => DealOutcome::Won,
                Some(false) => DealOutcome::Lost,
            },
            created_at: row.created_at.map(DateTime),
            closes_at: row.closes_at.map(DateTime),
            amount_micros: row.amount_micros,
            currency: row.currency,
        })
    }
}

#[ComplexObject]
impl Deal {
    /// What it is worth.
    async fn amount(&self) -> Option<Money<'_>> {
        self.amount_micros.map(|micros| Money::micros(micros, self.currency.as_deref()))
    }
}
