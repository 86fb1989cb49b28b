//! What `traits` say of a person and of a group: those of the specification under their canonical names, all others as
//! `web.…`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::{
    canonical::{Company, Extent, IdentifierKind, Person, address, traits as t},
    lenient,
};

/// What stands before the traits that only the site knows.
const OWN: &str = "web.";
/// Longer names of traits are none.
const LONGEST: usize = 200;
/// The traits of the specification that are known here under another name, and those of the same.
const NAMES: [(&str, &str); 23] = [
    ("firstName", t::FIRST_NAME),
    ("first_name", t::FIRST_NAME),
    ("lastName", t::LAST_NAME),
    ("last_name", t::LAST_NAME),
    ("name", t::FULL_NAME),
    ("email", t::EMAIL),
    ("phone", t::PHONE),
    ("gender", t::GENDER),
    ("title", t::JOB_TITLE),
    ("website", t::WEBSITE),
    ("username", t::USERNAME),
    ("avatar", t::AVATAR_URL),
    ("language", t::LANGUAGE),
    ("timezone", t::TIME_ZONE),
    ("industry", t::INDUSTRY),
    ("tags", t::TAGS),
    ("linkedin", t::LINKEDIN),
    ("twitter", t::TWITTER),
    ("instagram", t::INSTAGRAM),
    ("facebook", t::FACEBOOK),
    ("tiktok", t::TIKTOK),
    ("youtube", t::YOUTUBE),
    ("github", t::GITHUB),
];

/// A part of a person, and since when the person is known to the site.
pub(super) struct Told {
    pub(super) person: Person,
    pub(super) created_at: Option<DateTime<Utc>>,
}

/// What these traits say of a person.
pub(super) fn person(stated: &Map<String, Value>) -> Told {
    let mut person = Person { extent: Extent::Part, ..Person::default() };
    let mut created_at = None;
    for (key, value) in stated {
        match key.as_str() {
            "createdAt" | "created_at" => created_at = text(value).and_then(|text| lenient::instant(&text)),
            "birthday" => set(&mut person, t::BIRTH_DATE, birth(value)),
            "address" => set(&mut person, t::ADDRESS, postal(value)),
            "company" => employer(&mut person, value),
            // Who it is stands in the message.
            "id" | "userId" | "anonymousId" => {}
            key => match NAMES.iter().find(|(name, _)| *name == key) {
                Some((_, known)) => set(&mut person, known, Some(value.clone())),
                None if key.len() <= LONGEST && !key.is_empty() && !key.chars().any(char::is_control) => {
                    set(&mut person, &format!("{OWN}{key}"), Some(value.clone()));
                }
                None => {}
            },
        }
    }
    for (key, kind) in [(t::EMAIL, IdentifierKind::Email), (t::PHONE, IdentifierKind::Phone)] {
        let value = person.traits.get(key).and_then(text);
        person.identify(kind, value.as_deref());
    }
    Told { person, created_at }
}

/// What these traits say of a group.
pub(super) fn company(stated: &Map<String, Value>) -> Company {
    let said = |key: &str| stated.get(key).and_then(text);
    let site = said("website").or_else(|| said("domain"));
    let place = stated.get("address").and_then(Value::as_object);
    let part = |key: &str| place.and_then(|place| place.get(key)).and_then(text);
    Company {
        name: said("name"),
        domain: site,
        industry: said("industry"),
        country: part("country").or_else(|| said("country")),
        city: part("city").or_else(|| said("city")),
        phone: said("phone"),
        employees: said("employees").and_then(|text| lenient::whole(&text)),
        ..Company::default()
    }
}

/// Null says that it is so no more; what is empty says nothing.
fn set(person: &mut Person, key: &str, value: Option<Value>) {
    match value {
        Some(Value::Null) => {
            person.traits.insert(key.to_owned(), Value::Null);
        }
        value => person.set_value(key, value),
    }
}

fn employer(person: &mut Person, value: &Value) {
    match value {
        Value::Object(company) => {
            set(person, t::COMPANY_NAME, company.get("name").cloned());
            set(person, t::INDUSTRY, company.get("industry").cloned());
        }
        value => set(person, t::COMPANY_NAME, Some(value.clone())),
    }
}

/// A date, also where it comes as an instant.
fn birth(value: &Value) -> Option<Value> {
    if value.is_null() {
        return Some(Value::Null);
    }
    let text = text(value)?;
    let date = lenient::instant(&text)?.date_naive();
    Some(Value::from(date.to_string()))
}

fn postal(value: &Value) -> Option<Value> {
    let Value::Object(parts) = value else { return Some(value.clone()) };
    let part = |key: &str| parts.get(key).and_then(text);
    let postal_code = part("postalCode").or_else(|| part("postal_code")).or_else(|| part("zip"));
    let (street, city, region) = (part("street"), part("city"), part("state").or_else(|| part("region")));
    let country = part("country");
    address([
        ("street", street.as_deref()),
        ("postal_code", postal_code.as_deref()),
        ("city", city.as_deref()),
        ("region", region.as_deref()),
        ("country", country.as_deref()),
    ])
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
