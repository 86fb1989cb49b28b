//! Reading from the database what [`super::compose`] needs about the members of profiles.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use connectors::canonical::{Body, RecordKind};
use entities::{event, identifier, order, source, source_identity};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select,
    sea_query::{Alias, Expr, ExprTrait, Func},
};
use uuid::Uuid;

use super::compose::{Member, OrderSum, Said};
use crate::{error::Result, resolution::versions, store::chunks};

/// The members of these profiles. With `until`, only what had been said and done by then.
pub(crate) async fn members<C: ConnectionTrait>(
    db: &C,
    profiles: &BTreeSet<Uuid>,
    until: Option<DateTime<Utc>>,
) -> Result<BTreeMap<Uuid, Vec<Member>>> {
    let trust: HashMap<Uuid, i32> = source::Entity::find()
        .select_only()
        .columns([source::Column::Id, source::Column::Trust])
        .into_tuple::<(Uuid, i32)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let mut rows: BTreeMap<Uuid, source_identity::Model> = BTreeMap::new();
    for chunk in chunks(profiles.iter().copied()) {
        let found = source_identity::Entity::find()
            .filter(source_identity::Column::ProfileId.is_in(chunk))
            .all(db)
            .await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let mut said = said(db, rows.values(), until).await?;
    let ids: Vec<Uuid> = rows.keys().copied().collect();
    let mut identifiers = identifiers(db, &ids).await?;
    let mut orders = orders(db, &ids, until).await?;
    let events = events(db, &ids, until).await?;

    let mut members: BTreeMap<Uuid, Vec<Member>> = BTreeMap::new();
    for (id, row) in rows {
        members.entry(row.profile_id).or_default().push(Member {
            trust: trust.get(&row.source_id).copied().unwrap_or_default(),
            versions: said.remove(&id).unwrap_or_default(),
            identifiers: identifiers.remove(&id).unwrap_or_default(),
            orders: orders.remove(&id).unwrap_or_default(),
            events: events.get(&id).copied(),
            row,
        });
    }
    Ok(members)
}

async fn said<C: ConnectionTrait>(
    db: &C,
    rows: impl Iterator<Item = &source_identity::Model>,
    until: Option<DateTime<Utc>>,
) -> Result<HashMap<Uuid, Vec<Said>>> {
    let mut by_source: BTreeMap<Uuid, HashMap<String, Uuid>> = BTreeMap::new();
    for row in rows.filter(|row| row.known) {
        by_source.entry(row.source_id).or_default().insert(row.external_id.clone(), row.id);
    }
    let mut said: HashMap<Uuid, Vec<Said>> = HashMap::new();
    for (source, ids) in by_source {
        let found = versions::load(db, source, RecordKind::Person, ids.keys().cloned()).await?;
        for (external_id, versions) in found {
            let mut read = Vec::with_capacity(versions.len());
            for version in versions {
                let stated = version.updated_at.or(version.created_at);
                if until.is_some_and(|until| stated.is_some_and(|at| at > until)) {
                    continue;
                }
                if let Body::Person(person) = version.body()? {
                    read.push(Said { updated_at: version.updated_at, deleted: version.deleted, person });
                }
            }
            if let Some(id) = ids.get(&external_id) {
                said.insert(*id, read);
            }
        }
    }
    Ok(said)
}

async fn identifiers<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<(String, String)>>> {
    let mut all: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
    for chunk in chunks(ids.iter().copied()) {
        let rows = identifier::Entity::find()
            .filter(identifier::Column::SourceIdentityId.is_in(chunk))
            .all(db)
            .await?;
        for row in rows {
            all.entry(row.source_identity_id).or_default().push((row.kind, row.value));
        }
    }
    Ok(all)
}

#[derive(FromQueryResult)]
struct OwnSum {
    source_identity_id: Uuid,
    #[sea_orm(nested)]
    sum: Sum,
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

/// Orders summed by currency, type and status.
fn sums() -> Select<order::Entity> {
    use order::Column as C;
    // Units and millionths are summed apart: neither can overflow, on either database.
    let units = |column: C| Func::cast_as(Expr::col(column).div(MILLION).sum(), Alias::new("BIGINT"));
    let rest = |column: C| Func::cast_as(Expr::col(column).modulo(MILLION).sum(), Alias::new("BIGINT"));
    order::Entity::find()
        .select_only()
        .columns([C::Currency, C::OrderType, C::Status])
        .column_as(C::Id.count(), "count")
        .expr_as(units(C::TotalMicros), "total_units")
        .expr_as(rest(C::TotalMicros), "total_rest")
        .expr_as(units(C::RefundedMicros), "refunded_units")
        .expr_as(rest(C::RefundedMicros), "refunded_rest")
        .column_as(C::PlacedAt.min(), "first_at")
        .column_as(C::PlacedAt.max(), "last_at")
        .group_by(C::Currency)
        .group_by(C::OrderType)
        .group_by(C::Status)
}

/// All orders summed, those of no person included.
pub(crate) async fn all_orders<C: ConnectionTrait>(db: &C) -> Result<Vec<OrderSum>> {
    Ok(sums().into_model::<Sum>().all(db).await?.into_iter().map(OrderSum::from).collect())
}

async fn orders<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    until: Option<DateTime<Utc>>,
) -> Result<HashMap<Uuid, Vec<OrderSum>>> {
    use order::Column as C;
    let mut all: HashMap<Uuid, Vec<OrderSum>> = HashMap::new();
    for chunk in chunks(ids.iter().copied()) {
        let mut query = sums()
            .column(C::SourceIdentityId)
            .filter(C::SourceIdentityId.is_in(chunk))
            .group_by(C::SourceIdentityId);
        if let Some(until) = until {
            query = query.filter(C::PlacedAt.lte(until));
        }
        for row in query.into_model::<OwnSum>().all(db).await? {
            all.entry(row.source_identity_id).or_default().push(row.sum.into());
        }
    }
    Ok(all)
}

const MILLION: i64 = 1_000_000;

fn whole(units: i64, rest: i64) -> i128 {
    i128::from(units) * i128::from(MILLION) + i128::from(rest)
}

#[derive(FromQueryResult)]
struct Span {
    source_identity_id: Uuid,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
}

async fn events<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    until: Option<DateTime<Utc>>,
) -> Result<HashMap<Uuid, (DateTime<Utc>, DateTime<Utc>)>> {
    use event::Column as C;
    let mut all = HashMap::new();
    for chunk in chunks(ids.iter().copied()) {
        let mut query = event::Entity::find()
            .select_only()
            .column(C::SourceIdentityId)
            .column_as(C::OccurredAt.min(), "first_at")
            .column_as(C::OccurredAt.max(), "last_at")
            .filter(C::SourceIdentityId.is_in(chunk))
            .group_by(C::SourceIdentityId);
        if let Some(until) = until {
            query = query.filter(C::OccurredAt.lte(until));
        }
        for span in query.into_model::<Span>().all(db).await? {
            all.insert(span.source_identity_id, (span.first_at, span.last_at));
        }
    }
    Ok(all)
}
