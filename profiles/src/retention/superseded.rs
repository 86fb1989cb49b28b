//! Versions of records that are no longer current.
//!
//! A version that is too old is removed, unless it tells since when something has been said that still holds, or
//! when the object was made: then it is cut down to that, and what it said besides goes. So the "most recent" value of a
//! trait stays what it is, and who is the eldest. Of an object that is gone, the version that still tells who
//! it was stays whole. Of what was put right stays what was said then and since: it tells who has agreed.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use connectors::canonical::{Body, Company, Identifier, Person, Record, RecordKind};
use entities::{
    identifier_past,
    record_version::{Column, Entity, Model},
};
use sea_orm::{
    ActiveValue::Unchanged, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, Set,
    Statement, Value,
};
use uuid::Uuid;

use super::{
    due::{FOUND, Found, Place, Search},
    parts,
};
use crate::{
    error::{Error, Result},
    intake::hash,
    resolution::{rebuild::keep_drains_out, touch},
    store::{chunks, over},
};

/// What stays of a version: its body, and the hash over what it is then.
pub(super) type Rest = (String, Vec<u8>);

/// What stands in the place of the payload of a version that was cut down.
const NO_PAYLOAD: &[u8] = b"{}";

/// Objects with several versions, one of them old enough.
pub(super) async fn next<C: ConnectionTrait>(
    db: &C,
    search: &Search<'_>,
    after: Option<&Place>,
) -> Result<Vec<Place>> {
    let (external_id, kind) = match after {
        Some(Place::Object(external_id, kind)) => (external_id.clone(), kind.clone()),
        _ => Default::default(),
    };
    let sql = format!(
        "SELECT external_id, kind FROM record_version \
         WHERE source_id = $1 AND (external_id > $2 OR (external_id = $2 AND kind > $3)) \
         GROUP BY external_id, kind HAVING COUNT(*) > 1 AND MIN(COALESCE(updated_at, last_seen)) < $4 \
         ORDER BY external_id, kind LIMIT {FOUND}"
    );
    let values: [Value; 4] =
        [search.source_id().into(), external_id.into(), kind.into(), search.cutoff.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| Ok(Place::Object(row.try_get("", "external_id")?, row.try_get("", "kind")?)))
        .collect()
}

pub(super) async fn found<C: ConnectionTrait>(
    db: &C,
    search: &Search<'_>,
    places: &[Place],
) -> Result<Found> {
    let mut found = Found::default();
    for object in objects(db, search, places).await? {
        for (place, _) in cut(&object.versions, &object.corrected, search.cutoff)? {
            found.add(1, replaced_at(&object.versions, place));
        }
    }
    Ok(found)
}

pub(super) async fn remove(txn: &DatabaseTransaction, search: &Search<'_>, places: &[Place]) -> Result<u64> {
    // What a drain under way has read of older versions it would write after they are gone.
    keep_drains_out(txn).await?;
    let (mut gone, mut touched, mut cut_down) = (Vec::new(), Vec::new(), 0);
    for object in objects(txn, search, places).await? {
        let cuts = cut(&object.versions, &object.corrected, search.cutoff)?;
        let object = object.versions;
        if let (false, Some(first)) = (cuts.is_empty(), object.first()) {
            touched.push((first.kind.clone(), first.external_id.clone()));
        }
        for (place, rest) in cuts {
            let row = &object[place];
            let Some((body, content_hash)) = rest else {
                gone.push(row.id);
                continue;
            };
            let row = entities::record_version::ActiveModel {
                id: Unchanged(row.id),
                content_hash: Set(content_hash),
                body: Set(body),
                payload: Set(NO_PAYLOAD.to_vec()),
                ..Default::default()
            };
            Entity::update(row).exec(txn).await?;
            cut_down += 1;
        }
    }
    let removed = gone.len() as u64 + cut_down;
    for ids in chunks(txn, gone) {
        Entity::delete_many().filter(ids.of(Column::Id)).exec(txn).await?;
    }
    // Of whom one version is left, nothing past is looked for again.
    let people = touched.iter().filter(|(kind, _)| kind == RecordKind::Person.as_str());
    let people = people.map(|(_, external_id)| search.keys.person(search.source_id(), external_id));
    for ids in chunks(txn, people) {
        let of_them = ids.of(identifier_past::Column::SourceIdentityId);
        identifier_past::Entity::delete_many().filter(of_them).exec(txn).await?;
    }
    let source = search.source_id();
    touch(txn, touched.into_iter().map(|(kind, external_id)| (source, kind, external_id))).await?;
    Ok(removed)
}

/// Traits, each with when it was put right.
pub(super) type Corrected = BTreeMap<String, DateTime<Utc>>;

/// An object of a source.
struct Object {
    /// Oldest first.
    versions: Vec<Model>,
    /// Of a person: what it said of these traits from then on tells whether it has agreed.
    corrected: Corrected,
}

/// These objects with their versions.
async fn objects<C: ConnectionTrait>(db: &C, search: &Search<'_>, places: &[Place]) -> Result<Vec<Object>> {
    let keys = places.iter().filter_map(|place| {
        if let Place::Object(external_id, kind) = place { Some((external_id, kind)) } else { None }
    });
    let mut by_kind: BTreeMap<&String, Vec<String>> = BTreeMap::new();
    for (external_id, kind) in keys {
        by_kind.entry(kind).or_default().push(external_id.clone());
    }
    let mut objects: BTreeMap<(String, String), Vec<Model>> = BTreeMap::new();
    let person = RecordKind::Person.as_str();
    let people = by_kind.iter().filter(|(kind, _)| **kind == person).flat_map(|(_, ids)| ids);
    let mut corrected = corrected(db, search, &people.cloned().collect::<Vec<_>>()).await?;
    for (kind, external_ids) in by_kind {
        for ids in chunks(db, external_ids) {
            let rows = Entity::find()
                .filter(ids.of(Column::ExternalId))
                .filter(Column::SourceId.eq(search.source_id()))
                .filter(Column::Kind.eq(kind));
            for row in rows.all(db).await? {
                objects.entry((row.kind.clone(), row.external_id.clone())).or_default().push(row);
            }
        }
    }
    for versions in objects.values_mut() {
        versions.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.content_hash.cmp(&b.content_hash)));
    }
    let objects = objects.into_iter().map(|((kind, external_id), versions)| {
        let id = search.keys.person(search.source_id(), &external_id);
        let corrected = if kind == person { corrected.remove(&id) } else { None };
        Object { versions, corrected: corrected.unwrap_or_default() }
    });
    Ok(objects.collect())
}

/// The traits that were put right of these people, as who they are now, each with when that first was.
async fn corrected<C: ConnectionTrait>(
    db: &C,
    search: &Search<'_>,
    external_ids: &[String],
) -> Result<HashMap<Uuid, Corrected>> {
    let ids: Vec<Uuid> = external_ids.iter().map(|id| search.keys.person(search.source_id(), id)).collect();
    let sql = "SELECT i.id, c.key, MIN(c.stated_at) AS at FROM source_identity i \
               JOIN source_identity m ON m.profile_id = i.profile_id \
               JOIN correction c ON c.source_identity_id = m.id WHERE i.id = {} AND c.ended_at IS NULL GROUP BY i.id, c.key";
    let mut corrected: HashMap<Uuid, Corrected> = HashMap::new();
    for row in db.query_all_raw(over(db, sql, &ids, [])).await? {
        let of_it = corrected.entry(row.try_get("", "id")?).or_default();
        of_it.insert(row.try_get("", "key")?, row.try_get("", "at")?);
    }
    Ok(corrected)
}

/// By what versions are ordered, but for their contents.
fn place(row: &Model) -> (Option<DateTime<Utc>>, DateTime<Utc>) {
    (row.updated_at, row.last_seen)
}

/// When another version took the place of one that is not the last. An undated one does not say; the one before it was
/// last heard then at the earliest.
fn replaced_at(versions: &[Model], place: usize) -> DateTime<Utc> {
    versions[place + 1].updated_at.unwrap_or(versions[place].last_seen)
}

/// Which of the versions of one object, oldest first, are too old, and what stays of each; `None` where nothing does.
/// What has nothing left to lose is not among them. Pure.
fn cut(
    versions: &[Model],
    corrected: &Corrected,
    cutoff: DateTime<Utc>,
) -> Result<Vec<(usize, Option<Rest>)>> {
    let Some((current, older)) = versions.split_last() else { return Ok(Vec::new()) };
    let bodies = versions.iter().map(body).collect::<Result<Vec<_>>>()?;
    if bodies.iter().any(|body| matches!(body, Body::Person(person) if !person.extent.is_whole())) {
        return parts::cut(versions, &bodies, corrected, cutoff);
    }
    // Who somebody was who is gone.
    let teller = bodies
        .iter()
        .rposition(|body| matches!(body, Body::Person(person) if !person.identifiers.is_empty()));
    let teller = teller.filter(|_| current.deleted);
    let old: Vec<usize> = (0..older.len())
        .filter(|place| Some(*place) != teller && replaced_at(versions, *place) < cutoff)
        .collect();
    let held = held(versions, &bodies, corrected);
    let tells = |place: usize| match place.checked_sub(1) {
        Some(before) => {
            let differs = |key: &String| held[place].traits.get(key) != held[before].traits.get(key);
            !is_part(&held[place], &held[before]) || corrected.keys().any(differs)
        }
        None => !is_part(&held[place], &Person::default()),
    };
    // The eldest says when the object was made; one is enough.
    let is_made = matches!(bodies.last(), Some(Body::Person(_) | Body::Company(_)));
    let made = versions.iter().filter_map(|row| row.created_at).min().filter(|_| is_made);
    let says_made = |place: &usize| versions[*place].created_at == made;
    let stays = |place: &usize| !old.contains(place) || tells(*place);
    let eldest = made
        .filter(|_| !(0..versions.len()).any(|place| stays(&place) && says_made(&place)))
        .and_then(|_| old.iter().copied().rfind(says_made));

    let mut cuts = Vec::new();
    for place in old {
        if !tells(place) && Some(place) != eldest {
            cuts.push((place, None));
            continue;
        }
        let rest = match &bodies[place] {
            Body::Company(_) => Body::Company(Company::default()),
            _ => Body::Person(held[place].clone()),
        };
        let (rest, content_hash) = hash::version(&reduced(&versions[place], rest))?;
        // Most often itself: it was cut down before.
        let is_there = versions.iter().any(|other| other.content_hash == content_hash);
        // Between neighbours of one instant the contents decide which is the later: they stay as they are.
        let is_tied = self::place(&versions[place]) == self::place(&versions[place + 1])
            || place
                .checked_sub(1)
                .is_some_and(|before| self::place(&versions[before]) == self::place(&versions[place]));
        if !is_there && !is_tied {
            cuts.push((place, Some((rest, content_hash))));
        }
    }
    Ok(cuts)
}

/// What each version says that every later one says, too, and of what was put right what was in force then and came later.
fn held(versions: &[Model], bodies: &[Body], corrected: &Corrected) -> Vec<Person> {
    let mut later: Option<Person> = None;
    let mut held: Vec<Person> = versions
        .iter()
        .zip(bodies)
        .rev()
        .map(|(row, body)| {
            let said = match body {
                Body::Person(person) if !row.deleted => person.clone(),
                _ => Person::default(),
            };
            let mut said = Person { companies: Vec::new(), ..said };
            if let Some(later) = &later {
                said.traits.retain(|key, value| later.traits.get(key) == Some(value));
                said.identifiers.retain(|identifier| later.identifiers.contains(identifier));
            }
            later = Some(said.clone());
            said
        })
        .collect();
    held.reverse();
    for (key, at) in corrected {
        let since = |place: &usize| match (versions[*place].updated_at, place.checked_sub(1)) {
            (Some(updated), _) => updated <= *at,
            (None, Some(before)) => versions[before].last_seen <= *at,
            (None, None) => true,
        };
        let then = (0..versions.len()).rfind(since);
        for place in then.unwrap_or_default()..versions.len() {
            let Body::Person(person) = &bodies[place] else { continue };
            if let Some(value) = person.traits.get(key).filter(|_| !versions[place].deleted) {
                held[place].traits.insert(key.clone(), value.clone());
            }
        }
    }
    held
}

/// Whether one says nothing that the other does not say.
fn is_part(one: &Person, other: &Person) -> bool {
    let has = |identifier: &Identifier| other.identifiers.contains(identifier);
    one.traits.keys().all(|key| other.traits.contains_key(key)) && one.identifiers.iter().all(has)
}

fn body(row: &Model) -> Result<Body> {
    serde_json::from_str(&row.body).map_err(|error| Error::stored("record body", error))
}

pub(super) fn reduced(row: &Model, body: Body) -> Record {
    Record {
        external_id: row.external_id.clone(),
        updated_at: row.updated_at,
        created_at: row.created_at,
        deleted: row.deleted,
        body,
        payload: NO_PAYLOAD.to_vec(),
    }
}
