//! What others in the house must tell this room: that people were erased, and that everybody is derived anew.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entities::{
    delivery::{self, Column as D},
    destination::{self, Column as C},
    destination_member::{self, Column as M},
    touched,
};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{error::Result, store::chunks};

/// Forgets what was delivered of people who are erased. Where a tool may know them, the encrypted name under which it does is
/// kept until they are taken out of it, and then goes, too. Returns out of how many they are still to be taken.
pub(crate) async fn forget_people(
    txn: &DatabaseTransaction,
    people: &BTreeSet<Uuid>,
    now: DateTime<Utc>,
) -> Result<u64> {
    // Who is about to be written down by somebody else is seen here, or sees that the profile is gone.
    destination::Entity::find().order_by_asc(C::Id).lock_exclusive().all(txn).await?;
    let mut left = 0;
    for ids in chunks(txn, people.iter().copied()) {
        // What is open was made for a profile that is no more; removals under an earlier name are still sent.
        let journal = delivery::Entity::delete_many().filter(ids.of(D::ProfileId));
        let removal = D::Deed.eq(super::compare::Deed::Remove.as_str());
        let open = D::State.is_in(super::journal::OPEN);
        journal.filter(removal.and(open).not()).exec(txn).await?;
        let left_behind = delivery::Entity::update_many().col_expr(D::Erased, Expr::value(true));
        left_behind.filter(ids.of(D::ProfileId)).exec(txn).await?;
        let members = destination_member::Entity::delete_many().filter(ids.of(M::ProfileId));
        members.filter(M::Told.eq(false)).exec(txn).await?;
        let known = destination_member::Entity::update_many()
            .col_expr(M::Erased, Expr::value(true))
            // Whatever came of it so far, they are taken out.
            .col_expr(M::Wanted, Expr::value(Vec::<u8>::new()))
            .col_expr(M::ReviewAt, Expr::value(now))
            .filter(ids.of(M::ProfileId));
        left += known.exec(txn).await?.rows_affected;
    }
    Ok(left)
}

/// Nobody is taken out of anything because their profile is not there, until what waits now is derived.
pub(crate) async fn hold(txn: &DatabaseTransaction) -> Result<()> {
    let last = touched::Entity::find().select_only().column(touched::Column::Id);
    let last: Option<i64> = last.order_by_desc(touched::Column::Id).limit(1).into_tuple().one(txn).await?;
    let held = destination::Entity::update_many().col_expr(C::HeldUntil, Expr::value(last));
    held.exec(txn).await?;
    Ok(())
}
