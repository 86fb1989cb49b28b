//! What events carry of the visitor's own will: Global Privacy Control, consent strings of the Transparency and
//! Consent Framework, and what was chosen in the banner of a site. Pure: each event by itself gives statements of its person, whatever was said before.
//!
//! A signal that cannot be understood is told as a rejected object and never costs the event.

use std::collections::BTreeMap;

use chrono::{DateTime, Months, Utc};
use connectors::{
    Rejected,
    canonical::{ConsentStatement, ConsentStatus, Event},
    event_names::CONSENT_CHANGED,
};
use serde_json::{Value, json};

use crate::{clock::SKEW, consent::TcString};

/// For how long a choice holds before it must be asked for again (policies of the framework, and the guidance of
/// supervisors).
const LIFE: Months = Months::new(13);
/// What an opt-out from sale and sharing forbids.
const SALE_OR_SHARING: [&str; 2] = ["advertising", "third_party_sharing"];
/// The purposes here that purposes of the framework come to, all of which are needed.
const PURPOSES: [(&str, &[u8]); 3] =
    [("advertising", &[2, 3, 4, 7]), ("personalisation", &[5, 6]), ("analytics", &[8, 9, 10])];
/// What may rest on an interest here, too.
const BY_INTEREST: &str = "analytics";
/// Where a consent string stands in an event's context.
const STRINGS: [&[&str]; 5] = [
    &["consent", "tcf"],
    &["consent", "tcString"],
    &["consent", "gdpr_consent"],
    &["tcString"],
    &["gdpr_consent"],
];
/// What Segment's own consent wrapper calls a choice.
const SEGMENT_CONSENT: &str = "Segment Consent Preference Updated";
/// Where Global Privacy Control stands there.
const CONTROLS: [&[&str]; 3] = [&["gpc"], &["consent", "gpc"], &["globalPrivacyControl"]];

/// The statements that events make.
pub(super) fn statements(events: &[&Event], rejected: &mut Vec<Rejected>) -> Vec<ConsentStatement> {
    let mut said = Vec::new();
    for event in events {
        said.extend(choices(event));
        if is_opted_out(event) {
            said.extend(SALE_OR_SHARING.map(|purpose| {
                let at = event.occurred_at;
                statement(event, purpose, ConsentStatus::Denied, at, "gpc", BTreeMap::new())
            }));
        }
        for text in STRINGS.iter().filter_map(|path| at(&event.context, path)?.as_str()) {
            match chosen(event, text) {
                Ok(statements) => said.extend(statements),
                // Not the event: many carry the same string.
                Err(reason) => rejected.push(Rejected {
                    external_id: None,
                    reason: format!(
                        "consent string: {reason}; the event is stored, and the string counts for nothing"
                    ),
                    payload: text.as_bytes().to_vec(),
                }),
            }
        }
    }
    said
}

/// What somebody chose of the purposes of a site: of `Consent Changed` its properties, each a purpose with yes or no; of
/// Segment's own event the preferences in its context.
fn choices(event: &Event) -> impl Iterator<Item = ConsentStatement> + '_ {
    let chosen: Vec<(&String, &Value)> = match event.name.as_str() {
        CONSENT_CHANGED => event.properties.iter().collect(),
        SEGMENT_CONSENT => {
            let found = at(&event.context, &["consent", "categoryPreferences"]).and_then(Value::as_object);
            found.into_iter().flatten().collect()
        }
        _ => Vec::new(),
    };
    chosen.into_iter().filter_map(|(purpose, choice)| {
        let status = if choice.as_bool()? { ConsentStatus::Granted } else { ConsentStatus::Denied };
        let purpose = purpose.to_lowercase();
        Some(statement(event, &purpose, status, event.occurred_at, "banner", BTreeMap::new()))
    })
}

/// Whether the browser asked that the visitor's data be neither sold nor shared. That it did not ask says nothing.
fn is_opted_out(event: &Event) -> bool {
    let is_set = |value: &Value| match value {
        Value::Bool(set) => *set,
        Value::Number(number) => number.as_u64() == Some(1),
        Value::String(text) => matches!(text.trim(), "1" | "true"),
        _ => false,
    };
    let header = event.context.get("headers").and_then(Value::as_object).into_iter().flatten();
    let header = header.filter(|(name, _)| name.eq_ignore_ascii_case("sec-gpc")).map(|(_, value)| value);
    CONTROLS.iter().filter_map(|path| at(&event.context, path)).chain(header).any(is_set)
}

/// What a consent string says, dated by the choice itself, so that a thousand events with one string say one thing.
fn chosen(event: &Event, text: &str) -> Result<Vec<ConsentStatement>, &'static str> {
    let read = TcString::read(text.trim())?;
    let ends = read.updated.checked_add_months(LIFE).ok_or("no time of the last choice")?;
    if read.created > read.updated {
        return Err("changed before it was made");
    }
    if read.updated > event.occurred_at + SKEW {
        return Err("made after the event");
    }
    if ends <= event.occurred_at {
        return Err("older than 13 months");
    }
    let evidence = BTreeMap::from([
        ("cmp_id".to_owned(), json!(read.cmp)),
        ("policy_version".to_owned(), json!(read.policy)),
    ]);
    let statements = PURPOSES.map(|(purpose, needed)| {
        let rests = |number: &u8| read.is_consented(*number) || read.is_by_interest(*number);
        let status = if needed.iter().all(|number| read.is_consented(*number)) {
            ConsentStatus::Granted
        } else if purpose == BY_INTEREST && needed.iter().all(rests) {
            // Neither a yes nor an objection: what was said before is taken back.
            ConsentStatus::Unstated
        } else {
            ConsentStatus::Denied
        };
        let said = statement(event, purpose, status, read.updated, "tcf", evidence.clone());
        ConsentStatement { expires_at: (status == ConsentStatus::Granted).then_some(ends), ..said }
    });
    Ok(statements.into())
}

fn statement(
    event: &Event,
    purpose: &str,
    status: ConsentStatus,
    stated_at: DateTime<Utc>,
    method: &str,
    evidence: BTreeMap<String, Value>,
) -> ConsentStatement {
    ConsentStatement {
        person: event.person.clone(),
        purpose: purpose.to_owned(),
        contact_point: None,
        status,
        stated_at: Some(stated_at),
        expires_at: None,
        method: Some(method.to_owned()),
        notice: None,
        evidence,
    }
}

fn at<'a>(context: &'a BTreeMap<String, Value>, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(context.get(*first)?, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Purposes 1, 2 and 3; chosen on 20 February 2020.
    const STRING: &str = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA";

    fn event(when: &str, context: Value) -> Event {
        Event {
            message_id: "1".to_owned(),
            person: "visitor".to_owned(),
            name: "Page Viewed".to_owned(),
            occurred_at: when.parse().unwrap(),
            properties: BTreeMap::new(),
            context: serde_json::from_value(context).unwrap(),
        }
    }

    fn said(when: &str, context: Value) -> (Vec<(String, ConsentStatus)>, Vec<String>) {
        let mut rejected = Vec::new();
        let statements = statements(&[&event(when, context)], &mut rejected);
        let said = statements.into_iter().map(|said| (said.purpose, said.status)).collect();
        (said, rejected.into_iter().map(|object| object.reason).collect())
    }

    /// A string of a choice in 2020 with these purposes consented, and these by interest.
    fn string(consented: &[u8], by_interest: &[u8]) -> String {
        let mut bits = vec![false; 216];
        for (bit, letter) in STRING.bytes().take(25).enumerate() {
            let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            let number = letters.iter().position(|other| *other == letter).unwrap();
            (0..6).for_each(|place| bits[bit * 6 + place] = number >> (5 - place) & 1 == 1);
        }
        bits[150..].fill(false);
        for purpose in consented {
            bits[151 + usize::from(*purpose)] = true;
        }
        for purpose in by_interest {
            bits[175 + usize::from(*purpose)] = true;
        }
        let letters: Vec<char> =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars().collect();
        let number = |six: &[bool]| six.iter().fold(0, |number, bit| number * 2 + usize::from(*bit));
        bits.chunks(6).map(|six| letters[number(six)]).collect()
    }

    #[test]
    fn an_opt_out_is_understood_wherever_it_stands() {
        let when = "2026-01-01T00:00:00Z";
        let denied = [("advertising", ConsentStatus::Denied), ("third_party_sharing", ConsentStatus::Denied)]
            .map(|(purpose, status)| (purpose.to_owned(), status));
        for context in [
            json!({"gpc": true}),
            json!({"gpc": 1}),
            json!({"consent": {"gpc": "1"}}),
            json!({"globalPrivacyControl": true}),
            json!({"headers": {"Sec-GPC": "1"}}),
        ] {
            assert_eq!(said(when, context.clone()).0, denied, "{context}");
        }
        for context in [
            json!({"gpc": false}),
            json!({"gpc": "0"}),
            json!({"headers": {"dnt": "1"}}),
            json!({"consent": 1}),
        ] {
            assert_eq!(said(when, context.clone()).0, [], "{context}");
        }
    }

    #[test]
    fn what_was_chosen_in_a_banner_is_said() {
        let chosen = |name: &str, properties: Value, context: Value| {
            let event = Event {
                name: name.to_owned(),
                properties: serde_json::from_value(properties).unwrap(),
                ..event("2026-01-01T00:00:00Z", context)
            };
            let said = statements(&[&event], &mut Vec::new());
            said.into_iter().map(|said| (said.purpose, said.status)).collect::<Vec<_>>()
        };
        let expected = [("advertising", ConsentStatus::Denied), ("analytics", ConsentStatus::Granted)];
        let expected = expected.map(|(purpose, status)| (purpose.to_owned(), status));
        let choice = json!({"analytics": true, "advertising": false, "note": "x"});
        assert_eq!(chosen(CONSENT_CHANGED, choice.clone(), json!({})), expected);
        assert_eq!(chosen("Other", choice, json!({})), []);
        let context = json!({"consent": {"categoryPreferences": {"Advertising": false, "Analytics": true}}});
        assert_eq!(chosen(SEGMENT_CONSENT, json!({}), context), expected);
    }

    #[test]
    fn purposes_are_granted_where_all_that_they_need_are() {
        use ConsentStatus::{Denied, Granted, Unstated};
        let all: Vec<u8> = (1..=10).collect();
        for (consented, by_interest, expected) in [
            (&all[..], &[][..], [Granted, Granted, Granted]),
            (&[1, 2, 3, 4, 7], &[], [Granted, Denied, Denied]),
            (&[3, 4], &[2, 7], [Denied, Denied, Denied]),
            (&[5, 6, 8], &[9, 10], [Denied, Granted, Unstated]),
        ] {
            let context = json!({"consent": {"tcf": string(consented, by_interest)}});
            let (found, rejected) = said("2020-06-01T00:00:00Z", context);
            let found: Vec<_> = found.into_iter().map(|(_, status)| status).collect();
            assert_eq!((found, rejected), (expected.to_vec(), Vec::new()), "{consented:?} {by_interest:?}");
        }
    }

    #[test]
    fn a_string_that_says_nothing_any_more_is_told() {
        for (when, text, why) in [
            ("2021-03-20T23:57:39Z", STRING, None),
            ("2021-03-20T23:57:40Z", STRING, Some("older than 13 months")),
            ("2020-02-20T23:00:00Z", STRING, Some("made after the event")),
            ("2020-06-01T00:00:00Z", "no such thing", Some("not base64")),
        ] {
            let (found, rejected) = said(when, json!({"gdpr_consent": text}));
            assert_eq!(found.is_empty(), why.is_some(), "{when} {text}");
            assert!(
                rejected.iter().all(|reason| why.is_some_and(|why| reason.contains(why))),
                "{rejected:?}"
            );
            assert_eq!(rejected.is_empty(), why.is_none());
        }
    }
}
