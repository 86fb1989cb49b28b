//! Profiles that may be one person, and why.

use std::sync::Arc;

use async_graphql::connection::Edge;
use async_graphql::{Context, Enum, ID, Object, Result};
use profiles::matching::{self, WaterfallStep as Stored};

use super::connection;
use super::identity::{SourceIdentity, bits};
use super::profile::Profile;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging;
use crate::graphql::scalars::Count;

const MATCH_CANDIDATES: &str = "matchCandidates";

/// In which order match candidates are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum MatchCandidateOrder {
    /// The least certain first: those whose odds are nearest to even.
    Uncertainty,
}

/// What a list of match candidates says beside its page.
#[derive(Debug)]
pub(crate) struct MatchCandidateCount;

/// What a list of match candidates says beside its page.
#[Object(crate = "crate::graphql::quick")]
impl MatchCandidateCount {
    /// How many there are, on all pages. Counted only if asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Count> {
        let loaders = loaders(ctx);
        loaders.profiles.count_match_candidates().await.map(Count).map_err(top)
    }
}

/// Two profiles that are apart and may be one person.
#[derive(Debug)]
pub(crate) struct MatchCandidate(pub(in crate::graphql) matching::MatchCandidate);

/// Two profiles that are apart and may be one person: the evidence is between the threshold of review and the one of
/// merging. `resolveMatchCandidate` settles it.
#[Object(crate = "crate::graphql::quick")]
impl MatchCandidate {
    /// Global id. It follows from the two source identities in `closest`.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::MatchCandidate, self.0.id)
    }

    /// The two profiles.
    async fn profiles(&self, ctx: &Context<'_>) -> Result<Vec<Arc<Profile>>> {
        let loaders = loaders(ctx);
        let both = futures_util::future::try_join(loaders.profile(self.0.a), loaders.profile(self.0.b));
        let (a, b) = both.await.map_err(top)?;
        // A merge between the two statements leaves one.
        Ok([a, b].into_iter().flatten().collect())
    }

    /// A source identity of each of the two profiles: those that agree best, in the order of `profiles`.
    async fn closest(&self, ctx: &Context<'_>) -> Result<Vec<Arc<SourceIdentity>>> {
        let loaders = loaders(ctx);
        let both =
            futures_util::future::try_join(loaders.identity(self.0.one), loaders.identity(self.0.other));
        let (one, other) = both.await.map_err(top)?;
        Ok([one, other].into_iter().flatten().collect())
    }

    /// The mean weight between the source identities of the one and of the other profile, in bits: 0 is as likely as
    /// not, each bit doubles the odds.
    async fn weight(&self) -> f64 {
        bits(self.0.weight)
    }

    /// The same as a probability, 0..1.
    async fn probability(&self) -> f64 {
        1.0 / (1.0 + (-bits(self.0.weight)).exp2())
    }

    /// Why the `closest` two weigh what they weigh: steps that sum up to it.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn waterfall(&self, ctx: &Context<'_>) -> Result<Vec<WaterfallStep>> {
        let steps = loaders(ctx).waterfall((self.0.one, self.0.other)).await.map_err(top)?;
        Ok(steps.iter().cloned().map(WaterfallStep).collect())
    }
}

/// One step of the way to a weight.
#[derive(Debug)]
pub(crate) struct WaterfallStep(pub(super) Stored);

/// One step of the way to a weight.
#[Object(crate = "crate::graphql::quick")]
impl WaterfallStep {
    /// What was compared: a field, or the kind of an identifier; `prior` for what is expected of any two records.
    async fn comparison(&self) -> &str {
        &self.0.comparison
    }

    /// What was found, in words; no value of a person.
    async fn found(&self) -> &str {
        &self.0.found
    }

    /// How much it adds, in bits; negative where it speaks against.
    async fn weight(&self) -> f64 {
        bits(self.0.weight)
    }
}

/// A page of match candidates.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<connection::MatchCandidates> {
    let loaders = loaders(ctx);
    let profiles = &loaders.profiles;
    let after = paging::place("after", MATCH_CANDIDATES, after)?;
    let first = paging::size(ctx, "first", first)?;
    let mut found = profiles.match_candidates(after, first + 1).await.map_err(top)?;
    let more = found.len() as u64 > first;
    found.truncate(usize::try_from(first).unwrap_or(usize::MAX));
    let mut page =
        connection::MatchCandidates::with_additional_fields(after.is_some(), more, MatchCandidateCount);
    page.edges.extend(found.into_iter().map(|found| {
        Edge::new(paging::cursor(MATCH_CANDIDATES, (found.uncertainty, found.id)), MatchCandidate(found))
    }));
    Ok(page)
}
