//! Turns Mailchimp's objects into canonical ones. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use sha2::{Digest, Sha256};

use crate::{
    canonical::{
        Body, Campaign, ConsentStatement, ConsentStatus, Event, Identifier, IdentifierKind, Person, Record,
        address, traits,
    },
    lenient::{Amount, Flag, Id, Instant, Text},
    objects::{Mapped, Reason, parse, payload},
};

/// What the consent of a member is about.
const PURPOSE: &str = "email_marketing";

/// The external id of a member: an address in two audiences is two records.
pub(super) fn person_id(list: &str, member: &str) -> String {
    format!("{list}:{member}")
}

#[derive(Deserialize)]
struct Member {
    id: Id,
    #[serde(default)]
    email_address: Text,
    #[serde(default)]
    full_name: Text,
    #[serde(default)]
    status: Text,
    #[serde(default)]
    merge_fields: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    stats: Stats,
    #[serde(default)]
    timestamp_signup: Instant,
    #[serde(default)]
    timestamp_opt: Instant,
    #[serde(default)]
    last_changed: Instant,
    #[serde(default, rename = "member_rating")]
    rating: Amount,
    #[serde(default)]
    language: Text,
    #[serde(default)]
    vip: Flag,
    #[serde(default)]
    location: Location,
    #[serde(default)]
    source: Text,
    #[serde(default)]
    unsubscribe_reason: Text,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Default, Deserialize)]
struct Stats {
    #[serde(default)]
    avg_open_rate: Amount,
    #[serde(default)]
    avg_click_rate: Amount,
}

#[derive(Default, Deserialize)]
struct Location {
    #[serde(default)]
    timezone: Text,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    name: Text,
}

/// The parts of a merge field of the type address.
#[derive(Deserialize)]
struct MergeAddress {
    #[serde(default)]
    addr1: Text,
    #[serde(default)]
    addr2: Text,
    #[serde(default)]
    city: Text,
    #[serde(default)]
    state: Text,
    #[serde(default)]
    zip: Text,
    #[serde(default)]
    country: Text,
}

/// Whether a member is archived, as far as that can be read.
pub(super) fn is_archived(row: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Status<'a> {
        status: &'a str,
    }
    serde_json::from_str::<Status<'_>>(row.get()).is_ok_and(|row| row.status == "archived")
}

/// A member of an audience, with their word about e-mail.
pub(super) fn member(row: &RawValue, list: &str, user_id: Option<&str>) -> Result<Mapped, Reason> {
    let member: Member = parse(row)?;
    let mut person = Person::default();
    person.identify(IdentifierKind::Email, member.email_address.get());
    person.set(traits::EMAIL, member.email_address.get());
    person.set(traits::FULL_NAME, member.full_name.get());
    person.set(traits::LANGUAGE, member.language.get());
    person.set(traits::TIME_ZONE, member.location.timezone.get());
    for (tag, value) in &member.merge_fields {
        merge_field(&mut person, tag, value, user_id)
            .map_err(|reason| format!("merge_fields.{tag}: {reason}"))?;
    }
    person.set_value(traits::EMAIL_RATING, number(&member.rating));
    person.set_value(traits::EMAIL_OPEN_RATE, number(&member.stats.avg_open_rate));
    person.set_value(traits::EMAIL_CLICK_RATE, number(&member.stats.avg_click_rate));
    let tags = member.tags.iter().filter_map(|tag| tag.name.get()).map(Value::from).collect();
    person.set_value(traits::TAGS, Some(Value::Array(tags)));
    if member.vip.0 == Some(true) {
        person.set_value("mailchimp.vip", Some(Value::Bool(true)));
    }
    if member.status.get() == Some("cleaned") {
        person.set("email_status", Some("cleaned"));
    }
    let record = Record {
        external_id: person_id(list, &member.id.0),
        updated_at: member.last_changed.0,
        created_at: member.timestamp_signup.0.or(member.timestamp_opt.0),
        deleted: member.status.get() == Some("archived"),
        body: Body::Person(person),
        payload: payload(row),
    };
    let consents = consent(&member, list).into_iter().collect();
    Ok(Mapped { records: vec![record], consents, ..Mapped::default() })
}

/// A merge field: the four that every audience begins with, and the others under their own tag.
fn merge_field(
    person: &mut Person,
    tag: &str,
    value: &RawValue,
    user_id: Option<&str>,
) -> Result<(), Reason> {
    if value.get().starts_with('{') {
        let parts: MergeAddress = parse(value)?;
        let address = address([
            ("street", parts.addr1.get()),
            ("street2", parts.addr2.get()),
            ("postal_code", parts.zip.get()),
            ("city", parts.city.get()),
            ("region", parts.state.get()),
            ("country", parts.country.get()),
        ]);
        let own = format!("mailchimp.{}", tag.to_lowercase());
        person.set_value(if tag == "ADDRESS" { traits::ADDRESS } else { &own }, address);
        return Ok(());
    }
    let text: Text = parse(value)?;
    if user_id == Some(tag) {
        person.identify(IdentifierKind::UserId, text.get());
    }
    match tag {
        "FNAME" => person.set(traits::FIRST_NAME, text.get()),
        "LNAME" => person.set(traits::LAST_NAME, text.get()),
        "PHONE" => {
            person.identify(IdentifierKind::Phone, text.get());
            person.set(traits::PHONE, text.get());
        }
        own => person.set(&format!("mailchimp.{}", own.to_lowercase()), text.get()),
    }
    Ok(())
}

/// What the member's status says about consent. Cleaned, archived and transactional members have said nothing.
fn consent(member: &Member, list: &str) -> Option<ConsentStatement> {
    let signed_up = member.timestamp_opt.0.or(member.timestamp_signup.0);
    let (status, stated_at) = match member.status.get()? {
        "subscribed" => (ConsentStatus::Granted, signed_up),
        "unsubscribed" => (ConsentStatus::Withdrawn, member.last_changed.0),
        "pending" => (ConsentStatus::Pending, member.timestamp_signup.0.or(member.last_changed.0)),
        _ => return None,
    };
    let mut evidence = BTreeMap::from([("list".to_owned(), Value::from(list))]);
    let mut prove = |key: &str, value: Option<Value>| {
        evidence.extend(value.map(|value| (key.to_owned(), value)));
    };
    prove("source", member.source.get().map(Value::from));
    prove("signed_up_at", member.timestamp_signup.0.map(|at| Value::from(written(at))));
    prove("opted_in_at", member.timestamp_opt.0.map(|at| Value::from(written(at))));
    prove("reason", member.unsubscribe_reason.get().map(Value::from));
    Some(ConsentStatement {
        person: person_id(list, &member.id.0),
        purpose: PURPOSE.to_owned(),
        contact_point: email(&member.email_address),
        status,
        stated_at,
        expires_at: None,
        method: method(member.source.get()).map(str::to_owned),
        notice: None,
        evidence,
    })
}

/// How a member came in, as far as Mailchimp's word for it tells.
fn method(source: Option<&str>) -> Option<&'static str> {
    let source = source?.to_lowercase();
    [("form", "form"), ("import", "import"), ("api", "api")]
        .into_iter()
        .find(|(word, _)| source.contains(word))
        .map(|(_, method)| method)
}

#[derive(Deserialize)]
struct WholeCampaign {
    id: Id,
    #[serde(default)]
    create_time: Instant,
    #[serde(default)]
    send_time: Instant,
    #[serde(default)]
    settings: Settings,
}

#[derive(Default, Deserialize)]
struct Settings {
    #[serde(default)]
    title: Text,
    #[serde(default)]
    subject_line: Text,
}

/// A campaign. Mailchimp does not say when it was last changed.
pub(super) fn campaign(row: &RawValue) -> Result<Mapped, Reason> {
    let campaign: WholeCampaign = parse(row)?;
    let body = Campaign {
        name: campaign.settings.title.0,
        subject: campaign.settings.subject_line.0,
        channel: Some("email".to_owned()),
        sent_at: campaign.send_time.0,
    };
    Ok(Record {
        external_id: campaign.id.0,
        updated_at: None,
        created_at: campaign.create_time.0,
        deleted: false,
        body: Body::Campaign(body),
        payload: payload(row),
    }
    .into())
}

#[derive(Deserialize)]
struct EmailActivity {
    campaign_id: Id,
    list_id: Id,
    email_id: Id,
    #[serde(default)]
    activity: Vec<Action>,
}

#[derive(Deserialize)]
struct Action {
    #[serde(rename = "action")]
    what: Text,
    #[serde(default, rename = "type")]
    bounce: Text,
    timestamp: Instant,
    #[serde(default)]
    url: Text,
}

/// What one member did with one campaign.
pub(super) fn activity(row: &RawValue) -> Result<Mapped, Reason> {
    let email: EmailActivity = parse(row)?;
    let events = email.activity.iter().enumerate().map(|(at, action)| {
        let missing = |field: &str, expected: &str| format!("activity[{at}].{field}: expected {expected}");
        let what = action.what.get().ok_or_else(|| missing("action", "text"))?;
        let occurred_at = action.timestamp.0.ok_or_else(|| missing("timestamp", "a time (RFC 3339)"))?;
        let name = match what {
            "open" => "Email Opened",
            "click" => "Email Link Clicked",
            "bounce" => "Email Bounced",
            _ => "Email Activity",
        };
        let url = action.url.get().unwrap_or_default();
        let mut properties =
            BTreeMap::from([("campaign_id".to_owned(), Value::from(email.campaign_id.0.as_str()))]);
        let mut set = |key: &str, value: Option<&str>| {
            properties.extend(value.map(|value| (key.to_owned(), Value::from(value))));
        };
        set("link_url", action.url.get());
        set("bounce_type", action.bounce.get());
        set("action", (name == "Email Activity").then_some(what));
        Ok(Event {
            message_id: message_id([
                &email.campaign_id.0,
                &email.email_id.0,
                what,
                &written(occurred_at),
                url,
            ]),
            person: person_id(&email.list_id.0, &email.email_id.0),
            name: name.to_owned(),
            occurred_at,
            properties,
            context: BTreeMap::new(),
        })
    });
    Ok(Mapped { events: events.collect::<Result<_, Reason>>()?, ..Mapped::default() })
}

#[derive(Deserialize)]
struct Unsubscription {
    campaign_id: Id,
    list_id: Id,
    email_id: Id,
    #[serde(default)]
    email_address: Text,
    timestamp: Instant,
    #[serde(default)]
    reason: Text,
}

/// A member who unsubscribed from one campaign: something that happened, and a word about e-mail.
pub(super) fn unsubscription(row: &RawValue) -> Result<Mapped, Reason> {
    let gone: Unsubscription = parse(row)?;
    let at = gone.timestamp.0.ok_or_else(|| "timestamp: expected a time (RFC 3339)".to_owned())?;
    let campaign = Value::from(gone.campaign_id.0.as_str());
    let mut properties = BTreeMap::from([("campaign_id".to_owned(), campaign.clone())]);
    properties.extend(gone.reason.get().map(|reason| ("reason".to_owned(), Value::from(reason))));
    let person = person_id(&gone.list_id.0, &gone.email_id.0);
    let event = Event {
        message_id: message_id([&gone.campaign_id.0, &gone.email_id.0, "unsubscribe", &written(at), ""]),
        person: person.clone(),
        name: "Unsubscribed".to_owned(),
        occurred_at: at,
        properties,
        context: BTreeMap::new(),
    };
    let consent = ConsentStatement {
        person,
        purpose: PURPOSE.to_owned(),
        contact_point: email(&gone.email_address),
        status: ConsentStatus::Withdrawn,
        stated_at: Some(at),
        expires_at: None,
        method: None,
        notice: None,
        evidence: BTreeMap::from([("campaign_id".to_owned(), campaign)]),
    };
    Ok(Mapped { events: vec![event], consents: vec![consent], ..Mapped::default() })
}

fn email(address: &Text) -> Option<Identifier> {
    address.get().map(|address| Identifier::new(IdentifierKind::Email, address))
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A number as JSON, as it was written.
fn number(amount: &Amount) -> Option<Value> {
    serde_json::from_str(&amount.0?.normalize().to_string()).ok()
}

/// An id that follows from what the event is, so that reading it again gives the same.
fn message_id(parts: [&str; 5]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex::encode(&hash.finalize()[..16])
}
