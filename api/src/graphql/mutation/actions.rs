//! Defining what can be done for customers, and telling what came of it.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use profiles::Error;
use profiles::access::Caller;
use profiles::actions::Catalogue;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::Decimal;
use crate::graphql::types::{
    ActionCatalogue, ActionLimitsInput, ActionOutcome, DefineActionInput, OutcomeInput, ReportedOutcome,
};

/// A catalogue that was to be changed.
#[derive(SimpleObject)]
struct ActionCataloguePayload {
    /// The catalogue as it holds now.
    catalogue: Option<ActionCatalogue>,
    /// Why nothing was changed.
    errors: Vec<UserError>,
}

impl ActionCataloguePayload {
    fn refused(errors: Vec<UserError>) -> Self {
        Self { catalogue: None, errors }
    }

    fn of(done: Result<Arc<Catalogue>, Error>, root: &str) -> Result<Self> {
        Ok(match done {
            Ok(catalogue) => Self { catalogue: Some(ActionCatalogue(catalogue)), errors: Vec::new() },
            Err(error) => Self::refused(vec![UserError::of(&error, root)?]),
        })
    }
}

/// An outcome that was to be kept.
#[derive(SimpleObject)]
struct RecordActionOutcomePayload {
    /// What is kept.
    outcome: Option<ReportedOutcome>,
    /// Why it is not kept.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct ActionMutation;

#[Object(guard = "access::Audited")]
impl ActionMutation {
    /// Defines something that can be done for customers, or gives the action of that key another definition. Other processes follow
    /// within five seconds.
    async fn define_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The action.")] input: DefineActionInput,
    ) -> Result<ActionCataloguePayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        match input.read() {
            Ok(action) => {
                let defined = loaders(ctx).profiles.define_action(action, actor).await;
                ActionCataloguePayload::of(defined, "input")
            }
            Err(errors) => Ok(ActionCataloguePayload::refused(errors)),
        }
    }

    /// Takes an action away: nobody is offered it any more. What was decided with it stays.
    async fn remove_action(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the action.")] key: String,
    ) -> Result<ActionCataloguePayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        match loaders(ctx).profiles.remove_action(&key, actor).await {
            Err(Error::NotFound { .. }) => {
                let error = UserError::new(ErrorCode::NotFound, "there is no such action", &["key"]);
                Ok(ActionCataloguePayload::refused(vec![error]))
            }
            done => ActionCataloguePayload::of(done, "key"),
        }
    }

    /// Sets what holds of all actions: the currency, contacts a week, and the control group.
    async fn set_action_limits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to hold.")] input: ActionLimitsInput,
    ) -> Result<ActionCataloguePayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        let done = match input.read() {
            Ok(limits) => loaders(ctx).profiles.set_action_limits(limits, actor).await,
            Err(error) => Err(error),
        };
        ActionCataloguePayload::of(done, "input")
    }

    /// Tells what came of a decision. It counts for the customer at once, and teaches within a minute what others accept. Tell it of
    /// every decision that was acted on, also where `nothing` was chosen (`TAKEN`) or nothing came of it (`DECLINED`): what is told of
    /// some alone makes them look better, or worse, than they are. The same twice is kept once, and a later outcome of the same action
    /// replaces an earlier one: `TAKEN`, then `ACCEPTED`.
    async fn record_action_outcome(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the decision, from `nextBestActions`.")] decision_id: ID,
        #[graphql(desc = "What came of it.")] outcome: ActionOutcome,
        #[graphql(
            desc = "What it brought, in the currency of the catalogue: 0 to 1,000,000,000; for `ACCEPTED` alone. It is kept, and scores go by \
                    the benefit of the action."
        )]
        value: Option<Decimal>,
        #[graphql(
            desc = "The key of the action that was done, where it is not the chosen one. It teaches, and counts as a contact, but says nothing of \
                    what other policies would bring."
        )]
        action: Option<String>,
    ) -> Result<RecordActionOutcomePayload> {
        let actor = ctx.data::<Arc<Caller>>()?.actor();
        let new = OutcomeInput { decision: decision_id, outcome, value, action }.read()?;
        Ok(match loaders(ctx).profiles.record_action_outcome(&new, &actor).await {
            Ok(kept) => RecordActionOutcomePayload { outcome: Some(kept.into()), errors: Vec::new() },
            Err(error @ Error::NotFound { .. }) => {
                let error = UserError::new(ErrorCode::NotFound, error.to_string(), &["decisionId"]);
                RecordActionOutcomePayload { outcome: None, errors: vec![error] }
            }
            Err(error) => {
                RecordActionOutcomePayload { outcome: None, errors: vec![UserError::of(&error, "")?] }
            }
        })
    }
}
