//! Keys of this API.

use async_graphql::{Enum, ID, SimpleObject};
use profiles::access;

use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::DateTime;

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "access::Role")]
pub(crate) enum Role {
    /// Everything, connectors and keys included.
    Admin,
    /// Read everything about customers and connectors, change nothing.
    Analyst,
    /// Read customers, in order to sell to and serve them, and record what they say about the use of their data.
    Sales,
    /// A customer's own server: read single profiles, in order to adapt what that person sees. No key belongs in a
    /// browser.
    Frontend,
}

/// A key of this API. The key itself was shown once, when it was made.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct ApiKey {
    /// Global id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// What it is for.
    name: String,
    /// What it may do.
    role: Role,
    /// The key of the purpose for which it reads people's data; null for the one of its role.
    purpose: Option<String>,
    /// When it was made.
    created_at: DateTime,
    /// When it was taken back; null while it works.
    revoked_at: Option<DateTime>,
}

impl From<access::ApiKey> for ApiKey {
    fn from(key: access::ApiKey) -> Self {
        Self {
            id: ids::id(Kind::ApiKey, key.id),
            name: key.name,
            role: key.role.into(),
            purpose: key.purpose.as_deref().map(str::to_owned),
            created_at: DateTime(key.created_at),
            revoked_at: key.revoked_at.map(DateTime),
        }
    }
}
