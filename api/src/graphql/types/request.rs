//! What people ask for as the subjects of their data.

use async_graphql::connection::Edge;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use profiles::privacy;
use profiles::sources::Sources;

use super::connection;
use super::profile::Profile;
use super::source::Source;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging;
use crate::graphql::scalars::{Count, DateTime, Decimal, Json, JsonRef, copy};

const REQUESTS: &str = "subjectRequests";

/// What a person may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "privacy::RequestKind")]
pub(crate) enum SubjectRequestKind {
    /// Articles 15 and 20 of the GDPR: a copy of everything that is kept, for people and for machines. Once the request is
    /// fulfilled, administrators fetch it from `/requests/ID/archive.html` and `/requests/ID/archive.json`.
    Access,
    /// Article 16: that what is wrong is put right. What the person says stands against what a source says, until that
    /// source says so too.
    Rectification,
    /// Article 17 of the GDPR: to be forgotten. What is removed cannot be brought back, and what sources deliver of the
    /// person again is dropped.
    Erasure,
    /// Article 18: that the data is kept and not used.
    Restriction,
    /// Article 21: that nobody predicts what the person will do.
    Objection,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "privacy::RequestState")]
pub(crate) enum SubjectRequestState {
    /// Nobody has decided yet.
    Received,
    /// It is being done.
    Running,
    /// It was done.
    Done,
    /// It was refused, with a reason.
    Refused,
}

/// What a person asked for as the subject of their data.
#[derive(Debug)]
pub(crate) struct SubjectRequest(pub(in crate::graphql) privacy::SubjectRequest);

/// What a person asked for as the subject of their data, with its state.
#[Object(crate = "crate::graphql::quick")]
impl SubjectRequest {
    /// Global id, random.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::SubjectRequest, self.0.id)
    }

    /// What is asked for.
    async fn kind(&self) -> SubjectRequestKind {
        self.0.kind.into()
    }

    /// Where it stands.
    async fn state(&self) -> SubjectRequestState {
        self.0.state.into()
    }

    /// Whose request it is; null once the person is erased.
    async fn profile(&self, ctx: &Context<'_>) -> Result<Option<Profile>> {
        let Some(id) = self.0.profile else { return Ok(None) };
        let loaders = loaders(ctx);
        let by = profiles::view::read::ProfileRef::Id(id);
        let found = loaders.profiles.profile(&loaders.reader, &by).await.map_err(top)?;
        let Some(found) = found else { return Ok(None) };
        Profile::new(&loaders.profiles, found).await.map(Some).map_err(top)
    }

    /// Of a rectification: what is right. Empty once the person is erased.
    async fn corrections(&self, ctx: &Context<'_>) -> Result<Vec<Correction>> {
        let loaders = loaders(ctx);
        let corrections = loaders.profiles.corrections(&loaders.reader, &self.0).await.map_err(top)?;
        let corrections = corrections.into_iter();
        Ok(corrections.map(|one| Correction { value: Json(copy(&one.value)), key: one.key }).collect())
    }

    /// When it came in.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }

    /// By when the law wants it answered: a month later.
    async fn due_at(&self) -> DateTime {
        DateTime(self.0.due_at)
    }

    /// Whether that has passed, and it is neither done nor refused.
    async fn overdue(&self, ctx: &Context<'_>) -> bool {
        self.0.closed_at.is_none() && self.0.due_at < loaders(ctx).profiles.now()
    }

    /// Who wrote it down.
    async fn received_by(&self) -> &str {
        &self.0.actor
    }

    /// When it was decided to do or to refuse it.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// Who decided.
    async fn decided_by(&self) -> Option<&str> {
        self.0.decided_by.as_deref()
    }

    /// When it was done or refused.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }

    /// Why it was refused.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When what it brought about was taken back.
    async fn lifted_at(&self) -> Option<DateTime> {
        self.0.lifted_at.map(DateTime)
    }

    /// Who took it back.
    async fn lifted_by(&self) -> Option<&str> {
        self.0.lifted_by.as_deref()
    }

    /// Of an erasure that is done: what was removed and what cannot come back, by count and kind, signed with Ed25519.
    /// `rondom receipt verify` checks it without this server.
    async fn receipt(&self) -> Option<JsonRef<'_>> {
        self.0.receipt.as_ref().map(JsonRef)
    }
}

/// What a person says is right of them.
#[derive(Debug, SimpleObject)]
pub(crate) struct Correction {
    /// The key of the trait.
    key: String,
    /// Its value.
    value: Json,
}

/// What a person says is right of them.
#[derive(Debug, InputObject)]
pub(crate) struct CorrectionInput {
    /// The key of a trait that the profile has, or that Rondom knows by name: `first_name`.
    key: String,
    /// Its value: a text; of `address` an object with texts under `street`, `street2`, `postal_code`, `city`, `region`,
    /// `country` (ISO 3166) and `company`; of `birth_date` `YYYY-MM-DD`; of `phone` a number with its country code; of
    /// `tags` a list of texts. At most 16 KiB of JSON.
    value: Json,
}

impl TryFrom<CorrectionInput> for privacy::Corrected {
    type Error = serde_json::Error;

    fn try_from(input: CorrectionInput) -> serde_json::Result<Self> {
        Ok(Self { key: input.key, value: input.value.0.into_json()? })
    }
}

/// A page of the requests, newest first.
pub(in crate::graphql) async fn page(
    ctx: &Context<'_>,
    state: Option<SubjectRequestState>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<connection::SubjectRequests> {
    let after = paging::place("after", REQUESTS, after)?;
    let size = paging::size(ctx, "first", first)?;
    let profiles = &loaders(ctx).profiles;
    let mut found = profiles.requests(state.map(Into::into), after, size + 1).await.map_err(top)?;
    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let mut connection = connection::SubjectRequests::new(after.is_some(), more);
    connection.edges.extend(found.into_iter().map(|request| {
        let place = paging::cursor(REQUESTS, (request.received_at, request.id));
        Edge::new(place, SubjectRequest(request))
    }));
    Ok(connection)
}

/// What the orders of erased people came to: sums of a year behind which nobody is found, kept where
/// `fulfilSubjectRequest(keepOrderSums: true)` said so.
#[derive(Debug, SimpleObject)]
pub(crate) struct ErasedOrders {
    /// Where the orders came from.
    source: Source,
    /// The year in which they were placed; null where that is not known.
    year: Option<i32>,
    /// ISO 4217 code of the amounts; null where there was none.
    currency: Option<String>,
    /// `sale` or `return`.
    order_type: String,
    /// Where they stood: `completed`, `cancelled`, …
    status: String,
    /// How many.
    orders: Count,
    /// What they came to, in the currency.
    total: Decimal,
    /// What was paid back, in the currency.
    refunded: Decimal,
}

impl ErasedOrders {
    pub(in crate::graphql) fn new(sources: &Sources, sum: privacy::ErasedOrders) -> Option<Self> {
        Some(Self {
            source: Source(sources.get(&sum.source)?.clone()),
            year: sum.year,
            currency: sum.currency,
            order_type: sum.order_type,
            status: sum.status,
            orders: sum.orders.into(),
            total: Decimal(sum.total),
            refunded: Decimal(sum.refunded),
        })
    }
}
