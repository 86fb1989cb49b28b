//! Which rules are in force, and what is to be done when.
//!
//! Configured rules that keep something for less time than before come into force a day after it was announced in the
//! audit log what they will remove. Rules that keep something longer do at once.

use chrono::{DateTime, TimeDelta, Utc};
use entities::retention_state::{ActiveModel, Entity, Model};
use sea_orm::{
    ActiveValue::Unchanged, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QuerySelect,
    Set, sea_query::OnConflict,
};

use super::{due::Expiring, rules::Rules};
use crate::{
    Profiles,
    error::{Error, Result},
    store::begin_write,
    view::read::json,
};

/// How long it is announced before, and how often everything is looked at.
const DAY: TimeDelta = TimeDelta::days(1);
/// How long a process that does nothing is taken to be at it.
const LEASE: TimeDelta = TimeDelta::minutes(10);

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// To say what these rules will remove.
    Announce(Rules),
    /// To remove what is too old by these rules, in the name of who wants it; of nobody on schedule.
    Remove(Rules, Option<String>),
}

/// The rules in force.
pub(super) async fn in_force<C: ConnectionTrait>(db: &C) -> Result<Rules> {
    read(db).await?.map_or_else(|| Ok(Rules::default()), |row| json("retention", &row.in_force))
}

/// The row; nothing before any rules were taken over.
pub(super) async fn read<C: ConnectionTrait>(db: &C) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(1).one(db).await?)
}

/// The row, so that nobody else changes it before the end of the transaction.
pub(super) async fn locked(txn: &DatabaseTransaction) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(1).lock_exclusive().one(txn).await?)
}

/// Changes the row.
pub(super) async fn save(txn: &DatabaseTransaction, row: ActiveModel) -> Result<()> {
    Entity::update(ActiveModel { id: Unchanged(1), ..row }).exec(txn).await?;
    Ok(())
}

/// Until when a process that was at it now is.
pub(super) fn lease(now: DateTime<Utc>) -> DateTime<Utc> {
    now + LEASE
}

fn stored(rules: &Rules) -> Result<String> {
    serde_json::to_string(rules).map_err(|error| Error::stored("retention", error))
}

impl Profiles {
    /// Takes over the configured rules. What they keep longer is kept longer at once; what they keep for less time is
    /// announced first.
    pub async fn adopt_retention(&self, rules: &Rules) -> Result<()> {
        rules.check()?;
        let txn = begin_write(self.db()).await?;
        let none = stored(&Rules::default())?;
        let first = Model {
            id: 1,
            rules: none.clone(),
            in_force: none,
            announced_at: None,
            ran_at: None,
            wanted_by: None,
            lease_until: None,
            progress: "{}".to_owned(),
        };
        let there = OnConflict::column(entities::retention_state::Column::Id).do_nothing().to_owned();
        Entity::insert(first.into_active_model()).on_conflict(there).exec_without_returning(&txn).await?;
        let Some(row) = locked(&txn).await? else { return Ok(()) };
        if json::<Rules>("retention", &row.rules)? != *rules {
            let in_force: Rules = json("retention", &row.in_force)?;
            let changed = ActiveModel {
                rules: Set(stored(rules)?),
                in_force: Set(stored(&in_force.or_longer(rules))?),
                announced_at: Set(None),
                ..Default::default()
            };
            save(&txn, changed).await?;
        }
        Ok(txn.commit().await?)
    }

    /// The configured rules.
    pub async fn retention_rules(&self) -> Result<Rules> {
        let row = read(self.db()).await?;
        row.map_or_else(|| Ok(Rules::default()), |row| json("retention", &row.rules))
    }

    /// Brings the configured rules into force now, and has what is too old removed in somebody's name: within a second
    /// by a server, or by [`Profiles::retain`]. Returns what that is.
    pub async fn apply_retention(&self, actor: &str) -> Result<Vec<Expiring>> {
        let rules = self.retention_rules().await?;
        let expiring = self.preview_retention(&rules).await?;
        let txn = begin_write(self.db()).await?;
        if let Some(row) = locked(&txn).await? {
            if json::<Rules>("retention", &row.rules)? != rules {
                let message = "the rules have just been changed by another process; look at them again";
                return Err(Error::Conflict(message.to_owned()));
            }
            let wanted = ActiveModel {
                in_force: Set(row.rules),
                announced_at: Set(None),
                wanted_by: Set(Some(actor.to_owned())),
                ..Default::default()
            };
            save(&txn, wanted).await?;
        }
        txn.commit().await?;
        Ok(expiring)
    }

    /// What is to be done now, if anything; nobody else does it then for as long as the lease lasts.
    pub(super) async fn next_task(&self) -> Result<Option<Task>> {
        let now = self.now();
        // Looked at without a lock first: most of the time there is nothing to do.
        let Some(row) = read(self.db()).await? else { return Ok(None) };
        if task(&row, now)?.is_none() {
            return Ok(None);
        }
        let txn = begin_write(self.db()).await?;
        let Some(row) = locked(&txn).await? else { return Ok(None) };
        let task = task(&row, now)?;
        if task.is_some() {
            let mut taken = ActiveModel { lease_until: Set(Some(lease(now))), ..Default::default() };
            if let Some(Task::Remove(rules, _)) = &task {
                taken.in_force = Set(stored(rules)?);
                taken.announced_at = Set(None);
            }
            save(&txn, taken).await?;
        }
        txn.commit().await?;
        Ok(task)
    }
}

fn task(row: &Model, now: DateTime<Utc>) -> Result<Option<Task>> {
    if row.lease_until.is_some_and(|until| until > now) {
        return Ok(None);
    }
    let rules: Rules = json("retention", &row.rules)?;
    let in_force: Rules = json("retention", &row.in_force)?;
    if let Some(actor) = &row.wanted_by {
        return Ok(Some(Task::Remove(in_force, Some(actor.clone()))));
    }
    if rules.is_stricter_than(&in_force) {
        match row.announced_at {
            None => return Ok(Some(Task::Announce(rules))),
            Some(at) if at + DAY <= now => return Ok(Some(Task::Remove(rules, None))),
            Some(_) => {}
        }
    }
    let is_time = row.ran_at.is_none_or(|at| at + DAY <= now);
    Ok((is_time && !in_force.is_empty()).then_some(Task::Remove(in_force, None)))
}
