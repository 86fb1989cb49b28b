//! Going through the people whom a reader may have counted, a page at a time.

use chrono::{DateTime, Utc};
use entities::profile;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};
use uuid::Uuid;

use crate::{
    Profiles,
    consent::{Gate, Statement as Said},
    error::Result,
    view::{catalogue::Group, read::json},
};

/// People in one page: bounds the memory of one step.
const PAGE: usize = if cfg!(test) { 3 } else { 500 };

/// Of fewer people than these no number is told to who reads for a purpose: it would tell of each of them.
pub(super) const FEW: u64 = 10;

/// Everybody to whom something happened, by id.
pub(super) struct People<'a> {
    pub(super) profiles: &'a Profiles,
    pub(super) gate: Gate,
    /// What of everybody is asked for: who may not be seen so is not counted.
    pub(super) groups: Vec<Group>,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    /// A further condition on their events, of which one at least is needed; its values begin with `$4`.
    pub(super) event: (&'static str, Vec<Value>),
    after: Option<Uuid>,
}

impl<'a> People<'a> {
    pub(super) fn new(
        profiles: &'a Profiles,
        gate: Gate,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
        event: (&'static str, Vec<Value>),
    ) -> Self {
        Self { profiles, gate, groups: vec![Group::Quantitative], from, to, event, after: Some(Uuid::nil()) }
    }

    /// The next people who may be counted; `None` after the last page.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<profile::Model>>> {
        let Some(after) = self.after.take() else { return Ok(None) };
        let (condition, values) = &self.event;
        let sql = format!(
            "SELECT p.* FROM profile p WHERE p.id > $1 AND EXISTS (\
               SELECT 1 FROM source_identity s JOIN event e ON e.source_identity_id = s.id \
               WHERE s.profile_id = p.id AND e.occurred_at >= $2 AND e.occurred_at < $3{condition}) \
             ORDER BY p.id LIMIT {PAGE}"
        );
        let bound = [after.into(), self.from.into(), self.to.into()].into_iter().chain(values.clone());
        let db = self.profiles.db();
        let found =
            db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, bound)).await?;
        let mut people = Vec::with_capacity(found.len());
        for row in &found {
            let row = profile::Model::from_query_result(row, "")?;
            self.after = Some(row.id);
            let said: Vec<Said> = json("consents", &row.consents)?;
            let admission = self.gate.admit(&said);
            if self.groups.iter().all(|group| admission.to(*group).is_ok()) {
                people.push(row);
            }
        }
        if found.len() < PAGE {
            self.after = None;
        }
        Ok(Some(people))
    }
}
