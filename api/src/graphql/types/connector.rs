//! Configured connectors.

use async_graphql::connection::Edge;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use profiles::sync::{ConnectorInfo, Run};

use super::connection;
use super::rejected::{RejectedCount, RejectedRecord};
use super::run::{SyncRun, SyncRunState};
use super::source::Source;
use super::stored::named;
use crate::graphql::access;
use crate::graphql::error::{top, unforeseen};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::paging::{self, points};
use crate::graphql::scalars::{DateTime, Json, JsonRef};

const REJECTED: &str = "rejectedRecords";

/// How a connector is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub(crate) enum ConnectorState {
    /// Its last run ended well, or was cancelled; the next is due at `nextRunAt`.
    Idle,
    /// A run is under way.
    Running,
    /// Its last run failed; it is tried again at `nextRunAt`.
    Failing,
    /// The schedule leaves it alone.
    Disabled,
    /// It has not run yet.
    NeverRun,
}

/// One stream of a connector and where it stands.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct ConnectorStream {
    /// Its name, such as `contacts`.
    name: &'static str,
    /// What is in it.
    description: &'static str,
    /// Whether a later run reads only what changed.
    incremental: bool,
    /// Where it stands, in the connector's own words; null before its first page.
    cursor: Option<Json>,
    /// When its cursor last moved.
    updated_at: Option<DateTime>,
    /// Whether a run is, or was interrupted, in the middle of it.
    in_progress: bool,
}

/// A configured connector.
#[derive(Debug)]
pub(crate) struct Connector(pub(in crate::graphql) ConnectorInfo);

impl Connector {
    /// How it is doing, given its last run.
    pub(super) fn state_after(info: &ConnectorInfo, last: Option<&Run>) -> profiles::Result<ConnectorState> {
        if info.running {
            return Ok(ConnectorState::Running);
        }
        if !info.enabled {
            return Ok(ConnectorState::Disabled);
        }
        Ok(match last.map(|run| named("run state", &run.state)).transpose()? {
            None => ConnectorState::NeverRun,
            Some(SyncRunState::Failed) => ConnectorState::Failing,
            Some(_) => ConnectorState::Idle,
        })
    }
}

/// A configured connector. Its secrets are never shown.
#[Object(crate = "crate::graphql::quick")]
impl Connector {
    /// Global id.
    pub(super) async fn id(&self) -> ID {
        ids::id(Kind::Connector, self.0.source.id)
    }

    /// The source that its facts belong to.
    async fn source(&self) -> Source {
        Source(self.0.source.clone().into())
    }

    /// The short unique name of its source.
    async fn key(&self) -> &str {
        &self.0.source.key
    }

    /// What people see.
    async fn name(&self) -> &str {
        &self.0.source.name
    }

    /// Its kind, as in `connectorKinds`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Its configuration, as the `configSchema` of its kind says; without secrets.
    async fn config(&self) -> JsonRef<'_> {
        JsonRef(&self.0.config)
    }

    /// Whether secrets are stored for it.
    async fn has_secrets(&self) -> bool {
        self.0.has_secrets
    }

    /// When it runs: a cron expression of five fields, or six with seconds first.
    async fn schedule(&self) -> &str {
        &self.0.schedule
    }

    /// The IANA time zone in which the schedule is read.
    async fn time_zone(&self) -> &str {
        &self.0.time_zone
    }

    /// Each run starts up to so many seconds late, so that not all start at once; 0..86400.
    async fn jitter_seconds(&self) -> i32 {
        self.0.jitter_seconds
    }

    /// Whether the schedule runs it.
    async fn enabled(&self) -> bool {
        self.0.enabled
    }

    /// How it is doing.
    async fn state(&self, ctx: &Context<'_>) -> Result<ConnectorState> {
        let last = loaders(ctx).runs(self.0.source.id, 1).await.map_err(top)?;
        Self::state_after(&self.0, last.first()).map_err(top)
    }

    /// When the schedule runs it next; null while it is disabled.
    async fn next_run_at(&self) -> Option<DateTime> {
        self.0.next_run_at.map(DateTime)
    }

    /// Its streams, in the order in which they are read.
    async fn streams(&self, ctx: &Context<'_>) -> Result<Vec<ConnectorStream>> {
        let kind = connectors::kind(&self.0.kind).map_err(|error| unforeseen(&error))?;
        let states = loaders(ctx).streams(self.0.source.id).await.map_err(top)?;
        let streams = (kind.streams)().into_iter();
        streams
            .map(|stream| {
                let state = states.iter().find(|state| state.stream == stream.name);
                let cursor = state.and_then(|state| state.cursor.as_deref()).map(serde_json::from_str);
                Ok(ConnectorStream {
                    name: stream.name,
                    description: stream.description,
                    incremental: stream.incremental,
                    cursor: cursor.transpose().map_err(|error| unforeseen(&error))?.map(Json),
                    updated_at: state.map(|state| DateTime(state.updated_at)),
                    in_progress: state.is_some_and(|state| !state.finished),
                })
            })
            .collect()
    }

    /// Its latest runs, newest first.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
    ) -> Result<Vec<SyncRun>> {
        let first = paging::size(ctx, "first", first)?;
        let runs = loaders(ctx).runs(self.0.source.id, first).await.map_err(top)?;
        Ok(runs.iter().map(|run| SyncRun(run.clone())).collect())
    }

    /// What it delivered and nobody could understand, latest first. Whose it is nobody knows: for keys of the role
    /// `ADMIN` alone.
    #[graphql(complexity = "points(first, child_complexity)")]
    async fn rejected_records(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many; 0..maximum page size, 20 unless given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<connection::RejectedRecords> {
        access::check(ctx, "RejectedRecord")?;
        let after = paging::place("after", REJECTED, after.as_deref())?;
        let size = paging::size(ctx, "first", first)?;
        let found = loaders(ctx).rejected(self.0.source.id, (size + 1, after)).await.map_err(top)?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let count = RejectedCount { source: self.0.source.id };
        let mut page =
            connection::RejectedRecords::with_additional_fields(after.is_some(), found.len() > size, count);
        page.edges.extend(found.iter().take(size).map(|row| {
            let place = (row.last_seen, row.id);
            Edge::new(paging::cursor(REJECTED, place), RejectedRecord(row.clone()))
        }));
        Ok(page)
    }

    /// When it was configured.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When its configuration last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}
