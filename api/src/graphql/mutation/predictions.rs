//! Learning what people will do, and choosing which model says so.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::access::Caller;

use crate::graphql::access;
use crate::graphql::error::UserError;
use crate::graphql::loaders::loaders;
use crate::graphql::types::{ModelVersion, SegmentDuration, days};

/// A model that was to be learned.
#[derive(SimpleObject)]
struct TrainModelPayload {
    /// The model.
    model: Option<ModelVersion>,
    /// Why nothing was learned; the model in force stays in force.
    errors: Vec<UserError>,
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
    /// Learns from everybody's purchases up to the end of yesterday (UTC) what customers will buy, tests that on the past, and keeps
    /// it under the next number, for ever. Who has said no to `profiling` is left out. It takes seconds.
    async fn train_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How far ahead the risk of churn is looked for unless another time is asked for, in whole days, at most 1,825: \
                    twice the usual time between two purchases, between 14 and 365, unless given."
        )]
        horizon: Option<SegmentDuration>,
        #[graphql(desc = "Whether it predicts from now on; else the model in force stays.", default = true)]
        promote: bool,
    ) -> Result<TrainModelPayload> {
        let actor = ctx.data::<Arc<Caller>>()?.actor();
        let horizon = days(horizon.as_ref())?;
        Ok(match loaders(ctx).profiles.train_predictions(horizon, promote, &actor).await {
            Ok(version) => TrainModelPayload { model: Some(ModelVersion(version)), errors: Vec::new() },
            Err(error) => TrainModelPayload { model: None, errors: vec![UserError::of(&error, "")?] },
        })
    }

    /// Has a model predict from now on: a newer one, or an older one again. Segments that ask for predictions are worked out
    /// anew. Other processes follow within five seconds.
    async fn promote_model(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The number of the model.")] version: i32,
    ) -> Result<PromoteModelPayload> {
        let actor = ctx.data::<Arc<Caller>>()?.actor();
        Ok(match loaders(ctx).profiles.promote_predictions(version, &actor).await {
            Ok(version) => PromoteModelPayload { model: Some(ModelVersion(version)), errors: Vec::new() },
            Err(error) => {
                PromoteModelPayload { model: None, errors: vec![UserError::of(&error, "version")?] }
            }
        })
    }
}
