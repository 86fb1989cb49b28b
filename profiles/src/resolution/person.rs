//! What the versions of a person record say of a person, today and at any moment before. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use connectors::canonical::{self, Person, told_by_id};
use entities::source_identity;
use identity::{IdentifierKind, Normalised};
use uuid::Uuid;

use super::region;
use crate::{keys::Keys, normaliser::Normaliser};

/// A normalised identifier.
pub(crate) type Value = (IdentifierKind, String);

/// One version of a person record, read.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) updated_at: Option<DateTime<Utc>>,
    /// When it was last delivered.
    pub(crate) last_seen: DateTime<Utc>,
    pub(crate) deleted: bool,
    pub(crate) person: Person,
}

/// From an instant on (`None`: ever since) so many of the versions, oldest first, had been said.
pub(crate) type Stage = (Option<DateTime<Utc>>, usize);

/// The stages of the versions of a record, oldest first. Undated versions are the oldest; of several with one update
/// time only the last was ever current.
pub(crate) fn stages(versions: &[Said]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for (place, version) in versions.iter().enumerate() {
        match stages.last_mut() {
            Some((since, count)) if *since == version.updated_at => *count = place + 1,
            _ => stages.push((version.updated_at, place + 1)),
        }
    }
    stages
}

/// A source identity as these versions, oldest first, describe it.
pub(crate) fn described(row: source_identity::Model, versions: &[Said]) -> source_identity::Model {
    let current = versions.last();
    source_identity::Model {
        updated_at: current.and_then(|version| version.updated_at),
        deleted: current.is_some_and(|version| version.deleted),
        known: current.is_some(),
        ..row
    }
}

/// Whom these versions, oldest first, tell of. A tombstone may carry nothing: what the object last said of itself
/// still tells who it was.
pub(crate) fn told(versions: &[Said]) -> Option<&Person> {
    let current = versions.last()?;
    if !current.deleted {
        return Some(&current.person);
    }
    versions.iter().rev().map(|version| &version.person).find(|person| !person.identifiers.is_empty())
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

/// The kind of identifier in the words of sources.
pub(crate) fn canonical_kind(kind: IdentifierKind) -> canonical::IdentifierKind {
    match kind {
        IdentifierKind::Email => canonical::IdentifierKind::Email,
        IdentifierKind::Phone => canonical::IdentifierKind::Phone,
        IdentifierKind::UserId => canonical::IdentifierKind::UserId,
        IdentifierKind::Device => canonical::IdentifierKind::Device,
        IdentifierKind::AnonymousId => canonical::IdentifierKind::AnonymousId,
        IdentifierKind::CrossSource | IdentifierKind::Login => canonical::IdentifierKind::CrossSource,
    }
}

/// The value of [`IdentifierKind::CrossSource`] that every source identity carries by itself.
pub(crate) fn own(id: Uuid) -> Value {
    (IdentifierKind::CrossSource, id.to_string())
}

/// Every value that a source identity carries by itself, because others may name it.
pub(crate) fn names(id: Uuid) -> [Value; 2] {
    [own(id), (IdentifierKind::Login, id.to_string())]
}

/// The region in which a person's telephone numbers without a country code are read.
pub(crate) fn phone_region(person: &Person) -> Option<String> {
    region::of(person.traits.get(canonical::traits::ADDRESS)?.get("country")?.as_str()?)
}

/// What somebody carries, normalised: what the key itself says, and what is told of the person.
pub(crate) fn identifiers(
    keys: &Keys,
    normaliser: &Normaliser<'_>,
    (source, external_id): (Uuid, &str),
    person: Option<&Person>,
) -> BTreeSet<Value> {
    let region = person.and_then(phone_region);
    let told = person.map(|person| person.identifiers.as_slice()).unwrap_or_default();
    let carried = told.iter().filter_map(|raw| {
        let kind = identifier_kind(raw.kind);
        if kind == IdentifierKind::CrossSource {
            let source = keys.source(raw.namespace.as_deref()?);
            return Some(own(keys.person(source, raw.value.trim())));
        }
        match normaliser.normalise(kind, &raw.value, region.as_deref()) {
            Normalised::Value(value) => Some((kind, value)),
            Normalised::Placeholder | Normalised::Invalid(_) => None,
        }
    });
    let by_key = told_by_id(external_id).and_then(|raw| {
        let kind = identifier_kind(raw.kind);
        let value = normaliser.normalise(kind, &raw.value, None);
        if let Normalised::Value(value) = value { Some((kind, value)) } else { None }
    });
    let login = person.and_then(|person| person.login.as_deref());
    let login = login.map(|user| (IdentifierKind::Login, keys.person(source, user).to_string()));
    carried.chain(by_key).chain(login).collect()
}

#[cfg(test)]
mod tests {
    use connectors::canonical::Identifier;

    use super::*;

    fn said(second: Option<i64>, deleted: bool, email: Option<&str>) -> Said {
        let mut person = Person::default();
        person.identify(canonical::IdentifierKind::Email, email);
        let updated_at = second.and_then(|second| DateTime::from_timestamp(second, 0));
        Said { updated_at, last_seen: DateTime::UNIX_EPOCH, deleted, person }
    }

    #[test]
    fn of_several_versions_of_one_instant_only_the_last_was_ever_current() {
        let at = |second| DateTime::from_timestamp(second, 0);
        let versions =
            [None, None, Some(1), Some(2), Some(2)].map(|second| said(second, false, Some("a@example.org")));
        assert_eq!(stages(&versions), [(None, 2), (at(1), 3), (at(2), 5)]);
        assert_eq!(stages(&[]), []);
    }

    #[test]
    fn a_tombstone_is_still_who_it_was() {
        let alive = said(Some(1), false, Some("a@example.org"));
        let email =
            |person: &Person| person.identifiers.first().map(|Identifier { value, .. }| value.clone());
        let found = |versions: &[Said]| told(versions).and_then(email);
        assert_eq!(found(&[alive.clone(), said(Some(2), true, None)]).as_deref(), Some("a@example.org"));
        assert_eq!(found(&[alive, said(Some(2), false, None)]), None);
        assert_eq!(found(&[]), None);
    }
}
