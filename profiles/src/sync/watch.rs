//! What watchers of many sources at once ask for: one statement for all of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::{rejected_record, stream_state, sync_run};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Value};
use uuid::Uuid;

use super::{RejectedRecord, Run, StreamState};
use crate::{
    Profiles,
    error::Result,
    store::{chunks, over},
};

impl Profiles {
    /// The run of that id.
    pub async fn run(&self, id: i64) -> Result<Option<Run>> {
        Ok(sync_run::Entity::find_by_id(id).one(self.db()).await?)
    }

    /// The rejected record of that id.
    pub async fn rejected_record(&self, id: i64) -> Result<Option<RejectedRecord>> {
        Ok(rejected_record::Entity::find_by_id(id).one(self.db()).await?)
    }

    /// The latest runs of each source, newest first, at most `first` each.
    pub async fn runs_of(&self, sources: &[Uuid], first: u64) -> Result<HashMap<Uuid, Vec<Run>>> {
        let sql = "SELECT * FROM (\
             SELECT r.*, ROW_NUMBER() OVER (PARTITION BY source_id ORDER BY id DESC) AS place \
             FROM sync_run r WHERE source_id = {}) ranked \
             WHERE place <= $1 ORDER BY place";
        let rows: Vec<Run> = self.ranked(sql, sources, vec![limit(first)]).await?;
        Ok(grouped(rows, |row| row.source_id))
    }

    /// Where the streams of each source stand.
    pub async fn streams_of(&self, sources: &[Uuid]) -> Result<HashMap<Uuid, Vec<StreamState>>> {
        let mut all = HashMap::new();
        for ids in chunks(self.db(), sources.iter().copied()) {
            let filter = ids.of(stream_state::Column::SourceId);
            let rows = stream_state::Entity::find().filter(filter).all(self.db()).await?;
            all.extend(grouped(rows, |row| row.source_id));
        }
        Ok(all)
    }

    /// What could not be understood of each source, latest first, at most `first` each, before a place (last
    /// seen, id).
    pub async fn rejected_of(
        &self,
        sources: &[Uuid],
        first: u64,
        after: Option<(DateTime<Utc>, i64)>,
    ) -> Result<HashMap<Uuid, Vec<RejectedRecord>>> {
        let mut values = vec![limit(first)];
        let mut place = "";
        if let Some((last_seen, id)) = after {
            values.extend([last_seen.into(), id.into()]);
            place = " AND (last_seen < $2 OR (last_seen = $2 AND id < $3))";
        }
        let sql = format!(
            "SELECT * FROM (\
               SELECT r.*, ROW_NUMBER() OVER (PARTITION BY source_id ORDER BY last_seen DESC, id DESC) AS place \
               FROM rejected_record r WHERE source_id = {{}}{place}) ranked \
             WHERE place <= $1 ORDER BY place"
        );
        let rows: Vec<RejectedRecord> = self.ranked(&sql, sources, values).await?;
        Ok(grouped(rows, |row| row.source_id))
    }

    /// How many objects of each source could not be understood; sources without any are left out.
    pub async fn rejected_counts(&self, sources: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
        use rejected_record::{Column, Entity};
        let mut counts = HashMap::new();
        for ids in chunks(self.db(), sources.iter().copied()) {
            let rows: Vec<(Uuid, i64)> = Entity::find()
                .select_only()
                .column(Column::SourceId)
                .column_as(Column::Id.count(), "count")
                .filter(ids.of(Column::SourceId))
                .group_by(Column::SourceId)
                .into_tuple()
                .all(self.db())
                .await?;
            counts.extend(rows);
        }
        Ok(counts)
    }

    async fn ranked<M: FromQueryResult + Send>(
        &self,
        sql: &str,
        sources: &[Uuid],
        values: Vec<Value>,
    ) -> Result<Vec<M>> {
        let statement = over(self.db(), sql, sources, values);
        let rows = self.db().query_all_raw(statement).await?;
        Ok(rows.iter().map(|row| M::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }
}

fn limit(first: u64) -> Value {
    i64::try_from(first).unwrap_or(i64::MAX).into()
}

fn grouped<M>(rows: Vec<M>, source: fn(&M) -> Uuid) -> HashMap<Uuid, Vec<M>> {
    let mut all: HashMap<Uuid, Vec<M>> = HashMap::new();
    for row in rows {
        all.entry(source(&row)).or_default().push(row);
    }
    all
}
