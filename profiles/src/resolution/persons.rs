//! Deriving source identities and their identifiers from the versions of person records.

use std::collections::{BTreeMap, BTreeSet};

use connectors::canonical::{self, Body, Person, RecordKind};
use entities::{
    company_person, consent_statement, deal_person, event, identifier, link, order, source_identity,
};
use identity::{IdentifierKind, Normalised};
use sea_orm::{DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QuerySelect, sea_query::OnConflict};
use uuid::Uuid;

use super::{region, versions};
use crate::{
    error::Result,
    keys::Keys,
    normaliser::Normaliser,
    store::{Chunk, chunks, insert_all},
};

/// A normalised identifier.
pub(crate) type Value = (IdentifierKind, String);

/// What deriving people changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Identities whose place among the others may be another now.
    pub(super) moved: BTreeSet<Uuid>,
    /// Every identity that was derived.
    pub(super) derived: BTreeSet<Uuid>,
    /// Profiles of identities that are no more.
    pub(super) left: BTreeSet<Uuid>,
    /// By how many carriers each value grew (or shrank).
    pub(super) values: BTreeMap<Value, i64>,
}

/// The kind of identifier in the words of the crate `identity`.
pub(crate) fn identifier_kind(kind: canonical::IdentifierKind) -> IdentifierKind {
    match kind {
        canonical::IdentifierKind::Email => IdentifierKind::Email,
        canonical::IdentifierKind::Phone => IdentifierKind::Phone,
        canonical::IdentifierKind::UserId => IdentifierKind::UserId,
        canonical::IdentifierKind::Device => IdentifierKind::Device,
        canonical::IdentifierKind::AnonymousId => IdentifierKind::AnonymousId,
        canonical::IdentifierKind::CrossSource => IdentifierKind::CrossSource,
    }
}

/// The value of [`IdentifierKind::CrossSource`] that every source identity carries by itself.
pub(super) fn own(id: Uuid) -> Value {
    (IdentifierKind::CrossSource, id.to_string())
}

/// The region in which a person's telephone numbers without a country code are read.
pub(crate) fn phone_region(person: &Person) -> Option<String> {
    region::of(person.traits.get(canonical::traits::ADDRESS)?.get("country")?.as_str()?)
}

/// Derives the source identities of these keys (source, external id), whether a record of them was delivered
/// or only orders and events name them.
pub(super) async fn derive(
    txn: &DatabaseTransaction,
    keys: &Keys,
    normaliser: &Normaliser<'_>,
    persons: &BTreeSet<(Uuid, String)>,
) -> Result<Changes> {
    let mut by_source: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for (source, external_id) in persons {
        by_source.entry(*source).or_default().push(external_id.clone());
    }
    let mut rows = Vec::new();
    let mut values: BTreeSet<(Uuid, Value)> = BTreeSet::new();
    let mut companies: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for (source, external_ids) in by_source {
        let mut found = versions::load(txn, source, RecordKind::Person, external_ids.iter().cloned()).await?;
        for external_id in external_ids {
            let versions = found.remove(&external_id).unwrap_or_default();
            let id = keys.person(source, &external_id);
            let current = versions.last();
            // A tombstone may carry nothing: what the object last said of itself still tells who it was.
            let person = match current {
                Some(version) if version.deleted => {
                    let mut told = None;
                    for version in versions.iter().rev() {
                        match version.body()? {
                            Body::Person(person) if !person.identifiers.is_empty() => {
                                told = Some(person);
                                break;
                            }
                            _ => {}
                        }
                    }
                    told
                }
                Some(version) => match version.body()? {
                    Body::Person(person) => Some(person),
                    _ => None,
                },
                None => None,
            };
            let deleted = current.is_some_and(|version| version.deleted);
            rows.push(source_identity::Model {
                id,
                source_id: source,
                created_at: versions.iter().filter_map(|version| version.created_at).min(),
                updated_at: current.and_then(|version| version.updated_at),
                deleted,
                known: current.is_some(),
                profile_id: id,
                external_id,
            });
            if let Some(person) = person {
                values.extend(identifiers(keys, normaliser, &person).into_iter().map(|value| (id, value)));
                if !deleted {
                    companies.extend(
                        person.companies.iter().map(|company| (keys.object("company", source, company), id)),
                    );
                }
            }
        }
    }
    let unnamed = unnamed(txn, rows.iter().filter(|row| !row.known).map(|row| row.id)).await?;
    rows.retain(|row| !unnamed.contains(&row.id));
    let mut changes = write(txn, rows, values, companies).await?;
    remove(txn, &unnamed, &mut changes).await?;
    Ok(changes)
}

/// Those of these identities that no order, deal, event or consent statement names.
async fn unnamed(
    txn: &DatabaseTransaction,
    undescribed: impl Iterator<Item = Uuid>,
) -> Result<BTreeSet<Uuid>> {
    let mut unnamed: BTreeSet<Uuid> = undescribed.collect();
    for ids in chunks(txn, unnamed.iter().copied().collect::<Vec<_>>()) {
        for id in named::<order::Entity>(txn, order::Column::SourceIdentityId, &ids).await? {
            unnamed.remove(&id);
        }
        for id in named::<deal_person::Entity>(txn, deal_person::Column::SourceIdentityId, &ids).await? {
            unnamed.remove(&id);
        }
        for id in named::<event::Entity>(txn, event::Column::SourceIdentityId, &ids).await? {
            unnamed.remove(&id);
        }
        let column = consent_statement::Column::SourceIdentityId;
        for id in named::<consent_statement::Entity>(txn, column, &ids).await? {
            unnamed.remove(&id);
        }
    }
    Ok(unnamed)
}

async fn named<E: EntityTrait>(
    txn: &DatabaseTransaction,
    column: E::Column,
    ids: &Chunk<Uuid>,
) -> Result<Vec<Uuid>> {
    let named = E::find().select_only().column(column).distinct().filter(ids.of(column));
    Ok(named.into_tuple().all(txn).await?)
}

/// Removes identities that nothing names any more. They carried nothing but their own cross-source value.
async fn remove(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>, changes: &mut Changes) -> Result<()> {
    for row in load(txn, ids).await?.into_values() {
        changes.left.insert(row.profile_id);
        *changes.values.entry(own(row.id)).or_default() -= 1;
    }
    for chunk in chunks(txn, ids.iter().copied()) {
        source_identity::Entity::delete_many()
            .filter(chunk.of(source_identity::Column::Id))
            .exec(txn)
            .await?;
        let links = chunk.of(link::Column::A).or(chunk.of(link::Column::B));
        link::Entity::delete_many().filter(links).exec(txn).await?;
    }
    Ok(())
}

/// What a person carries, normalised.
pub(crate) fn identifiers(keys: &Keys, normaliser: &Normaliser<'_>, person: &Person) -> BTreeSet<Value> {
    let region = phone_region(person);
    person
        .identifiers
        .iter()
        .filter_map(|raw| {
            let kind = identifier_kind(raw.kind);
            if kind == IdentifierKind::CrossSource {
                let source = keys.source(raw.namespace.as_deref()?);
                return Some(own(keys.person(source, raw.value.trim())));
            }
            match normaliser.normalise(kind, &raw.value, region.as_deref()) {
                Normalised::Value(value) => Some((kind, value)),
                Normalised::Placeholder | Normalised::Invalid(_) => None,
            }
        })
        .collect()
}

async fn write(
    txn: &DatabaseTransaction,
    rows: Vec<source_identity::Model>,
    values: BTreeSet<(Uuid, Value)>,
    companies: BTreeSet<(Uuid, Uuid)>,
) -> Result<Changes> {
    let mut changes = Changes { derived: rows.iter().map(|row| row.id).collect(), ..Changes::default() };
    write_identities(txn, rows, &mut changes).await?;
    write_identifiers(txn, &values, &mut changes).await?;
    write_companies(txn, &companies, &changes.derived).await?;
    Ok(changes)
}

async fn write_identities(
    txn: &DatabaseTransaction,
    rows: Vec<source_identity::Model>,
    changes: &mut Changes,
) -> Result<()> {
    let before = load(txn, &changes.derived).await?;
    let mut written = Vec::new();
    for mut row in rows {
        let old = before.get(&row.id);
        if let Some(old) = old {
            row.profile_id = old.profile_id;
        } else {
            *changes.values.entry(own(row.id)).or_default() += 1;
        }
        // The eldest member names the profile, so a new creation time may move it.
        if old.is_none_or(|old| old.created_at != row.created_at) {
            changes.moved.insert(row.id);
        }
        if old != Some(&row) {
            written.push(row);
        }
    }
    use source_identity::Column as C;
    let replace = OnConflict::column(C::Id)
        .update_columns([C::CreatedAt, C::UpdatedAt, C::Deleted, C::Known])
        .to_owned();
    insert_all::<source_identity::Entity, _>(txn, written, Some(&replace)).await?;
    Ok(())
}

async fn write_identifiers(
    txn: &DatabaseTransaction,
    values: &BTreeSet<(Uuid, Value)>,
    changes: &mut Changes,
) -> Result<()> {
    let mut before: BTreeSet<(Uuid, Value)> = BTreeSet::new();
    for ids in chunks(txn, changes.derived.iter().copied()) {
        let rows =
            identifier::Entity::find().filter(ids.of(identifier::Column::SourceIdentityId)).all(txn).await?;
        for row in rows {
            if let Some(kind) = IdentifierKind::parse(&row.kind) {
                before.insert((row.source_identity_id, (kind, row.value)));
            }
        }
    }
    for (id, value) in before.difference(values) {
        changes.moved.insert(*id);
        *changes.values.entry(value.clone()).or_default() -= 1;
        let (kind, value) = value;
        identifier::Entity::delete_by_id((*id, kind.as_str().to_owned(), value.clone())).exec(txn).await?;
    }
    let mut added = Vec::new();
    for (id, value) in values.difference(&before) {
        changes.moved.insert(*id);
        *changes.values.entry(value.clone()).or_default() += 1;
        let (kind, value) = value.clone();
        added.push(identifier::Model { source_identity_id: *id, kind: kind.as_str().to_owned(), value });
    }
    insert_all::<identifier::Entity, _>(txn, added, None).await?;
    Ok(())
}

async fn write_companies(
    txn: &DatabaseTransaction,
    companies: &BTreeSet<(Uuid, Uuid)>,
    persons: &BTreeSet<Uuid>,
) -> Result<()> {
    let mut before: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for ids in chunks(txn, persons.iter().copied()) {
        let rows = company_person::Entity::find()
            .filter(ids.of(company_person::Column::SourceIdentityId))
            .all(txn)
            .await?;
        before.extend(rows.into_iter().map(|row| (row.company_id, row.source_identity_id)));
    }
    for pair in before.difference(companies) {
        company_person::Entity::delete_by_id(*pair).exec(txn).await?;
    }
    let joined = companies
        .difference(&before)
        .map(|(company_id, person)| company_person::Model {
            company_id: *company_id,
            source_identity_id: *person,
        })
        .collect();
    insert_all::<company_person::Entity, _>(txn, joined, None).await?;
    Ok(())
}

/// The stored rows of these identities.
pub(super) async fn load(
    txn: &DatabaseTransaction,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, source_identity::Model>> {
    let mut rows = BTreeMap::new();
    for chunk in chunks(txn, ids.iter().copied()) {
        let found =
            source_identity::Entity::find().filter(chunk.of(source_identity::Column::Id)).all(txn).await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows)
}
