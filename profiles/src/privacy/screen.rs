//! The screen between what arrives and what is stored: what is of an erased person does not pass, and where somebody
//! else's object mentions one, the mention is taken out. A pure function of the object and the block list.
//!
//! *Of* an erased person is whatever hangs on a blocked key of a source; a person record that carries a blocked
//! identifier; and an order, event or statement that contains a blocked address or number, since nobody else carried
//! it. Everything else is somebody's who stays.

use std::borrow::Cow;

use connectors::{
    Page, Rejected,
    canonical::{Body, ConsentStatement, Deal, Event, IdentifierKind, Person, Record},
};
use identity::coarse_phone;
use serde_json::Value;
use uuid::Uuid;

use super::{
    blocks::{BlockKind, Blocks, blockable},
    text,
};
use crate::{
    Keys,
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
                if self.is_of(source, &record.external_id) || self.carries(person) {
                    return Passage::Dropped;
                }
                self.body(&record.body)
            }
            Body::Order(order) => {
                let is_of = order.person.as_ref().is_some_and(|person| self.is_of(source, person));
                if is_of || self.body(&record.body).is_some() || self.bytes(&record.payload, None).is_some() {
                    return Passage::Dropped;
                }
                return Passage::Whole;
            }
            Body::Deal(deal) => match self.deal(source, deal) {
                Passage::Dropped => return Passage::Dropped,
                Passage::Redacted(deal) => {
                    let body = Body::Deal(deal);
                    Some(self.body(&body).unwrap_or(body))
                }
                Passage::Whole => self.body(&record.body),
            },
            Body::Company(_) | Body::Product(_) | Body::Campaign(_) => self.body(&record.body),
        };
        // What names people by their numbers does so in its payload as well.
        let names = matches!(record.body, Body::Deal(_)).then_some(source);
        let payload = self.bytes(&record.payload, names);
        if body.is_none() && payload.is_none() {
            return Passage::Whole;
        }
        Passage::Redacted(Record {
            body: body.unwrap_or_else(|| record.body.clone()),
            payload: payload.unwrap_or_else(|| record.payload.clone()),
            ..record.clone()
        })
    }

    /// Whether an event passes.
    pub(crate) fn event(self, source: Uuid, event: &Event) -> Passage<Event> {
        let mut details = [&event.properties, &event.context].into_iter().flatten();
        let mentions = details.any(|(key, value)| self.value(&mut value.clone(), key, None));
        if self.is_of(source, &event.person) || mentions { Passage::Dropped } else { Passage::Whole }
    }

    /// Whether a consent statement passes.
    pub(crate) fn statement(self, source: Uuid, said: &ConsentStatement) -> Passage<ConsentStatement> {
        let about =
            said.contact_point.as_ref().is_some_and(|point| self.identifier(point.kind, &point.value, None));
        let proved = said.evidence.iter().any(|(key, value)| self.value(&mut value.clone(), key, None));
        let of = self.is_of(source, &said.person);
        if of || about || proved { Passage::Dropped } else { Passage::Whole }
    }

    /// Whether something that was not understood passes.
    pub(crate) fn rejected(self, source: Uuid, object: &Rejected) -> Passage<Rejected> {
        let of = object.external_id.as_ref().is_some_and(|id| self.is_of(source, id));
        let mentions =
            self.bytes(&object.payload, Some(source)).is_some() || self.text(&object.reason, "").is_some();
        if of || mentions { Passage::Dropped } else { Passage::Whole }
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

    fn identifier(self, kind: IdentifierKind, raw: &str, region: Option<&str>) -> bool {
        if kind == IdentifierKind::Phone {
            return self.phone(raw, region, true);
        }
        blockable(identifier_kind(kind), raw, region).iter().any(|(kind, value)| self.has(*kind, value))
    }

    /// Whether this is a blocked number; as it is dialled at home only where it is known to be a telephone number.
    fn phone(self, raw: &str, region: Option<&str>, is_phone: bool) -> bool {
        let Some(phone) = coarse_phone(raw, region) else { return false };
        match phone.international {
            Some(number) => self.has(BlockKind::Phone, number.as_bytes()),
            None => {
                self.has(BlockKind::Phone, format!("+{}", phone.national).as_bytes())
                    || (is_phone && self.has(BlockKind::National, phone.national.as_bytes()))
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

    /// The body without what it mentions; `None` where it mentions nothing.
    fn body(self, body: &Body) -> Option<Body> {
        let mut json = serde_json::to_value(body).ok()?;
        let mentioned = self.value(&mut json, "", None);
        mentioned.then(|| serde_json::from_value(json).ok()).flatten()
    }

    /// The payload without what it mentions, and without numbers of people where `names` says whose they are; `None`
    /// where it mentions nothing.
    fn bytes(self, payload: &[u8], names: Option<Uuid>) -> Option<Vec<u8>> {
        if let Ok(mut json) = serde_json::from_slice::<Value>(payload) {
            return self.value(&mut json, "", names).then(|| json.to_string().into_bytes());
        }
        self.text(&String::from_utf8_lossy(payload), "").map(String::into_bytes)
    }

    /// Takes out of a value what it mentions; tells whether it mentioned anything. `key` is what it is called.
    pub(super) fn value(self, value: &mut Value, key: &str, names: Option<Uuid>) -> bool {
        let is_named =
            |text: &str| names.is_some_and(|source| self.is_blocked(self.keys.person(source, text)));
        match value {
            Value::Null | Value::Bool(_) => false,
            Value::Number(number) => {
                let text = number.to_string();
                let mentioned = is_named(&text) || self.text(&text, key).is_some();
                if mentioned {
                    *value = Value::Null;
                }
                mentioned
            }
            Value::String(text) => {
                let redacted = if is_named(text) { Some(ERASED.to_owned()) } else { self.text(text, key) };
                let mentioned = redacted.is_some();
                if let Some(redacted) = redacted {
                    *text = redacted;
                }
                mentioned
            }
            Value::Array(items) => {
                let mut mentioned = false;
                for item in items {
                    mentioned |= self.value(item, key, names);
                }
                mentioned
            }
            Value::Object(fields) => {
                let mut mentioned = false;
                for (key, value) in fields.iter_mut() {
                    mentioned |= self.value(value, key, names);
                }
                let named: Vec<(String, String)> =
                    fields.keys().filter_map(|key| Some((key.clone(), self.text(key, "")?))).collect();
                for (key, redacted) in named {
                    mentioned = true;
                    if let Some(value) = fields.remove(&key) {
                        fields.insert(redacted, value);
                    }
                }
                mentioned
            }
        }
    }

    /// The text without what it mentions; `None` where it mentions nothing. `key` is what it is called.
    pub(super) fn text(self, text: &str, key: &str) -> Option<String> {
        if let Some(plain) = text::decoded(text)
            && self.text(&plain, key).is_some()
        {
            return Some(ERASED.to_owned());
        }
        let is_phone = is_called_phone(key);
        let mut mentions = Vec::new();
        if text.contains('@') {
            let is_blocked = |raw: &str| self.identifier(IdentifierKind::Email, raw, None);
            mentions.extend(text::emails(text).into_iter().filter(|range| is_blocked(&text[range.clone()])));
        }
        if text.bytes().filter(u8::is_ascii_digit).count() >= 7 {
            let is_blocked = |raw: &str| self.phone(raw, None, is_phone || looks_like_phone(raw));
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

/// Whether a field of that name holds telephone numbers.
fn is_called_phone(key: &str) -> bool {
    let key = key.to_lowercase();
    ["phone", "mobile", "mobil", "telefon", "telefoon", "tel", "cell", "gsm", "whatsapp", "fax", "msisdn"]
        .iter()
        .any(|word| key.contains(word))
}

/// Whether a number in a text is rather a telephone number than a date or an amount: it begins as a number does that is
/// dialled at home.
fn looks_like_phone(raw: &str) -> bool {
    let digits = raw.trim_start_matches(|char: char| !char.is_ascii_digit());
    digits.starts_with('0') && digits.bytes().filter(u8::is_ascii_digit).count() >= 9
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
