//! What is too old to be kept.

use async_graphql::{Enum, SimpleObject};
use profiles::retention;
use profiles::sources::Sources;

use super::source::Source;
use crate::graphql::scalars::{Count, DateTime};

/// What has a limit of its own in the settings `[retention]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "retention::Kind")]
pub(crate) enum RetentionKind {
    /// Events, by when they happened.
    Events,
    /// Orders with all their versions, by when they were placed; else by when they were changed, or last heard of.
    Orders,
    /// Versions of records that are no longer current, by when another took their place.
    SupersededVersions,
    /// Statements about the use of data that newer ones replaced, by when they were said or last heard.
    ConsentStatements,
    /// What could not be understood, by when it was last delivered.
    RejectedRecords,
    /// Runs of connectors and imports, by when they ended.
    SyncRuns,
    /// Requests of data subjects that are closed and of which nothing lasts, by when they were closed.
    SubjectRequests,
}

/// What is too old of one kind of one source.
#[derive(Debug, SimpleObject)]
pub(crate) struct RetentionCount {
    /// Where it came from; null where it is of no source.
    source: Option<Source>,
    /// What it is.
    kind: RetentionKind,
    /// How many there are. Of versions, those that are removed or cut down to what still holds.
    rows: Count,
    /// The instant by which the age of the oldest is measured.
    oldest: DateTime,
}

impl RetentionCount {
    pub(in crate::graphql) fn new(sources: &Sources, expiring: &retention::Expiring) -> Self {
        let source = expiring.source.and_then(|id| sources.get(&id));
        Self {
            source: source.map(|source| Source(source.clone())),
            kind: expiring.kind.into(),
            rows: i64::try_from(expiring.rows).unwrap_or(i64::MAX).into(),
            oldest: DateTime(expiring.oldest),
        }
    }
}
