//! Who runs a connector now. A lease is a name and an end in the connector's row; it is taken and kept in one
//! statement each, so two processes on one database cannot both hold it.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use entities::connector::{self, Column};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use crate::error::Result;

/// How long a lease lasts without being renewed.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// The name of this process: its process id and a random tail, because several machines may have the same
/// process id.
pub(super) fn owner() -> &'static str {
    static OWNER: OnceLock<String> = OnceLock::new();
    OWNER.get_or_init(|| {
        let mut tail = [0; 6];
        // Without randomness the process id alone must do; the lease then still expires.
        let _ = getrandom::fill(&mut tail);
        format!("{}-{}", std::process::id(), hex::encode(tail))
    })
}

/// A name under which one run of this process holds a lease.
pub(crate) fn holder() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", owner(), RUNS.fetch_add(1, Ordering::Relaxed))
}

/// Takes the lease if it is free. With `due`, only where the schedule says so; the run's successor is set to
/// `next`.
pub(super) async fn take(
    db: &impl ConnectionTrait,
    id: Uuid,
    holder: &str,
    now: DateTime<Utc>,
    due: bool,
    next: Option<DateTime<Utc>>,
) -> Result<bool> {
    let mut update = connector::Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::value(holder))
        .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
        .filter(Column::SourceId.eq(id))
        .filter(Condition::any().add(Column::LeaseUntil.is_null()).add(Column::LeaseUntil.lt(now)));
    if let Some(next) = next {
        update = update.col_expr(Column::NextRunAt, Expr::value(next));
    }
    if due {
        update = update.filter(Column::NextRunAt.lte(now)).filter(Column::Enabled.eq(true));
    }
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Renews the lease; false when it was lost.
pub(super) async fn keep(
    db: &impl ConnectionTrait,
    id: Uuid,
    holder: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let kept = connector::Entity::update_many()
        .col_expr(Column::LeaseUntil, Expr::value(now + LEASE))
        .filter(Column::SourceId.eq(id))
        .filter(Column::LeaseOwner.eq(holder))
        .exec(db)
        .await?;
    Ok(kept.rows_affected == 1)
}

/// Gives the lease back.
pub(super) async fn release(db: &impl ConnectionTrait, id: Uuid, holder: &str) -> Result<()> {
    connector::Entity::update_many()
        .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::SourceId.eq(id))
        .filter(Column::LeaseOwner.eq(holder))
        .exec(db)
        .await?;
    Ok(())
}
