//! The pure mapping of what happened and what was said: one row in, an event or a consent statement out.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::{
    fields::{Fault, Mapper, all, missing, named, text},
    mapping::{ConsentFields, EventFields},
    records::Part,
    rows::Row,
    value::Value,
};
use crate::{
    canonical::{ConsentStatement, Event, Identifier, IdentifierKind},
    event_names::canonical,
};

/// What a row says that happened.
#[derive(Debug)]
pub(super) enum Happening<T> {
    /// Nothing.
    None,
    /// Something, to a person whom the row does not name.
    OfNobody,
    /// Something to a person.
    Of(T),
}

const CONSENTS: &str = "granted, denied, withdrawn, pending, expired, unstated";

impl Mapper {
    /// The event of a row.
    pub(super) fn event(&self, fields: &EventFields, row: &Row) -> Result<Happening<Event>, Fault> {
        if !all(&fields.when, row) {
            return Ok(Happening::None);
        }
        let Some(name) = fields.name.text(row) else { return Ok(Happening::None) };
        let Some(person) = self.whose(fields.person.as_ref(), row) else { return Ok(Happening::OfNobody) };
        let occurred_at = self
            .instant(Some(&fields.occurred_at), row)?
            .ok_or_else(|| missing(Some(&fields.occurred_at), "a date"))?;
        let message_id = match &fields.id {
            Some(value) => {
                value.text(row).ok_or_else(|| missing(Some(value), "the event's id"))?.into_owned()
            }
            None => content_id(&name, row),
        };
        Ok(Happening::Of(Event {
            message_id,
            person,
            name: canonical(&name).map_or_else(|| name.into_owned(), str::to_owned),
            occurred_at,
            properties: self.free(&fields.properties, row)?,
            context: self.free(&fields.context, row)?,
        }))
    }

    /// The consent statement of a row.
    pub(super) fn consent(
        &self,
        fields: &ConsentFields,
        row: &Row,
    ) -> Result<Happening<ConsentStatement>, Fault> {
        if !all(&fields.when, row) {
            return Ok(Happening::None);
        }
        let status = self.parsed(Some(&fields.status), row, |_, text| named(text, CONSENTS))?;
        let (Some(status), Some(purpose)) = (status, text(Some(&fields.purpose), row)) else {
            return Ok(Happening::None);
        };
        let Some(person) = self.whose(fields.person.as_ref(), row) else { return Ok(Happening::OfNobody) };
        let email =
            text(fields.email.as_ref(), row).map(|email| Identifier::new(IdentifierKind::Email, email));
        let phone =
            || text(fields.phone.as_ref(), row).map(|phone| Identifier::new(IdentifierKind::Phone, phone));
        Ok(Happening::Of(ConsentStatement {
            person,
            purpose,
            contact_point: email.or_else(phone),
            status,
            stated_at: self.instant(fields.stated_at.as_ref(), row)?,
            expires_at: self.instant(fields.expires_at.as_ref(), row)?,
            method: text(fields.method.as_ref(), row),
            notice: text(fields.notice.as_ref(), row),
            evidence: self.free(&fields.evidence, row)?,
        }))
    }

    fn whose(&self, value: Option<&Value>, row: &Row) -> Option<String> {
        value.map_or_else(|| self.id(Part::Person, row), |value| value.text(row)).map(Cow::into_owned)
    }
}

/// An event without an id is known by its content: the same row is the same event, in whichever file and
/// at whichever place it stands.
fn content_id(name: &str, row: &Row) -> String {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([0]);
    hash.update(row.payload());
    hex::encode(&hash.finalize()[..16])
}
