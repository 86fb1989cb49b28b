//! Jobs in which models are learned: asked for, watched and cancelled here; `work.rs` carries them out.
//!
//! A job learns models of several kinds, one step after the other, all of them as of the instant at which it was asked for.
//! What a step has learned is kept at once. A job whose process died is taken over by another one, or by the same when it
//! comes back: it goes on with the step that was under way, and learns what it would have learned then.

use chrono::{DateTime, TimeDelta, Utc};
use entities::training::{ActiveModel, Column as C, Entity as Trainings, Model as Row};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    kind::Kind,
    progress::Phase,
    versions::{newest, number_in_force},
};
use crate::{
    Profiles,
    error::{Error, Result},
    privacy::tokens,
    resolution::rebuild::keep_drains_out,
    store::{begin_write, end},
    view::read::json,
};

/// The longest time ahead that anything is predicted for, in days.
pub(super) const LONGEST: u32 = 1_825;
/// So many jobs are remembered.
const REMEMBERED: u64 = 100;
/// After how long it is tried again by itself what could not be learned.
const AGAIN: TimeDelta = TimeDelta::days(1);
/// In whose name that is.
const SCHEDULE: &str = "schedule";

/// A job in which models are learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// Random.
    pub id: Uuid,
    /// How it stands.
    pub state: State,
    /// When it was asked for: what is learned is learned as of then.
    pub requested_at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
    /// How far ahead the risk of churn shall be looked for, in days.
    pub horizon: Option<u32>,
    /// What is learned, one after the other.
    pub steps: Vec<Step>,
    /// When it last said how far it has come.
    pub updated_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
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

/// One model that is to be learned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub kind: Kind,
    /// Whether it predicts from then on.
    pub promote: bool,
    /// How it stands.
    pub state: StepState,
    /// What is being done.
    pub phase: Option<Phase>,
    /// The number of the model that was learned.
    pub version: Option<i32>,
    /// Why nothing was learned.
    pub why: Option<String>,
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// It is under way.
    Running,
    /// A model was learned.
    Learned,
    /// Too little is known to learn from.
    TooLittle,
    /// What is known cannot be learned from, or something went wrong.
    Failed,
}

impl State {
    const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will come of it.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

impl Step {
    fn of(kind: Kind, promote: bool) -> Self {
        Self { kind, promote, state: StepState::Waiting, phase: None, version: None, why: None }
    }
}

impl Training {
    pub(super) fn read(row: Row) -> Result<Self> {
        let bad = |what: &str| Error::stored("training", what);
        let state = State::ALL.into_iter().find(|state| state.name() == row.state);
        Ok(Self {
            id: row.id,
            state: state.ok_or_else(|| bad("unknown state"))?,
            requested_at: row.requested_at,
            actor: row.actor,
            horizon: row.horizon.map(u32::try_from).transpose().map_err(|_| bad("negative horizon"))?,
            steps: json("training", &row.steps)?,
            updated_at: row.updated_at,
            ended_at: row.ended_at,
        })
    }
}

/// Jobs that have not ended.
pub(super) fn under_way() -> Condition {
    Condition::any().add(C::State.eq(State::Waiting.name())).add(C::State.eq(State::Running.name()))
}

impl Profiles {
    /// Asks for models to be learned, from all that is known up to the end of yesterday (UTC): those of some kinds, or of all. With
    /// `promote` they predict from then on. The horizon, in days, is how far ahead the risk of churn is looked for unless somebody
    /// asks for another time: twice the usual time between two purchases unless given.
    ///
    /// # Errors
    /// [`Error::Conflict`] while another job is under way.
    pub async fn request_training(
        &self,
        kinds: &[Kind],
        horizon: Option<u32>,
        promote: bool,
        actor: &str,
    ) -> Result<Training> {
        if horizon.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
            return Err(Error::invalid("horizon", format!("expected 1 to {LONGEST} days")));
        }
        let wanted = |kind: &Kind| kinds.is_empty() || kinds.contains(kind);
        let steps = Kind::ALL.into_iter().filter(wanted).map(|kind| Step::of(kind, promote)).collect();
        self.begin_training(steps, horizon, actor).await
    }

    async fn begin_training(&self, steps: Vec<Step>, horizon: Option<u32>, actor: &str) -> Result<Training> {
        let txn = begin_write(self.db()).await?;
        let begun = async {
            keep_drains_out(&txn).await?;
            if let Some(other) = Trainings::find().filter(under_way()).one(&txn).await? {
                return Err(Error::Conflict(format!(
                    "models are being learned already, in training {}; wait for its end or cancel it",
                    other.id
                )));
            }
            forget_old(&txn).await?;
            let now = self.now();
            let row = Row {
                id: tokens::random()?,
                state: State::Waiting.name().to_owned(),
                requested_at: now,
                actor: actor.to_owned(),
                horizon: horizon.and_then(|days| i32::try_from(days).ok()),
                steps: as_text(&steps)?,
                cancel_requested: false,
                lease_owner: None,
                lease_until: None,
                updated_at: now,
                ended_at: None,
            };
            let new: ActiveModel = row.clone().into_active_model();
            Trainings::insert(new).exec_without_returning(&txn).await?;
            Training::read(row)
        };
        let begun = begun.await;
        end(txn, begun).await
    }

    /// Asks for those models to be learned whose time has come: that were never learned, or not for as long as their kind
    /// allows. They predict from then on unless somebody has gone back to an older one.
    pub(crate) async fn request_training_when_due(&self) -> Result<Option<Training>> {
        let tried = self.trainings(REMEMBERED).await?;
        if tried.iter().any(|training| !training.state.has_ended()) {
            return Ok(None);
        }
        let now = self.now();
        let mut steps = Vec::new();
        for kind in Kind::ALL {
            let in_vain = tried.iter().any(|training| {
                now - training.requested_at < AGAIN
                    && training.steps.iter().any(|step| step.kind == kind && step.version.is_none())
            });
            let newest = newest(self.db(), kind).await?;
            let is_due = newest.is_none_or(|(_, trained_at)| now - trained_at >= kind.anew());
            if is_due && !in_vain {
                let in_force = number_in_force(self.db(), kind).await?;
                steps.push(Step::of(kind, in_force == newest.map(|(number, _)| number)));
            }
        }
        if steps.is_empty() {
            return Ok(None);
        }
        match self.begin_training(steps, None, SCHEDULE).await {
            Ok(training) => Ok(Some(training)),
            // Somebody else was faster.
            Err(Error::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has a job stop within seconds. What it has learned stays, and what was in force stays in force.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] where it has ended.
    pub async fn cancel_training(&self, id: Uuid) -> Result<Training> {
        let asked = Trainings::update_many()
            .col_expr(C::CancelRequested, Expr::value(true))
            .filter(C::Id.eq(id))
            .filter(under_way())
            .exec(self.db())
            .await?;
        let training = self.training(id).await?;
        if asked.rows_affected == 0 {
            return Err(Error::Conflict("this training has ended".to_owned()));
        }
        Ok(training)
    }

    /// One job.
    ///
    /// # Errors
    /// [`Error::NotFound`]; the last 100 are remembered.
    pub async fn training(&self, id: Uuid) -> Result<Training> {
        let row = Trainings::find_by_id(id).one(self.db()).await?;
        Training::read(row.ok_or_else(|| Error::NotFound { what: "training", id: id.to_string() })?)
    }

    /// The jobs there were, the newest first.
    pub async fn trainings(&self, first: u64) -> Result<Vec<Training>> {
        let rows = Trainings::find().order_by_desc(C::RequestedAt).order_by_desc(C::Id).limit(first);
        rows.all(self.db()).await?.into_iter().map(Training::read).collect()
    }
}

/// Makes room for one more.
async fn forget_old<C2: ConnectionTrait>(db: &C2) -> Result<()> {
    let oldest: Option<DateTime<Utc>> = Trainings::find()
        .select_only()
        .column(C::RequestedAt)
        .order_by_desc(C::RequestedAt)
        .offset(REMEMBERED - 1)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    if let Some(oldest) = oldest {
        Trainings::delete_many().filter(C::RequestedAt.lte(oldest)).exec(db).await?;
    }
    Ok(())
}

pub(super) fn as_text(steps: &[Step]) -> Result<String> {
    serde_json::to_string(steps).map_err(|error| Error::stored("training", error))
}
