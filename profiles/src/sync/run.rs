//! One run of one connector.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use connectors::{Connector, Cursor, Error as Problem, Http, Next, Page};
use tokio::sync::watch;
use uuid::Uuid;

use super::{commit::Commit, lease, runs::Run, schedule};
use crate::{
    Profiles,
    error::{Error, Result},
};

/// How often a run looks whether it should stop while it waits for a page.
const PULSE: Duration = Duration::from_millis(250);
/// How often a run renews its lease, which lasts a minute.
const RENEW: Duration = Duration::from_secs(10);
/// How many batches are derived while the next page is on its way, so that stopping never waits for all.
const MEANWHILE: u32 = 2;
/// So many pages without a single object in a row are a source that never ends.
const EMPTY_PAGES: u32 = 10_000;
/// How often one stream may begin anew in a run because its cursor was refused.
const RESTARTS: u32 = 1;

/// Who asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// The schedule.
    Schedule,
    /// A person.
    Manual,
    /// An import of a file.
    Import,
}

impl Trigger {
    /// The stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Manual => "manual",
            Self::Import => "import",
        }
    }
}

/// Why a stream was left before its end.
enum Stop {
    /// The process ends.
    Shutdown,
    /// Someone asked for it.
    Cancelled,
    /// The source.
    Failed(Problem),
    /// Ourselves: the database, a lost lease.
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

impl Profiles {
    /// Runs a connector now: every stream from where it stands to its end. `report` hears of every page.
    /// An error of the source ends as a failed run, not as an error.
    pub async fn run_connector(
        &self,
        id: Uuid,
        trigger: Trigger,
        stop: watch::Receiver<bool>,
        report: impl Fn(&Run) + Send,
    ) -> Result<Run> {
        let row = self.connector_row(id).await?;
        let now = self.now();
        let next = Some(schedule::next_run(&row, now)?);
        let holder = lease::holder();
        if !lease::take(self.db(), id, &holder, now, trigger == Trigger::Schedule, next).await? {
            let busy =
                "this connector is running already (a run whose process died is let go after a minute)";
            return Err(Error::Conflict(busy.to_owned()));
        }
        let outcome = tokio::select! {
            outcome = self.run_leased(&row, &holder, trigger, stop, report) => outcome,
            lost = self.hold(id, &holder) => Err(lost),
        };
        lease::release(self.db(), id, &holder).await?;
        outcome
    }

    /// Renews the lease of a run for as long as it is held; ends with the reason why it is not.
    async fn hold(&self, id: Uuid, holder: &str) -> Error {
        loop {
            tokio::time::sleep(RENEW).await;
            match lease::keep(self.db(), id, holder, self.now()).await {
                Ok(true) => {}
                Ok(false) => {
                    return Error::Conflict("another process has taken this connector over".to_owned());
                }
                Err(error) => return error,
            }
        }
    }

    async fn run_leased(
        &self,
        row: &entities::connector::Model,
        holder: &str,
        trigger: Trigger,
        stop: watch::Receiver<bool>,
        report: impl Fn(&Run) + Send,
    ) -> Result<Run> {
        let mut run = self.begin_run(row.source_id, trigger).await?;
        report(&run);
        let (state, error) = match self.read_streams(row, holder, &mut run, stop.clone(), &report).await {
            Ok(ended) => ended,
            Err(error) => {
                self.end_run(&mut run, "failed", Some(error.to_string())).await?;
                return Err(error);
            }
        };
        if matches!(state, "succeeded" | "failed")
            && let Err(error) = self.settle(|| !*stop.borrow()).await
        {
            tracing::error!(%error, "what this run brought cannot be derived yet");
        }
        self.end_run(&mut run, state, error).await?;
        report(&run);
        Ok(run)
    }

    /// Reads every stream; how the run ended, and why it failed.
    async fn read_streams<R: Fn(&Run) + Send>(
        &self,
        row: &entities::connector::Model,
        holder: &str,
        run: &mut Run,
        stop: watch::Receiver<bool>,
        report: &R,
    ) -> Result<(&'static str, Option<String>)> {
        let (connector, http) = match self.build_connector(row) {
            Ok(built) => built,
            Err(error) => return Ok(("failed", Some(error.to_string()))),
        };
        let mut reading = Reading {
            profiles: self,
            connector: connector.as_ref(),
            http: &http,
            holder,
            stop,
            expected: HashMap::new(),
            report,
        };
        let states = self.stream_states(row.source_id).await?;
        let mut problems = Vec::new();
        let mut ended = "succeeded";
        for stream in connector.streams() {
            let cursor = match states.get(stream.name).and_then(|state| state.cursor.as_deref()) {
                Some(text) => Some(serde_json::from_str(text).map_err(|e| Error::stored("cursor", e))?),
                None => None,
            };
            match reading.stream(run, stream.name, cursor).await {
                Ok(()) => {}
                Err(Stop::Failed(problem)) => {
                    let hopeless =
                        matches!(problem, Problem::Unauthorized { .. } | Problem::Configuration { .. });
                    problems.push(format!("{}: {problem}", stream.name));
                    if hopeless {
                        break;
                    }
                }
                Err(Stop::Cancelled) => {
                    ended = "cancelled";
                    break;
                }
                Err(Stop::Shutdown) => {
                    ended = "interrupted";
                    break;
                }
                Err(Stop::Broken(error)) => return Err(error),
            }
        }
        let error = (!problems.is_empty()).then(|| problems.join("; "));
        Ok((if error.is_some() && ended == "succeeded" { "failed" } else { ended }, error))
    }

    /// Derives what a page changed, while the next one is on its way.
    pub(super) async fn derive_meanwhile<T>(&self, other: impl Future<Output = T>) -> Result<T> {
        let (value, drained) = tokio::join!(other, self.drain_some(self.now(), MEANWHILE));
        drained?;
        Ok(value)
    }
}

/// A run that reads.
struct Reading<'a, R> {
    profiles: &'a Profiles,
    connector: &'a dyn Connector,
    http: &'a Http,
    holder: &'a str,
    stop: watch::Receiver<bool>,
    /// What each stream announced.
    expected: HashMap<String, u64>,
    report: &'a R,
}

impl<R: Fn(&Run) + Send> Reading<'_, R> {
    async fn stream(&mut self, run: &mut Run, stream: &str, mut cursor: Option<Cursor>) -> Result<(), Stop> {
        let mut restarts = 0;
        let mut repetition = Repetition::default();
        loop {
            let profiles = self.profiles;
            let page = match profiles.derive_meanwhile(self.page(run, stream, cursor.as_ref())).await? {
                Err(Stop::Failed(Problem::Cursor(reason))) if cursor.is_some() && restarts < RESTARTS => {
                    tracing::warn!(connector = %run.source_id, stream, reason, "cursor refused; reading from the beginning");
                    restarts += 1;
                    cursor = None;
                    continue;
                }
                other => other?,
            };
            repetition.check(stream, cursor.as_ref(), &page).map_err(Stop::Failed)?;
            if let Some(total) = page.total {
                self.expected.insert(stream.to_owned(), total);
            }
            let commit = Commit {
                stream,
                page: &page,
                stamp: profiles.now(),
                http: self.http.stats(),
                expected: (!self.expected.is_empty()).then(|| self.expected.values().sum()),
                holder: Some(self.holder),
            };
            profiles.commit_page(run, &commit).await?;
            (self.report)(run);
            match page.next {
                Next::More(next) => cursor = Some(next),
                Next::Done(_) => return Ok(()),
            }
        }
    }

    /// Reads one page, unless someone wants to stop first.
    async fn page(&self, run: &Run, stream: &str, cursor: Option<&Cursor>) -> Result<Page, Stop> {
        let read = self.connector.read(self.http, stream, cursor, self.profiles.now());
        tokio::select! {
            biased;
            stop = self.wanted_to_stop(run) => Err(stop),
            page = read => page.map_err(Stop::Failed),
        }
    }

    /// Ends when the run should.
    async fn wanted_to_stop(&self, run: &Run) -> Stop {
        loop {
            if *self.stop.borrow() {
                return Stop::Shutdown;
            }
            match self.profiles.cancel_requested(run.id).await {
                Ok(true) => return Stop::Cancelled,
                Ok(false) => tokio::time::sleep(PULSE).await,
                Err(error) => return Stop::Broken(error),
            }
        }
    }
}

/// Notices a source that never ends: a cursor that does not move, the same page again and again, nothing
/// but empty pages.
#[derive(Default)]
struct Repetition {
    last: Option<u64>,
    empty: u32,
}

impl Repetition {
    fn check(&mut self, stream: &str, cursor: Option<&Cursor>, page: &Page) -> Result<(), Problem> {
        let endless =
            |message: &str| Problem::Malformed { url: stream.to_owned(), message: message.to_owned() };
        let Next::More(next) = &page.next else { return Ok(()) };
        if cursor == Some(next) {
            return Err(endless("the cursor does not move"));
        }
        if page.records.is_empty() && page.events.is_empty() && page.rejected.is_empty() {
            self.empty += 1;
            return if self.empty > EMPTY_PAGES { Err(endless("page after page is empty")) } else { Ok(()) };
        }
        self.empty = 0;
        let mut hasher = DefaultHasher::new();
        for record in &page.records {
            (record.body.kind(), &record.external_id, &record.payload).hash(&mut hasher);
        }
        for event in &page.events {
            event.message_id.hash(&mut hasher);
        }
        for rejected in &page.rejected {
            rejected.payload.hash(&mut hasher);
        }
        let digest = hasher.finish();
        if self.last.replace(digest) == Some(digest) {
            return Err(endless("the same page came twice in a row"));
        }
        Ok(())
    }
}
