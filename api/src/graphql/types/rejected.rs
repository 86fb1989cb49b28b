//! What a source delivered and nobody could understand.

use std::borrow::Cow;

use async_graphql::{Context, ID, Object, Result};
use uuid::Uuid;

use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Count, DateTime};

/// An object that a source delivered and nobody could understand.
#[derive(Debug)]
pub(crate) struct RejectedRecord(pub(in crate::graphql) profiles::sync::RejectedRecord);

/// An object that a source delivered and nobody could understand. It did not stop the run.
#[Object(crate = "crate::graphql::quick")]
impl RejectedRecord {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::RejectedRecord, self.0.id)
    }

    /// The stream in which it came.
    async fn stream(&self) -> &str {
        &self.0.stream
    }

    /// Its id in the source, where that much could be read.
    async fn external_id(&self) -> Option<&str> {
        self.0.external_id.as_deref()
    }

    /// Why: the field, and what was expected there.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The object as delivered; at most 64 KiB of it are kept. It may hold personal data.
    async fn payload(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.payload)
    }

    /// When it first came.
    async fn first_seen_at(&self) -> DateTime {
        DateTime(self.0.first_seen)
    }

    /// When it last came.
    async fn last_seen_at(&self) -> DateTime {
        DateTime(self.0.last_seen)
    }
}

/// What a list of rejected records says beside its page.
#[derive(Debug)]
pub(crate) struct RejectedCount {
    pub(super) source: Uuid,
}

/// What a list of rejected records says beside its page.
#[Object(crate = "crate::graphql::quick")]
impl RejectedCount {
    /// How many there are on all pages. Counted only if asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Count> {
        loaders(ctx).rejected_count(self.source).await.map(Count::from).map_err(top)
    }
}
