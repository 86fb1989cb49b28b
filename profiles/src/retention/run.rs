//! Removing what is too old, some hundred rows a transaction.
//!
//! Each transaction counts what it removed in the row of retention. Whoever goes on after a process that died finds
//! the counts there; what is too old is found again from the facts.

use std::collections::BTreeMap;

use entities::{retention_state::ActiveModel, source};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder, QuerySelect, Set};

use super::{
    due::{FOUND, Place, Search, searches},
    rules::Rules,
    state::{self, Task},
};
use crate::{
    Profiles,
    audit::Deed,
    error::{Error, Result},
    store::begin_write,
    view::read::json,
};

/// Places that are dealt with in one transaction; in tests few, so that it comes in many parts.
const PAGE: usize = if cfg!(test) { 2 } else { 300 };
/// In whose name what is due is done.
const SCHEDULE: &str = "schedule";

/// What was removed, by what and of which source.
type Tally = BTreeMap<String, u64>;

/// All sources, by key.
pub(super) async fn sources<C: ConnectionTrait>(db: &C) -> Result<Vec<source::Model>> {
    Ok(source::Entity::find().order_by_asc(source::Column::Key).all(db).await?)
}

impl Profiles {
    /// Does what is to be done of retention now: announces what new rules will remove, or removes what is too old,
    /// for as long as `going` says. Returns whether there was anything to do.
    pub async fn retain(&self, going: impl Fn() -> bool) -> Result<bool> {
        match self.next_task().await? {
            None => return Ok(false),
            Some(Task::Announce(rules)) => self.announce(&rules).await?,
            Some(Task::Remove(rules, actor)) => {
                let is_done = self.remove_all(&rules, &going).await?;
                self.end(is_done, actor).await?;
            }
        }
        Ok(true)
    }

    async fn announce(&self, rules: &Rules) -> Result<()> {
        let keys: BTreeMap<_, _> =
            sources(self.db()).await?.into_iter().map(|source| (source.id, source.key)).collect();
        let expiring = self.preview_retention(rules).await?;
        let told = expiring.iter().map(|expiring| {
            let kind = expiring.kind.as_str().replace('_', " ");
            let of = expiring.source.and_then(|source| keys.get(&source));
            (of.map_or_else(|| kind.clone(), |key| format!("{kind} of {key}")), expiring.rows)
        });
        let told = words(&told.collect());
        let action = format!("retention: in a day this will be removed: {told}");
        self.audit(Deed { actor: SCHEDULE.to_owned(), action, ..Deed::default() }).await?;
        let txn = begin_write(self.db()).await?;
        let row = state::locked(&txn).await?;
        // Unless the rules were changed meanwhile.
        let is_same =
            row.map(|row| json::<Rules>("retention", &row.rules)).transpose()?.as_ref() == Some(rules);
        let announced_at = is_same.then(|| self.now());
        let done =
            ActiveModel { announced_at: Set(announced_at), lease_until: Set(None), ..Default::default() };
        state::save(&txn, done).await?;
        Ok(txn.commit().await?)
    }

    /// Whether everything was looked at.
    async fn remove_all(&self, rules: &Rules, going: &impl Fn() -> bool) -> Result<bool> {
        let sources = sources(self.db()).await?;
        for search in searches(self.keys(), rules, &sources, self.now()) {
            let mut places = search.next(self.db(), None).await?;
            while !places.is_empty() {
                for step in places.chunks(PAGE) {
                    if !going() || !self.remove_some(rules, &search, step).await? {
                        return Ok(false);
                    }
                }
                if places.len() < FOUND {
                    break;
                }
                places = search.next(self.db(), places.last()).await?;
            }
        }
        Ok(true)
    }

    /// False where other rules have come into force.
    async fn remove_some(&self, rules: &Rules, search: &Search<'_>, places: &[Place]) -> Result<bool> {
        // Most places are not too old at a second look, and nobody waits for a look.
        if search.found(self.db(), places).await?.rows == 0 {
            return Ok(true);
        }
        let txn = begin_write(self.db()).await?;
        if let Some(source) = search.source {
            // As who delivers does: which version is current is judged from what is stored.
            source::Entity::find_by_id(source.id).lock_exclusive().one(&txn).await?;
        }
        let row = state::locked(&txn).await?;
        let Some(row) = row else { return Ok(false) };
        if json::<Rules>("retention", &row.in_force)? != *rules {
            txn.rollback().await?;
            return Ok(false);
        }
        let removed = search.remove(&txn, places).await?;
        let mut tally: Tally = json("retention", &row.progress)?;
        *tally.entry(search.words()).or_default() += removed;
        let progress = serde_json::to_string(&tally).map_err(|error| Error::stored("retention", error))?;
        let going_on = ActiveModel {
            progress: Set(progress),
            lease_until: Set(Some(state::lease(self.now()))),
            ..Default::default()
        };
        state::save(&txn, going_on).await?;
        txn.commit().await?;
        self.facts().notify_one();
        Ok(true)
    }

    /// Writes down what was removed, and lets go of it.
    async fn end(&self, is_done: bool, actor: Option<String>) -> Result<()> {
        let row = state::read(self.db()).await?;
        let tally: Tally = row.map_or_else(|| Ok(Tally::new()), |row| json("retention", &row.progress))?;
        if is_done && !tally.is_empty() {
            let name = actor.clone().unwrap_or_else(|| SCHEDULE.to_owned());
            let action = format!("retention: {}", words(&tally));
            self.audit(Deed { actor: name, action, ..Deed::default() }).await?;
        }
        let txn = begin_write(self.db()).await?;
        let Some(row) = state::locked(&txn).await? else { return Ok(()) };
        let mut ended = ActiveModel { lease_until: Set(None), ..Default::default() };
        if is_done {
            ended.progress = Set("{}".to_owned());
            ended.ran_at = Set(Some(self.now()));
            if row.wanted_by == actor {
                ended.wanted_by = Set(None);
            }
        }
        state::save(&txn, ended).await?;
        Ok(txn.commit().await?)
    }
}

/// `1204 events of shop, 3 rejected records of crm`
fn words(tally: &Tally) -> String {
    let told: Vec<String> = tally.iter().map(|(what, rows)| format!("{rows} {what}")).collect();
    if told.is_empty() { "nothing yet".to_owned() } else { told.join(", ") }
}
