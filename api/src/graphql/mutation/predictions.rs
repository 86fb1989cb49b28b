//! Learning what people will do, and choosing which model says so.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use profiles::access::Caller;

use crate::graphql::access;
use crate::graphql::background::Background;
use crate::graphql::error::UserError;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::types::{ModelKind, ModelVersion, SegmentDuration, Training, days};

/// A job in which models are learned.
#[derive(SimpleObject)]
struct TrainingPayload {
    /// The job.
    training: Option<Training>,
    /// Why there is none, or why it cannot be stopped.
    errors: Vec<UserError>,
}

impl TrainingPayload {
    fn of(outcome: profiles::Result<profiles::insights::Training>, path: &str) -> Result<Self> {
        Ok(match outcome {
            Ok(training) => Self { training: Some(Training(training)), errors: Vec::new() },
            Err(error) => Self { training: None, errors: vec![UserError::of(&error, path)?] },
        })
    }
}

/// A model that was to predict.
#[derive(SimpleObject)]
struct PromoteModelPayload {
    /// The model that predicts now.
    model: Option<ModelVersion>,
    /// Why it does not.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct PredictionMutation;

#[Object(guard = "access::Audited")]
impl PredictionMutation {
    /// Has models learned from all that is known up to the end of yesterday (UTC), and tested on the past. Each is kept under
    /// a number. Who has said no to `profiling` is left out. The answer comes at once: ask `node` for the `Training` again
    /// to see how far it has come. One job at a time; it survives a restart.
    async fn train_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How far ahead the risk of churn is looked for unless another time is asked for, in whole days, at most 1,825: \
                    twice the usual time between two purchases, between 14 and 365, unless given."
        )]
        horizon: Option<SegmentDuration>,
        #[graphql(
            desc = "Whether what is learned predicts from then on; else what is in force stays.",
            default = true
        )]
        promote: bool,
        #[graphql(desc = "Which models; all of them unless given.")] kinds: Option<Vec<ModelKind>>,
    ) -> Result<TrainingPayload> {
        let actor = ctx.data::<Arc<Caller>>()?.actor();
        let horizon = days(horizon.as_ref())?;
        let kinds: Vec<_> = kinds.into_iter().flatten().map(Into::into).collect();
        let profiles = &loaders(ctx).profiles;
        let begun = profiles.request_training(&kinds, horizon, promote, &actor).await;
        if let Ok(training) = &begun {
            ctx.data::<Background>()?.train(profiles, training.id);
        }
        TrainingPayload::of(begun, "")
    }

    /// Has a job stop within seconds. What it has learned by then stays, and so does what is in force.
    async fn cancel_training(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the job.")] id: ID,
    ) -> Result<TrainingPayload> {
        let id = ids::expect("id", &id, &[Kind::Training])?;
        TrainingPayload::of(loaders(ctx).profiles.cancel_training(id).await, "id")
    }

    /// Has a model predict from now on: a newer one, or an older one again. Segments that ask for predictions are worked out
    /// anew. Other processes follow within five seconds.
    async fn promote_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of the model.")] version: i32,
    ) -> Result<PromoteModelPayload> {
        let actor = ctx.data::<Arc<Caller>>()?.actor();
        Ok(match loaders(ctx).profiles.promote_model(version, &actor).await {
            Ok(version) => {
                PromoteModelPayload { model: Some(ModelVersion(version.into())), errors: Vec::new() }
            }
            Err(error) => {
                PromoteModelPayload { model: None, errors: vec![UserError::of(&error, "version")?] }
            }
        })
    }
}
