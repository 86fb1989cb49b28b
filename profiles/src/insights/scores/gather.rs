//! Going through everybody, a page at a time: however many there are, the stories of one page are in memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Statement as Sql, StreamTrait, Value};
use uuid::Uuid;

use super::{
    super::{
        profiling,
        purchases::{COUNTS, day, midnight, refusing},
    },
    load::stories,
    story::Story,
};
use crate::{Profiles, consent::current_purposes, error::Result, keys::sha256, view::catalogue::Group};

/// People in one page.
const PAGE: u64 = if cfg!(test) { 61 } else { 1_024 };

/// How far ahead scores look, in days.
pub(super) const HORIZON: u32 = 30;

/// When what is learned was known, and of whom it may be learned.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The days on whose mornings it is asked, a horizon apart; the last horizon ends with yesterday.
    pub(super) days: [i64; 3],
    /// Who has said no to being predicted.
    pub(super) refusing: HashSet<Uuid>,
    /// The groups of data that may be used.
    pub(super) groups: BTreeSet<Group>,
    /// The currency of most orders.
    pub(super) currency: String,
}

impl Asked {
    pub(super) async fn new<C: ConnectionTrait>(
        db: &C,
        profiles: &Profiles,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let refusing = refusing(db, profiles, now).await?;
        let purposes = current_purposes(db, profiles).await?;
        let groups = profiling(&purposes).map(|purpose| purpose.data_groups.clone()).unwrap_or_default();
        let days = [3, 2, 1].map(|horizons| day(now) - horizons * i64::from(HORIZON));
        Ok(Self { days, refusing, groups, currency: currency(db, instant(day(now))).await? })
    }

    /// The last moment before each of the days.
    pub(super) fn instants(&self) -> [DateTime<Utc>; 3] {
        self.days.map(instant)
    }
}

/// The last moment before a day.
fn instant(day: i64) -> DateTime<Utc> {
    midnight(day) - TimeDelta::microseconds(1)
}

/// When the horizon after an instant is over.
pub(super) fn over(at: DateTime<Utc>) -> DateTime<Utc> {
    at + TimeDelta::days(HORIZON.into())
}

/// The currency of most orders; of equals the first by name.
async fn currency<C: ConnectionTrait>(db: &C, until: DateTime<Utc>) -> Result<String> {
    let sql = format!(
        "SELECT o.currency, COUNT(*) AS many FROM orders o WHERE {COUNTS} AND o.currency IS NOT NULL \
         GROUP BY o.currency ORDER BY many DESC, o.currency LIMIT 1"
    );
    let found =
        db.query_one_raw(Sql::from_sql_and_values(db.get_database_backend(), sql, [until.into()])).await?;
    Ok(found.map(|row| row.try_get("", "currency")).transpose()?.unwrap_or_default())
}

/// Hands over what everybody who does not refuse did, by id; of more than `most` people so many who are drawn by a hash of their ids.
pub(super) async fn everybody<C: ConnectionTrait + StreamTrait>(
    db: &C,
    profiles: &Profiles,
    asked: &Asked,
    most: u32,
    mut take: impl FnMut(Uuid, &Story),
) -> Result<()> {
    let backend = ConnectionTrait::get_database_backend(db);
    let counted = db.query_one_raw(Sql::from_string(backend, "SELECT COUNT(*) AS many FROM profile")).await?;
    let all: i64 = counted.map(|row| row.try_get("", "many")).transpose()?.unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = f64::from(most) / all.max(1) as f64;
    let [from, _, last] = asked.instants();
    let mut after = Uuid::nil();
    loop {
        let sql = format!("SELECT id FROM profile WHERE id > $1 ORDER BY id LIMIT {PAGE}");
        let rows = db.query_all_raw(Sql::from_sql_and_values(backend, sql, [Value::from(after)])).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
        let drawn = |id: &Uuid| !asked.refusing.contains(id) && (share >= 1.0 || chance(*id, &[]) < share);
        let people: Vec<Uuid> = ids.iter().copied().filter(drawn).collect();
        let found: BTreeMap<Uuid, Story> =
            stories(db, profiles, &people, (from, over(last)), &asked.groups).await?;
        for (id, story) in &found {
            take(*id, story);
        }
        let Some(next) = ids.last().filter(|_| ids.len() as u64 == PAGE) else { break };
        after = *next;
    }
    Ok(())
}

/// A number from 0 to 1 that follows from an id and what it is for.
#[expect(clippy::cast_precision_loss, reason = "a share")]
pub(super) fn chance(id: Uuid, what: &[u8]) -> f64 {
    let digest = sha256(&[id.as_bytes(), what]);
    let number = digest.iter().take(6).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number as f64 / (1_u64 << 48) as f64
}
