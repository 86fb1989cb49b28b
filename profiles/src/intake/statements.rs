//! Storing consent statements. The same statement delivered twice is one; it raises when its source
//! was last heard to say it.

use std::collections::BTreeMap;

use connectors::canonical::{ConsentStatement, ConsentStatus};
use entities::consent_statement::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::NotSet,
    DatabaseTransaction, Set,
    sea_query::{Expr, OnConflict},
};

use super::{Delivery, Touched, hash};
use crate::{
    clock::micros,
    consent::Status,
    error::{Error, Result},
    keys::Keys,
    store::insert_all,
};

pub(super) async fn store(
    txn: &DatabaseTransaction,
    keys: &Keys,
    delivery: &Delivery<'_>,
    statements: &[&ConsentStatement],
    touched: &mut Touched,
) -> Result<()> {
    let mut rows = BTreeMap::new();
    for statement in statements {
        touched.activity(&statement.person);
        let hash = hash::statement(statement)?;
        let point = statement.contact_point.as_ref();
        rows.insert(
            hash.clone(),
            ActiveModel {
                id: NotSet,
                source_id: Set(delivery.source),
                content_hash: Set(hash),
                source_identity_id: Set(keys.person(delivery.source, &statement.person)),
                person_source_id: Set(delivery.source),
                person: Set(statement.person.clone()),
                purpose: Set(statement.purpose.clone()),
                contact_kind: Set(
                    point.map(|point| crate::resolution::identifier_kind(point.kind).as_str().to_owned())
                ),
                contact_value: Set(point.map(|point| point.value.clone())),
                status: Set(status(statement.status).as_str().to_owned()),
                stated_at: Set(statement.stated_at.map(micros)),
                // A yes may be for a while; a no stands until another word.
                expires_at: Set(statement
                    .expires_at
                    .map(micros)
                    .filter(|_| statement.status == ConsentStatus::Granted)),
                method: Set(statement.method.clone()),
                evidence: Set(serde_json::to_string(&statement.evidence)
                    .map_err(|error| Error::stored("consent evidence", error))?),
                notice: Set(statement.notice.clone()),
                actor: Set(None),
                last_seen: Set(delivery.stamp),
            },
        );
    }
    let later = OnConflict::columns([Column::SourceId, Column::ContentHash])
        .update_column(Column::LastSeen)
        .action_and_where(Expr::cust("excluded.last_seen > consent_statement.last_seen"))
        .to_owned();
    insert_all::<Entity, _>(txn, rows.into_values().collect(), Some(&later)).await?;
    Ok(())
}

fn status(status: ConsentStatus) -> Status {
    match status {
        ConsentStatus::Granted => Status::Granted,
        ConsentStatus::Denied => Status::Denied,
        ConsentStatus::Withdrawn => Status::Withdrawn,
        ConsentStatus::Pending => Status::Pending,
        ConsentStatus::Expired => Status::Expired,
        ConsentStatus::Unstated => Status::Unstated,
    }
}
