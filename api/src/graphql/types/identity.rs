//! Who a profile is made of, and by what it is recognised.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use profiles::consent::mask;
use profiles::matching::SIMILARITY;
use profiles::sources::Sources;
use profiles::view::document;
use profiles::view::rows;
use uuid::Uuid;

use super::matching::WaterfallStep;
use super::profile::Profile;
use super::source::Source;
use super::stored::named;
use crate::graphql::error::{top, unforeseen};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::DateTime;

/// The kinds of values by which a person is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum IdentifierKind {
    /// An e-mail address.
    Email,
    /// A telephone number in E.164 form.
    Phone,
    /// The id under which the customer's own systems know the person.
    UserId,
    /// A device or an installation of an app.
    Device,
    /// A visitor who did not say who they are.
    AnonymousId,
    /// The key that another source gave to the person.
    CrossSource,
}

/// What links two source identities: a shared identifier of a kind, or their likeness in everything that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum LinkRule {
    /// The same e-mail address.
    Email,
    /// The same telephone number.
    Phone,
    /// The same id of the customer's own systems.
    UserId,
    /// The same device.
    Device,
    /// The same anonymous visitor.
    AnonymousId,
    /// One names the key of the other.
    CrossSource,
    /// The one, a visitor of a site or an app, logged in as the other.
    Login,
    /// A model weighed name, contact points, birth and address together.
    Similarity,
}

/// A value by which a profile is recognised.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct Identifier<'a> {
    /// What the value is.
    kind: IdentifierKind,
    /// The value, in the one form in which it is compared.
    value: &'a str,
    /// The sources that carry it.
    sources: Vec<Source>,
    /// Whether the value is shown masked, because the role of the caller sees nobody in the clear.
    masked: bool,
}

impl<'a> Identifier<'a> {
    pub(super) fn new(
        sources: &Sources,
        stored: &'a document::ProfileIdentifier,
        masked: bool,
    ) -> profiles::Result<Self> {
        let kind = named("identifier kind", &stored.kind)?;
        let carriers = stored.sources.iter().map(|id| Source::of(sources, *id));
        Ok(Self {
            kind,
            value: &stored.value,
            masked: masked && kind != IdentifierKind::CrossSource,
            sources: carriers.collect::<profiles::Result<_>>()?,
        })
    }
}

/// One person-like key of one source: a CRM contact, a shop's customer, a guest's e-mail address.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex, crate = "crate::graphql::quick")]
pub(crate) struct SourceIdentity {
    /// Global id. It follows from the source and the key alone, and gives neither away.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The source that knows it.
    source: Source,
    /// Its key in that source.
    external_id: String,
    /// The earliest creation time that the source ever stated.
    created_at: Option<DateTime>,
    /// When the source last changed it.
    updated_at: Option<DateTime>,
    /// Archived or deleted at the source: still a member, and contributes nothing.
    deleted: bool,
    /// Whether the source delivered a record of it; false while only orders or events name it.
    known: bool,
    #[graphql(skip)]
    pub(super) key: Uuid,
    #[graphql(skip)]
    profile: Uuid,
}

impl SourceIdentity {
    pub(in crate::graphql) fn new(sources: &Sources, row: rows::SourceIdentity) -> profiles::Result<Self> {
        Ok(Self {
            id: ids::id(Kind::SourceIdentity, row.id),
            source: Source::of(sources, row.source_id)?,
            external_id: row.external_id,
            created_at: row.created_at.map(DateTime),
            updated_at: row.updated_at.map(DateTime),
            deleted: row.deleted,
            known: row.known,
            key: row.id,
            profile: row.profile_id,
        })
    }
}

#[ComplexObject]
impl SourceIdentity {
    /// The profile that it is part of now.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Arc<Profile>>> {
        loaders(ctx).profile(self.profile).await.map_err(top)
    }
}

/// Thousandths, as they are shown.
pub(super) fn bits(weight: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a weight is a few thousands")]
    let thousandths = weight as f64;
    thousandths / 1_000.0
}

/// Evidence that two source identities are one person.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) row: rows::Link,
    /// The members of the profile, if anybody asks for the ends.
    pub(super) members: Arc<Vec<SourceIdentity>>,
}

impl Link {
    fn end(&self, id: Uuid) -> Result<&SourceIdentity> {
        let member = self.members.iter().find(|member| member.key == id);
        // A merge between the two statements; the next query sees both or neither.
        member.ok_or_else(|| unforeseen(&"a link leads out of its profile"))
    }
}

/// Evidence that two source identities are one person.
#[Object(crate = "crate::graphql::quick")]
impl Link {
    /// What matched.
    async fn rule(&self) -> Result<LinkRule> {
        named("link rule", &self.row.rule).map_err(top)
    }

    /// The value that both carry, in the form in which it is compared; null for `SIMILARITY`.
    async fn value(&self, ctx: &Context<'_>) -> Option<Cow<'_, str>> {
        let value = Some(self.row.value.as_str()).filter(|value| !value.is_empty())?;
        let masked = loaders(ctx).reader.masked.then(|| mask::identifier(&self.row.rule, value)).flatten();
        Some(masked.map_or(Cow::Borrowed(value), Cow::Owned))
    }

    /// How much it counts. Where the rules name no model, 1.0 is as good as certain. Where they do, it is in bits: 0 is as
    /// likely as not, each bit doubles the odds, and what is negative speaks against.
    async fn weight(&self) -> f64 {
        bits(self.row.weight)
    }

    /// Why a `SIMILARITY` weighs what it weighs today: steps that sum up to the weight of all links between the two. Empty
    /// for other rules.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn waterfall(&self, ctx: &Context<'_>) -> Result<Vec<WaterfallStep>> {
        if self.row.rule != SIMILARITY {
            return Ok(Vec::new());
        }
        let steps = loaders(ctx).waterfall((self.row.a, self.row.b)).await.map_err(top)?;
        Ok(steps.iter().cloned().map(WaterfallStep).collect())
    }

    /// One of the two.
    async fn from(&self) -> Result<&SourceIdentity> {
        self.end(self.row.a)
    }

    /// The other.
    async fn to(&self) -> Result<&SourceIdentity> {
        self.end(self.row.b)
    }
}
