//! Finding what is too old, a page at a time: for telling about it, and, looked at once more inside a transaction, for
//! removing it.
//!
//! A [`Place`] is what may be too old as far as one cheap question can tell. What is so is decided from the facts.

use chrono::{DateTime, Utc};
use entities::{correction, event, rejected_record, source, subject_request, sync_run};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, Statement, Value,
};
use uuid::Uuid;

use super::{
    keep, orders,
    rules::{Kind, Rules},
    statements, superseded,
};
use crate::{
    Keys, Profiles,
    error::Result,
    store::{chunks, over},
};

/// How many places are found at a time; in tests few, so that they come in many parts.
pub(super) const FOUND: usize = if cfg!(test) { 5 } else { 3_000 };

/// What is too old of one kind of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// What it is.
    pub kind: Kind,
    /// The id of the source; `None` where it is of none.
    pub source: Option<Uuid>,
    /// How many there are: of versions, those that are removed or cut down to what still holds.
    pub rows: u64,
    /// How old the oldest is: the instant by which its age is measured.
    pub oldest: DateTime<Utc>,
}

/// How many, and how old the oldest is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) rows: u64,
    pub(super) oldest: Option<DateTime<Utc>>,
}

impl Found {
    pub(super) fn add(&mut self, rows: u64, at: DateTime<Utc>) {
        self.rows += rows;
        self.oldest = Some(self.oldest.map_or(at, |oldest| Ord::min(oldest, at)));
    }

    pub(super) fn of(instants: impl IntoIterator<Item = DateTime<Utc>>) -> Self {
        let mut found = Self::default();
        instants.into_iter().for_each(|at| found.add(1, at));
        found
    }

    fn join(&mut self, other: Self) {
        if let Some(oldest) = other.oldest {
            self.add(other.rows, oldest);
        }
    }
}

/// Something that may be too old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A row by its number.
    Row(i64),
    /// A request.
    Request(Uuid),
    /// An order, by its key in the source.
    Order(String),
    /// An object with several versions: its key in the source, and its kind.
    Object(String, String),
}

/// Where is looked for what.
pub(super) struct Search<'a> {
    pub(super) keys: &'a Keys,
    pub(super) kind: Kind,
    pub(super) source: Option<&'a source::Model>,
    /// What is older is too old.
    pub(super) cutoff: DateTime<Utc>,
}

/// The searches under these rules.
pub(super) fn searches<'a>(
    keys: &'a Keys,
    rules: &Rules,
    sources: &'a [source::Model],
    now: DateTime<Utc>,
) -> Vec<Search<'a>> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let of: Vec<Option<&source::Model>> =
            if kind.is_of_sources() { sources.iter().map(Some).collect() } else { vec![None] };
        all.extend(of.into_iter().filter_map(|source| {
            let cutoff = rules.of(kind, source.map_or("", |source| &source.key)).cutoff(now)?;
            Some(Search { keys, kind, source, cutoff })
        }));
    }
    all
}

impl Search<'_> {
    pub(super) fn source_id(&self) -> Uuid {
        self.source.map_or(Uuid::nil(), |source| source.id)
    }

    /// `events of shop`
    pub(super) fn words(&self) -> String {
        let kind = self.kind.as_str().replace('_', " ");
        self.source.map_or_else(|| kind.clone(), |source| format!("{kind} of {}", source.key))
    }

    /// The next places behind one.
    pub(super) async fn next<C: ConnectionTrait>(&self, db: &C, after: Option<&Place>) -> Result<Vec<Place>> {
        match (self.kind, self.rows()) {
            (_, Some(rows)) => self.next_rows(db, rows, after).await,
            (Kind::Orders, _) => orders::next(db, self, after).await,
            (Kind::SupersededVersions, _) => superseded::next(db, self, after).await,
            _ => self.requests(db).await,
        }
    }

    /// What of these places is too old.
    pub(super) async fn found<C: ConnectionTrait>(&self, db: &C, places: &[Place]) -> Result<Found> {
        match (self.kind, self.rows()) {
            (Kind::ConsentStatements, _) => statements::found(db, self, places).await,
            (_, Some(rows)) => {
                Ok(Found::of(self.due_rows(db, rows, places).await?.into_iter().map(|(_, at, _)| at)))
            }
            (Kind::Orders, _) => orders::found(db, self, places).await,
            (Kind::SupersededVersions, _) => superseded::found(db, self, places).await,
            _ => Ok(Found::of(self.due_requests(db, places).await?.into_iter().map(|(_, at)| at))),
        }
    }

    /// Removes what of these places is too old. The source is locked.
    pub(super) async fn remove(&self, txn: &DatabaseTransaction, places: &[Place]) -> Result<u64> {
        match (self.kind, self.rows()) {
            (Kind::ConsentStatements, _) => statements::remove(txn, self, places).await,
            (_, Some(rows)) => self.remove_rows(txn, rows, places).await,
            (Kind::Orders, _) => orders::remove(txn, self, places).await,
            (Kind::SupersededVersions, _) => superseded::remove(txn, self, places).await,
            _ => {
                let due = self.due_requests(txn, places).await?;
                for ids in chunks(txn, due.iter().map(|(id, _)| *id)) {
                    let of_them = ids.of(subject_request::Column::Id);
                    subject_request::Entity::delete_many().filter(of_them).exec(txn).await?;
                    let ended = ids.of(correction::Column::RequestId);
                    let ended = correction::Entity::delete_many().filter(ended);
                    ended.filter(correction::Column::EndedAt.is_not_null()).exec(txn).await?;
                }
                Ok(due.len() as u64)
            }
        }
    }

    /// The table of a kind whose rows are numbered and have a source: its name, the instant that counts, and the column
    /// that names somebody.
    fn rows(&self) -> Option<[&'static str; 3]> {
        Some(match self.kind {
            Kind::Events => ["event", "occurred_at", "person"],
            Kind::ConsentStatements => ["consent_statement", "COALESCE(stated_at, last_seen)", "person"],
            Kind::RejectedRecords => ["rejected_record", "last_seen", "NULL"],
            Kind::SyncRuns => ["sync_run", "finished_at", "NULL"],
            Kind::Orders | Kind::SupersededVersions | Kind::SubjectRequests => return None,
        })
    }

    async fn next_rows<C: ConnectionTrait>(
        &self,
        db: &C,
        [table, at, _]: [&str; 3],
        after: Option<&Place>,
    ) -> Result<Vec<Place>> {
        let after = match after {
            Some(Place::Row(id)) => *id,
            _ => 0,
        };
        let sql = format!(
            "SELECT id FROM {table} WHERE id > $1 AND source_id = $2 AND {at} < $3 ORDER BY id LIMIT {FOUND}"
        );
        let values: [Value; 3] = [after.into(), self.source_id().into(), self.cutoff.into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        let rows = db.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(Place::Row(row.try_get("", "id")?))).collect()
    }

    /// Those of these rows that are too old, each with its instant and whom it names.
    pub(super) async fn due_rows<C: ConnectionTrait>(
        &self,
        db: &C,
        [table, at, person]: [&str; 3],
        places: &[Place],
    ) -> Result<Vec<(i64, DateTime<Utc>, Option<String>)>> {
        let ids: Vec<i64> = places
            .iter()
            .filter_map(|place| if let Place::Row(id) = place { Some(*id) } else { None })
            .collect();
        let sql = format!(
            "SELECT id, {at} AS instant, {person} AS person FROM {table} \
             WHERE id = {{}} AND source_id = $1 AND {at} < $2"
        );
        let mut due = Vec::new();
        for ids in ids.chunks(1_024) {
            let values: [Value; 2] = [self.source_id().into(), self.cutoff.into()];
            for row in db.query_all_raw(over(db, &sql, ids, values)).await? {
                due.push((row.try_get("", "id")?, row.try_get("", "instant")?, row.try_get("", "person")?));
            }
        }
        Ok(due)
    }

    async fn remove_rows(&self, txn: &DatabaseTransaction, rows: [&str; 3], places: &[Place]) -> Result<u64> {
        let due = self.due_rows(txn, rows, places).await?;
        for ids in chunks(txn, due.iter().map(|(id, _, _)| *id)) {
            match self.kind {
                Kind::Events => {
                    event::Entity::delete_many().filter(ids.of(event::Column::Id)).exec(txn).await?
                }
                Kind::SyncRuns => {
                    sync_run::Entity::delete_many().filter(ids.of(sync_run::Column::Id)).exec(txn).await?
                }
                _ => {
                    let of_them = ids.of(rejected_record::Column::Id);
                    rejected_record::Entity::delete_many().filter(of_them).exec(txn).await?
                }
            };
        }
        let removed = due.len() as u64;
        keep::keep(txn, self.source_id(), due.into_iter().filter_map(|(_, _, person)| person)).await?;
        Ok(removed)
    }

    /// All requests at once: there are few.
    async fn requests<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<Place>> {
        let ids = self.closed(db).await?;
        Ok(ids.into_iter().map(|(id, _)| Place::Request(id)).collect())
    }

    async fn due_requests<C: ConnectionTrait>(
        &self,
        db: &C,
        places: &[Place],
    ) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
        let mut due = self.closed(db).await?;
        due.retain(|(id, _)| places.contains(&Place::Request(*id)));
        Ok(due)
    }

    /// The requests that are too old and of which nothing lasts: what can be taken back must stay as long as it holds.
    async fn closed<C: ConnectionTrait>(&self, db: &C) -> Result<Vec<(Uuid, DateTime<Utc>)>> {
        let sql = "SELECT r.id, r.closed_at FROM subject_request r WHERE r.closed_at < $1 AND (r.state = 'refused' \
             OR r.lifted_at IS NOT NULL OR (r.kind NOT IN ('rectification', 'restriction', 'objection') \
               AND NOT EXISTS (SELECT 1 FROM blocked_key b WHERE b.request_id = r.id))) ORDER BY r.id";
        let statement =
            Statement::from_sql_and_values(db.get_database_backend(), sql, [Value::from(self.cutoff)]);
        let rows = db.query_all_raw(statement).await?;
        rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "closed_at")?))).collect()
    }
}

impl Profiles {
    /// What is too old by these rules, by kind and source, the greatest kind first. Nothing is removed.
    pub async fn preview_retention(&self, rules: &Rules) -> Result<Vec<Expiring>> {
        let sources = super::run::sources(self.db()).await?;
        let mut expiring = Vec::new();
        for search in searches(self.keys(), rules, &sources, self.now()) {
            let mut all = Found::default();
            let mut places = search.next(self.db(), None).await?;
            while !places.is_empty() {
                all.join(search.found(self.db(), &places).await?);
                if places.len() < FOUND {
                    break;
                }
                places = search.next(self.db(), places.last()).await?;
            }
            if let Some(oldest) = all.oldest {
                let source = search.source.map(|source| source.id);
                expiring.push(Expiring { kind: search.kind, source, rows: all.rows, oldest });
            }
        }
        Ok(expiring)
    }
}
