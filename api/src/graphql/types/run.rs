//! Runs of connectors.

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime as Instant, Utc};
use profiles::sync::Run;

use super::stored::named;
use crate::graphql::error::top;
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::{Count, DateTime};

/// Who asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SyncTrigger {
    /// The schedule.
    Schedule,
    /// A person.
    Manual,
    /// The import of a file.
    Import,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SyncRunState {
    /// Under way.
    Running,
    /// Read everything to its end.
    Succeeded,
    /// Ended by a failure; `error` says which. What was read until then is kept.
    Failed,
    /// Ended by a person.
    Cancelled,
    /// Ended with its process; the next run goes on from its last page.
    Interrupted,
}

/// One run of a connector or an import.
#[derive(Debug)]
pub(crate) struct SyncRun(pub(in crate::graphql) Run);

impl SyncRun {
    /// Objects read in a second, as seen at an instant; `None` while no time has passed.
    fn rate_at(&self, now: Instant<Utc>) -> Option<f64> {
        let until = self.0.finished_at.unwrap_or(now).max(self.0.updated_at);
        let seconds = (until - self.0.started_at).as_seconds_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate is told to a few digits")]
        let read = self.0.read as f64;
        (seconds > 0.0).then_some(read / seconds)
    }

    /// Seconds until the end of a run under way, if it goes on as it went.
    fn seconds_left_at(&self, now: Instant<Utc>) -> Option<f64> {
        let rate = self.rate_at(now).filter(|rate| *rate > 0.0)?;
        let left = self.0.expected?.checked_sub(self.0.read)?.max(0);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let left = left as f64;
        self.0.finished_at.is_none().then_some(left / rate)
    }
}

/// One run of a connector or an import.
#[Object(crate = "crate::graphql::quick")]
impl SyncRun {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::SyncRun, self.0.id)
    }

    /// Who asked for it.
    async fn trigger(&self) -> Result<SyncTrigger> {
        named("run trigger", &self.0.trigger).map_err(top)
    }

    /// Where it stands.
    async fn state(&self) -> Result<SyncRunState> {
        named("run state", &self.0.state).map_err(top)
    }

    /// The stream that is, or was last, read.
    async fn stream(&self) -> Option<&str> {
        self.0.stream.as_deref()
    }

    /// Whether somebody asked it to stop.
    async fn cancel_requested(&self) -> bool {
        self.0.cancel_requested
    }

    /// When it began.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// When it last stored a page.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// When it ended; null while it is under way.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// Objects read: the sum of `created`, `changed`, `unchanged`, `rejected` and `dropped`.
    async fn read(&self) -> Count {
        self.0.read.into()
    }

    /// Objects never seen before.
    async fn created(&self) -> Count {
        self.0.created.into()
    }

    /// New versions of known objects.
    async fn changed(&self) -> Count {
        self.0.changed.into()
    }

    /// Versions known already.
    async fn unchanged(&self) -> Count {
        self.0.unchanged.into()
    }

    /// Objects that could not be understood.
    async fn rejected(&self) -> Count {
        self.0.rejected.into()
    }

    /// Objects of people who were erased, or older than they would be kept: they are not stored.
    async fn dropped(&self) -> Count {
        self.0.dropped.into()
    }

    /// Pages stored.
    async fn pages(&self) -> Count {
        self.0.pages.into()
    }

    /// Calls to the source.
    async fn calls(&self) -> Count {
        self.0.calls.into()
    }

    /// Calls that were repeated after a failure or a refusal.
    async fn retries(&self) -> Count {
        self.0.retries.into()
    }

    /// Time spent waiting for limits and repetitions, in milliseconds.
    async fn waited_ms(&self) -> Count {
        self.0.waited_ms.into()
    }

    /// Bytes received.
    async fn bytes(&self) -> Count {
        self.0.bytes.into()
    }

    /// How many objects the source announced for this run, so far; null where it does not say.
    async fn expected(&self) -> Option<Count> {
        self.0.expected.map(Count::from)
    }

    /// Objects read a second, on average; null while no time has passed.
    async fn rate(&self, ctx: &Context<'_>) -> Option<f64> {
        self.rate_at(loaders(ctx).profiles.now())
    }

    /// Seconds until it ends if it goes on as it went; null once it has ended, and where the source does not say how
    /// much there is.
    async fn estimated_seconds_left(&self, ctx: &Context<'_>) -> Option<f64> {
        self.seconds_left_at(loaders(ctx).profiles.now())
    }

    /// Why it failed.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }
}
