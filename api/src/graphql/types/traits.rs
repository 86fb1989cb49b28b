//! The fields of a profile, each with its survivors.

use async_graphql::{Enum, ID, SimpleObject};
use profiles::Result;
use profiles::sources::Sources;
use profiles::view::catalogue::{self, Group};
use profiles::view::document;
use profiles::view::survivorship::Rule;

use super::campaign::TraitInference;
use super::source::{Party, Source};
use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::{DateTime, JsonRef};

/// The groups in which marketers look for traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Group")]
pub(crate) enum TraitGroup {
    /// Name, address, contact points, account numbers.
    Identity,
    /// Job, income band, household, interests.
    Descriptive,
    /// Orders, spend, visits, e-mail engagement.
    Quantitative,
    /// Reasons, opinions, survey answers, sentiment.
    Qualitative,
    /// Handles, language, public metadata.
    Social,
    /// Devices, app use.
    Mobile,
}

/// How the surviving value of a trait is chosen. Ties go to the most trusted source, then to the most recent value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Rule")]
pub(crate) enum SurvivorshipRule {
    /// The value that its source began to carry last; undated values are the oldest.
    MostRecent,
    /// The value that its source began to carry first; undated values are the last.
    Earliest,
    /// The value of the source with the greatest trust.
    MostTrusted,
    /// The value that most source identities carry.
    MostFrequent,
    /// The longest text, in characters.
    Longest,
    /// All values together, as a sorted list without repetitions.
    Union,
}

/// A field of a profile: the value that survived, who said it, and what others said.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct Trait<'a> {
    /// Its name, such as `first_name`. A source's own field stands behind the kind of the source:
    /// `hubspot.favourite_colour`.
    key: &'a str,
    /// Where marketers look for it.
    group: TraitGroup,
    /// Whose data the winner is.
    party: Party,
    /// The value that survived; for the rule `UNION` the list of all.
    value: JsonRef<'a>,
    /// Who said the winning value; for the rule `UNION` who said something last.
    winner: Origin,
    /// Who else says so, best first; for the rule `UNION` who else has a part in it.
    confirmed_by: Vec<Origin>,
    /// What others said instead, best first.
    losers: Vec<Loser<'a>>,
    /// The rule that chose.
    rule: SurvivorshipRule,
    /// The request for rectification by which this value stands against what sources say; null where it does not.
    corrected_by: Option<ID>,
    /// Whether values are shown masked, because the role of the caller sees nobody in the clear, or its purpose may not use
    /// the group `IDENTITY`.
    masked: bool,
}

/// Where a value comes from.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct Origin {
    /// The source that said it.
    source: Source,
    /// Since when that source has carried this value; null where the source does not date its objects. Where it follows from a
    /// campaign, when that brought the person; null where the purpose may not use the group `QUANTITATIVE`.
    recorded_at: Option<DateTime>,
    /// Where nobody said so: by what it follows from a campaign, whose event the source told of.
    inferred: Option<Box<TraitInference>>,
}

/// A value that did not survive.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct Loser<'a> {
    /// The value.
    value: JsonRef<'a>,
    /// The source that said it.
    source: Source,
    /// Since when that source has carried this value; null where the source does not date its objects. Where it follows from a
    /// campaign, when that brought the person; null where the purpose may not use the group `QUANTITATIVE`.
    recorded_at: Option<DateTime>,
    /// Where nobody said so: by what it follows from a campaign, whose event the source told of.
    inferred: Option<Box<TraitInference>>,
}

/// By what a value follows from a campaign.
fn inferred(origin: &document::Origin) -> Option<Box<TraitInference>> {
    origin.inferred.as_deref().map(|inference| Box::new(inference.into()))
}

impl<'a> Trait<'a> {
    pub(super) fn new(sources: &Sources, stored: &'a document::Trait, masked: bool) -> Result<Self> {
        let source = Source::of(sources, stored.winner.source)?;
        let origin = |origin: &document::Origin| {
            let source = Source::of(sources, origin.source)?;
            Ok(Origin { source, recorded_at: origin.at.map(DateTime), inferred: inferred(origin) })
        };
        let loser = |loser: &'a document::Loser| {
            Ok(Loser {
                value: JsonRef(&loser.value),
                source: Source::of(sources, loser.origin.source)?,
                recorded_at: loser.origin.at.map(DateTime),
                inferred: inferred(&loser.origin),
            })
        };
        Ok(Self {
            key: &stored.key,
            group: catalogue::group(&stored.key).into(),
            party: source.party()?,
            value: JsonRef(&stored.value),
            winner: Origin {
                source,
                recorded_at: stored.winner.at.map(DateTime),
                inferred: inferred(&stored.winner),
            },
            confirmed_by: stored.confirmed_by.iter().map(origin).collect::<Result<_>>()?,
            losers: stored.losers.iter().map(loser).collect::<Result<_>>()?,
            rule: stored.rule.into(),
            corrected_by: stored.corrected_by.map(|request| ids::id(Kind::SubjectRequest, request)),
            masked,
        })
    }
}
