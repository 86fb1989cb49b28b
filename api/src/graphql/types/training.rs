//! Jobs in which models are learned.

use async_graphql::{Enum, ID, Object};
use profiles::insights;

use super::prediction::{ModelKind, in_days};
use super::segment_rule::SegmentDuration;
use crate::graphql::ids::{self, Kind};
use crate::graphql::scalars::DateTime;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum TrainingState {
    /// Nobody has begun it.
    Waiting,
    /// It is under way, or its process died and another one takes it over within a minute.
    Running,
    /// All that could be learned was learned.
    Succeeded,
    /// Something went wrong; what was in force stays in force.
    Failed,
    /// Somebody had it stop.
    Cancelled,
}

impl From<insights::State> for TrainingState {
    fn from(state: insights::State) -> Self {
        match state {
            insights::State::Waiting => Self::Waiting,
            insights::State::Running => Self::Running,
            insights::State::Succeeded => Self::Succeeded,
            insights::State::Failed => Self::Failed,
            insights::State::Cancelled => Self::Cancelled,
        }
    }
}

/// How the learning of one model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum TrainingStepState {
    /// Its turn has not come.
    Waiting,
    /// It is under way.
    Running,
    /// A model was learned.
    Learned,
    /// Too little is known to learn from: `why` says what is missing. A model in force stays in force.
    TooLittle,
    /// What is known cannot be learned from, or something went wrong: see `why`. A model in force stays in force.
    Failed,
}

impl From<insights::StepState> for TrainingStepState {
    fn from(state: insights::StepState) -> Self {
        match state {
            insights::StepState::Waiting => Self::Waiting,
            insights::StepState::Running => Self::Running,
            insights::StepState::Learned => Self::Learned,
            insights::StepState::TooLittle => Self::TooLittle,
            insights::StepState::Failed => Self::Failed,
        }
    }
}

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum TrainingPhase {
    /// What is known is read.
    Reading,
    /// The model is fitted to it.
    Fitting,
    /// It is tested on the past.
    Testing,
}

impl From<insights::Phase> for TrainingPhase {
    fn from(phase: insights::Phase) -> Self {
        match phase {
            insights::Phase::Reading => Self::Reading,
            insights::Phase::Fitting => Self::Fitting,
            insights::Phase::Testing => Self::Testing,
        }
    }
}

/// A job in which models are learned, one after the other, from what was known when it was asked for. A job whose process
/// died is gone on with by another one, or by the same when it comes back.
#[derive(Debug)]
pub(crate) struct Training(pub(in crate::graphql) insights::Training);

/// A job in which models are learned, one after the other, from what was known when it was asked for. A job whose process
/// died is gone on with by another one, or by the same when it comes back.
#[Object(crate = "crate::graphql::quick")]
impl Training {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Training, self.0.id)
    }

    /// How it stands.
    async fn state(&self) -> TrainingState {
        self.0.state.into()
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime {
        DateTime(self.0.requested_at)
    }

    /// By whom.
    async fn actor(&self) -> &str {
        &self.0.actor
    }

    /// How far ahead the risk of churn shall be looked for; null for what follows from the purchases.
    async fn horizon(&self) -> Option<SegmentDuration> {
        self.0.horizon.map(in_days)
    }

    /// What is learned, in this order.
    async fn steps(&self) -> Vec<TrainingStep> {
        self.0.steps.iter().cloned().map(TrainingStep).collect()
    }

    /// When it last said how far it has come.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// When it ended; null while it is under way.
    async fn ended_at(&self) -> Option<DateTime> {
        self.0.ended_at.map(DateTime)
    }
}

/// The learning of one model.
#[derive(Debug)]
pub(crate) struct TrainingStep(insights::Step);

/// The learning of one model.
#[Object(crate = "crate::graphql::quick")]
impl TrainingStep {
    /// What is learned.
    async fn kind(&self) -> ModelKind {
        self.0.kind.into()
    }

    /// Whether it predicts as soon as it is learned.
    async fn promote(&self) -> bool {
        self.0.promote
    }

    /// How it stands.
    async fn state(&self) -> TrainingStepState {
        self.0.state.into()
    }

    /// What is being done; null unless it is under way.
    async fn phase(&self) -> Option<TrainingPhase> {
        self.0.phase.map(Into::into)
    }

    /// The number of the model that was learned: `modelVersions` tells of it.
    async fn version(&self) -> Option<i32> {
        self.0.version
    }

    /// Why nothing was learned.
    async fn why(&self) -> Option<&str> {
        self.0.why.as_deref()
    }
}
