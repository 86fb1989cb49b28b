//! One page, one transaction: its facts, its cursor and the run's counts.

use chrono::{DateTime, Utc};
use connectors::{HttpStats, Next, Page};
use entities::{stream_state, sync_run};
use sea_orm::{ActiveValue::Unchanged, DatabaseTransaction, EntityTrait, Set, sea_query::OnConflict};

use super::{lease, runs::Run};
use crate::{
    Profiles,
    error::{Error, Result},
    intake::{self, Delivery},
    store::begin_write,
};

/// A page that is about to be committed.
pub(super) struct Commit<'a> {
    pub(super) stream: &'a str,
    pub(super) page: &'a Page,
    /// When it arrived.
    pub(super) stamp: DateTime<Utc>,
    /// What the HTTP client has done in this run so far.
    pub(super) http: HttpStats,
    /// How many objects the source announced for this run so far.
    pub(super) expected: Option<u64>,
    /// Under which name the connector's lease must still be held; an import has none.
    pub(super) holder: Option<&'a str>,
}

impl Profiles {
    /// Writes a page and what it does to the run. The run's row is the caller's: nobody else counts in it.
    pub(super) async fn commit_page(&self, run: &mut Run, commit: &Commit<'_>) -> Result<()> {
        let txn = begin_write(self.db()).await?;
        if let Some(holder) = commit.holder
            && !lease::keep(&txn, run.source_id, holder, commit.stamp).await?
        {
            return Err(Error::Conflict("another process has taken this connector over".to_owned()));
        }
        let delivery =
            Delivery { source: run.source_id, stream: commit.stream, stamp: commit.stamp, page: commit.page };
        let counts = intake::store(&txn, self, &delivery).await?;
        let (cursor, finished) = match &commit.page.next {
            Next::More(cursor) => (cursor, false),
            Next::Done(cursor) => (cursor, true),
        };
        save_cursor(&txn, run, commit, cursor.to_string(), finished).await?;
        let after = sync_run::Model {
            stream: Some(commit.stream.to_owned()),
            updated_at: commit.stamp,
            read: run.read + signed(counts.read),
            created: run.created + signed(counts.created),
            changed: run.changed + signed(counts.changed),
            unchanged: run.unchanged + signed(counts.unchanged),
            rejected: run.rejected + signed(counts.rejected),
            dropped: run.dropped + signed(counts.dropped),
            pages: run.pages + 1,
            calls: signed(commit.http.calls),
            retries: signed(commit.http.retries),
            waited_ms: signed(commit.http.waited_ms),
            bytes: signed(commit.http.bytes),
            expected: commit.expected.map(signed),
            ..run.clone()
        };
        save(&txn, &after).await?;
        txn.commit().await?;
        *run = after;
        self.facts().notify_one();
        Ok(())
    }
}

async fn save_cursor(
    txn: &DatabaseTransaction,
    run: &Run,
    commit: &Commit<'_>,
    cursor: String,
    finished: bool,
) -> Result<()> {
    use stream_state::Column as C;
    let row = stream_state::ActiveModel {
        source_id: Set(run.source_id),
        stream: Set(commit.stream.to_owned()),
        cursor: Set(Some(cursor)),
        finished: Set(finished),
        updated_at: Set(commit.stamp),
    };
    let replace = OnConflict::columns([C::SourceId, C::Stream])
        .update_columns([C::Cursor, C::Finished, C::UpdatedAt])
        .to_owned();
    stream_state::Entity::insert(row).on_conflict(replace).exec_without_returning(txn).await?;
    Ok(())
}

/// Writes the counts of a run; whether it was asked to stop is someone else's column.
async fn save(txn: &DatabaseTransaction, run: &Run) -> Result<()> {
    let row = sync_run::ActiveModel {
        id: Unchanged(run.id),
        stream: Set(run.stream.clone()),
        updated_at: Set(run.updated_at),
        read: Set(run.read),
        created: Set(run.created),
        changed: Set(run.changed),
        unchanged: Set(run.unchanged),
        rejected: Set(run.rejected),
        dropped: Set(run.dropped),
        pages: Set(run.pages),
        calls: Set(run.calls),
        retries: Set(run.retries),
        waited_ms: Set(run.waited_ms),
        bytes: Set(run.bytes),
        expected: Set(run.expected),
        ..Default::default()
    };
    sync_run::Entity::update(row).exec(txn).await?;
    Ok(())
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
