//! Destinations on real databases, against a tool that counts what it does.

mod faults;
mod people;
mod receiver;
mod same;

use std::sync::Arc;

use connectors::{
    Page,
    canonical::{ConsentStatement, ConsentStatus, Identifier, IdentifierKind},
};
use serde_json::{Value, json};
use uuid::Uuid;

use self::receiver::Receiver;
use super::{
    segments::{define, work_out},
    support::{Fixed, at, by_email, deliver, person, source},
    worlds::drain,
};
use crate::{
    Keys, Profiles,
    activation::{DestinationInfo, Field, NewDestination},
};

/// A signing secret: 32 bytes in base64.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// The same installation so many seconds after the test began.
async fn later(profiles: &Profiles, seconds: i64) -> Profiles {
    let clock = Arc::new(Fixed(at(1_000_000 + seconds)));
    Profiles::open(profiles.db().clone(), Keys::new(&[7; 32]), clock).await.unwrap()
}

fn fields(mapping: &[(&str, &str)]) -> Vec<Field> {
    let field = |(field, from): &(&str, &str)| Field { field: (*field).to_owned(), from: (*from).to_owned() };
    mapping.iter().map(field).collect()
}

fn webhook(receiver: &Receiver, segment: &str, purpose: &str, mapping: &[(&str, &str)]) -> NewDestination {
    NewDestination {
        kind: "webhook".to_owned(),
        config: json!({ "url": receiver.url }),
        secrets: json!({ "signing_secret": SECRET }),
        segment: segment.to_owned(),
        purpose: purpose.to_owned(),
        mapping: Some(fields(mapping)),
        enabled: true,
        ..NewDestination::default()
    }
}

/// Everybody with an address, of whom those are told who allow advertising, by their first names.
async fn told(profiles: &Profiles, receiver: &Receiver) -> DestinationInfo {
    define(profiles, "all", "email exists").await;
    work_out(profiles).await;
    let new = webhook(receiver, "all", "advertising", &[("name", "traits.first_name")]);
    profiles.create_destination(new).await.unwrap()
}

fn says(person: &str, purpose: &str, yes: bool, when: i64, ends: Option<i64>, email: Option<&str>) -> Page {
    let statement = ConsentStatement {
        person: person.to_owned(),
        contact_point: email.map(|email| Identifier::new(IdentifierKind::Email, email)),
        purpose: purpose.to_owned(),
        status: if yes { ConsentStatus::Granted } else { ConsentStatus::Withdrawn },
        stated_at: Some(at(when)),
        expires_at: ends.map(at),
        method: None,
        notice: None,
        evidence: [].into(),
    };
    Page { consents: vec![statement], ..Page::default() }
}

/// Somebody of that name, with the address NAME@example.org, who allows advertising.
async fn comes(profiles: &Profiles, id: &str, name: &str, when: i64) -> Uuid {
    let crm = source(profiles, "crm", "crm").await;
    let email = format!("{}@example.org", name.to_lowercase());
    let records = vec![person(id, name, Some(&email), Some(when))];
    deliver(profiles, &crm, when, &Page { records, ..says(id, "advertising", true, when, None, None) }).await;
    drain(profiles).await;
    by_email(profiles, &email).await.unwrap().id
}

/// A destination that knows people by their own ids, or by ours.
fn protocol(receiver: &Receiver, segment: &str, purpose: &str, by: &str) -> NewDestination {
    NewDestination {
        kind: "segment".to_owned(),
        config: by_ids(receiver, by),
        secrets: json!({ "write_key": "w" }),
        ..webhook(receiver, segment, purpose, &[("name", "traits.first_name")])
    }
}

fn by_ids(receiver: &Receiver, by: &str) -> Value {
    json!({ "base_url": receiver.url, "user_id": by })
}

async fn work(profiles: &Profiles, destination: &DestinationInfo) -> u64 {
    profiles.work_on_destination(destination.id).await.unwrap()
}

fn effect(what: &str, who: Uuid) -> (String, String) {
    (what.to_owned(), who.to_string())
}

fn known(name: &str) -> Value {
    json!({ "name": name })
}
