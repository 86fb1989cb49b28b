//! How destinations are doing.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::destination::{Column as C, Entity, Model};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, Statement};
use serde_json::Value;
use uuid::Uuid;

use super::{
    destination::{LEAVING, PAUSED},
    mapping::Field,
};
use crate::{Profiles, error::Result, view::read::json};

/// How a destination is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DestinationState {
    /// It is told what changes.
    Active,
    /// The last call failed, or somebody could not be taken out yet; it is tried again.
    Failing,
    /// It is told nothing, not even who leaves.
    Paused,
    /// Everybody is being taken out; then it is no more.
    Leaving,
}

/// A destination as it can be shown: without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct DestinationInfo {
    /// Its id.
    pub id: Uuid,
    /// Its short unique name.
    pub key: String,
    /// What people see.
    pub name: String,
    /// Kind of destination.
    pub kind: String,
    /// Its configuration.
    pub config: Value,
    /// Whether secrets are stored.
    pub has_secrets: bool,
    /// The key of the segment.
    pub segment: String,
    /// The key of the purpose.
    pub purpose: String,
    /// The tool's fields.
    pub mapping: Vec<Field>,
    /// How it is doing.
    pub state: DestinationState,
    /// Until when nothing is sent, because the tool asked for it or does not answer.
    pub resume_at: Option<DateTime<Utc>>,
    /// Why the last call failed, and when, or why somebody could not be taken out yet, and since when they should be; none
    /// where all is well.
    pub last_error: Option<(String, DateTime<Utc>)>,
    /// How many people it is to know, as far as they have been considered.
    pub members: u64,
    /// How many deliveries wait.
    pub waiting: u64,
    /// How many deliveries were given up.
    pub dead: u64,
    /// Since when the eldest of those that wait does.
    pub waiting_since: Option<DateTime<Utc>>,
    /// When it was configured.
    pub created_at: DateTime<Utc>,
    /// When its configuration last changed.
    pub updated_at: DateTime<Utc>,
}

impl Profiles {
    /// All destinations by key.
    pub async fn destinations(&self) -> Result<Vec<DestinationInfo>> {
        let rows = Entity::find().order_by_asc(C::Key).all(self.db()).await?;
        let mut counts = self.counts(None).await?;
        rows.into_iter().map(|row| info(&mut counts, row)).collect()
    }

    /// The destination of that id.
    pub async fn destination(&self, id: Uuid) -> Result<DestinationInfo> {
        let row = self.destination_row(id).await?;
        let mut counts = self.counts(Some(id)).await?;
        info(&mut counts, row)
    }

    async fn counts(&self, id: Option<Uuid>) -> Result<HashMap<Uuid, Counts>> {
        let only = if id.is_some() { "AND destination_id = $1" } else { "" };
        let ask = |sql: &str| {
            let backend = self.db().get_database_backend();
            Statement::from_sql_and_values(backend, sql.replace("{only}", only), id.map(Into::into))
        };
        let mut counts: HashMap<Uuid, Counts> = HashMap::new();
        let members = "SELECT destination_id, COUNT(*) AS count FROM destination_member \
             WHERE wanted IS NOT NULL {only} GROUP BY destination_id";
        for row in self.db().query_all_raw(ask(members)).await? {
            counts.entry(row.try_get("", "destination_id")?).or_default().members =
                row.try_get("", "count")?;
        }
        let open = "SELECT destination_id, state, COUNT(*) AS count, MIN(created_at) AS since, \
             MAX(CASE WHEN deed = 'remove' THEN last_error END) AS stuck, \
             MIN(CASE WHEN deed = 'remove' AND last_error IS NOT NULL THEN created_at END) AS stuck_since FROM delivery \
             WHERE state IN ('pending', 'retrying', 'dead') {only} GROUP BY destination_id, state";
        for row in self.db().query_all_raw(ask(open)).await? {
            let of = counts.entry(row.try_get("", "destination_id")?).or_default();
            let (state, count): (String, i64) = (row.try_get("", "state")?, row.try_get("", "count")?);
            if state == "dead" {
                of.dead = count;
                continue;
            }
            let since: DateTime<Utc> = row.try_get("", "since")?;
            of.waiting += count;
            if let Some(stuck) = row.try_get::<Option<String>>("", "stuck")? {
                let since: DateTime<Utc> = row.try_get("", "stuck_since")?;
                of.stuck = Some((format!("somebody could not be taken out yet: {stuck}"), since));
            }
            of.since = Some(of.since.map_or(since, |known| known.min(since)));
        }
        Ok(counts)
    }
}

#[derive(Debug, Clone, Default)]
struct Counts {
    members: i64,
    waiting: i64,
    dead: i64,
    since: Option<DateTime<Utc>>,
    /// Why somebody could not be taken out, and since when they should be.
    stuck: Option<(String, DateTime<Utc>)>,
}

fn info(counts: &mut HashMap<Uuid, Counts>, row: Model) -> Result<DestinationInfo> {
    let counts = counts.remove(&row.id).unwrap_or_default();
    let last_error = row.last_error.zip(row.last_error_at).or(counts.stuck);
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(DestinationInfo {
        id: row.id,
        config: json("destination configuration", &row.config)?,
        has_secrets: row.secrets.is_some(),
        mapping: json("mapping", &row.mapping)?,
        state: match row.state.as_str() {
            LEAVING => DestinationState::Leaving,
            PAUSED => DestinationState::Paused,
            _ if last_error.is_some() => DestinationState::Failing,
            _ => DestinationState::Active,
        },
        resume_at: row.resume_at,
        last_error,
        members: number(counts.members),
        waiting: number(counts.waiting),
        dead: number(counts.dead),
        waiting_since: counts.since,
        created_at: row.created_at,
        updated_at: row.updated_at,
        key: row.key,
        name: row.name,
        kind: row.kind,
        segment: row.segment,
        purpose: row.purpose,
    })
}
