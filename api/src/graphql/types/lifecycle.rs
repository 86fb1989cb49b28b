//! The stages of people's lives as customers.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use profiles::journey;

use super::segment::{Segment, told};
use crate::graphql::error::top;
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Count, DateTime};

/// The stages through which people pass.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle(pub(in crate::graphql) Arc<journey::Lifecycle>);

/// The stages through which people pass. Somebody is in the last stage whose segment holds them.
#[Object(crate = "crate::graphql::quick")]
impl Lifecycle {
    /// The stages, the first one first.
    async fn stages(&self, ctx: &Context<'_>) -> Result<Vec<LifecycleStage>> {
        let loaders = loaders(ctx);
        let is_counted = ctx.look_ahead().field("size").exists();
        let sizes = if is_counted {
            loaders.profiles.stage_sizes(&self.0.stages).await.map_err(top)?
        } else {
            Vec::new()
        };
        let mut stages = Vec::with_capacity(self.0.stages.len());
        for (place, stage) in self.0.stages.iter().enumerate() {
            let segment = loaders.profiles.segment(&stage.segment).await.map_err(top)?;
            stages.push(LifecycleStage {
                key: stage.key.clone(),
                name: stage.name.clone(),
                segment: segment.map(Segment),
                size: sizes.get(place).and_then(|size| told(loaders, *size)),
            });
        }
        Ok(stages)
    }

    /// How often it was defined: 1, 2, 3, …; 0 where it never was.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was defined as it is; null where it never was.
    async fn defined_at(&self) -> Option<DateTime> {
        self.0.defined.as_ref().map(|(at, _)| DateTime(*at))
    }

    /// By whom.
    async fn defined_by(&self) -> Option<&str> {
        self.0.defined.as_ref().map(|(_, actor)| actor.as_str())
    }
}

/// A stage of the lifecycle.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct LifecycleStage {
    /// Its short name.
    key: String,
    /// What people call it.
    name: String,
    /// The segment of those who have come so far.
    segment: Option<Segment>,
    /// How many are in it now, whatever they allow. Null for who reads for a purpose where they are less than 10.
    size: Option<Count>,
}

/// The time of somebody in a stage.
#[derive(Debug, SimpleObject)]
pub(crate) struct StagePassage {
    /// The short name of the stage.
    key: String,
    /// What people call it.
    name: String,
    /// When it began; null where nothing of the person has a date.
    entered_at: Option<DateTime>,
    /// When it ended; null where it has not.
    left_at: Option<DateTime>,
}

impl StagePassage {
    pub(super) fn new(lifecycle: &journey::Lifecycle, passage: &journey::Passage) -> Option<Self> {
        let stage = lifecycle.stages.get(passage.stage)?;
        Some(Self {
            key: stage.key.clone(),
            name: stage.name.clone(),
            entered_at: passage.entered_at.map(DateTime),
            left_at: passage.left_at.map(DateTime),
        })
    }
}

/// The stage that somebody is in.
#[derive(Debug, SimpleObject)]
pub(crate) struct CurrentStage {
    /// The short name of the stage.
    key: String,
    /// What people call it.
    name: String,
    /// Since when; null where nothing of the person has a date.
    since: Option<DateTime>,
}

impl CurrentStage {
    /// The stage of a passage that has not ended.
    pub(super) fn of(passage: StagePassage) -> Option<Self> {
        let StagePassage { key, name, entered_at, left_at } = passage;
        left_at.is_none().then_some(Self { key, name, since: entered_at })
    }
}

/// A stage to begin with.
#[derive(Debug, SimpleObject)]
pub(crate) struct LifecycleStageTemplate {
    /// A short name.
    key: &'static str,
    /// What to call it.
    name: &'static str,
    /// Whom it means.
    description: &'static str,
    /// The rule of its segment, in words, with numbers to be changed.
    text: &'static str,
}

impl From<&'static segments::StageTemplate> for LifecycleStageTemplate {
    fn from(template: &'static segments::StageTemplate) -> Self {
        let segments::StageTemplate { key, name, description, text } = template;
        Self { key, name, description, text }
    }
}
