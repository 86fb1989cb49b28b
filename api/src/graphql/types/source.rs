//! Where facts come from.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object, Result};
use profiles::Error;
use profiles::sources::Sources;
use uuid::Uuid;

use super::stored::named;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::DateTime;

/// Whose data it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Party {
    /// Collected from the customer by ourselves.
    First,
    /// Collected by a partner, who passed it on.
    Second,
    /// Bought from somebody who did not collect it.
    Third,
}

/// The origin of facts: one configured connector or import.
#[derive(Debug, Clone)]
pub(crate) struct Source(pub(super) Arc<profiles::sources::Source>);

impl Source {
    /// The source of that id.
    pub(super) fn of(sources: &Sources, id: Uuid) -> profiles::Result<Self> {
        let found = sources.get(&id).map(|source| Self(Arc::clone(source)));
        found.ok_or_else(|| Error::Stored { what: "source", message: format!("{id} does not exist") })
    }

    /// Whose data it is.
    pub(super) fn party(&self) -> profiles::Result<Party> {
        named("party", &self.0.party)
    }
}

/// The origin of facts: one configured connector or import.
#[Object(crate = "crate::graphql::quick")]
impl Source {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Source, self.0.id)
    }

    /// Short unique name, chosen by the administrator: `hubspot-eu`. 1 to 64 characters.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// What people see.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The kind of connector that reads it, such as `hubspot`, or `file` for imports.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// What sort of system it is: `crm`, `ecommerce`, `email` or `file`.
    async fn category(&self) -> &str {
        &self.0.category
    }

    /// Whose data it delivers.
    #[graphql(name = "party")]
    async fn shown_party(&self) -> Result<Party> {
        self.party().map_err(top)
    }

    /// How far its values are believed where the most trusted one survives, 0..100.
    async fn trust(&self) -> i32 {
        self.0.trust
    }

    /// When it was configured.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

impl From<Arc<profiles::sources::Source>> for Source {
    fn from(source: Arc<profiles::sources::Source>) -> Self {
        Self(source)
    }
}
