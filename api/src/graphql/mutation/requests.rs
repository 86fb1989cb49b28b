//! Receiving and deciding what data subjects ask for.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use profiles::access::Caller;
use profiles::privacy::NewRequest;

use crate::graphql::access;
use crate::graphql::error::{UserError, unforeseen};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::DateTime;
use crate::graphql::types::{CorrectionInput, SubjectRequest, SubjectRequestKind};

/// What became of a request.
#[derive(SimpleObject)]
struct SubjectRequestPayload {
    /// The request as it is now; null if nothing was done.
    subject_request: Option<SubjectRequest>,
    /// Why nothing was done.
    errors: Vec<UserError>,
}

impl SubjectRequestPayload {
    fn of(result: profiles::Result<profiles::privacy::SubjectRequest>) -> Result<Self> {
        Ok(match result {
            Ok(request) => Self { subject_request: Some(SubjectRequest(request)), errors: Vec::new() },
            Err(error) => Self { subject_request: None, errors: vec![UserError::of(&error, "")?] },
        })
    }
}

#[derive(Default)]
pub(super) struct RequestMutation;

#[Object(guard = "access::Audited")]
impl RequestMutation {
    /// Writes down what a person asks for. It is due a month after it came in; nothing is done before
    /// `fulfilSubjectRequest`, so that you can find out first whether it is the person who asks.
    async fn receive_subject_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked for.")] kind: SubjectRequestKind,
        #[graphql(desc = "The id of the profile; any that ever was its.")] profile: ID,
        #[graphql(desc = "When it came in; now unless given.")] received_at: Option<DateTime>,
        #[graphql(desc = "Of a rectification: what is right; 1 to 20 traits.")] corrections: Option<
            Vec<CorrectionInput>,
        >,
    ) -> Result<SubjectRequestPayload> {
        let corrections = corrections.unwrap_or_default().into_iter().map(TryInto::try_into);
        let corrections: Result<_, serde_json::Error> = corrections.collect();
        let new = NewRequest {
            kind: kind.into(),
            profile: ids::expect("profile", &profile, &[Kind::Profile])?,
            received_at: received_at.map(|instant| instant.0),
            corrections: corrections.map_err(|error| unforeseen(&error))?,
        };
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        SubjectRequestPayload::of(loaders(ctx).profiles.receive_request(&new, actor).await)
    }

    /// Has a request done. It runs within a second, and goes on after a crash; `subjectRequests` shows when it is done. An
    /// erasure cannot be undone.
    async fn fulfil_subject_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the request.")] id: ID,
        #[graphql(
            desc = "Of an erasure: whether anonymous sums of the person's orders stay, by source, year and currency, \
                    where the law on taxes asks for it.",
            default = false
        )]
        keep_order_sums: bool,
    ) -> Result<SubjectRequestPayload> {
        let id = ids::expect("id", &id, &[Kind::SubjectRequest])?;
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        SubjectRequestPayload::of(loaders(ctx).profiles.fulfil_request(id, keep_order_sums, actor).await)
    }

    /// Refuses a request. The person must be told the reason within the month.
    async fn refuse_subject_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the request.")] id: ID,
        #[graphql(desc = "Why; 1 to 1,000 characters. Name nobody in it: it stays.")] reason: String,
    ) -> Result<SubjectRequestPayload> {
        let id = ids::expect("id", &id, &[Kind::SubjectRequest])?;
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        SubjectRequestPayload::of(loaders(ctx).profiles.refuse_request(id, &reason, actor).await)
    }

    /// Takes back what a request brought about: who was erased may come back with what sources deliver from now on; what
    /// was restricted or objected to may be used again, as far as it might before; what was put right is again what sources
    /// say.
    async fn lift_subject_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the request.")] id: ID,
    ) -> Result<SubjectRequestPayload> {
        let id = ids::expect("id", &id, &[Kind::SubjectRequest])?;
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        SubjectRequestPayload::of(loaders(ctx).profiles.lift_request(id, actor).await)
    }
}
