//! When connectors run.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds};
use entities::connector::{self, Column};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;

use super::run::Trigger;
use crate::{
    Profiles,
    error::{Error, Result},
    keys::sha256,
};

/// How often due connectors are looked for.
const TICK: Duration = Duration::from_secs(1);
/// After which pause what failed is tried again.
const LATER: Duration = Duration::from_mins(1);
/// How many connectors one process runs at a time.
const AT_ONCE: usize = 4;
/// How often what was told long ago is dropped.
const FORGET: Duration = Duration::from_hours(1);
/// How often it is looked whether it is time to learn anew.
const LEARN: Duration = Duration::from_hours(1);
/// How long facts may wait to be derived when nobody rings.
const DRAIN: Duration = Duration::from_millis(500);

/// Checks a cron expression (five fields, or six with seconds first) and an IANA time zone.
pub(super) fn check(schedule: &str, time_zone: &str) -> Result<()> {
    next(schedule, time_zone, DateTime::UNIX_EPOCH).map(drop)
}

/// The first instant after `after` that the expression names in that time zone.
pub(super) fn next(schedule: &str, time_zone: &str, after: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let zone: Tz = time_zone.parse().map_err(|_| {
        Error::invalid("timeZone", format!("{time_zone:?} is no IANA time zone, such as Europe/Amsterdam"))
    })?;
    let cron = CronParser::builder().seconds(Seconds::Optional).build().parse(schedule).map_err(|error| {
        Error::invalid(
            "schedule",
            format!("{schedule:?} is no cron expression such as */15 * * * *: {error}"),
        )
    })?;
    cron.find_next_occurrence(&after.with_timezone(&zone), false)
        .map(|next| next.with_timezone(&Utc))
        .map_err(|error| Error::invalid("schedule", format!("{schedule:?} never comes: {error}")))
}

/// The next run of a connector: the schedule plus its jitter. The jitter follows from the connector and the
/// instant, so that every process computes the same.
pub(super) fn next_run(row: &connector::Model, after: DateTime<Utc>) -> Result<DateTime<Utc>> {
    let next = next(&row.schedule, &row.time_zone, after)?;
    let span = u64::try_from(row.jitter_seconds).unwrap_or_default() * 1000;
    if span == 0 {
        return Ok(next);
    }
    let hash = sha256(&[row.source_id.as_bytes(), &next.timestamp().to_be_bytes()]);
    let random = hash.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    Ok(next + TimeDelta::milliseconds(i64::try_from(random % span).unwrap_or_default()))
}

impl Profiles {
    /// Runs due connectors and derives what changes until `stop` is cancelled; then waits for the runs under
    /// way to come to the end of their page.
    pub async fn run_in_background(&self, stop: tokio::sync::watch::Receiver<bool>) {
        tokio::join!(
            self.run_schedule(stop.clone()),
            self.run_drain(stop.clone()),
            self.run_audiences(stop.clone()),
            self.run_requests(stop.clone()),
            self.run_destinations(stop.clone()),
            self.run_learning(stop.clone()),
            self.run_actions(stop.clone()),
            // Seldom at work, and the largest of them.
            Box::pin(self.run_retention(stop))
        );
    }

    async fn run_schedule(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut runs = JoinSet::new();
        while !*stop.borrow() {
            while runs.try_join_next().is_some() {}
            match self.due().await {
                Ok(due) => {
                    for id in due {
                        let Ok(place) = places.clone().try_acquire_owned() else { break };
                        let profiles = self.clone();
                        let stop = stop.clone();
                        runs.spawn(async move {
                            let _place = place;
                            match profiles.run_connector(id, Trigger::Schedule, stop, |_| ()).await {
                                // Another process was faster.
                                Ok(_) | Err(Error::Conflict(_)) => {}
                                Err(error) => tracing::error!(connector = %id, %error, "sync failed"),
                            }
                        });
                    }
                }
                Err(error) => tracing::error!(%error, "the schedule cannot be read"),
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                _ = stop.changed() => {}
            }
        }
        while runs.join_next().await.is_some() {}
    }

    /// Works out segments for everybody, a page at a time, and forgets what was told long ago.
    async fn run_audiences(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let mut forgotten: Option<tokio::time::Instant> = None;
        while !*stop.borrow() {
            let began = tokio::time::Instant::now();
            match self.work_out_some().await {
                Ok(true) => {
                    // Facts have at least every other turn.
                    tokio::time::sleep(began.elapsed()).await;
                    continue;
                }
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "segments cannot be worked out; trying again"),
            }
            if forgotten.is_none_or(|at| at.elapsed() > FORGET) {
                if let Err(error) = self.forget_membership_changes(self.now()).await {
                    tracing::error!(%error, "what was told of segments long ago cannot be dropped");
                }
                forgotten = Some(tokio::time::Instant::now());
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Learns what somebody wants learned, also what a process that died had begun, and anew what is old.
    async fn run_learning(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        let mut looked: Option<tokio::time::Instant> = None;
        while !*stop.borrow() {
            if looked.is_none_or(|at| at.elapsed() > LEARN) {
                if let Err(error) = self.request_training_when_due().await {
                    tracing::error!(%error, "what is to be learned anew cannot be read; trying again");
                }
                looked = Some(tokio::time::Instant::now());
            }
            let mut pause = TICK;
            if let Err(error) = self.work_on_trainings(stop.clone()).await {
                tracing::error!(%error, "models cannot be learned; trying again in a minute");
                pause = LATER;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn run_drain(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.drain_some(self.now(), 1).await {
                Ok(drained) if drained.keys > 0 => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "profiles cannot be derived; trying again"),
            }
            // Another process may have brought other rules into force: questions are read by them too.
            if let Err(error) = self.current_ruleset(self.db()).await {
                tracing::error!(%error, "the rules cannot be read; trying again");
            }
            let pause = self.until_due().await.map_or(DRAIN, |until| until.min(DRAIN));
            tokio::select! {
                () = self.facts().notified() => {}
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Does what data subjects asked for, also what a process that died had begun.
    async fn run_requests(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let mut pause = TICK;
            if let Err(error) = self.work_on_requests().await {
                tracing::error!(%error, "a request of a data subject cannot be done; trying again in a minute");
                pause = LATER;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Announces and removes what is too old, once a day or when somebody wants it.
    async fn run_retention(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.retain(|| !*stop.borrow()).await {
                tracing::error!(%error, "what is too old cannot be removed; trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Connectors whose time has come and that nobody runs.
    async fn due(&self) -> Result<Vec<Uuid>> {
        let now = self.now();
        Ok(connector::Entity::find()
            .select_only()
            .column(Column::SourceId)
            .filter(Column::Enabled.eq(true))
            .filter(Column::NextRunAt.lte(now))
            .filter(Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lt(now)))
            .order_by_asc(Column::NextRunAt)
            .into_tuple()
            .all(self.db())
            .await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_schedule_is_read_in_its_time_zone_also_across_summer_time() {
        let next = |after| next("0 3 * * *", "Europe/Amsterdam", at(after)).unwrap();
        assert_eq!(next("2026-01-10T12:00:00Z"), at("2026-01-11T02:00:00Z"));
        assert_eq!(next("2026-07-10T12:00:00Z"), at("2026-07-11T01:00:00Z"));
    }

    #[test]
    fn a_schedule_that_is_none_says_what_is_expected() {
        let error = check("every day", "UTC").unwrap_err().to_string();
        assert!(error.contains("*/15 * * * *"), "{error}");
        let error = check("0 3 * * *", "Amsterdam").unwrap_err().to_string();
        assert!(error.contains("Europe/Amsterdam"), "{error}");
        assert!(check("0 0 30 2 *", "UTC").is_err(), "a day that never comes");
    }
}
