//! The keys of source identities that last although nothing that is stored names them any more.

use std::collections::BTreeSet;

use connectors::canonical::RecordKind;
use entities::{kept_key, record_version, source_identity};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    error::Result,
    intake::ACTIVITY,
    resolution::touch,
    store::{chunks, insert_all},
};

/// Keeps the keys of people of whom something is removed, and has what is known of them summed up again. Whom a record
/// describes needs no keeping: its current version stays.
pub(super) async fn keep(
    txn: &DatabaseTransaction,
    source: Uuid,
    people: impl IntoIterator<Item = String>,
) -> Result<()> {
    use record_version::Column as V;
    let people: BTreeSet<String> = people.into_iter().collect();
    let mut undescribed = people.clone();
    for ids in chunks(txn, people.iter().cloned()) {
        let described: Vec<String> = record_version::Entity::find()
            .select_only()
            .column(V::ExternalId)
            .distinct()
            .filter(ids.of(V::ExternalId))
            .filter(V::SourceId.eq(source))
            .filter(V::Kind.eq(RecordKind::Person.as_str()))
            .into_tuple()
            .all(txn)
            .await?;
        undescribed.retain(|person| !described.contains(person));
    }
    let rows = undescribed.into_iter().map(|external_id| kept_key::Model { external_id, source_id: source });
    let known = OnConflict::columns([kept_key::Column::ExternalId, kept_key::Column::SourceId])
        .do_nothing()
        .to_owned();
    insert_all::<kept_key::Entity, _>(txn, rows.collect(), Some(&known)).await?;
    touch(txn, people.into_iter().map(|person| (source, ACTIVITY.to_owned(), person))).await
}

/// Those of these source identities, as (source, external id), that are kept.
pub(crate) async fn of(
    txn: &DatabaseTransaction,
    people: impl IntoIterator<Item = (Uuid, String)>,
) -> Result<BTreeSet<(Uuid, String)>> {
    let people: BTreeSet<(Uuid, String)> = people.into_iter().collect();
    let mut kept = BTreeSet::new();
    for ids in chunks(txn, people.iter().map(|(_, external_id)| external_id.clone())) {
        let rows = kept_key::Entity::find().filter(ids.of(kept_key::Column::ExternalId)).all(txn).await?;
        kept.extend(rows.into_iter().map(|row| (row.source_id, row.external_id)));
    }
    Ok(&kept & &people)
}

/// Keeps somebody no longer: for who is erased.
pub(crate) async fn forget(txn: &DatabaseTransaction, person: &source_identity::Model) -> Result<()> {
    use kept_key::Column as K;
    let of_it = K::ExternalId.eq(&person.external_id).and(K::SourceId.eq(person.source_id));
    kept_key::Entity::delete_many().filter(of_it).exec(txn).await?;
    Ok(())
}
