//! How long choices are kept, and letting go of whom is erased.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entities::{action_decision, action_outcome};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use uuid::Uuid;

use crate::{
    Profiles,
    error::Result,
    store::{begin_write, chunks, end},
};

/// For how long a choice is kept of which nobody said what came of it.
const UNANSWERED: TimeDelta = TimeDelta::days(90);
/// For how long one is kept of which somebody did. What came of it is kept on: who has refused is not asked again.
const ANSWERED: TimeDelta = TimeDelta::days(730);
/// Choices that are removed in one transaction.
const PAGE: u64 = if cfg!(test) { 2 } else { 1_000 };

impl Profiles {
    /// Removes choices that are old, a page a transaction. Returns how many.
    pub(crate) async fn forget_old_decisions(&self) -> Result<u64> {
        let mut removed = 0;
        loop {
            let txn = begin_write(self.db()).await?;
            let page = forget_page(&txn, self.now()).await;
            let page = end(txn, page).await?;
            removed += page;
            if page < PAGE {
                return Ok(removed);
            }
        }
    }
}

async fn forget_page(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<u64> {
    let sql = format!(
        "DELETE FROM action_decision WHERE id IN (SELECT d.id FROM action_decision d WHERE d.decided_at < $1 \
           AND (d.decided_at < $2 OR NOT EXISTS (SELECT 1 FROM action_outcome o WHERE o.decision_id = d.id)) \
         ORDER BY d.decided_at, d.id LIMIT {PAGE})"
    );
    let values = [(now - UNANSWERED).into(), (now - ANSWERED).into()];
    let done =
        txn.execute_raw(Statement::from_sql_and_values(txn.get_database_backend(), sql, values)).await?;
    Ok(done.rows_affected())
}

/// Removes what was chosen for these people, and what came of it. Returns the ids of the choices, and how many reports there were.
pub(crate) async fn forget_people(
    txn: &DatabaseTransaction,
    ids: &BTreeSet<Uuid>,
) -> Result<(Vec<Uuid>, u64)> {
    use action_decision::Column as D;
    let (mut gone, mut reports) = (Vec::new(), 0);
    for ids in chunks(txn, ids.iter().copied()) {
        let of_them = ids.of(D::SourceIdentityId);
        let found = action_decision::Entity::find().select_only().column(D::Id).filter(of_them.clone());
        gone.extend(found.into_tuple::<Uuid>().all(txn).await?);
        action_decision::Entity::delete_many().filter(of_them).exec(txn).await?;
        let of_them = ids.of(action_outcome::Column::SourceIdentityId);
        reports += action_outcome::Entity::delete_many().filter(of_them).exec(txn).await?.rows_affected;
    }
    Ok((gone, reports))
}

/// What was chosen for these people, and what came of it, the oldest first.
pub(crate) async fn kept_of<C: ConnectionTrait>(
    db: &C,
    ids: &BTreeSet<Uuid>,
) -> Result<(Vec<action_decision::Model>, Vec<action_outcome::Model>)> {
    let (mut decisions, mut outcomes) = (Vec::new(), Vec::new());
    for ids in chunks(db, ids.iter().copied()) {
        let of_them = ids.of(action_decision::Column::SourceIdentityId);
        decisions.extend(action_decision::Entity::find().filter(of_them).all(db).await?);
        let of_them = ids.of(action_outcome::Column::SourceIdentityId);
        let found = action_outcome::Entity::find().filter(of_them);
        outcomes.extend(found.order_by_asc(action_outcome::Column::Id).all(db).await?);
    }
    decisions.sort_by_key(|row| (row.decided_at, row.id));
    outcomes.sort_by_key(|row| row.id);
    Ok((decisions, outcomes))
}
