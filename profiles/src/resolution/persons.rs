//! Deriving source identities and their identifiers from the versions of person records.

use std::collections::{BTreeMap, BTreeSet};

use connectors::canonical::{RecordKind, is_visitor};
use entities::{
    company_person, compared, identifier, identifier_past, link, match_candidate, source_identity,
};
use identity::{IdentifierKind, Rules, linkage::Model};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};
use uuid::Uuid;

use super::{
    component,
    logins::{self, Epochs, Shared},
    person::{Said, Value, described, identifiers, names, stages, told},
    versions,
};
use crate::{
    error::Result,
    keys::Keys,
    matching::{details::details, index},
    normaliser::Normaliser,
    retention,
    store::{chunks, insert_all, over},
};

/// People in one statement.
const STEP: usize = 1024;

/// What deriving people changed.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Identities whose place among the others may be another now.
    pub(super) moved: BTreeSet<Uuid>,
    /// Every identity that was derived.
    pub(super) derived: BTreeSet<Uuid>,
    /// Those of them that had been derived before. Of the others nothing is stored yet.
    pub(super) known: BTreeSet<Uuid>,
    /// Profiles of identities that are no more.
    pub(super) left: BTreeSet<Uuid>,
    /// The visitors that several people logged in on, now or before, each with who those were before.
    users: BTreeMap<Uuid, Option<String>>,
    /// Those who were given events, or lost some.
    pub(super) acted: BTreeSet<Uuid>,
    /// By how many carriers each value grew (or shrank).
    pub(super) values: BTreeMap<Value, i64>,
    /// The values that somebody ceased to carry.
    pub(super) lost: BTreeSet<Value>,
    /// How many carry each of the changed values that link, or are compared, now.
    pub(super) counts: BTreeMap<Value, i64>,
    /// The rows of those who were derived, and what they carry.
    pub(super) rows: BTreeMap<Uuid, source_identity::Model>,
    pub(super) carried: BTreeMap<Uuid, BTreeSet<Value>>,
    /// What was ever said of them, oldest first.
    pub(super) said: BTreeMap<Uuid, Vec<Said>>,
    /// What is compared of those who were derived, and who shares match keys with them.
    pub(super) compared: BTreeMap<Uuid, compared::Model>,
    pub(super) sharing: BTreeMap<i64, Vec<Uuid>>,
}

/// The values that people carry.
#[derive(Debug, Default)]
struct Carried {
    now: BTreeSet<(Uuid, Value)>,
    /// At any moment before; some of them still.
    before: BTreeSet<(Uuid, Value)>,
    /// Of whom there are several versions.
    several: BTreeSet<Uuid>,
    /// What is compared of them.
    told: BTreeMap<Uuid, index::Told>,
}

impl Carried {
    /// `compared` says whether a model compares.
    fn add(
        &mut self,
        (keys, normaliser): (&Keys, &Normaliser<'_>),
        compared: bool,
        row: &source_identity::Model,
        versions: &[Said],
    ) {
        let id = row.id;
        if versions.len() > 1 {
            self.several.insert(id);
        }
        let mut stages = stages(versions);
        let current = stages.pop().or(Some((None, 0)));
        let at = |(_, count): (_, usize)| {
            let person = told(&versions[..count]);
            let values = identifiers(keys, normaliser, (row.source_id, &row.external_id), person);
            if person.is_none() && values.is_empty() {
                return None;
            }
            Some((person.filter(|_| compared).map(|person| details(person, &values)), values))
        };
        let with_id = |values: BTreeSet<Value>| values.into_iter().map(move |value| (id, value));
        let mut said = index::Told::default();
        for (details, values) in stages.into_iter().filter_map(at) {
            self.before.extend(with_id(values));
            said.before.extend(details);
        }
        if let Some((details, values)) = current.and_then(at) {
            self.now.extend(with_id(values));
            said.now = details.unwrap_or_default();
        }
        if said != index::Told::default() {
            self.told.insert(id, said);
        }
    }

    /// Leaves out those who are not there.
    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        if !gone.is_empty() {
            self.now.retain(|(id, _)| !gone.contains(id));
            self.told.retain(|id, _| !gone.contains(id));
        }
    }
}

/// Derives the source identities of these keys (source, external id), whether a record of them was delivered
/// or only orders and events name them.
pub(super) async fn derive(
    txn: &DatabaseTransaction,
    keys: &Keys,
    rules: &Rules,
    model: Option<&Model>,
    normaliser: &Normaliser<'_>,
    persons: &BTreeSet<(Uuid, String)>,
) -> Result<Changes> {
    let mut by_source: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for (source, external_id) in persons {
        by_source.entry(*source).or_default().push(external_id.clone());
    }
    let mut rows = Vec::new();
    let mut epochs: BTreeMap<Uuid, Epochs> = BTreeMap::new();
    let mut all: BTreeMap<Uuid, Vec<Said>> = BTreeMap::new();
    let mut carried = Carried::default();
    let mut companies: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for (source, external_ids) in by_source {
        let mut found = versions::load(txn, source, RecordKind::Person, external_ids.iter().cloned()).await?;
        for external_id in external_ids {
            let versions = found.remove(&external_id).unwrap_or_default();
            let id = keys.person(source, &external_id);
            let said = versions::said(&versions)?;
            if let Some(person) = told(&said) {
                let deleted = said.last().is_none_or(|version| version.deleted);
                if !deleted {
                    companies.extend(
                        person.companies.iter().map(|company| (keys.object("company", source, company), id)),
                    );
                }
            }
            let row = source_identity::Model {
                id,
                source_id: source,
                created_at: versions.iter().filter_map(|version| version.created_at).min(),
                updated_at: None,
                deleted: false,
                known: false,
                profile_id: id,
                users: None,
                external_id,
            };
            let row = if is_visitor(&row.external_id) {
                let epochs = epochs.entry(id).or_insert(logins::epochs(&versions)?);
                source_identity::Model { users: logins::users(epochs)?, ..row }
            } else {
                row
            };
            carried.add((keys, normaliser), model.is_some(), &row, &said);
            rows.push(described(row, &said));
            all.insert(id, said);
        }
    }
    let unnamed = unnamed(txn, rows.iter().filter(|row| !row.known)).await?;
    rows.retain(|row| !unnamed.contains(&row.id));
    carried.forget(&unnamed);
    let told = std::mem::take(&mut carried.told);
    let mut changes = write(txn, rows, carried, companies).await?;
    changes.said = all;
    for (id, users) in std::mem::take(&mut changes.users) {
        let row = &changes.rows[&id];
        let epochs = epochs.remove(&id).unwrap_or_default();
        let shared =
            Shared { source: row.source_id, external_id: &row.external_id, epochs, before: users.as_deref() };
        changes.acted.extend(shared.attribute(txn, keys).await?);
    }
    remove(txn, &unnamed, &mut changes).await?;
    let mut wanted: BTreeSet<Value> =
        changes.values.keys().filter(|value| rules.links_by(value.0)).cloned().collect();
    if model.is_some() {
        wanted.extend(index::identifiers(&changes.values, &told));
    }
    changes.counts = component::counts(txn, wanted).await?;
    if let Some(model) = model {
        let before = &changes.known | &unnamed;
        let crossing = index::Crossing::new(rules, &changes.values, &changes.counts);
        let compared = index::write(txn, model, &before, &told, &crossing).await?;
        changes.moved.extend(compared.moved.difference(&unnamed));
        changes.compared = compared.rows;
        changes.sharing = compared.sharing;
    }
    Ok(changes)
}

/// Where a person may be named, the likeliest first.
const NAMING: [&str; 6] = ["event", "orders", "consent_statement", "deal_person", "correction", "list_entry"];

/// Whether anything names a source identity `s`. Of whoever is there already a first row is enough, however many there are.
pub(super) fn is_named() -> String {
    let first =
        |table| format!("(SELECT 1 FROM {table} n WHERE n.source_identity_id = s.id LIMIT 1) IS NOT NULL");
    NAMING.map(first).join(" OR ")
}

/// Those of these identities that no order, deal, event, consent statement, correction or list names, and that are not kept by their keys.
async fn unnamed<'a>(
    txn: &DatabaseTransaction,
    undescribed: impl Iterator<Item = &'a source_identity::Model>,
) -> Result<BTreeSet<Uuid>> {
    let keyed: BTreeMap<Uuid, (Uuid, String)> =
        undescribed.map(|row| (row.id, (row.source_id, row.external_id.clone()))).collect();
    let mut unnamed: BTreeSet<Uuid> = keyed.keys().copied().collect();
    let there = format!("SELECT s.id FROM source_identity s WHERE s.id = {{}} AND ({})", is_named());
    let by_rows = |table| {
        format!("SELECT DISTINCT n.source_identity_id AS id FROM {table} n WHERE n.source_identity_id = {{}}")
    };
    for sql in [there].into_iter().chain(NAMING.map(by_rows)) {
        let ids: Vec<Uuid> = unnamed.iter().copied().collect();
        for ids in ids.chunks(STEP) {
            for row in txn.query_all_raw(over(txn, &sql, ids, [])).await? {
                unnamed.remove(&row.try_get("", "id")?);
            }
        }
    }
    if unnamed.is_empty() {
        return Ok(unnamed);
    }
    let kept = retention::kept(txn, unnamed.iter().map(|id| keyed[id].clone())).await?;
    unnamed.retain(|id| !kept.contains(&keyed[id]));
    Ok(unnamed)
}

/// Removes identities that nothing names any more. Those of whom a record was delivered once were erased: they carried
/// values, too.
async fn remove(txn: &DatabaseTransaction, ids: &BTreeSet<Uuid>, changes: &mut Changes) -> Result<()> {
    let gone = load(txn, ids).await?;
    for row in gone.values() {
        changes.left.insert(row.profile_id);
        for name in names(row.id) {
            *changes.values.entry(name.clone()).or_default() -= 1;
            changes.lost.insert(name);
        }
    }
    // A decision may have held others together through them alone.
    for profiles in chunks(txn, gone.values().map(|row| row.profile_id).collect::<BTreeSet<_>>()) {
        let fellows = source_identity::Entity::find()
            .select_only()
            .column(source_identity::Column::Id)
            .filter(profiles.of(source_identity::Column::ProfileId));
        changes.moved.extend(fellows.into_tuple::<Uuid>().all(txn).await?);
    }
    for chunk in chunks(txn, gone.keys().copied()) {
        let carried = chunk.of(identifier::Column::SourceIdentityId);
        for row in identifier::Entity::find().filter(carried.clone()).all(txn).await? {
            if let Some(kind) = IdentifierKind::parse(&row.kind) {
                *changes.values.entry((kind, row.value.clone())).or_default() -= 1;
                changes.lost.insert((kind, row.value));
            }
        }
        identifier::Entity::delete_many().filter(carried).exec(txn).await?;
        let carried = chunk.of(identifier_past::Column::SourceIdentityId);
        identifier_past::Entity::delete_many().filter(carried).exec(txn).await?;
        let member = chunk.of(company_person::Column::SourceIdentityId);
        company_person::Entity::delete_many().filter(member).exec(txn).await?;
        let candidates = chunk.of(match_candidate::Column::A).or(chunk.of(match_candidate::Column::B));
        match_candidate::Entity::delete_many().filter(candidates).exec(txn).await?;
        source_identity::Entity::delete_many()
            .filter(chunk.of(source_identity::Column::Id))
            .exec(txn)
            .await?;
        let links = chunk.of(link::Column::A).or(chunk.of(link::Column::B));
        link::Entity::delete_many().filter(links).exec(txn).await?;
    }
    Ok(())
}

async fn write(
    txn: &DatabaseTransaction,
    rows: Vec<source_identity::Model>,
    carried: Carried,
    companies: BTreeSet<(Uuid, Uuid)>,
) -> Result<Changes> {
    let mut changes = Changes { derived: rows.iter().map(|row| row.id).collect(), ..Changes::default() };
    write_identities(txn, rows, &mut changes).await?;
    write_identifiers(txn, &carried.now, &mut changes).await?;
    write_past(txn, &carried).await?;
    write_companies(txn, &companies, &changes.known).await?;
    for (id, value) in carried.now {
        changes.carried.entry(id).or_default().insert(value);
    }
    Ok(changes)
}

async fn write_identities(
    txn: &DatabaseTransaction,
    rows: Vec<source_identity::Model>,
    changes: &mut Changes,
) -> Result<()> {
    let before = load(txn, &changes.derived).await?;
    changes.known = before.keys().copied().collect();
    let mut written = Vec::new();
    for mut row in rows {
        let old = before.get(&row.id);
        let users = old.and_then(|old| old.users.clone());
        if users.is_some() || row.users.is_some() {
            changes.users.insert(row.id, users);
        }
        if let Some(old) = old {
            row.profile_id = old.profile_id;
        } else {
            for name in names(row.id) {
                *changes.values.entry(name).or_default() += 1;
            }
        }
        // The eldest member names the profile, so a new creation time may move it.
        if old.is_none_or(|old| old.created_at != row.created_at) {
            changes.moved.insert(row.id);
        }
        if old != Some(&row) {
            written.push(row.clone());
        }
        changes.rows.insert(row.id, row);
    }
    use source_identity::Column as C;
    let replace = OnConflict::column(C::Id)
        .update_columns([C::CreatedAt, C::UpdatedAt, C::Deleted, C::Known, C::Users])
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
    for ids in chunks(txn, changes.known.iter().copied()) {
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
        changes.lost.insert(value.clone());
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

/// What only older versions carried changes nobody's place today.
async fn write_past(txn: &DatabaseTransaction, carried: &Carried) -> Result<()> {
    let mut before: BTreeSet<(Uuid, Value)> = BTreeSet::new();
    for ids in chunks(txn, carried.several.iter().copied()) {
        let column = identifier_past::Column::SourceIdentityId;
        for row in identifier_past::Entity::find().filter(ids.of(column)).all(txn).await? {
            if let Some(kind) = IdentifierKind::parse(&row.kind) {
                before.insert((row.source_identity_id, (kind, row.value)));
            }
        }
    }
    let past: BTreeSet<(Uuid, Value)> = carried.before.difference(&carried.now).cloned().collect();
    for (id, (kind, value)) in before.difference(&past) {
        let key = (*id, kind.as_str().to_owned(), value.clone());
        identifier_past::Entity::delete_by_id(key).exec(txn).await?;
    }
    let added = past.difference(&before).cloned().map(|(id, (kind, value))| identifier_past::Model {
        source_identity_id: id,
        kind: kind.as_str().to_owned(),
        value,
    });
    insert_all::<identifier_past::Entity, _>(txn, added.collect(), None).await?;
    Ok(())
}

async fn write_companies(
    txn: &DatabaseTransaction,
    companies: &BTreeSet<(Uuid, Uuid)>,
    known: &BTreeSet<Uuid>,
) -> Result<()> {
    let mut before: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for ids in chunks(txn, known.iter().copied()) {
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
pub(crate) async fn load<C: ConnectionTrait>(
    db: &C,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, source_identity::Model>> {
    let mut rows = BTreeMap::new();
    for chunk in chunks(db, ids.iter().copied()) {
        let found =
            source_identity::Entity::find().filter(chunk.of(source_identity::Column::Id)).all(db).await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows)
}
