//! Of versions that say a part of a person (`Extent::Part`): what of each still holds, or tells since when. Pure.

use chrono::{DateTime, Utc};
use connectors::canonical::{Body, Identifier, IdentifierKind, Person};
use entities::record_version::Model;

use super::superseded::{Corrected, Rest, reduced};
use crate::{error::Result, intake::hash};

/// Which of the versions of one person, oldest first, said something that was replaced before the cutoff, and what stays
/// of each; `None` where nothing does. What was said as a whole stays, and so do logins.
pub(super) fn cut(
    versions: &[Model],
    bodies: &[Body],
    corrected: &Corrected,
    cutoff: DateTime<Utc>,
) -> Result<Vec<(usize, Option<Rest>)>> {
    let mut cuts = Vec::new();
    for (place, body) in bodies.iter().enumerate() {
        let Body::Person(person) = body else { continue };
        if person.extent.is_whole() || person.login.is_some() || !person.companies.is_empty() {
            continue;
        }
        let last = versions[place].updated_at;
        // What was said after this, and before the cutoff.
        let later = || {
            let since = versions.iter().map(|row| row.updated_at).zip(bodies);
            since.filter_map(|(at, body)| match body {
                Body::Person(other) if at > last && at < Some(cutoff) => Some(other),
                _ => None,
            })
        };
        let rest = Person {
            traits: person
                .traits
                .iter()
                .filter(|(key, value)| {
                    let replaces = |other: &Person| other.traits.get(*key).is_some_and(|now| now != *value);
                    corrected.contains_key(*key) || !later().any(replaces)
                })
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            identifiers: person
                .identifiers
                .iter()
                .filter(|own| {
                    let is_point = matches!(own.kind, IdentifierKind::Email | IdentifierKind::Phone);
                    let replaces = |now: &Identifier| now.kind == own.kind && now.value != own.value;
                    !is_point || !later().any(|other| other.identifiers.iter().any(replaces))
                })
                .cloned()
                .collect(),
            ..person.clone()
        };
        if rest.traits.is_empty() && rest.identifiers.is_empty() {
            cuts.push((place, None));
        } else if rest != *person {
            let (rest, hash) = hash::version(&reduced(&versions[place], Body::Person(rest)))?;
            // What was cut down to the same once is there.
            if versions.iter().all(|other| other.content_hash != hash) {
                cuts.push((place, Some((rest, hash))));
            }
        }
    }
    Ok(cuts)
}

#[cfg(test)]
mod tests {
    use connectors::canonical::Extent;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day)
    }

    fn version(said: i64, traits: &serde_json::Value) -> Model {
        let mut person = Person {
            extent: Extent::Part,
            traits: serde_json::from_value(traits.clone()).unwrap(),
            ..Person::default()
        };
        person.identify(IdentifierKind::Email, traits["email"].as_str());
        Model {
            id: said,
            source_id: Uuid::nil(),
            kind: "person".to_owned(),
            external_id: "user:1".to_owned(),
            content_hash: traits.to_string().into_bytes(),
            updated_at: Some(at(said)),
            created_at: None,
            last_seen: at(said),
            deleted: false,
            body: serde_json::to_string(&Body::Person(person)).unwrap(),
            payload: Vec::new(),
        }
    }

    fn cut_at(versions: &[Model], cutoff: i64) -> Vec<(usize, Option<serde_json::Value>)> {
        let bodies: Vec<Body> = versions.iter().map(|row| serde_json::from_str(&row.body).unwrap()).collect();
        let cuts = cut(versions, &bodies, &Corrected::default(), at(cutoff)).unwrap();
        let body =
            |(rest, _): Rest| serde_json::from_str::<serde_json::Value>(&rest).unwrap()["traits"].take();
        cuts.into_iter().map(|(place, rest)| (place, rest.map(body))).collect()
    }

    #[test]
    fn what_was_replaced_goes_and_what_still_holds_stays() {
        let versions = [
            version(1, &json!({"email": "a@example.org", "plan": "free"})),
            version(5, &json!({"plan": "pro"})),
            version(9, &json!({"email": "b@example.org"})),
        ];
        assert_eq!(cut_at(&versions, 5), []);
        assert_eq!(cut_at(&versions, 6), [(0, Some(json!({"email": "a@example.org"})))]);
        assert_eq!(cut_at(&versions, 10), [(0, None)]);
    }
}
