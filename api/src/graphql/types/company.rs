//! Companies.

use async_graphql::{ID, SimpleObject};
use profiles::Result;
use profiles::sources::Sources;
use profiles::view::rows;

use super::source::Source;
use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::Count;

/// A company, as one source knows it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct Company {
    /// Global id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The source that knows it.
    source: Source,
    /// Its id in that source.
    external_id: String,
    /// Its name.
    name: Option<String>,
    /// Its web domain.
    domain: Option<String>,
    /// Its number in a company register or for value added tax, as delivered.
    register_number: Option<String>,
    /// Its industry, as the source calls it.
    industry: Option<String>,
    /// Its country, name or ISO code as delivered.
    country: Option<String>,
    /// Its city.
    city: Option<String>,
    /// Its telephone number, as delivered.
    phone: Option<String>,
    /// How many people work there.
    employees: Option<Count>,
}

impl Company {
    pub(in crate::graphql) fn new(sources: &Sources, row: rows::Company) -> Result<Self> {
        Ok(Self {
            id: ids::id(Kind::Company, row.id),
            source: Source::of(sources, row.source_id)?,
            external_id: row.external_id,
            name: row.name,
            domain: row.domain,
            register_number: row.register_number,
            industry: row.industry,
            country: row.country,
            city: row.city,
            phone: row.phone,
            employees: row.employees.map(Count::from),
        })
    }
}
