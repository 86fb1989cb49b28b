//! The first screen of a dashboard.

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::status::Status;

use super::connector::{Connector, ConnectorState};
use crate::graphql::error::top;
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::Count;

/// What is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overview(pub(in crate::graphql) Status);

/// How many connectors are in one state.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct ConnectorStateCount {
    /// The state.
    state: ConnectorState,
    /// How many are in it; 1 or more.
    count: Count,
}

/// What is there, in numbers. Exact, and so no question to ask every second.
#[Object(crate = "crate::graphql::quick")]
impl Overview {
    /// Sources of facts.
    async fn sources(&self) -> Count {
        Count(self.0.sources)
    }

    /// Versions of records that sources delivered.
    async fn records(&self) -> Count {
        Count(self.0.records)
    }

    /// Objects that could not be understood.
    async fn rejected_records(&self) -> Count {
        Count(self.0.rejected_records)
    }

    /// Person-like keys of sources.
    async fn source_identities(&self) -> Count {
        Count(self.0.source_identities)
    }

    /// People who are not deleted at every source.
    async fn profiles(&self) -> Count {
        Count(self.0.profiles)
    }

    /// Orders of any type and status.
    async fn orders(&self) -> Count {
        Count(self.0.orders)
    }

    /// Deals.
    async fn deals(&self) -> Count {
        Count(self.0.deals)
    }

    /// Companies.
    async fn companies(&self) -> Count {
        Count(self.0.companies)
    }

    /// Products.
    async fn products(&self) -> Count {
        Count(self.0.products)
    }

    /// Events.
    async fn events(&self) -> Count {
        Count(self.0.events)
    }

    /// Keys whose facts changed and that wait to be derived again; 0 when profiles are up to date.
    async fn waiting(&self) -> Count {
        Count(self.0.waiting)
    }

    /// Keys that could not be derived: their profiles show what was known before. The log says why; `rondom rebuild`
    /// tries again.
    async fn failed(&self) -> Count {
        Count(self.0.failed)
    }

    /// How the connectors are doing: one entry for each state that any of them is in.
    async fn connectors(&self, ctx: &Context<'_>) -> Result<Vec<ConnectorStateCount>> {
        let profiles = &loaders(ctx).profiles;
        let connectors = profiles.connectors().await.map_err(top)?;
        let ids: Vec<_> = connectors.iter().map(|connector| connector.source.id).collect();
        let runs = profiles.runs_of(&ids, 1).await.map_err(top)?;
        let mut counts: Vec<ConnectorStateCount> = Vec::new();
        for connector in &connectors {
            let last = runs.get(&connector.source.id).and_then(|runs| runs.first());
            let state = Connector::state_after(connector, last).map_err(top)?;
            match counts.iter_mut().find(|count| count.state == state) {
                Some(count) => count.count.0 += 1,
                None => counts.push(ConnectorStateCount { state, count: Count(1) }),
            }
        }
        Ok(counts)
    }
}
