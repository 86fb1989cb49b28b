//! What a message tells: something that happened, and what is said of somebody.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    message::{Kind, Message},
    traits,
};
use crate::{
    canonical::{Body, Company, Event, Extent, IdentifierKind, Person, Record, user_id, visitor_id},
    event_names::{self as names, canonical},
};

/// What a message tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) event: Event,
    pub(super) records: Vec<Record>,
}

/// What a message tells that was sent in these bytes, of an instant.
pub(super) fn tell(message: &Message, raw: &str, at: DateTime<Utc>) -> Result<Told, String> {
    let mut properties = message.properties.clone();
    let mut context = message.context.clone();
    // Where somebody is on the network is not what a profile is for.
    context.remove("ip");
    let mut keep = |key: &str, value: &Option<String>| {
        if let Some(value) = value {
            properties.entry(key.to_owned()).or_insert_with(|| Value::from(value.as_str()));
        }
    };
    let name = match message.kind {
        Kind::Track => {
            let stated = message.event.as_deref().ok_or("event: expected the name of the event")?;
            canonical(stated).map_or_else(
                || stated.to_owned(),
                |name| {
                    if name != stated {
                        context.insert("original_name".to_owned(), stated.into());
                    }
                    name.to_owned()
                },
            )
        }
        Kind::Page | Kind::Screen => {
            keep("name", &message.name);
            keep("category", &message.category);
            let is_page = message.kind == Kind::Page;
            if is_page { names::PAGE_VIEWED } else { names::SCREEN_VIEWED }.to_owned()
        }
        Kind::Identify => names::IDENTIFIED.to_owned(),
        Kind::Group => {
            message.group.as_ref().ok_or("groupId: expected the id of the group")?;
            keep("group_id", &message.group);
            names::GROUP_JOINED.to_owned()
        }
        Kind::Alias => {
            message.previous.as_ref().ok_or("previousId: expected the id that was used before")?;
            names::ALIASED.to_owned()
        }
    };
    let made_up = message.stated().is_none().then_some(at);
    let visitor = message.visitor.as_deref().map(visitor_id);
    let user = message.user.as_deref().map(user_id);
    let person =
        user.clone().or_else(|| visitor.clone()).ok_or("userId, anonymousId: expected one of them")?;
    let event = Event {
        message_id: message.id.clone().unwrap_or_else(|| content_id(raw, made_up)),
        person: person.clone(),
        name,
        occurred_at: at,
        properties,
        context,
    };
    let mut records = Vec::new();
    if let (Some(visitor), Some(user)) = (visitor, &user) {
        let said = matches!(message.kind, Kind::Identify | Kind::Alias);
        records.push(login(visitor, user, if said { Extent::Part } else { Extent::Since }, at));
    }
    match message.kind {
        Kind::Identify => records.extend(identify(person, &message.traits, at)),
        Kind::Group => records.extend(group(person, message, at)),
        Kind::Alias => records.extend(alias(person, message, at)),
        Kind::Track | Kind::Page | Kind::Screen => {}
    }
    Ok(Told { event, records })
}

/// A message without an id is known by its content, so that sending it again does no harm; and where that tells no time,
/// by when it arrived: the same may well happen again.
fn content_id(raw: &str, arrived: Option<DateTime<Utc>>) -> String {
    let mut hash = Sha256::new();
    hash.update(raw);
    if let Some(arrived) = arrived {
        hash.update(arrived.timestamp_micros().to_be_bytes());
    }
    hex::encode(&hash.finalize()[..16])
}

/// The visitor logged in as the user.
fn login(visitor: String, user: &str, extent: Extent, at: DateTime<Utc>) -> Record {
    let person = Person { extent, login: Some(user.to_owned()), ..Person::default() };
    record(visitor, Body::Person(person), &json!({ "login": user }), at)
}

fn identify(person: String, stated: &serde_json::Map<String, Value>, at: DateTime<Utc>) -> Option<Record> {
    let told = traits::person(stated);
    if told.person.traits.is_empty() && told.created_at.is_none() {
        return None;
    }
    let record = record(person, Body::Person(told.person), &json!({ "traits": stated }), at);
    Some(Record { created_at: told.created_at, ..record })
}

/// A group is a company, and who joins it belongs to it.
fn group(person: String, message: &Message, at: DateTime<Utc>) -> Vec<Record> {
    let Some(id) = &message.group else { return Vec::new() };
    let member = Person { extent: Extent::Since, companies: vec![id.clone()], ..Person::default() };
    let mut records = vec![record(person, Body::Person(member), &json!({ "group": id }), at)];
    let company = traits::company(&message.traits);
    if company != Company::default() {
        records.push(record(id.clone(), Body::Company(company), &json!({ "traits": message.traits }), at));
    }
    records
}

/// Another name of the user, which may have been a visitor's.
fn alias(person: String, message: &Message, at: DateTime<Utc>) -> Vec<Record> {
    let (Some(previous), Some(user)) = (&message.previous, &message.user) else { return Vec::new() };
    if previous == user || message.visitor.as_ref() == Some(previous) {
        return Vec::new();
    }
    let mut other = Person { extent: Extent::Since, ..Person::default() };
    other.identify(IdentifierKind::UserId, Some(previous));
    vec![
        login(visitor_id(previous), &user_id(user), Extent::Part, at),
        record(person, Body::Person(other), &json!({ "previousId": previous }), at),
    ]
}

fn record(external_id: String, body: Body, payload: &Value, at: DateTime<Utc>) -> Record {
    Record {
        external_id,
        updated_at: Some(at),
        created_at: None,
        deleted: false,
        body,
        payload: payload.to_string().into_bytes(),
    }
}
