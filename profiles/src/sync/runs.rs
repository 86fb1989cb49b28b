//! What runs did, where streams stand and what was rejected, for those who watch.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::{rejected_record, stream_state, sync_run};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set, sea_query::Expr,
};
use uuid::Uuid;

use super::{lease, run::Trigger};
use crate::{Profiles, error::Result};

/// A run.
pub type Run = sync_run::Model;
/// Where a stream stands.
pub type StreamState = stream_state::Model;
/// An object that could not be understood.
pub type RejectedRecord = rejected_record::Model;

impl Profiles {
    /// Writes down that a run begins. Runs of the same source that never ended were interrupted: whoever
    /// begins a run holds the lease.
    pub(super) async fn begin_run(&self, source: Uuid, trigger: Trigger) -> Result<Run> {
        let now = self.now();
        sync_run::Entity::update_many()
            .col_expr(sync_run::Column::State, Expr::value("interrupted"))
            .col_expr(sync_run::Column::FinishedAt, Expr::value(now))
            .filter(sync_run::Column::SourceId.eq(source))
            .filter(sync_run::Column::State.eq("running"))
            .exec(self.db())
            .await?;
        let row = sync_run::ActiveModel {
            id: NotSet,
            source_id: Set(source),
            trigger: Set(trigger.as_str().to_owned()),
            state: Set("running".to_owned()),
            owner: Set(lease::owner().to_owned()),
            stream: Set(None),
            cancel_requested: Set(false),
            started_at: Set(now),
            updated_at: Set(now),
            finished_at: Set(None),
            read: Set(0),
            created: Set(0),
            changed: Set(0),
            unchanged: Set(0),
            rejected: Set(0),
            dropped: Set(0),
            pages: Set(0),
            calls: Set(0),
            retries: Set(0),
            waited_ms: Set(0),
            bytes: Set(0),
            expected: Set(None),
            error: Set(None),
        };
        Ok(sync_run::Entity::insert(row).exec_with_returning(self.db()).await?)
    }

    /// Writes down how a run ended.
    pub(super) async fn end_run(&self, run: &mut Run, state: &str, error: Option<String>) -> Result<()> {
        let now = self.now();
        state.clone_into(&mut run.state);
        run.finished_at = Some(now);
        run.updated_at = now;
        run.error = error;
        sync_run::Entity::update_many()
            .col_expr(sync_run::Column::State, Expr::value(state))
            .col_expr(sync_run::Column::FinishedAt, Expr::value(now))
            .col_expr(sync_run::Column::UpdatedAt, Expr::value(now))
            .col_expr(sync_run::Column::Error, Expr::value(run.error.clone()))
            .filter(sync_run::Column::Id.eq(run.id))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// Asks the run of a connector to stop after its page. False where none runs.
    pub async fn cancel_run(&self, source: Uuid) -> Result<bool> {
        let asked = sync_run::Entity::update_many()
            .col_expr(sync_run::Column::CancelRequested, Expr::value(true))
            .filter(sync_run::Column::SourceId.eq(source))
            .filter(sync_run::Column::State.eq("running"))
            .exec(self.db())
            .await?;
        Ok(asked.rows_affected > 0)
    }

    pub(super) async fn cancel_requested(&self, run: i64) -> Result<bool> {
        let asked: Option<bool> = sync_run::Entity::find_by_id(run)
            .select_only()
            .column(sync_run::Column::CancelRequested)
            .into_tuple()
            .one(self.db())
            .await?;
        Ok(asked.unwrap_or(true))
    }

    /// The latest runs of a source, newest first.
    pub async fn runs(&self, source: Uuid, first: u64) -> Result<Vec<Run>> {
        Ok(sync_run::Entity::find()
            .filter(sync_run::Column::SourceId.eq(source))
            .order_by_desc(sync_run::Column::Id)
            .limit(first)
            .all(self.db())
            .await?)
    }

    /// Where the streams of a source stand.
    pub async fn stream_states(&self, source: Uuid) -> Result<HashMap<String, StreamState>> {
        let rows = stream_state::Entity::find()
            .filter(stream_state::Column::SourceId.eq(source))
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|row| (row.stream.clone(), row)).collect())
    }

    /// What could not be understood of a source, latest first, before a place (last seen, id).
    pub async fn rejected_records(
        &self,
        source: Uuid,
        first: u64,
        after: Option<(DateTime<Utc>, i64)>,
    ) -> Result<Vec<RejectedRecord>> {
        use rejected_record::Column as C;
        let mut query = rejected_record::Entity::find().filter(C::SourceId.eq(source));
        if let Some((last_seen, id)) = after {
            query = query.filter(C::LastSeen.lt(last_seen).or(C::LastSeen.eq(last_seen).and(C::Id.lt(id))));
        }
        Ok(query.order_by_desc(C::LastSeen).order_by_desc(C::Id).limit(first).all(self.db()).await?)
    }

    /// How many objects of a source could not be understood.
    pub async fn rejected_count(&self, source: Uuid) -> Result<u64> {
        Ok(rejected_record::Entity::find()
            .filter(rejected_record::Column::SourceId.eq(source))
            .count(self.db())
            .await?)
    }
}
