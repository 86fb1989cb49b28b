//! Deriving source identities and their identifiers from the versions of person records.

use std::collections::{BTreeMap, BTreeSet};

use connectors::canonical::{self, Body, Person, RecordKind};
use entities::{company_person, identifier, source_identity};
use identity::{IdentifierKind, Normalised};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::{region, versions};
use crate::{
    error::Result,
    keys::Keys,
    store::{chunks, insert_all},
};

/// A normalised identifier.
pub(super) type Value = (IdentifierKind, String);

/// What deriving people changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Identities whose place among the others may be another now.
    pub(super) moved: BTreeSet<Uuid>,
    /// Every identity that was derived.
    pub(super) derived: BTreeSet<Uuid>,
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
    rules: &identity::Rules,
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
                values.extend(identifiers(keys, rules, &person).into_iter().map(|value| (id, value)));
                if !deleted {
                    companies.extend(
                        person.companies.iter().map(|company| (keys.object("company", source, company), id)),
                    );
                }
            }
        }
    }
    write(txn, rows, values, companies).await
}

fn identifiers(keys: &Keys, rules: &identity::Rules, person: &Person) -> BTreeSet<Value> {
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
            match rules.normalise(kind, &raw.value, region.as_deref()) {
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
    let before: BTreeMap<Uuid, source_identity::Model> = load(txn, &changes.derived).await?;
    let mut changed = Vec::new();
    for mut row in rows {
        match before.get(&row.id) {
            Some(old) => {
                row.profile_id = old.profile_id;
                if old.created_at != row.created_at {
                    changes.moved.insert(row.id);
                }
                if *old != row {
                    changed.push(row.into_active_model());
                }
            }
            None => {
                changes.moved.insert(row.id);
                *changes.values.entry(own(row.id)).or_default() += 1;
                changed.push(row.into_active_model());
            }
        }
    }
    use source_identity::Column as C;
    let replace = OnConflict::column(C::Id)
        .update_columns([C::CreatedAt, C::UpdatedAt, C::Deleted, C::Known])
        .to_owned();
    insert_all::<source_identity::Entity, _>(txn, changed, Some(&replace)).await?;

    let mut old_values: BTreeSet<(Uuid, Value)> = BTreeSet::new();
    let mut old_companies: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for ids in chunks(changes.derived.iter().copied()) {
        for row in identifier::Entity::find()
            .filter(identifier::Column::SourceIdentityId.is_in(ids.clone()))
            .all(txn)
            .await?
        {
            if let Some(kind) = IdentifierKind::parse(&row.kind) {
                old_values.insert((row.source_identity_id, (kind, row.value)));
            }
        }
        for row in company_person::Entity::find()
            .filter(company_person::Column::SourceIdentityId.is_in(ids))
            .all(txn)
            .await?
        {
            old_companies.insert((row.company_id, row.source_identity_id));
        }
    }
    for (id, value) in old_values.difference(&values) {
        changes.moved.insert(*id);
        *changes.values.entry(value.clone()).or_default() -= 1;
        let (kind, value) = value;
        identifier::Entity::delete_by_id((*id, kind.as_str().to_owned(), value.clone())).exec(txn).await?;
    }
    let added: Vec<identifier::ActiveModel> = values
        .difference(&old_values)
        .map(|(id, value)| {
            changes.moved.insert(*id);
            *changes.values.entry(value.clone()).or_default() += 1;
            let (kind, value) = value.clone();
            identifier::Model { source_identity_id: *id, kind: kind.as_str().to_owned(), value }
                .into_active_model()
        })
        .collect();
    insert_all::<identifier::Entity, _>(txn, added, None).await?;
    for (company_id, person) in old_companies.difference(&companies) {
        company_person::Entity::delete_many()
            .filter(
                Condition::all()
                    .add(company_person::Column::CompanyId.eq(*company_id))
                    .add(company_person::Column::SourceIdentityId.eq(*person)),
            )
            .exec(txn)
            .await?;
    }
    let joined: Vec<company_person::ActiveModel> = companies
        .difference(&old_companies)
        .map(|(company_id, source_identity_id)| {
            company_person::Model { company_id: *company_id, source_identity_id: *source_identity_id }
                .into_active_model()
        })
        .collect();
    insert_all::<company_person::Entity, _>(txn, joined, None).await?;
    Ok(changes)
}

/// The stored rows of these identities.
pub(super) async fn load(
    txn: &DatabaseTransaction,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, source_identity::Model>> {
    let mut rows = BTreeMap::new();
    for chunk in chunks(ids.iter().copied()) {
        let found =
            source_identity::Entity::find().filter(source_identity::Column::Id.is_in(chunk)).all(txn).await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows)
}
