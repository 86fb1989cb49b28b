//! Reading from the database what [`super::compose`] needs about the members of profiles: what their sources say
//! of them, and what happened.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use connectors::canonical::RecordKind;
use entities::{correction, identifier, source, source_identity};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Statement, Value};
use uuid::Uuid;

use super::{
    compose::{Happened, Member, OrderSum},
    correction::Correction,
};
use crate::{
    behaviour::{Meanings, touches},
    error::Result,
    resolution::{
        person::{Said, Value as Carried},
        versions,
    },
    store::{chunks, over},
};

/// How much each source is believed.
pub(crate) async fn trust<C: ConnectionTrait>(db: &C) -> Result<HashMap<Uuid, i32>> {
    let all = source::Entity::find().select_only().columns([source::Column::Id, source::Column::Trust]);
    Ok(all.into_tuple::<(Uuid, i32)>().all(db).await?.into_iter().collect())
}

/// What needs not be read again of some people.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    /// What they carry.
    pub(crate) values: &'a BTreeMap<Uuid, BTreeSet<Carried>>,
    /// What sources ever said of them, oldest first.
    pub(crate) said: BTreeMap<Uuid, Vec<Said>>,
    /// Whether corrections are wanted that have ended, too.
    pub(crate) ever: bool,
}

/// The members of these profiles.
pub(crate) async fn members<C: ConnectionTrait>(
    db: &C,
    known: &Known<'_>,
    profiles: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Member>>> {
    let trust = trust(db).await?;
    let mut rows: BTreeMap<Uuid, source_identity::Model> = BTreeMap::new();
    for chunk in chunks(db, profiles.iter().copied()) {
        let found = source_identity::Entity::find()
            .filter(chunk.of(source_identity::Column::ProfileId))
            .all(db)
            .await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let mut said = said(db, rows.values().filter(|row| !known.said.contains_key(&row.id))).await?;
    let unknown: Vec<Uuid> = rows.keys().copied().filter(|id| !known.values.contains_key(id)).collect();
    let mut carried = identifiers(db, &unknown).await?;
    let mut corrections = corrections(db, rows.keys().copied()).await?;
    if !known.ever {
        for all in corrections.values_mut() {
            all.retain(|correction| correction.ended_at.is_none());
        }
    }

    let mut members: BTreeMap<Uuid, Vec<Member>> = BTreeMap::new();
    for (id, row) in rows {
        let values = known.values.get(&id).into_iter().flatten();
        let values = values.map(|(kind, value)| (kind.as_str().to_owned(), value.clone()));
        members.entry(row.profile_id).or_default().push(Member {
            trust: trust.get(&row.source_id).copied().unwrap_or_default(),
            versions: said.remove(&id).or_else(|| known.said.get(&id).cloned()).unwrap_or_default(),
            identifiers: values.chain(carried.remove(&id).unwrap_or_default()).collect(),
            corrections: corrections.remove(&id).unwrap_or_default(),
            row,
        });
    }
    Ok(members)
}

/// What these people ever said is right instead of what sources say.
pub(crate) async fn corrections<C: ConnectionTrait>(
    db: &C,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<Correction>>> {
    let mut all: HashMap<Uuid, Vec<Correction>> = HashMap::new();
    for chunk in chunks(db, ids) {
        let of_them = chunk.of(correction::Column::SourceIdentityId);
        for row in correction::Entity::find().filter(of_them).all(db).await? {
            all.entry(row.source_identity_id).or_default().push(Correction::read(row)?);
        }
    }
    Ok(all)
}

/// Everything that sources ever said of these people, oldest first.
pub(crate) async fn said<C: ConnectionTrait>(
    db: &C,
    rows: impl Iterator<Item = &source_identity::Model>,
) -> Result<HashMap<Uuid, Vec<Said>>> {
    let mut by_source: BTreeMap<Uuid, HashMap<String, Uuid>> = BTreeMap::new();
    for row in rows.filter(|row| row.known) {
        by_source.entry(row.source_id).or_default().insert(row.external_id.clone(), row.id);
    }
    let mut said: HashMap<Uuid, Vec<Said>> = HashMap::new();
    for (source, ids) in by_source {
        let found = versions::load(db, source, RecordKind::Person, ids.keys().cloned()).await?;
        for (external_id, versions) in found {
            if let Some(id) = ids.get(&external_id) {
                said.insert(*id, versions::said(&versions)?);
            }
        }
    }
    Ok(said)
}

pub(crate) async fn identifiers<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(String, String)>>> {
    let mut all: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
    for chunk in chunks(db, ids.iter().copied()) {
        let rows =
            identifier::Entity::find().filter(chunk.of(identifier::Column::SourceIdentityId)).all(db).await?;
        for row in rows {
            all.entry(row.source_identity_id).or_default().push((row.kind, row.value));
        }
    }
    Ok(all)
}

/// What happened to the members of these profiles.
pub(crate) async fn happened<C: ConnectionTrait>(
    db: &C,
    meanings: &Meanings,
    profiles: &[Uuid],
) -> Result<BTreeMap<Uuid, Happened>> {
    over_identities(db, meanings, "profile_id", profiles, None, |span| span.profile_id).await
}

/// What had happened to these source identities at an instant, as if they were one person. What is undated had.
pub(crate) async fn had_happened<C: ConnectionTrait>(
    db: &C,
    meanings: &Meanings,
    identities: &[Uuid],
    until: DateTime<Utc>,
) -> Result<Happened> {
    let all = over_identities(db, meanings, "id", identities, Some(until), |_| Uuid::nil()).await?;
    Ok(all.into_values().next().unwrap_or_default())
}

/// What happened to the source identities that have one of these values in a column, by whom it is counted for.
async fn over_identities<C: ConnectionTrait>(
    db: &C,
    meanings: &Meanings,
    column: &str,
    among: &[Uuid],
    until: Option<DateTime<Utc>>,
    whose: impl Fn(&Span) -> Uuid,
) -> Result<BTreeMap<Uuid, Happened>> {
    let mut all: BTreeMap<Uuid, Happened> = BTreeMap::new();
    let by_then = |column: &str| {
        until.map(|_| format!(" AND ({column} <= $1 OR {column} IS NULL)")).unwrap_or_default()
    };
    for chunk in among.chunks(STEP) {
        let event = format!(
            "(e.occurred_at) FROM event e WHERE e.source_identity_id = s.id{}",
            by_then("e.occurred_at")
        );
        // An event is looked up at either end of the index, however many there are between.
        let sql = format!(
            "SELECT s.id, s.profile_id, s.created_at, s.updated_at, (SELECT MIN{event}) AS first_event, \
               (SELECT MAX{event}) AS last_event, \
               (SELECT 1 FROM consent_statement c WHERE c.source_identity_id = s.id LIMIT 1) IS NOT NULL AS stated \
             FROM source_identity s WHERE s.{column} = {{}}"
        );
        let mut of: HashMap<Uuid, Uuid> = HashMap::new();
        for row in db.query_all_raw(over(db, &sql, chunk, until.map(Value::from))).await? {
            let span = Span::from_query_result(&row, "")?;
            of.insert(span.id, whose(&span));
            all.entry(whose(&span)).or_default().add(&span);
        }
        // No joins: nothing for a planner to get wrong where a table has grown since it last looked.
        let sql = format!(
            "SELECT o.source_identity_id, {SUMS} FROM orders o WHERE o.source_identity_id = {{}}{} \
             GROUP BY o.source_identity_id, o.currency, o.order_type, o.status",
            by_then("o.placed_at")
        );
        for touched in touches::outer(db, meanings, column, chunk, until).await? {
            if let Some(profile) = of.get(&touched.identity) {
                all.entry(*profile).or_default().touches.push(touched);
            }
        }
        let members: Vec<Uuid> = of.keys().copied().collect();
        for members in members.chunks(STEP) {
            for row in db.query_all_raw(over(db, &sql, members, until.map(Value::from))).await? {
                let member: Uuid = row.try_get("", "source_identity_id")?;
                let sum = Sum::from_query_result(&row, "")?;
                if let Some(profile) = of.get(&member) {
                    let happened = all.entry(*profile).or_default();
                    happened.orders.push(sum.into());
                }
            }
        }
    }
    Ok(all)
}

impl Happened {
    fn add(&mut self, member: &Span) {
        let first = |a: Option<DateTime<Utc>>, b| [a, b].into_iter().flatten().min();
        let last = |a: Option<DateTime<Utc>>, b| [a, b].into_iter().flatten().max();
        self.created_at = first(self.created_at, member.created_at);
        self.updated_at = last(self.updated_at, member.updated_at);
        self.first_event = first(self.first_event, member.first_event);
        self.last_event = last(self.last_event, member.last_event);
        self.stated |= member.stated;
    }
}

/// All orders summed, those of no person included.
pub(crate) async fn all_orders<C: ConnectionTrait>(db: &C) -> Result<Vec<OrderSum>> {
    let sql = format!("SELECT {SUMS} FROM orders o GROUP BY o.currency, o.order_type, o.status");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await?;
    Ok(rows
        .iter()
        .map(|row| Sum::from_query_result(row, "").map(OrderSum::from))
        .collect::<Result<_, _>>()?)
}

/// The orders of the members of groups, summed by group. `members` selects them: see [`super::groups`].
pub(crate) async fn orders_of_groups<C: ConnectionTrait>(
    db: &C,
    members: &str,
    groups: &[Uuid],
) -> Result<HashMap<Uuid, Vec<OrderSum>>> {
    let sql = format!(
        "SELECT g.owner, {SUMS} FROM ({members}) g JOIN source_identity s ON s.profile_id = g.profile_id \
         JOIN orders o ON o.source_identity_id = s.id \
         GROUP BY g.owner, o.currency, o.order_type, o.status"
    );
    let mut sums: HashMap<Uuid, Vec<OrderSum>> = HashMap::new();
    for row in db.query_all_raw(over(db, &sql, groups, [])).await? {
        let sum = Sum::from_query_result(&row, "")?;
        sums.entry(row.try_get("", "owner")?).or_default().push(sum.into());
    }
    Ok(sums)
}

/// Profiles in one statement.
const STEP: usize = 1024;

/// Orders summed by currency, type and status. Units and millionths are summed apart: neither can overflow, on
/// either database.
const SUMS: &str = "o.currency, o.order_type, o.status, COUNT(*) AS count, \
    CAST(SUM(o.total_micros / 1000000) AS BIGINT) AS total_units, \
    CAST(SUM(o.total_micros % 1000000) AS BIGINT) AS total_rest, \
    CAST(SUM(o.refunded_micros / 1000000) AS BIGINT) AS refunded_units, \
    CAST(SUM(o.refunded_micros % 1000000) AS BIGINT) AS refunded_rest, \
    MIN(o.placed_at) AS first_at, MAX(o.placed_at) AS last_at";

#[derive(FromQueryResult)]
struct Span {
    id: Uuid,
    profile_id: Uuid,
    created_at: Option<DateTime<Utc>>,
    updated_at: Option<DateTime<Utc>>,
    first_event: Option<DateTime<Utc>>,
    last_event: Option<DateTime<Utc>>,
    stated: bool,
}

#[derive(FromQueryResult)]
struct Sum {
    currency: Option<String>,
    order_type: String,
    status: String,
    count: i64,
    total_units: i64,
    total_rest: i64,
    refunded_units: i64,
    refunded_rest: i64,
    first_at: Option<DateTime<Utc>>,
    last_at: Option<DateTime<Utc>>,
}

impl From<Sum> for OrderSum {
    fn from(sum: Sum) -> Self {
        Self {
            currency: sum.currency.unwrap_or_default(),
            order_type: sum.order_type,
            status: sum.status,
            count: sum.count,
            total_micros: whole(sum.total_units, sum.total_rest),
            refunded_micros: whole(sum.refunded_units, sum.refunded_rest),
            first_at: sum.first_at,
            last_at: sum.last_at,
        }
    }
}

const MILLION: i128 = 1_000_000;

fn whole(units: i64, rest: i64) -> i128 {
    i128::from(units) * MILLION + i128::from(rest)
}
