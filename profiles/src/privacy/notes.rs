//! Texts beside the facts that may mention somebody who was erased: why somebody decided something about others, why a
//! request was refused, why a run or a derivation failed.

use entities::{decision, failed_key, subject_request, sync_run};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};

use super::{
    erase::{Erasure, count},
    screen::Screen,
};
use crate::error::Result;

/// Runs that are read at a time; in tests few, so that they come in parts.
const PAGE: u64 = if cfg!(test) { 2 } else { 1_000 };

/// Takes the mentions out of all of them. Of these rows there are few: people write most of them, and runs are kept for as
/// long as retention says.
pub(super) async fn redact(
    txn: &DatabaseTransaction,
    screen: Screen<'_>,
    erasure: &mut Erasure,
) -> Result<()> {
    let noted = decision::Entity::find().filter(decision::Column::Note.is_not_null());
    for row in noted.all(txn).await? {
        if let Some(note) = without(screen, row.note.as_deref()) {
            let id = Unchanged(row.id);
            let row = decision::ActiveModel { id, note: Set(Some(note)), ..Default::default() };
            decision::Entity::update(row).exec(txn).await?;
            count(&mut erasure.redacted, "decisions", 1);
        }
    }
    let refused = subject_request::Entity::find().filter(subject_request::Column::Reason.is_not_null());
    for row in refused.all(txn).await? {
        if let Some(reason) = without(screen, row.reason.as_deref()) {
            let id = Unchanged(row.id);
            let row = subject_request::ActiveModel { id, reason: Set(Some(reason)), ..Default::default() };
            subject_request::Entity::update(row).exec(txn).await?;
            count(&mut erasure.redacted, "subject_requests", 1);
        }
    }
    for row in failed_key::Entity::find().all(txn).await? {
        if let Some(failure) = without(screen, Some(&row.failure)) {
            let row = failed_key::ActiveModel {
                source_id: Unchanged(row.source_id),
                kind: Unchanged(row.kind),
                external_id: Unchanged(row.external_id),
                failure: Set(failure),
            };
            failed_key::Entity::update(row).exec(txn).await?;
            count(&mut erasure.redacted, "failed_keys", 1);
        }
    }
    runs(txn, screen, erasure).await
}

async fn runs(txn: &DatabaseTransaction, screen: Screen<'_>, erasure: &mut Erasure) -> Result<()> {
    use sync_run::Column as C;
    let mut after = 0;
    loop {
        let failed = sync_run::Entity::find().filter(C::Id.gt(after)).filter(C::Error.is_not_null());
        let rows = failed.order_by_asc(C::Id).limit(PAGE).all(txn).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        for row in rows {
            if let Some(error) = without(screen, row.error.as_deref()) {
                let id = Unchanged(row.id);
                let row = sync_run::ActiveModel { id, error: Set(Some(error)), ..Default::default() };
                sync_run::Entity::update(row).exec(txn).await?;
                count(&mut erasure.redacted, "sync_runs", 1);
            }
        }
    }
}

/// The text without what it mentions; `None` where it mentions nothing.
fn without(screen: Screen<'_>, text: Option<&str>) -> Option<String> {
    screen.text(text?, "")
}
