//! Sending what is due: look once more, write down that it is tried, send, write down what came of it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use connectors::destination::{Change, Deed as Telling, Outcome};
use entities::{
    delivery::{self, Column as D},
    destination::{self, Column as C},
    destination_member::{self, Column as M},
};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Set, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    compare::Deed,
    consider::context,
    destination::Ready,
    follow::is_held,
    journal::{DEAD, DELIVERED, OPEN, PENDING, RETRYING, SUPERSEDED},
    wanted::AllWanted,
    work::fenced,
};
use crate::{
    Profiles,
    consent::mask,
    error::{Error, Result},
    store::{begin_write, chunks, roll_back},
};

/// How often a delivery is tried before it is given up: over some two days. Whoever is to be out is tried for ever.
const ATTEMPTS: i32 = 18;
/// The pause after the first failure; it doubles from one to the next.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(10);
/// The longest pause, unless the tool asks for a longer one.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);
/// The longest pause that a tool may ask for.
const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// The longest error that is kept, in characters.
const LONGEST_ERROR: usize = 300;

/// What is about to be sent.
#[derive(Debug)]
pub(crate) struct Claimed {
    rows: Vec<delivery::Model>,
    pub(crate) changes: Vec<Change>,
}

impl Profiles {
    /// Takes what is due, if it still is as it should be, and writes down that it is tried.
    pub(crate) async fn claim(&self, ready: &Ready, holder: &str) -> Result<Option<Claimed>> {
        let now = self.now();
        let row = self.destination_row(ready.id).await?;
        if row.resume_at.is_some_and(|at| at > now) {
            return Ok(None);
        }
        // Whoever did not answer is asked with one first.
        let most = if row.failures > 0 { 1 } else { ready.kind.batch };
        let due: Vec<(Uuid, Uuid)> = delivery::Entity::find()
            .select_only()
            .columns([D::Id, D::ProfileId])
            .filter(D::DestinationId.eq(ready.id))
            .filter(D::DoneAt.is_null())
            .filter(D::NextAttemptAt.lte(now))
            .order_by_asc(D::Sequence)
            .limit(most)
            .into_tuple()
            .all(self.db())
            .await?;
        if due.is_empty() {
            return Ok(None);
        }
        let mut people: Vec<Uuid> = due.iter().map(|(_, profile)| *profile).collect();
        people.sort_unstable();
        people.dedup();
        let wanted = self.wanted(ready, &ready.reader, &people).await?;
        let txn = begin_write(self.db()).await?;
        let row = fenced(&txn, ready.id, holder, now).await?;
        if is_held(&txn, &row).await? {
            roll_back(txn).await;
            return Ok(None);
        }
        self.consider(&txn, &row, ready, &people, &wanted, None).await?;
        let mut rows = Vec::new();
        for ids in chunks(&txn, due.into_iter().map(|(id, _)| id)) {
            let open = delivery::Entity::find().filter(ids.of(D::Id)).filter(D::State.is_in(OPEN));
            rows.extend(open.order_by_asc(D::Sequence).all(&txn).await?);
        }
        let claimed = self.mark(&txn, ready, rows, &wanted, now).await?;
        txn.commit().await?;
        Ok(Some(claimed))
    }

    /// Writes down that these are tried, and makes what is sent of them.
    async fn mark(
        &self,
        txn: &DatabaseTransaction,
        ready: &Ready,
        rows: Vec<delivery::Model>,
        wanted: &AllWanted,
        now: DateTime<Utc>,
    ) -> Result<Claimed> {
        let mut claimed = Claimed { rows: Vec::new(), changes: Vec::new() };
        let mut told = Vec::new();
        for row in rows {
            let known =
                wanted.get(&row.profile_id).filter(|one| Some(&one.hash) == row.payload_hash.as_ref());
            let telling = if row.deed == Deed::Remove.as_str() {
                if self.is_wanted_by_name(txn, &row).await? {
                    self.moot(txn, row, now).await?;
                    continue;
                }
                let opened = row
                    .handle
                    .as_ref()
                    .map(|sealed| self.keys().open(&context(row.destination_id, row.profile_id), sealed));
                let handle = opened.transpose()?.map(String::from_utf8).transpose();
                let handle = handle.map_err(|error| Error::stored("handle", error))?;
                Telling::Remove {
                    handle,
                    stays: wanted.get(&row.profile_id).and_then(|one| one.handle.clone()),
                }
            } else if let Some(one) = known {
                told.push(row.profile_id);
                Telling::Upsert { enters: row.deed == Deed::Enter.as_str(), person: one.person.clone() }
            } else {
                // Considering has made another one for what it is now.
                self.moot(txn, row, now).await?;
                continue;
            };
            claimed.changes.push(Change {
                id: row.id.to_string(),
                person: row.profile_id.to_string(),
                at: row.created_at,
                deed: telling,
            });
            let attempts = row.attempts + 1;
            let next_attempt_at = now + pause(attempts, None, row.id);
            let mut tried = row.clone().into_active_model();
            tried.state = Set(RETRYING.to_owned());
            tried.attempts = Set(attempts);
            tried.next_attempt_at = Set(next_attempt_at);
            delivery::Entity::update(tried).exec(txn).await?;
            claimed.rows.push(delivery::Model { attempts, ..row });
        }
        for ids in chunks(txn, told) {
            destination_member::Entity::update_many()
                .col_expr(M::Told, Expr::value(true))
                .filter(ids.of(M::ProfileId))
                .filter(M::DestinationId.eq(ready.id))
                .exec(txn)
                .await?;
        }
        Ok(claimed)
    }

    /// Whether somebody is wanted under the name under which somebody is to be taken out.
    async fn is_wanted_by_name(&self, txn: &DatabaseTransaction, row: &delivery::Model) -> Result<bool> {
        let of_it = destination_member::Entity::find().filter(M::DestinationId.eq(row.destination_id));
        let named = match row.handle_key {
            Some(name) => of_it.filter(M::HandleKey.eq(name)),
            None => of_it.filter(M::ProfileId.eq(row.profile_id)).filter(M::HandleKey.is_null()),
        };
        Ok(named.filter(M::Wanted.is_not_null()).one(txn).await?.is_some())
    }

    /// There is nothing to do any more.
    async fn moot(&self, txn: &DatabaseTransaction, row: delivery::Model, now: DateTime<Utc>) -> Result<()> {
        if row.deed == Deed::Remove.as_str() && taken_out(txn, &row).await? {
            return Ok(());
        }
        let mut done = row.into_active_model();
        done.state = Set(SUPERSEDED.to_owned());
        done.done_at = Set(Some(now));
        delivery::Entity::update(done).exec(txn).await?;
        Ok(())
    }

    /// Writes down what came of what was sent. Whatever somebody else has changed meanwhile stays as they have it.
    pub(crate) async fn settle_batch(
        &self,
        ready: &Ready,
        holder: &str,
        claimed: &Claimed,
        outcomes: &[Outcome],
    ) -> Result<()> {
        let now = self.now();
        let txn = begin_write(self.db()).await?;
        let destination = fenced(&txn, ready.id, holder, now).await?;
        let mut open: BTreeMap<Uuid, delivery::Model> = BTreeMap::new();
        for ids in chunks(&txn, claimed.rows.iter().map(|row| row.id)) {
            let found = delivery::Entity::find().filter(ids.of(D::Id)).filter(D::State.is_in(OPEN));
            open.extend(found.all(&txn).await?.into_iter().map(|row| (row.id, row)));
        }
        let mut outcomes = without_names(ready, &claimed.changes, outcomes);
        if refuses_everybody(claimed, &outcomes, &destination) {
            // They would all be given up for what somebody has only to put right.
            for outcome in &mut outcomes {
                if let Outcome::Refused { why } = outcome {
                    *outcome = Outcome::Retry { after: None, why: std::mem::take(why) };
                }
            }
        }
        let mut call = Call::default();
        for (tried, outcome) in claimed.rows.iter().zip(outcomes) {
            call.count(&outcome);
            let Some(row) = open.remove(&tried.id) else { continue };
            let removes = row.deed == Deed::Remove.as_str();
            if outcome == Outcome::Delivered && removes && taken_out(&txn, &row).await? {
                continue;
            }
            delivery::Entity::update(settled(row, outcome, now)).exec(&txn).await?;
        }
        let health = call.health(&destination, now);
        destination::Entity::update_many().set(health).filter(C::Id.eq(ready.id)).exec(&txn).await?;
        Ok(txn.commit().await?)
    }
}

/// Somebody is out: nothing of them is left to know, unless something newer is. True where the delivery itself goes as well,
/// because the person was erased.
async fn taken_out(txn: &DatabaseTransaction, row: &delivery::Model) -> Result<bool> {
    let member = destination_member::Entity::find_by_id((row.destination_id, row.profile_id));
    let member = member.one(txn).await?;
    if let Some(member) = member.filter(|found| found.sequence == row.sequence && found.wanted.is_none()) {
        if member.behind {
            let still = destination_member::ActiveModel { told: Set(false), ..member.into_active_model() };
            destination_member::Entity::update(still).exec(txn).await?;
        } else {
            destination_member::Entity::delete_by_id((row.destination_id, row.profile_id)).exec(txn).await?;
        }
    }
    if row.erased {
        delivery::Entity::delete_by_id(row.id).exec(txn).await?;
    }
    Ok(row.erased)
}

/// What becomes of a delivery that was tried.
fn settled(row: delivery::Model, outcome: Outcome, now: DateTime<Utc>) -> delivery::ActiveModel {
    let (id, attempts) = (row.id, row.attempts);
    let removes = row.deed == Deed::Remove.as_str();
    let mut after = row.into_active_model();
    match outcome {
        Outcome::Delivered => {
            after.state = Set(DELIVERED.to_owned());
            after.done_at = Set(Some(now));
            after.last_error = Set(None);
        }
        Outcome::Unsent => {
            after.attempts = Set(attempts - 1);
            after.next_attempt_at = Set(now);
            if attempts == 1 {
                after.state = Set(PENDING.to_owned());
            }
        }
        Outcome::Retry { after: asked, why } if removes || attempts < ATTEMPTS => {
            after.next_attempt_at = Set(now + pause(attempts, asked, id));
            after.last_error = Set(Some(why));
        }
        // Whoever is to be out is never given up: it may be that they took back what they allowed.
        Outcome::Refused { why } if removes => {
            after.next_attempt_at = Set(now + pause(ATTEMPTS, None, id));
            after.last_error = Set(Some(why));
        }
        Outcome::Retry { why, .. } | Outcome::Refused { why } => {
            after.state = Set(DEAD.to_owned());
            after.done_at = Set(Some(now));
            after.last_error = Set(Some(why));
        }
    }
    after
}

/// Whether a setting seems to be wrong rather than anybody who was sent: all of several are refused for one reason, or another
/// one for the reason for which the last call failed.
fn refuses_everybody(claimed: &Claimed, outcomes: &[Outcome], row: &destination::Model) -> bool {
    let puts = claimed.rows.iter().zip(outcomes).filter(|(row, _)| row.deed != Deed::Remove.as_str());
    let puts: Vec<&Outcome> = puts.map(|(_, outcome)| outcome).collect();
    let Some(&first) = puts.first() else { return false };
    let Outcome::Refused { why } = first else { return false };
    let is_known = row.failures > 0 && row.last_error.as_ref() == Some(why);
    (puts.len() > 1 || is_known) && puts.iter().all(|outcome| *outcome == first)
}

/// How long to wait after so many attempts. It follows from the delivery, so that not all come at the same moment.
fn pause(attempts: i32, asked: Option<Duration>, id: Uuid) -> TimeDelta {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(20);
    let bound = (FIRST_PAUSE * 2_i32.saturating_pow(doublings)).min(LONGEST_PAUSE);
    let spread = i64::from(id.as_bytes()[15]) + 256 * i64::from(id.as_bytes()[14] & 1);
    // Between three quarters of it and five quarters.
    let own = bound * 3 / 4 + TimeDelta::milliseconds(bound.num_milliseconds() * spread / 1024);
    let asked = asked.and_then(|asked| TimeDelta::from_std(asked).ok()).unwrap_or_default();
    own.max(asked.min(PATIENCE))
}

/// What one call comes to for the destination as a whole.
#[derive(Debug, Default)]
struct Call {
    delivered: usize,
    refused: usize,
    retried: usize,
    asked: Option<Duration>,
    why: Option<String>,
}

impl Call {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Delivered => self.delivered += 1,
            Outcome::Unsent => {}
            Outcome::Refused { why } => {
                self.refused += 1;
                self.why = Some(why.clone());
            }
            Outcome::Retry { after, why } => {
                self.retried += 1;
                self.asked = self.asked.max(*after);
                self.why = Some(why.clone());
            }
        }
    }

    /// A destination that takes nothing is left alone for a while; one that asks for quiet for as long as it asks.
    fn health(self, row: &destination::Model, now: DateTime<Utc>) -> destination::ActiveModel {
        let answers = self.delivered + self.refused > 0 || self.retried == 0;
        let failures = if answers { 0 } else { row.failures.saturating_add(1) };
        let quiet =
            (failures > 0 || self.asked.is_some()).then(|| now + pause(failures.max(1), self.asked, row.id));
        destination::ActiveModel {
            id: Unchanged(row.id),
            failures: Set(failures),
            resume_at: Set(quiet),
            last_error_at: Set(self.why.as_ref().map(|_| now)),
            last_error: Set(self.why),
            ..Default::default()
        }
    }
}

/// What a tool said, without anything that it was told of anybody in the same call: it may repeat that.
fn without_names(ready: &Ready, changes: &[Change], outcomes: &[Outcome]) -> Vec<Outcome> {
    let mut told = Vec::new();
    if outcomes.iter().any(|outcome| !matches!(outcome, Outcome::Delivered | Outcome::Unsent)) {
        told = changes.iter().flat_map(|change| said_of(ready, change)).collect();
        told.retain(|told| told.chars().count() > 2);
        // The longest first: what is part of another would leave the rest of that.
        told.sort_unstable_by_key(|told| std::cmp::Reverse(told.len()));
        told.dedup();
    }
    let clean = |why: &str| -> String {
        let without =
            |why: String, told: &String| if why.contains(told) { why.replace(told, "…") } else { why };
        mask::text(&told.iter().fold(why.to_owned(), without)).chars().take(LONGEST_ERROR).collect()
    };
    // Most often all failed alike.
    let mut known: HashMap<&str, String> = HashMap::new();
    let mut cleaned = outcomes.to_vec();
    for (said, cleaned) in outcomes.iter().zip(&mut cleaned) {
        let (Outcome::Retry { why: said, .. } | Outcome::Refused { why: said }) = said else { continue };
        if let Outcome::Retry { why, .. } | Outcome::Refused { why } = cleaned {
            why.clone_from(known.entry(said).or_insert_with(|| clean(said)));
        }
    }
    cleaned
}

/// Everything that a tool is told of somebody with a change, and what it knows them by.
fn said_of(ready: &Ready, change: &Change) -> Vec<String> {
    let mut told = vec![change.person.clone()];
    let mut handles: Vec<String> = Vec::new();
    match &change.deed {
        Telling::Remove { handle, stays } => handles.extend(handle.iter().chain(stays).cloned()),
        Telling::Upsert { person, .. } => {
            handles.extend(ready.tool.handle(person).ok().flatten());
            told.extend(person.identifiers.values().flatten().cloned());
            person.fields.values().for_each(|value| texts(value, &mut told));
        }
    }
    for handle in handles {
        // Of a handle of several parts, each.
        if let Ok(parts) = serde_json::from_str(&handle) {
            texts(&parts, &mut told);
        }
        told.push(handle);
    }
    told
}

fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}
