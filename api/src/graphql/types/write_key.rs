//! Write keys.

use async_graphql::{ID, SimpleObject};
use profiles::collect;
use profiles::sources::Sources;

use super::source::Source;
use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::DateTime;

/// A key with which a site or an app sends what happens. It stands in the source of its pages: no secret, and opens
/// nothing to read.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct WriteKey {
    /// Global id.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The source of what is sent with it.
    source: Source,
    /// What it is for.
    name: String,
    /// The key itself: the user name of Basic authorization, or `writeKey` in the body.
    key: String,
    /// When it was made.
    created_at: DateTime,
    /// When it was taken back; null while it works.
    revoked_at: Option<DateTime>,
}

impl WriteKey {
    pub(in crate::graphql) fn new(sources: &Sources, key: collect::WriteKey) -> profiles::Result<Self> {
        Ok(Self {
            id: ids::id(Kind::WriteKey, key.id),
            source: Source::of(sources, key.source)?,
            name: key.name,
            key: key.key,
            created_at: DateTime(key.created_at),
            revoked_at: key.revoked_at.map(DateTime),
        })
    }
}
