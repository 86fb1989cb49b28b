//! Finding the touches of people.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use super::{Meanings, Touch, inferred::is_of_touch};
use crate::{error::Result, store::over, view::read::json};

/// How many different touches of a source identity are looked at for what campaigns tell, in the order of their text.
const MOST_DIFFERENT: usize = 200;
/// Of one person no more touches are looked at one by one: the newest ones.
const MOST: usize = 10_000;
/// Values in one statement.
const STEP: usize = 1024;

/// An event that is a touch. Ordered by time, message id and source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Touched {
    pub(crate) at: DateTime<Utc>,
    pub(crate) message_id: String,
    pub(crate) source: Uuid,
    /// Whose event it is.
    pub(crate) identity: Uuid,
    pub(crate) touch: Touch,
}

impl Touched {
    fn read(row: &QueryResult) -> Result<Self> {
        let touch: String = row.try_get("", "touch")?;
        Ok(Self {
            at: row.try_get("", "occurred_at")?,
            message_id: row.try_get("", "message_id")?,
            source: row.try_get("", "source_id")?,
            identity: row.try_get("", "source_identity_id")?,
            touch: json("touch", &touch)?,
        })
    }
}

/// The first touch and the last one of the source identities that have one of these values in a column, and where campaigns
/// tell something, the first and the last event of every different touch; those by an instant alone. However many events carry
/// a touch, each is found by a look into an index.
pub(crate) async fn outer<C: ConnectionTrait>(
    db: &C,
    meanings: &Meanings,
    column: &str,
    among: &[Uuid],
    until: Option<DateTime<Utc>>,
) -> Result<Vec<Touched>> {
    let by_then = until.map(|_| " AND e.occurred_at <= $1").unwrap_or_default();
    let at_an_end = |of: &str, direction: &str| {
        format!(
            "(SELECT e.id FROM event e WHERE e.source_identity_id = {of}{by_then} \
             ORDER BY e.occurred_at {direction}, e.message_id {direction}, e.source_id {direction} LIMIT 1)"
        )
    };
    let of_all = "s.id AND e.touch IS NOT NULL";
    let mut statements = vec![format!(
        "SELECT {} AS first_id, {} AS last_id FROM source_identity s WHERE s.{column} = {{}}",
        at_an_end(of_all, "ASC"),
        at_an_end(of_all, "DESC"),
    )];
    if !meanings.is_empty() {
        let of_each = "d.id AND e.touch = d.touch";
        statements.push(format!(
            "WITH RECURSIVE d(id, touch, place) AS (\
               SELECT s.id, (SELECT e.touch FROM event e WHERE e.source_identity_id = s.id AND e.touch IS NOT NULL \
                 ORDER BY e.touch LIMIT 1), 1 FROM source_identity s WHERE s.{column} = {{}} \
               UNION ALL \
               SELECT d.id, (SELECT e.touch FROM event e WHERE e.source_identity_id = d.id AND e.touch IS NOT NULL \
                 AND e.touch > d.touch ORDER BY e.touch LIMIT 1), d.place + 1 \
               FROM d WHERE d.touch IS NOT NULL AND d.place < {MOST_DIFFERENT}) \
             SELECT {} AS first_id, {} AS last_id FROM d WHERE d.touch IS NOT NULL",
            at_an_end(of_each, "ASC"),
            at_an_end(of_each, "DESC"),
        ));
    }
    let mut ids: BTreeSet<i64> = BTreeSet::new();
    for sql in &statements {
        for among in among.chunks(STEP) {
            for row in db.query_all_raw(over(db, sql, among, until.map(Value::from))).await? {
                ids.extend(row.try_get::<Option<i64>>("", "first_id")?);
                ids.extend(row.try_get::<Option<i64>>("", "last_id")?);
            }
        }
    }
    let ids: Vec<i64> = ids.into_iter().collect();
    let sql = "SELECT e.occurred_at, e.message_id, e.source_id, e.source_identity_id, e.touch FROM event e \
         WHERE e.id = {}";
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(STEP) {
        for row in db.query_all_raw(over(db, sql, ids, [])).await? {
            found.push(Touched::read(&row)?);
        }
    }
    Ok(found)
}

/// The touches of these people one by one, in order: the newest ones, and of every different one the first and the last.
pub(crate) async fn every<C: ConnectionTrait>(
    db: &C,
    meanings: &Meanings,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Touched>>> {
    let sql = format!(
        "SELECT * FROM (SELECT s.profile_id, e.occurred_at, e.message_id, e.source_id, e.source_identity_id, e.touch, \
           ROW_NUMBER() OVER (PARTITION BY s.profile_id \
             ORDER BY e.occurred_at DESC, e.message_id DESC, e.source_id DESC) AS place \
         FROM source_identity s JOIN event e ON e.source_identity_id = s.id AND e.touch IS NOT NULL \
         WHERE s.profile_id = {{}}) ranked WHERE place <= {MOST}"
    );
    let mut all: HashMap<Uuid, BTreeSet<Touched>> = HashMap::new();
    for people in people.chunks(STEP) {
        for row in db.query_all_raw(over(db, &sql, people, [])).await? {
            let (owner, touched): (Uuid, _) = (row.try_get("", "profile_id")?, Touched::read(&row)?);
            all.entry(owner).or_default().insert(touched);
        }
    }
    // Whose newest touches are all of one source identity may have older ones of another.
    let busy: Vec<Uuid> = all.iter().filter(|(_, found)| found.len() >= MOST).map(|(id, _)| *id).collect();
    for owner in busy {
        let outer = outer(db, meanings, "profile_id", &[owner], None).await?;
        all.entry(owner).or_default().extend(outer);
    }
    Ok(all.into_iter().map(|(owner, found)| (owner, found.into_iter().collect())).collect())
}

/// The touches that these traits follow from, of these people, in order; nothing is read where none of them does.
pub(crate) async fn asked<C: ConnectionTrait>(
    db: &C,
    meanings: &Meanings,
    wanted: &BTreeSet<String>,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Touched>>> {
    if wanted.iter().any(|key| is_of_touch(key) || meanings.telling(key).next().is_some()) {
        every(db, meanings, people).await
    } else {
        Ok(HashMap::new())
    }
}
