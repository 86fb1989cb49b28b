//! Saying what campaigns tell of those whom they bring, and the stages through which people pass.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use profiles::access::Caller;
use profiles::journey;

use crate::graphql::access;
use crate::graphql::error::{ErrorCode, UserError, unforeseen};
use crate::graphql::loaders::loaders;
use crate::graphql::types::{CampaignMeaning, DefineCampaignMeaningInput, Lifecycle};

/// A campaign meaning that was to be defined.
#[derive(SimpleObject)]
struct DefineCampaignMeaningPayload {
    /// The meaning as it holds now.
    campaign_meaning: Option<CampaignMeaning>,
    /// Why it does not hold.
    errors: Vec<UserError>,
}

/// A campaign meaning that was to be taken away.
#[derive(SimpleObject)]
struct RemoveCampaignMeaningPayload {
    /// The key of the meaning that is gone.
    key: Option<String>,
    /// Why it is not gone.
    errors: Vec<UserError>,
}

/// A stage of the lifecycle that is to be defined.
#[derive(InputObject)]
struct LifecycleStageInput {
    /// Its short name: 1 to 64 lower-case letters, digits, `-` or `_`.
    key: String,
    /// What people call it; 1 to 100 characters.
    name: String,
    /// The key of the segment of those who have come so far. No two stages have one.
    segment: String,
}

/// A lifecycle that was to be defined.
#[derive(SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
struct DefineLifecyclePayload {
    /// The lifecycle as it holds now.
    lifecycle: Option<Lifecycle>,
    /// Why it does not hold.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct CampaignMutation;

#[Object(guard = "access::Audited")]
impl CampaignMutation {
    /// Says what a campaign tells of those whom it brings, anew if there is a meaning of that key. What it gives is a trait with
    /// a confidence, and loses to whatever a source or the person says. Profiles follow in the background.
    async fn define_campaign_meaning(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The meaning.")] input: DefineCampaignMeaningInput,
    ) -> Result<DefineCampaignMeaningPayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        let key = input.key.clone();
        let says = input.read().map_err(|error| unforeseen(&error))?;
        Ok(match loaders(ctx).profiles.define_campaign_meaning(&key, says, actor).await {
            Ok(meaning) => {
                DefineCampaignMeaningPayload { campaign_meaning: Some(meaning.into()), errors: Vec::new() }
            }
            Err(error) => {
                let errors = vec![UserError::of(&error, "input")?];
                DefineCampaignMeaningPayload { campaign_meaning: None, errors }
            }
        })
    }

    /// Takes a campaign meaning away, and with it the traits that it gave.
    async fn remove_campaign_meaning(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key of the meaning.")] key: String,
    ) -> Result<RemoveCampaignMeaningPayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        Ok(match loaders(ctx).profiles.remove_campaign_meaning(&key, actor).await {
            Ok(true) => RemoveCampaignMeaningPayload { key: Some(key), errors: Vec::new() },
            Ok(false) => {
                let errors = vec![UserError::new(ErrorCode::NotFound, "there is no such meaning", &["key"])];
                RemoveCampaignMeaningPayload { key: None, errors }
            }
            Err(error) => {
                RemoveCampaignMeaningPayload { key: None, errors: vec![UserError::of(&error, "key")?] }
            }
        })
    }

    /// Defines the stages through which people pass, the first one first, in the place of those that there are. Somebody is in
    /// the last stage whose segment holds them.
    async fn define_lifecycle(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The stages, at most 50; none for no lifecycle.")] stages: Vec<LifecycleStageInput>,
    ) -> Result<DefineLifecyclePayload> {
        let actor = &ctx.data::<Arc<Caller>>()?.name;
        let stages = stages.into_iter().map(|LifecycleStageInput { key, name, segment }| journey::Stage {
            key,
            name,
            segment,
        });
        Ok(match loaders(ctx).profiles.define_lifecycle(stages.collect(), actor).await {
            Ok(lifecycle) => {
                DefineLifecyclePayload { lifecycle: Some(Lifecycle(lifecycle)), errors: Vec::new() }
            }
            Err(error) => {
                DefineLifecyclePayload { lifecycle: None, errors: vec![UserError::of(&error, "")?] }
            }
        })
    }
}
