//! The purchases that predictions are made of: orders that came about, with a date, and not all of which was paid back.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, QueryResult, Statement as Sql, Value};
use uuid::Uuid;

use super::profiling;
use crate::{
    Profiles,
    consent::{Decision, PROFILING, Purpose, Purposes, Refusal, Statement, current_purposes, decide},
    error::{Error, Result},
    store::over,
    view::read::json,
};

/// People in one statement.
const STEP: usize = 1024;
/// Orders, or people, in one statement that reads all of them.
const PAGE: u64 = if cfg!(test) { 7 } else { 10_000 };
/// The orders that count.
pub(super) const COUNTS: &str = "o.order_type = 'sale' AND o.status NOT IN ('pending', 'cancelled', 'failed', 'refunded') \
    AND NOT (o.total_micros > 0 AND o.refunded_micros >= o.total_micros) AND o.placed_at <= $1";

/// One purchase.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purchase {
    /// When it was placed.
    pub at: DateTime<Utc>,
    /// What was paid and not paid back, in millionths of the currency; at least 0.
    pub micros: i64,
    /// ISO 4217; empty where the source does not say.
    pub currency: String,
}

impl Purchase {
    fn read(row: &QueryResult) -> Result<Self> {
        let (total, refunded): (i64, i64) =
            (row.try_get("", "total_micros")?, row.try_get("", "refunded_micros")?);
        Ok(Self {
            at: row.try_get("", "placed_at")?,
            micros: total.saturating_sub(refunded).max(0),
            currency: row.try_get::<Option<String>>("", "currency")?.unwrap_or_default(),
        })
    }

    /// The day, from 1 January 1970 UTC.
    pub(super) fn day(&self) -> i64 {
        day(self.at)
    }
}

/// The day of an instant, from 1 January 1970 UTC.
pub(super) fn day(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(86_400)
}

/// The beginning of a day from 1 January 1970 UTC.
pub(super) fn midnight(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(day.saturating_mul(86_400), 0).unwrap_or_default()
}

/// What these people had bought by an instant, in order.
pub(super) async fn of<C: ConnectionTrait>(
    db: &C,
    people: &[Uuid],
    until: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, Vec<Purchase>>> {
    let sql = format!(
        "SELECT s.profile_id, o.placed_at, o.currency, o.total_micros, o.refunded_micros FROM source_identity s \
         JOIN orders o ON o.source_identity_id = s.id WHERE s.profile_id = {{}} AND {COUNTS}"
    );
    let mut found: BTreeMap<Uuid, Vec<Purchase>> = BTreeMap::new();
    for step in people.chunks(STEP) {
        for row in db.query_all_raw(over(db, &sql, step, [until.into()])).await? {
            found.entry(row.try_get("", "profile_id")?).or_default().push(Purchase::read(&row)?);
        }
    }
    for bought in found.values_mut() {
        bought.sort_unstable();
    }
    Ok(found)
}

/// What everybody had bought by an instant, in order, without those who by now have said that nobody may predict what they will do.
pub(super) async fn all<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, Vec<Purchase>>> {
    let mut found: BTreeMap<Uuid, Vec<Purchase>> = BTreeMap::new();
    let mut after = Uuid::nil();
    loop {
        let sql = format!(
            "SELECT o.id, s.profile_id, o.placed_at, o.currency, o.total_micros, o.refunded_micros FROM orders o \
             LEFT JOIN source_identity s ON s.id = o.source_identity_id WHERE {COUNTS} AND o.id > $2 \
             ORDER BY o.id LIMIT {PAGE}"
        );
        let values = [Value::from(until), after.into()];
        let rows = db.query_all_raw(Sql::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
        for row in &rows {
            if let Some(owner) = row.try_get::<Option<Uuid>>("", "profile_id")? {
                found.entry(owner).or_default().push(Purchase::read(row)?);
            }
        }
        let Some(last) = rows.last().filter(|_| rows.len() as u64 == PAGE) else { break };
        after = last.try_get("", "id")?;
    }
    for id in refusing(db, profiles, now).await? {
        found.remove(&id);
    }
    for bought in found.values_mut() {
        bought.sort_unstable();
    }
    Ok(found)
}

/// Those who have said no to being predicted. Who was never asked is counted with the others: what is learned is of nobody.
pub(super) async fn refusing<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    now: DateTime<Utc>,
) -> Result<HashSet<Uuid>> {
    let purposes = current_purposes(db, profiles).await?;
    let purpose = learned_for(&purposes)?;
    let mut refusing = HashSet::new();
    let mut after = Uuid::nil();
    loop {
        let sql = format!(
            "SELECT id, consents FROM profile WHERE consents <> '[]' AND id > $1 ORDER BY id LIMIT {PAGE}"
        );
        let page = Sql::from_sql_and_values(db.get_database_backend(), sql, [after.into()]);
        let rows = db.query_all_raw(page).await?;
        for row in &rows {
            if refuses(purpose, &row.try_get::<String>("", "consents")?, now)? {
                refusing.insert(row.try_get("", "id")?);
            }
        }
        let Some(last) = rows.last().filter(|_| rows.len() as u64 == PAGE) else { break };
        after = last.try_get("", "id")?;
    }
    Ok(refusing)
}

/// The purpose for which is learned.
pub(super) fn learned_for(purposes: &Purposes) -> Result<&Purpose> {
    profiling(purposes).ok_or_else(|| {
        let why = format!(
            "the purpose `{PROFILING}` may not use data of the group QUANTITATIVE, of which purchases are"
        );
        Error::Conflict(why)
    })
}

/// Whether somebody who has stated this, as it is stored, has said no to being predicted.
pub(super) fn refuses(purpose: &Purpose, stated: &str, now: DateTime<Utc>) -> Result<bool> {
    let said: Vec<Statement> = json("consents", stated)?;
    let decision = decide(purpose, &said, None, now);
    Ok(matches!(
        decision,
        Decision::Refused {
            reason: Refusal::Restricted | Refusal::Denied | Refusal::Withdrawn | Refusal::Objected,
            ..
        }
    ))
}
