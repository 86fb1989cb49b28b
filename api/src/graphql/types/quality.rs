//! How good recognition is.

use async_graphql::SimpleObject;
use profiles::resolution::{DecidedPairs, IdentityQuality as Found};

use crate::graphql::scalars::Count;

/// How good recognition is, in numbers.
#[derive(SimpleObject)]
pub(crate) struct IdentityQuality {
    /// Source identities.
    source_identities: Count,
    /// Profiles.
    profiles: Count,
    /// How many profiles there are of each size, small ones first.
    sizes: Vec<ProfileSize>,
    /// The source identities of the largest profile.
    largest: Count,
    /// Profiles of at least four fifths of the size limit.
    near_limit: Count,
    /// Profiles whose merge with another the size limit refused.
    limited: Count,
    /// What evidence alone makes of the pairs that people decided about.
    decided: DecidedPairQuality,
}

/// How many profiles there are of one size.
#[derive(SimpleObject)]
struct ProfileSize {
    /// Source identities of each.
    source_identities: Count,
    /// How many profiles.
    profiles: Count,
}

/// The pairs of source identities that people decided about, as evidence alone would have it: what the decisions
/// themselves do is left out.
#[derive(SimpleObject)]
struct DecidedPairQuality {
    /// Decided the same, and together.
    same_together: Count,
    /// Decided the same, and apart.
    same_apart: Count,
    /// Decided different, and together.
    different_together: Count,
    /// Decided different, and apart.
    different_apart: Count,
    /// Of the pairs that evidence puts together, the share that was decided to be the same: 0..1; null without any.
    precision: Option<f64>,
    /// Of the pairs that were decided to be the same, the share that evidence puts together: 0..1; null without any.
    recall: Option<f64>,
    /// The harmonic mean of both: 0..1; null where one of them is null or both are 0.
    f1: Option<f64>,
}

impl From<Found> for IdentityQuality {
    fn from(found: Found) -> Self {
        let size = |(size, profiles): (&u64, &u64)| ProfileSize {
            source_identities: Count(*size),
            profiles: Count(*profiles),
        };
        Self {
            source_identities: Count(found.source_identities),
            profiles: Count(found.profiles),
            largest: Count(found.sizes.keys().next_back().copied().unwrap_or_default()),
            sizes: found.sizes.iter().map(size).collect(),
            near_limit: Count(found.near_limit),
            limited: Count(found.limited),
            decided: found.decided.into(),
        }
    }
}

impl From<DecidedPairs> for DecidedPairQuality {
    fn from(pairs: DecidedPairs) -> Self {
        Self {
            same_together: Count(pairs.same_together),
            same_apart: Count(pairs.same_apart),
            different_together: Count(pairs.different_together),
            different_apart: Count(pairs.different_apart),
            precision: pairs.precision(),
            recall: pairs.recall(),
            f1: pairs.f1(),
        }
    }
}
