//! What the database must be able to hold, whatever a connector let through: ids of sane length without
//! control characters, dates of four-digit years, money that fits. What does not pass is rejected with its
//! reason; it does not stop the page.

use chrono::{DateTime, Datelike, Utc};
use connectors::{
    Rejected,
    canonical::{Body, ConsentStatement, ConsentStatus, Event, Record},
};
use rust_decimal::Decimal;

use crate::{clock::SKEW, consent::RESTRICTION, view::money};

/// The longest key of a source in bytes.
const LONGEST_KEY: usize = 512;
/// The largest body or payload of one object in bytes.
const LARGEST: usize = 1 << 20;

type Check = Result<(), String>;

/// The records that can be stored.
pub(super) fn records<'a>(records: &'a [Record], rejected: &mut Vec<Rejected>) -> Vec<&'a Record> {
    sift(records, rejected, record, |record| Rejected {
        external_id: Some(record.external_id.clone()),
        reason: String::new(),
        payload: record.payload.clone(),
    })
}

/// The events that can be stored.
pub(super) fn events<'a>(events: &'a [Event], rejected: &mut Vec<Rejected>) -> Vec<&'a Event> {
    sift(events, rejected, event, |event| Rejected {
        external_id: Some(event.message_id.clone()),
        reason: String::new(),
        payload: serde_json::to_vec(event).unwrap_or_default(),
    })
}

/// The consent statements that can be stored.
pub(super) fn statements<'a>(
    statements: &'a [ConsentStatement],
    stamp: DateTime<Utc>,
    rejected: &mut Vec<Rejected>,
) -> Vec<&'a ConsentStatement> {
    let check = |said: &ConsentStatement| {
        // It would outweigh whatever is said until then.
        let is_early = said.stated_at.is_some_and(|stated| stated > stamp + SKEW);
        if said.status == ConsentStatus::Granted && is_early {
            return Err("stated_at: a consent in the future".to_owned());
        }
        statement(said)
    };
    sift(statements, rejected, check, |statement| Rejected {
        external_id: Some(statement.person.clone()),
        reason: String::new(),
        payload: serde_json::to_vec(statement).unwrap_or_default(),
    })
}

fn sift<'a, T>(
    items: &'a [T],
    rejected: &mut Vec<Rejected>,
    check: impl Fn(&T) -> Check,
    describe: impl Fn(&T) -> Rejected,
) -> Vec<&'a T> {
    items
        .iter()
        .filter(|item| match check(item) {
            Ok(()) => true,
            Err(reason) => {
                rejected.push(Rejected { reason, ..describe(item) });
                false
            }
        })
        .collect()
}

fn record(record: &Record) -> Check {
    key("external id", &record.external_id)?;
    instant("updated_at", record.updated_at)?;
    instant("created_at", record.created_at)?;
    if record.payload.len() > LARGEST {
        return Err(format!("payload: larger than {LARGEST} bytes"));
    }
    match &record.body {
        Body::Person(person) => person.companies.iter().try_for_each(|id| key("companies", id)),
        Body::Order(order) => {
            instant("placed_at", order.placed_at)?;
            if let Some(person) = &order.person {
                key("person", person)?;
            }
            amount("total", order.total)?;
            amount("refunded", order.refunded)
        }
        Body::Deal(deal) => {
            instant("closes_at", deal.closes_at)?;
            deal.persons.iter().try_for_each(|id| key("persons", id))?;
            deal.companies.iter().try_for_each(|id| key("companies", id))?;
            deal.amount.map_or(Ok(()), |value| amount("amount", value))
        }
        Body::Product(product) => product.price.map_or(Ok(()), |value| amount("price", value)),
        Body::Campaign(campaign) => instant("sent_at", campaign.sent_at),
        Body::Company(_) => Ok(()),
    }
}

fn event(event: &Event) -> Check {
    key("message id", &event.message_id)?;
    key("person", &event.person)?;
    key("name", &event.name)?;
    instant("occurred_at", Some(event.occurred_at))
}

fn statement(statement: &ConsentStatement) -> Check {
    key("person", &statement.person)?;
    key("purpose", &statement.purpose)?;
    if statement.purpose == RESTRICTION {
        return Err(
            "purpose: a restriction is placed and lifted by a request of the person, and by no source"
                .to_owned(),
        );
    }
    if let Some(point) = &statement.contact_point {
        key("contact point", &point.value)?;
    }
    if let Some(method) = &statement.method {
        key("method", method)?;
    }
    instant("stated_at", statement.stated_at)?;
    instant("expires_at", statement.expires_at)
}

fn key(field: &str, value: &str) -> Check {
    if value.is_empty() {
        Err(format!("{field}: empty"))
    } else if value.len() > LONGEST_KEY {
        Err(format!("{field}: longer than {LONGEST_KEY} bytes"))
    } else if value.chars().any(char::is_control) {
        Err(format!("{field}: contains control characters"))
    } else {
        Ok(())
    }
}

fn instant(field: &str, value: Option<DateTime<Utc>>) -> Check {
    match value {
        Some(instant) if !(1..=9999).contains(&instant.year()) => {
            Err(format!("{field}: the year is not between 1 and 9999"))
        }
        _ => Ok(()),
    }
}

fn amount(field: &str, value: Decimal) -> Check {
    money::to_micros(value).map(drop).ok_or_else(|| format!("{field}: the amount is too large"))
}
