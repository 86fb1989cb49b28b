//! What people decided about who is who.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result};
use profiles::decisions::{self, Kind as Stored, Pair, Verdict as StoredVerdict};

use super::identity::SourceIdentity;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging::{self, points};
use crate::graphql::scalars::DateTime;

/// The sorts of decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Stored")]
pub(crate) enum DecisionKind {
    /// Several profiles are one person.
    Merge,
    /// One profile is several people.
    Split,
    /// A word on one pair of source identities.
    Verdict,
    /// Another decision shall not count.
    Undo,
}

/// What a person can decide of two source identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "StoredVerdict")]
pub(crate) enum Verdict {
    /// They are the same human being.
    Same,
    /// They are not.
    Different,
}

/// What a person decided about who is who.
#[derive(Debug, Clone)]
pub(crate) struct Decision(pub(in crate::graphql) Arc<decisions::Decision>);

/// What a person decided about who is who. A decision is stored once and never changed; taking it back is one more
/// decision.
#[Object(crate = "crate::graphql::quick")]
impl Decision {
    /// Global id. It follows from the content.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Decision, self.0.id)
    }

    /// What sort it is.
    async fn kind(&self) -> DecisionKind {
        self.0.kind.into()
    }

    /// When it was made. Of two on one pair the newer holds.
    async fn decided_at(&self) -> DateTime {
        DateTime(self.0.decided_at)
    }

    /// Who made it: the name of the API key or the person.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// Why, in the words of who made it; null for who reads for a purpose: it may name anybody.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.note.as_deref().filter(|_| loaders(ctx).reader.purpose.is_none())
    }

    /// The decision that takes this one back; null while it counts.
    async fn undone(&self, ctx: &Context<'_>) -> Result<Option<Decision>> {
        loaders(ctx).undone_by(self.0.id).await.map_err(top)
    }

    /// The decision that this one takes back; null unless it is an `UNDO`.
    async fn undoes(&self, ctx: &Context<'_>) -> Result<Option<Decision>> {
        match self.0.undoes {
            Some(id) => loaders(ctx).decision(id).await.map_err(top),
            None => Ok(None),
        }
    }

    /// What it says of pairs of source identities; nothing for an `UNDO`.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn pairs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Vec<DecisionPair>> {
        let first = paging::size(ctx, "first", first)?;
        let pairs = loaders(ctx).pairs(self.0.id, first).await.map_err(top)?;
        Ok(pairs.iter().copied().map(DecisionPair).collect())
    }
}

/// What a decision says of two source identities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecisionPair(Pair);

/// What a decision says of two source identities.
#[Object(crate = "crate::graphql::quick")]
impl DecisionPair {
    /// What they are.
    async fn verdict(&self) -> Verdict {
        self.0.verdict.into()
    }

    /// One of the two; null where nothing names it any more.
    async fn from(&self, ctx: &Context<'_>) -> Result<Option<Arc<SourceIdentity>>> {
        loaders(ctx).identity(self.0.a).await.map_err(top)
    }

    /// The other; null where nothing names it any more.
    async fn to(&self, ctx: &Context<'_>) -> Result<Option<Arc<SourceIdentity>>> {
        loaders(ctx).identity(self.0.b).await.map_err(top)
    }
}
