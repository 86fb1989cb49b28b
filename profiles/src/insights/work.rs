//! Carrying out the jobs of `training.rs`: one process at a time, step by step.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entities::training::{Column as C, Entity as Trainings};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, UpdateMany, sea_query::Expr};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    fleet,
    kind::{Draft, Kind, Unlearned},
    learn::learn,
    progress::{Phase, Progress},
    purchases::{self, day, midnight},
    recommend, scores,
    training::{State, Step, StepState, Training, as_text, under_way},
};
use crate::{
    Profiles,
    error::Result,
    store::{begin_write, end, roll_back, snapshot},
    sync::holder,
};

/// How long a job is nobody else's without a word of progress.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often that word is given, and heard whether the job shall stop.
const BEAT: Duration = Duration::from_secs(1);

/// What a step needs to know.
#[derive(Debug, Clone)]
pub(super) struct Learning {
    /// As of when.
    pub(super) now: DateTime<Utc>,
    /// How far ahead the risk of churn shall be looked for, in days.
    pub(super) horizon: Option<u32>,
    pub(super) progress: Progress,
}

impl Learning {
    /// The day that is not over, from 1 January 1970 UTC: what came before it is learned from.
    pub(super) fn today(&self) -> i64 {
        day(self.now)
    }

    /// The last instant that is learned from.
    pub(super) fn until(&self) -> DateTime<Utc> {
        midnight(self.today()) - TimeDelta::microseconds(1)
    }
}

/// How a step ended.
enum Ended {
    Learned(Draft),
    Not(Unlearned),
    /// The process stops: another one, or this one later, goes on.
    Left,
    /// Somebody wanted it.
    Cancelled,
    /// Another process has taken it over.
    Lost,
}

impl Profiles {
    /// Carries out the jobs that nobody is at. Returns whether there were any.
    pub async fn work_on_trainings(&self, stop: watch::Receiver<bool>) -> Result<bool> {
        let free = Condition::any().add(C::LeaseUntil.is_null()).add(C::LeaseUntil.lt(self.now()));
        let waiting = Trainings::find().select_only().column(C::Id).filter(under_way()).filter(free);
        let id: Option<Uuid> = waiting.into_tuple().one(self.db()).await?;
        let Some(id) = id else { return Ok(false) };
        self.work_on_training(id, stop).await.map(|_| true)
    }

    /// Carries out one job, unless somebody else is at it, and returns how it stands then.
    pub async fn work_on_training(&self, id: Uuid, stop: watch::Receiver<bool>) -> Result<Training> {
        let holder = holder();
        let now = self.now();
        let taken = Trainings::update_many()
            .col_expr(C::State, Expr::value(State::Running.name()))
            .col_expr(C::LeaseOwner, Expr::value(holder.as_str()))
            .col_expr(C::LeaseUntil, Expr::value(now + LEASE))
            .col_expr(C::UpdatedAt, Expr::value(now))
            .filter(C::Id.eq(id))
            .filter(under_way())
            .filter(Condition::any().add(C::LeaseUntil.is_null()).add(C::LeaseUntil.lt(now)))
            .exec(self.db())
            .await?;
        let training = self.training(id).await?;
        if taken.rows_affected == 0 {
            return Ok(training);
        }
        let job = Job { profiles: self, id, holder, stop };
        job.run(training).await?;
        self.training(id).await
    }

    async fn learn(&self, kind: Kind, learning: &Learning) -> Result<Draft, Unlearned> {
        match kind {
            Kind::Purchases => {
                let txn = snapshot(self.db()).await?;
                let bought = purchases::all(&txn, self, learning.until(), learning.now).await;
                let bought = end(txn, bought).await?;
                let Learning { horizon, progress, .. } = learning.clone();
                let today = learning.today();
                self.think(move || learn(&bought, today, horizon, &progress)).await
            }
            Kind::Fleet => fleet::draft(self, learning).await,
            Kind::LeadScore => {
                let txn = snapshot(self.db()).await?;
                let leads = scores::leads(&txn, self, learning.now).await;
                let leads = end(txn, leads).await?;
                let progress = learning.progress.clone();
                self.think(move || leads.learn(&progress)).await
            }
            Kind::Propensity => {
                let txn = snapshot(self.db()).await?;
                let pairs = scores::pairs(&txn, self, learning.now).await;
                let pairs = end(txn, pairs).await?;
                let progress = learning.progress.clone();
                self.think(move || pairs.learn(&progress)).await
            }
            Kind::Recommendations => {
                let txn = snapshot(self.db()).await?;
                let bought = recommend::all(&txn, self, learning.until(), learning.now).await;
                let bought = end(txn, bought).await?;
                let (today, progress) = (learning.today(), learning.progress.clone());
                self.think(move || recommend::learn(&bought, today, &progress)).await
            }
        }
    }

    /// Has a thread do what takes long without waiting; one at a time, also of those that nobody waits for any more.
    pub(super) async fn think<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Unlearned> + Send + 'static,
    ) -> Result<T, Unlearned> {
        let turn = self.previewing().clone().lock_owned().await;
        let thinking = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        thinking.await.unwrap_or_else(|_| Err(Unlearned::Unfit("learning broke off".to_owned())))
    }
}

/// A job that this process is at.
struct Job<'a> {
    profiles: &'a Profiles,
    id: Uuid,
    holder: String,
    stop: watch::Receiver<bool>,
}

impl Job<'_> {
    async fn run(&self, mut training: Training) -> Result<()> {
        for place in 0..training.steps.len() {
            if matches!(training.steps[place].state, StepState::Waiting | StepState::Running) {
                let progress = Progress::default();
                let learning = Learning {
                    now: training.requested_at,
                    horizon: training.horizon,
                    progress: progress.clone(),
                };
                training.steps[place].state = StepState::Running;
                let ended = self.step(&mut training.steps, place, &learning).await?;
                progress.give_up();
                training.steps[place].phase = None;
                match ended {
                    Ended::Learned(draft) => {
                        if !self.keep(draft, &mut training, place).await? {
                            return Ok(());
                        }
                    }
                    Ended::Not(Unlearned::TooLittle(why)) => {
                        training.steps[place].state = StepState::TooLittle;
                        training.steps[place].why = Some(why);
                    }
                    Ended::Not(why) => {
                        if let Unlearned::Failed(error) = &why {
                            tracing::error!(kind = training.steps[place].kind.name(), %error, "nothing was learned");
                        }
                        training.steps[place].state = StepState::Failed;
                        training.steps[place].why = Some(why.to_string());
                    }
                    Ended::Cancelled => {
                        training.steps[place].state = StepState::Waiting;
                        return self.ended(&training.steps, Some(State::Cancelled)).await;
                    }
                    Ended::Left => {
                        training.steps[place].state = StepState::Waiting;
                        return self.ended(&training.steps, None).await;
                    }
                    Ended::Lost => return Ok(()),
                }
                self.tell(&training.steps).await?;
            }
        }
        let failed = training.steps.iter().any(|step| step.state == StepState::Failed);
        self.ended(&training.steps, Some(if failed { State::Failed } else { State::Succeeded })).await
    }

    /// Keeps what was learned, and says so, in one; not where another process is at the job by now.
    async fn keep(&self, draft: Draft, training: &mut Training, place: usize) -> Result<bool> {
        let txn = begin_write(self.profiles.db()).await?;
        let kept = async {
            let promote = training.steps[place].promote;
            let number = self.profiles.keep_draft(&txn, draft, promote, &training.actor).await?;
            training.steps[place].version = Some(number);
            training.steps[place].state = StepState::Learned;
            Ok(self.mine(&training.steps)?.exec(&txn).await?.rows_affected == 1)
        };
        let kept = kept.await;
        if matches!(kept, Ok(false)) {
            roll_back(txn).await;
            return kept;
        }
        let kept = end(txn, kept).await;
        self.profiles.forget_models();
        kept
    }

    /// One step, with a word of progress each second.
    async fn step(&self, steps: &mut [Step], place: usize, learning: &Learning) -> Result<Ended> {
        let kind = steps[place].kind;
        let mut stop = self.stop.clone();
        let mut beat = tokio::time::interval(BEAT);
        let learned = async {
            learning.progress.at(Phase::Reading)?;
            self.profiles.learn(kind, learning).await
        };
        tokio::pin!(learned);
        loop {
            tokio::select! {
                learned = &mut learned => return Ok(learned.map_or_else(Ended::Not, Ended::Learned)),
                _ = beat.tick() => {
                    steps[place].phase = learning.progress.phase();
                    if self.is_cancelled().await? {
                        return Ok(Ended::Cancelled);
                    }
                    if !self.tell(steps).await? {
                        return Ok(Ended::Lost);
                    }
                }
                () = stopped(&mut stop) => return Ok(Ended::Left),
            }
        }
    }

    async fn is_cancelled(&self) -> Result<bool> {
        let asked = Trainings::find_by_id(self.id).select_only().column(C::CancelRequested);
        Ok(asked.into_tuple().one(self.profiles.db()).await?.unwrap_or(true))
    }

    /// Writes down how far it has come; false where another process is at it by now.
    async fn tell(&self, steps: &[Step]) -> Result<bool> {
        let until = self.profiles.now() + LEASE;
        let told = self.mine(steps)?.col_expr(C::LeaseUntil, Expr::value(until));
        Ok(told.exec(self.profiles.db()).await?.rows_affected == 1)
    }

    /// Gives the job back: as ended, or for others to go on with.
    async fn ended(&self, steps: &[Step], state: Option<State>) -> Result<()> {
        let mut told = self
            .mine(steps)?
            .col_expr(C::LeaseOwner, Expr::value(None::<String>))
            .col_expr(C::LeaseUntil, Expr::value(None::<DateTime<Utc>>));
        if let Some(state) = state {
            told = told
                .col_expr(C::State, Expr::value(state.name()))
                .col_expr(C::EndedAt, Expr::value(self.profiles.now()));
        }
        told.exec(self.profiles.db()).await?;
        Ok(())
    }

    fn mine(&self, steps: &[Step]) -> Result<UpdateMany<Trainings>> {
        Ok(Trainings::update_many()
            .col_expr(C::Steps, Expr::value(as_text(steps)?))
            .col_expr(C::UpdatedAt, Expr::value(self.profiles.now()))
            .filter(C::Id.eq(self.id))
            .filter(C::LeaseOwner.eq(self.holder.as_str())))
    }
}

/// Until the process is told to stop; for ever where nobody can tell it any more.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
