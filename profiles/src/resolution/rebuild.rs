//! Throwing away everything derived and deriving it again.

use chrono::{DateTime, Utc};
use connectors::canonical::RecordKind;
use entities::{
    company, company_person, compared, deal, deal_person, failed_key, identifier, identifier_past, link,
    match_candidate, match_key, membership, order, order_product, product, profile, segment_clock,
    source_identity, touched,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, Statement};
use uuid::Uuid;

use super::{Drained, drain::AGAIN};
use crate::{Profiles, activation, decisions::DECIDED, error::Result, intake::ACTIVITY, store::begin_write};

impl Profiles {
    /// Drops every derived row and derives all of them again from the facts.
    pub async fn rebuild(&self, now: DateTime<Utc>) -> Result<Drained> {
        let txn = begin_write(self.db()).await?;
        start_over(&txn).await?;
        txn.commit().await?;
        let drained = self.drain(now).await?;
        // Whoever came back in was never out.
        self.forget_told_since(now).await?;
        Ok(drained)
    }
}

/// Drops every derived row and marks every key as changed.
pub(crate) async fn start_over(txn: &DatabaseTransaction) -> Result<()> {
    clear(txn).await?;
    touch_everything(txn).await?;
    // Who is not there is only not there yet.
    activation::hold(txn).await
}

async fn clear(txn: &DatabaseTransaction) -> Result<()> {
    keep_drains_out(txn).await?;
    profile::Entity::delete_many().exec(txn).await?;
    membership::Entity::delete_many().exec(txn).await?;
    segment_clock::Entity::delete_many().exec(txn).await?;
    link::Entity::delete_many().exec(txn).await?;
    forget_compared(txn).await?;
    identifier::Entity::delete_many().exec(txn).await?;
    identifier_past::Entity::delete_many().exec(txn).await?;
    source_identity::Entity::delete_many().exec(txn).await?;
    order::Entity::delete_many().exec(txn).await?;
    order_product::Entity::delete_many().exec(txn).await?;
    deal_person::Entity::delete_many().exec(txn).await?;
    deal::Entity::delete_many().exec(txn).await?;
    company_person::Entity::delete_many().exec(txn).await?;
    company::Entity::delete_many().exec(txn).await?;
    product::Entity::delete_many().exec(txn).await?;
    touched::Entity::delete_many().exec(txn).await?;
    failed_key::Entity::delete_many().exec(txn).await?;
    Ok(())
}

/// Drops what was made of people by a model.
pub(crate) async fn forget_compared(txn: &DatabaseTransaction) -> Result<()> {
    compared::Entity::delete_many().exec(txn).await?;
    match_key::Entity::delete_many().exec(txn).await?;
    match_candidate::Entity::delete_many().exec(txn).await?;
    Ok(())
}

/// Waits for a drain under way and keeps others out until the commit.
pub(crate) async fn keep_drains_out(txn: &DatabaseTransaction) -> Result<()> {
    txn.execute_unprepared("UPDATE resolution_state SET revision = revision + 1 WHERE id = 1").await?;
    Ok(())
}

/// Marks every key as changed: people first, then what hangs on them.
async fn touch_everything(txn: &DatabaseTransaction) -> Result<()> {
    let backend = txn.get_database_backend();
    for kind in RecordKind::ALL {
        txn.execute_raw(Statement::from_sql_and_values(
            backend,
            "INSERT INTO touched (source_id, kind, external_id) \
             SELECT DISTINCT source_id, kind, external_id FROM record_version WHERE kind = $1",
            [kind.as_str().into()],
        ))
        .await?;
    }
    let told = [
        ("event", "source_id"),
        ("consent_statement", "person_source_id"),
        ("correction", "person_source_id"),
        ("list_entry", "person_source_id"),
    ];
    for (table, source) in told {
        txn.execute_raw(Statement::from_sql_and_values(
            backend,
            format!(
                "INSERT INTO touched (source_id, kind, external_id) \
                 SELECT DISTINCT {source}, $1, person FROM {table}"
            ),
            [ACTIVITY.into()],
        ))
        .await?;
    }
    txn.execute_raw(Statement::from_sql_and_values(
        backend,
        "INSERT INTO touched (source_id, kind, external_id) SELECT source_id, $1, external_id FROM kept_key",
        [ACTIVITY.into()],
    ))
    .await?;
    Ok(())
}

/// Marks everyone as to be derived again, and after that as somebody whose place among the others may be another now;
/// and every company.
pub(crate) async fn touch_people(txn: &DatabaseTransaction) -> Result<()> {
    keep_drains_out(txn).await?;
    for kind in [AGAIN, DECIDED] {
        txn.execute_raw(Statement::from_sql_and_values(
            txn.get_database_backend(),
            "INSERT INTO touched (source_id, kind, external_id) \
             SELECT source_id, $1, external_id FROM source_identity ORDER BY id",
            [kind.into()],
        ))
        .await?;
    }
    txn.execute_raw(Statement::from_sql_and_values(
        txn.get_database_backend(),
        "INSERT INTO touched (source_id, kind, external_id) \
         SELECT source_id, $1, external_id FROM company ORDER BY id",
        [RecordKind::Company.as_str().into()],
    ))
    .await?;
    Ok(())
}

/// Marks the people of a source as changed, for when the source itself did.
pub(crate) async fn touch_source(txn: &DatabaseTransaction, source: Uuid) -> Result<()> {
    // A drain that has read what the source was may be about to add people of it.
    keep_drains_out(txn).await?;
    txn.execute_raw(Statement::from_sql_and_values(
        txn.get_database_backend(),
        "INSERT INTO touched (source_id, kind, external_id) \
         SELECT source_id, $1, external_id FROM source_identity WHERE source_id = $2",
        [RecordKind::Person.as_str().into(), source.into()],
    ))
    .await?;
    Ok(())
}
