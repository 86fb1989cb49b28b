//! Reading the versions of objects, oldest first; the last one is current.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connectors::canonical::{Body, Person, RecordKind};
use entities::record_version::{Column, Entity};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::{part, person::Said};
use crate::{
    error::{Error, Result},
    store::chunks,
};

/// One version without its payload.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct Version {
    pub(crate) external_id: String,
    pub(crate) content_hash: Vec<u8>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) created_at: Option<DateTime<Utc>>,
    pub(crate) last_seen: DateTime<Utc>,
    pub(crate) deleted: bool,
    body: String,
}

impl Version {
    /// The canonical mapping.
    pub(crate) fn body(&self) -> Result<Body> {
        serde_json::from_str(&self.body).map_err(|error| Error::stored("record body", error))
    }
}

/// What versions of a person record say, in their order: each everything that was so from then on.
pub(crate) fn said(versions: &[Version]) -> Result<Vec<Said>> {
    let mut said = Vec::with_capacity(versions.len());
    let mut are_whole = true;
    for version in versions {
        if let Body::Person(person) = version.body()? {
            let (updated_at, last_seen, deleted) = (version.updated_at, version.last_seen, version.deleted);
            are_whole &= person.extent.is_whole();
            said.push(Said { updated_at, last_seen, deleted, person });
        }
    }
    if !are_whole {
        if let Some(first) = said.first_mut() {
            first.person = part::added(&Person::default(), &first.person);
        }
        for place in 1..said.len() {
            let (before, from) = said.split_at_mut(place);
            if let (Some(before), Some(now)) = (before.last(), from.first_mut()) {
                now.person = part::added(&before.person, &now.person);
            }
        }
    }
    Ok(said)
}

/// The versions of these objects by external id, in the order (update time, last seen, content hash).
pub(crate) async fn load<C: ConnectionTrait>(
    db: &C,
    source: Uuid,
    kind: RecordKind,
    external_ids: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, Vec<Version>>> {
    let mut all: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for chunk in chunks(db, external_ids) {
        let rows = Entity::find()
            .select_only()
            .columns([
                Column::ExternalId,
                Column::ContentHash,
                Column::UpdatedAt,
                Column::CreatedAt,
                Column::LastSeen,
                Column::Deleted,
                Column::Body,
            ])
            .filter(Column::SourceId.eq(source))
            .filter(Column::Kind.eq(kind.as_str()))
            .filter(chunk.of(Column::ExternalId))
            .into_model::<Version>()
            .all(db)
            .await?;
        for version in rows {
            all.entry(version.external_id.clone()).or_default().push(version);
        }
    }
    for versions in all.values_mut() {
        versions.sort_by(|a, b| {
            (a.updated_at, a.last_seen, &a.content_hash).cmp(&(b.updated_at, b.last_seen, &b.content_hash))
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use connectors::canonical::Extent;
    use serde_json::{Value, json};

    use super::*;

    fn part(traits: &Value) -> Version {
        let traits = serde_json::from_value(traits.clone()).unwrap();
        let person = Person { extent: Extent::Part, traits, ..Person::default() };
        Version {
            external_id: "user:1".to_owned(),
            content_hash: Vec::new(),
            updated_at: None,
            created_at: None,
            last_seen: DateTime::UNIX_EPOCH,
            deleted: false,
            body: serde_json::to_string(&Body::Person(person)).unwrap(),
        }
    }

    #[test]
    fn what_is_taken_away_before_it_was_there_is_never_there() {
        let versions = [part(&json!({"plan": null})), part(&json!({"age": 36}))];
        let said: Vec<Value> =
            said(&versions).unwrap().iter().map(|said| json!(said.person.traits)).collect();
        assert_eq!(said, [json!({}), json!({"age": 36})]);
    }
}
