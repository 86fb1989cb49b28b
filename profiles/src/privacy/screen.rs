//! The screen between what arrives and what is stored: what is of an erased person does not pass, and where somebody
//! else's object mentions one, the mention is taken out. A pure function of the object, the block list and the rules.
//!
//! *Of* an erased person is whatever hangs on a blocked key of a source, an order that was the person's; a person record
//! that carries a blocked identifier; a statement about a blocked address; and an order or event that contains a blocked
//! address or number as its own. Under a recipient, a friend, a note it is a mention, and so it is everywhere in objects
//! of other kinds.

use std::{borrow::Cow, collections::BTreeMap};

use connectors::{
    Page, Rejected,
    canonical::{Body, ConsentStatement, Deal, Event, IdentifierKind, Person, Record},
};
use identity::{Normalised, Rules, coarse_phone};
use serde_json::Value;
use uuid::Uuid;

use super::{
    blocks::{BlockKind, Blocks, blockable},
    text,
};
use crate::{
    Keys,
    field_names::{PHONE, says},
    resolution::{identifier_kind, phone_region},
};

/// What stands where something was taken out.
pub(super) const ERASED: &str = "[erased]";

/// What the screen makes of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Passage<T> {
    /// As it is.
    Whole,
    /// Without what it mentioned.
    Redacted(T),
    /// Not at all.
    Dropped,
}

/// The screen.
#[derive(Clone, Copy)]
pub(crate) struct Screen<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) blocks: &'a Blocks,
    /// How sources' identifiers are understood: what would be taken for a blocked one is it, however coarse the list is.
    pub(crate) rules: &'a Rules,
}

impl Screen<'_> {
    /// What passes of a page, and how many of its objects do not.
    pub(crate) fn page(self, source: Uuid, page: &Page) -> (Cow<'_, Page>, u64) {
        if self.blocks.is_empty() {
            return (Cow::Borrowed(page), 0);
        }
        let mut dropped = 0;
        let records = sift(&page.records, |record| self.record(source, record), &mut dropped);
        let events = sift(&page.events, |event| self.event(source, event), &mut dropped);
        let rejected = sift(&page.rejected, |object| self.rejected(source, object), &mut dropped);
        let consents = sift(&page.consents, |said| self.statement(source, said), &mut 0);
        if [records.is_some(), events.is_some(), rejected.is_some(), consents.is_some()] == [false; 4] {
            return (Cow::Borrowed(page), 0);
        }
        let page = Page {
            records: records.unwrap_or_else(|| page.records.clone()),
            events: events.unwrap_or_else(|| page.events.clone()),
            consents: consents.unwrap_or_else(|| page.consents.clone()),
            rejected: rejected.unwrap_or_else(|| page.rejected.clone()),
            next: page.next.clone(),
            total: page.total,
        };
        (Cow::Owned(page), dropped)
    }

    /// What passes of a version of an object.
    pub(crate) fn record(self, source: Uuid, record: &Record) -> Passage<Record> {
        let body = match &record.body {
            Body::Person(person) => {
                let is_login_of = person.login.as_ref().is_some_and(|user| self.is_of(source, user));
                if self.is_of(source, &record.external_id) || is_login_of || self.carries(person) {
                    return Passage::Dropped;
                }
                self.body(&record.body)
            }
            Body::Order(order) => {
                let is_of = order.person.as_ref().is_some_and(|person| self.is_of(source, person));
                let was_of = self.is_blocked(self.keys.object("order", source, &record.external_id));
                let body = self.body(&record.body);
                let (payload, _) = self.bytes(&record.payload, None);
                let is_own = body.as_ref().is_some_and(|(_, found)| found.own) || payload.own;
                if is_of || was_of || is_own {
                    return Passage::Dropped;
                }
                body
            }
            Body::Deal(deal) => match self.deal(source, deal) {
                Passage::Dropped => return Passage::Dropped,
                Passage::Redacted(deal) => {
                    let body = Body::Deal(deal);
                    let found = Found { any: true, own: false };
                    Some(self.body(&body).unwrap_or((Some(body), found)))
                }
                Passage::Whole => self.body(&record.body),
            },
            Body::Company(_) | Body::Product(_) | Body::Campaign(_) => self.body(&record.body),
        };
        // What names people by their numbers does so in its payload as well.
        let names = matches!(record.body, Body::Deal(_)).then_some(source);
        let (found, payload) = self.bytes(&record.payload, names);
        let body = match body {
            // A body that cannot be read without what it mentions.
            Some((None, _)) => return Passage::Dropped,
            Some((Some(body), _)) => Some(body),
            None => None,
        };
        if body.is_none() && !found.any {
            return Passage::Whole;
        }
        Passage::Redacted(Record {
            body: body.unwrap_or_else(|| record.body.clone()),
            payload: payload.unwrap_or_else(|| record.payload.clone()),
            ..record.clone()
        })
    }

    /// What passes of an event.
    pub(crate) fn event(self, source: Uuid, event: &Event) -> Passage<Event> {
        let mut seen = event.clone();
        let found = self.details(&mut seen.properties) | self.details(&mut seen.context);
        if self.is_of(source, &event.person) || found.own {
            Passage::Dropped
        } else if found.any {
            Passage::Redacted(seen)
        } else {
            Passage::Whole
        }
    }

    /// What passes of a consent statement: a word about somebody else stays, whatever proves it.
    pub(crate) fn statement(self, source: Uuid, said: &ConsentStatement) -> Passage<ConsentStatement> {
        let point = said.contact_point.as_ref();
        let about = point.is_some_and(|point| self.identifier(point.kind, &point.value, None));
        if self.is_of(source, &said.person) || about {
            return Passage::Dropped;
        }
        let mut seen = said.clone();
        if self.details(&mut seen.evidence).any { Passage::Redacted(seen) } else { Passage::Whole }
    }

    /// Takes out of details what they mention.
    pub(crate) fn details(self, details: &mut BTreeMap<String, Value>) -> Found {
        let mut found = Found::default();
        for (key, value) in details {
            found = found | self.value(value, key, None);
        }
        found
    }

    /// Whether something that was not understood passes.
    pub(crate) fn rejected(self, source: Uuid, object: &Rejected) -> Passage<Rejected> {
        let of = object.external_id.as_ref().is_some_and(|id| self.is_of(source, id));
        if of || self.bytes(&object.payload, Some(source)).0.any || self.mentions(&object.reason) {
            Passage::Dropped
        } else {
            Passage::Whole
        }
    }

    /// Whether a text mentions an erased person.
    pub(crate) fn mentions(self, text: &str) -> bool {
        self.text(text, "").is_some()
    }

    /// Whether bytes that may be JSON mention an erased person.
    pub(crate) fn mentions_bytes(self, bytes: &[u8]) -> bool {
        self.bytes(bytes, None).0.any
    }

    /// Whether a key of a source is an erased person's.
    pub(super) fn is_of(self, source: Uuid, external_id: &str) -> bool {
        self.is_blocked(self.keys.person(source, external_id)) || self.text(external_id, "").is_some()
    }

    fn is_blocked(self, identity: Uuid) -> bool {
        self.blocks.has_identity(self.keys, identity)
    }

    fn has(self, kind: BlockKind, value: &[u8]) -> bool {
        self.blocks.has(self.keys, kind, value)
    }

    fn carries(self, person: &Person) -> bool {
        let region = phone_region(person);
        person.identifiers.iter().any(|carried| {
            if carried.kind == IdentifierKind::CrossSource {
                let Some(source) = &carried.namespace else { return false };
                return self.is_blocked(self.keys.person(self.keys.source(source), carried.value.trim()));
            }
            self.identifier(carried.kind, &carried.value, region.as_deref())
        })
    }

    /// Whether an identifier is blocked.
    pub(crate) fn identifier(self, kind: IdentifierKind, raw: &str, region: Option<&str>) -> bool {
        let kind = identifier_kind(kind);
        let is_blocked = |raw: &str, region: Option<&str>| match kind {
            identity::IdentifierKind::Phone => self.phone(raw, region, Spelling::AtHome),
            kind => blockable(kind, raw, region).iter().any(|(kind, value)| self.has(*kind, value)),
        };
        if is_blocked(raw, region) {
            return true;
        }
        let understood = self.rules.normalise(kind, raw, region);
        matches!(understood, Normalised::Value(value) if value != raw && is_blocked(&value, None))
    }

    /// Whether this is a blocked number.
    fn phone(self, raw: &str, region: Option<&str>, spelling: Spelling) -> bool {
        let Some(phone) = coarse_phone(raw, region) else { return false };
        if let Some(number) = phone.international {
            return self.has(BlockKind::Phone, number.as_bytes());
        }
        // Eight digits are somebody's in several countries.
        let is_telling = phone.national.len() >= 9;
        match spelling {
            Spelling::Anyhow => false,
            Spelling::AtHome if !is_telling => false,
            Spelling::AtHome | Spelling::Mentioned => {
                self.has(BlockKind::National, phone.national.as_bytes())
                    || self.has(BlockKind::Phone, format!("+{}", phone.national).as_bytes())
            }
        }
    }

    /// A deal goes on without an erased person, unless nobody else is left.
    fn deal(self, source: Uuid, deal: &Deal) -> Passage<Deal> {
        let stays = |person: &&String| !self.is_of(source, person);
        let persons: Vec<String> = deal.persons.iter().filter(stays).cloned().collect();
        if persons.len() == deal.persons.len() {
            Passage::Whole
        } else if persons.is_empty() && deal.companies.is_empty() {
            Passage::Dropped
        } else {
            Passage::Redacted(Deal { persons, ..deal.clone() })
        }
    }

    /// The body without what it mentions, where it mentions anything; without a body where none is left that can be read.
    fn body(self, body: &Body) -> Option<(Option<Body>, Found)> {
        let mut json = serde_json::to_value(body).ok()?;
        let found = self.value(&mut json, "", None);
        found.any.then(|| (serde_json::from_value(json).ok(), found))
    }

    /// The payload without what it mentions, and without the numbers of people where `names` says whose they are.
    fn bytes(self, payload: &[u8], names: Option<Uuid>) -> (Found, Option<Vec<u8>>) {
        if let Ok(mut json) = serde_json::from_slice::<Value>(payload) {
            let found = self.value(&mut json, "", names);
            return (found, found.any.then(|| json.to_string().into_bytes()));
        }
        let redacted = self.text(&String::from_utf8_lossy(payload), "").map(String::into_bytes);
        (Found { any: redacted.is_some(), own: redacted.is_some() }, redacted)
    }

    /// Takes out of a value what it mentions. `key` is what it is called.
    pub(super) fn value(self, value: &mut Value, key: &str, names: Option<Uuid>) -> Found {
        let is_named = |text: &str| {
            (text.len() >= LONG_KEY || says(key, &NAMES))
                && names.is_some_and(|source| self.is_blocked(self.keys.person(source, text)))
        };
        let mut found = Found::default();
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let text = number.to_string();
                if is_named(&text) || self.text(&text, key).is_some() {
                    *value = Value::Null;
                    found = Found { any: true, own: says(key, &PHONE) };
                }
            }
            Value::String(text) => {
                let redacted = if is_named(text) { Some(ERASED.to_owned()) } else { self.text(text, key) };
                if let Some(redacted) = redacted {
                    *text = redacted;
                    found = Found { any: true, own: true };
                }
            }
            Value::Array(items) => {
                for item in items {
                    found = found | self.value(item, key, names);
                }
            }
            Value::Object(fields) => {
                for (key, value) in fields.iter_mut() {
                    found = found | self.value(value, key, names);
                }
                let named: Vec<(String, String)> =
                    fields.keys().filter_map(|key| Some((key.clone(), self.text(key, "")?))).collect();
                for (key, redacted) in named {
                    found = found | Found { any: true, own: true };
                    if let Some(value) = fields.remove(&key) {
                        fields.insert(redacted, value);
                    }
                }
            }
        }
        // What stands here is about others.
        Found { own: found.own && !says(key, &OTHERS), ..found }
    }

    /// The text without what it mentions; `None` where it mentions nothing. `key` is what it is called.
    pub(crate) fn text(self, text: &str, key: &str) -> Option<String> {
        if let Some(plain) = text::decoded(text)
            && self.text(&plain, key).is_some()
        {
            return Some(ERASED.to_owned());
        }
        let is_phone = says(key, &PHONE);
        let mut mentions = Vec::new();
        if text.contains('@') {
            let is_blocked = |raw: &str| self.identifier(IdentifierKind::Email, raw, None);
            mentions.extend(text::emails(text).into_iter().filter(|range| is_blocked(&text[range.clone()])));
        }
        if text.bytes().filter(u8::is_ascii_digit).count() >= 7 {
            let is_blocked = |raw: &str| {
                let spelled = is_phone || looks_like_phone(raw);
                self.phone(raw, None, if spelled { Spelling::Mentioned } else { Spelling::Anyhow })
            };
            mentions.extend(text::phones(text).into_iter().filter(|range| is_blocked(&text[range.clone()])));
        }
        if mentions.is_empty() {
            return None;
        }
        mentions.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let (mut redacted, mut from) = (String::with_capacity(text.len()), 0);
        for range in mentions {
            if range.start >= from {
                redacted.push_str(&text[from..range.start]);
                redacted.push_str(ERASED);
                from = range.end;
            }
        }
        redacted.push_str(&text[from..]);
        Some(redacted)
    }
}

/// What was found of erased people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Anything.
    pub(crate) any: bool,
    /// As the object's own, and not as a recipient's or in a note.
    pub(crate) own: bool,
}

impl std::ops::BitOr for Found {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self { any: self.any | other.any, own: self.own | other.own }
    }
}

/// How sure it is that digits without a country are a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// Not at all: only with its country is it one.
    Anyhow,
    /// It is an identifier of somebody, who would be taken for an erased person.
    AtHome,
    /// It stands where numbers stand, and is taken out.
    Mentioned,
}

/// So long a key of a source is no amount and no quantity.
const LONG_KEY: usize = 6;
/// Words in the names of fields that hold keys of people, and what is about others.
const NAMES: [&str; 9] =
    ["id", "ids", "contact", "contacts", "customer", "customers", "person", "persons", "vid"];
const OTHERS: [&str; 14] = [
    "shipping",
    "recipient",
    "recipients",
    "delivery",
    "gift",
    "note",
    "notes",
    "comment",
    "comments",
    "message",
    "invite",
    "invited",
    "friend",
    "referral",
];

/// Whether a number in a text is rather a telephone number than a date or an amount: it begins as a number does that is
/// dialled at home, or has as many digits as one with its country.
fn looks_like_phone(raw: &str) -> bool {
    let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
    (digits.starts_with('0') && digits.len() >= 9) || digits.len() >= 11
}

/// What passes of these; `None` where all of them do, whole.
fn sift<T: Clone>(items: &[T], judge: impl Fn(&T) -> Passage<T>, dropped: &mut u64) -> Option<Vec<T>> {
    let mut changed = false;
    let mut passed = Vec::with_capacity(items.len());
    for item in items {
        match judge(item) {
            Passage::Whole => passed.push(item.clone()),
            Passage::Redacted(item) => {
                changed = true;
                passed.push(item);
            }
            Passage::Dropped => {
                changed = true;
                *dropped += 1;
            }
        }
    }
    changed.then_some(passed)
}
