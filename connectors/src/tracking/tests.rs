use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Endpoint, Fault, LARGEST_MESSAGE, Received, read};
use crate::{
    Page,
    canonical::{Body, Extent, IdentifierKind, Person, Record},
};

fn arrived() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn received(body: &Value, endpoint: Endpoint) -> Received {
    read(body.to_string().as_bytes(), endpoint, arrived()).unwrap()
}

/// What one message tells.
fn told(kind: &'static str, message: &Value) -> Page {
    let page = received(message, Endpoint::One(kind)).page;
    assert_eq!(page.rejected, [], "{message}");
    page
}

fn reason(message: &Value) -> String {
    let page = received(&json!({ "batch": [message] }), Endpoint::Batch).page;
    assert!(page.events.is_empty() && page.records.is_empty(), "{page:?}");
    page.rejected[0].reason.clone()
}

fn person(record: &Record) -> &Person {
    let Body::Person(person) = &record.body else { panic!("{record:?}") };
    person
}

#[test]
fn a_track_is_an_event_of_the_user_or_else_of_the_visitor() {
    let message = json!({
        "messageId": "m1", "userId": "u1", "event": "order_completed", "timestamp": "2026-11-21T10:00:00.123Z",
        "properties": { "revenue": 12.5 }, "context": { "ip": "203.0.113.9", "locale": "nl-NL" },
    });
    let page = told("track", &message);
    let event = &page.events[0];
    assert_eq!((event.message_id.as_str(), event.person.as_str()), ("m1", "user:u1"));
    assert_eq!(event.name, "Order Completed");
    assert_eq!(json!(event.properties), json!({ "revenue": 12.5 }));
    let context = json!({ "locale": "nl-NL", "original_name": "order_completed" });
    assert_eq!(json!(event.context), context, "the address of the network is not kept");
    assert_eq!(event.occurred_at.to_rfc3339(), "2026-11-21T10:00:00.123+00:00");
    assert_eq!(page.records, []);
    let page = told("track", &json!({ "anonymousId": "a1", "userId": null, "event": "Waved" }));
    assert_eq!((page.events[0].person.as_str(), page.events[0].name.as_str()), ("visitor:a1", "Waved"));
    assert_eq!(page.events[0].occurred_at, arrived(), "what says no time happens when it arrives");
}

#[test]
fn pages_and_screens_keep_their_names() {
    let message =
        json!({ "anonymousId": "a", "name": "Home", "category": "Docs", "properties": { "url": "/" } });
    let page = told("page", &message);
    assert_eq!(page.events[0].name, "Page Viewed");
    assert_eq!(json!(page.events[0].properties), json!({ "name": "Home", "category": "Docs", "url": "/" }));
    assert_eq!(told("screen", &message).events[0].name, "Screen Viewed");
}

#[test]
fn an_identify_says_who_the_visitor_is_and_what_is_so() {
    let message = json!({
        "userId": 17, "anonymousId": "a1", "timestamp": "2026-11-21T10:00:00Z",
        "traits": {
            "email": "Ada@Example.test", "firstName": "Ada", "birthday": "1815-12-10T00:00:00Z", "age": 36,
            "plan": null, "nested": { "plan": "pro" }, "createdAt": "2020-01-02T03:04:05Z", "blank": "",
            "address": { "city": "London", "postalCode": "SW1", "country": "GB" },
            "company": { "name": "Analytical Engines", "industry": "Mills" },
        },
    });
    let page = told("identify", &message);
    let [login, said] = page.records.as_slice() else { panic!("{page:?}") };
    assert_eq!((login.external_id.as_str(), said.external_id.as_str()), ("visitor:a1", "user:17"));
    assert_eq!((person(login).login.as_deref(), person(login).extent), (Some("user:17"), Extent::Part));
    let ada = person(said);
    assert_eq!(ada.extent, Extent::Part);
    assert_eq!(ada.identifiers[0].value, "Ada@Example.test", "as it was written");
    assert_eq!(said.created_at.unwrap().to_rfc3339(), "2020-01-02T03:04:05+00:00");
    assert_eq!(
        json!(ada.traits),
        json!({
            "email": "Ada@Example.test", "first_name": "Ada", "birth_date": "1815-12-10", "web.age": 36,
            "web.plan": null, "web.nested": { "plan": "pro" },
            "address": { "city": "London", "postal_code": "SW1", "country": "GB" },
            "company_name": "Analytical Engines", "industry": "Mills",
        })
    );
    assert_eq!(page.events[0].name, "Identified");
    assert!(page.events[0].properties.is_empty(), "traits are no properties");
}

#[test]
fn traits_in_the_context_are_those_of_an_identify_and_of_nothing_else() {
    let message =
        json!({ "userId": "u", "event": "x", "context": { "traits": { "email": "a@example.org" } } });
    assert_eq!(told("identify", &message).records.len(), 1);
    let page = told("track", &message);
    assert!(page.records.is_empty() && page.events[0].context.is_empty(), "{page:?}");
}

#[test]
fn a_group_is_a_company_and_an_alias_another_name() {
    let message = json!({ "userId": "u", "groupId": "g", "traits": { "name": "Acme", "employees": 12 } });
    let page = told("group", &message);
    assert_eq!(person(&page.records[0]).companies, ["g"]);
    let Body::Company(company) = &page.records[1].body else { panic!("{page:?}") };
    assert_eq!((company.name.as_deref(), company.employees), (Some("Acme"), Some(12)));

    let page = told("alias", &json!({ "userId": "new", "previousId": "old" }));
    let [login, other] = page.records.as_slice() else { panic!("{page:?}") };
    assert_eq!(
        (login.external_id.as_str(), person(login).login.as_deref()),
        ("visitor:old", Some("user:new"))
    );
    let known = &person(other).identifiers[0];
    assert_eq!((known.kind, known.value.as_str()), (IdentifierKind::UserId, "old"));
    // The library of the browser names its own anonymous id.
    let page = told("alias", &json!({ "userId": "new", "previousId": "a", "anonymousId": "a" }));
    assert_eq!(page.records.len(), 1);
}

#[test]
fn a_clock_that_is_wrong_is_put_right_and_the_future_has_not_happened() {
    let at = |message: &Value| told("track", message).events[0].occurred_at - arrived();
    let message = |timestamp: &str, sent: &str| json!({ "userId": "u", "event": "x", "timestamp": timestamp, "sentAt": sent });
    for (timestamp, sent, minutes) in [
        // In time, and an hour behind and ahead.
        ("2026-11-21T11:50:00Z", "2026-11-21T11:59:58Z", -10),
        ("2026-11-21T10:50:00Z", "2026-11-21T11:00:00Z", -10),
        ("2026-11-21T12:50:00Z", "2026-11-21T13:00:00Z", -10),
        // Nothing is known of the clock.
        ("2026-11-21T11:50:00Z", "", -10),
        ("2027-01-01T00:00:00Z", "", 0),
        ("2026-11-21T12:00:01Z", "2026-11-21T12:00:00Z", 0),
        ("no time", "", 0),
        // A clock that was never set.
        ("0001-01-01T00:00:00Z", "", 0),
        ("1970-01-01T00:10:00Z", "1970-01-01T00:00:00Z", 0),
    ] {
        assert_eq!(at(&message(timestamp, sent)), TimeDelta::minutes(minutes), "{timestamp} {sent}");
    }
    let far = message("+262142-12-31T23:59:59Z", "0000-01-01T00:00:00Z");
    assert_eq!(at(&far), TimeDelta::zero());
    // A batch is sent at once.
    let batch = json!({
        "batch": [{ "type": "track", "userId": "u", "event": "x", "timestamp": 1_795_258_800_000_i64 }],
        "sentAt": "2026-11-21T11:00:00Z", "writeKey": "wk",
    });
    let received = received(&batch, Endpoint::Batch);
    assert_eq!(received.write_key.as_deref(), Some("wk"));
    assert_eq!(received.page.events[0].occurred_at.to_rfc3339(), "2026-11-21T12:00:00+00:00");
}

#[test]
fn what_happened_within_a_millisecond_happened_in_the_order_of_the_batch() {
    let said = |event: &str, second: u32| {
        let timestamp = format!("2026-11-21T10:00:0{second}.123Z");
        json!({ "type": "track", "userId": "u", "event": event, "timestamp": timestamp })
    };
    let batch = json!({ "batch": [said("a", 1), said("b", 1), said("c", 1), said("d", 2), said("e", 1)] });
    let page = received(&batch, Endpoint::Batch).page;
    let times = page.events.iter().map(|event| event.occurred_at.format("%S%.6f").to_string());
    let expected = ["01.123000", "01.123001", "01.123002", "02.123000", "01.123000"];
    assert_eq!(times.collect::<Vec<_>>(), expected);
}

#[test]
fn what_clients_write_in_the_place_of_json_costs_a_value_and_no_message() {
    let body =
        br#"{"batch":[{"type":"track","userId":"u","event":"x","properties":{"a":NaN,"b":"\ud83d","c":1}}]}"#;
    let page = read(body, Endpoint::Batch, arrived()).unwrap().page;
    assert_eq!(page.rejected, []);
    assert_eq!(json!(page.events[0].properties), json!({ "a": null, "b": "\u{fffd}", "c": 1 }));
}

#[test]
fn one_message_that_cannot_be_understood_spoils_no_batch() {
    let good = json!({ "type": "track", "userId": "u", "event": "x" });
    let large = json!({ "type": "track", "userId": "u", "event": "x", "properties": { "a": "x".repeat(LARGEST_MESSAGE) } });
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let bad = [json!(1), json!({}), large, json!("track")];
    let mut batch: Vec<String> = bad.iter().map(Value::to_string).collect();
    batch.push(format!(r#"{{"type":"track","userId":"u","event":"x","properties":{{"a":{deep}}}}}"#));
    batch.push(good.to_string());
    let body = format!(r#"{{"batch":[{}]}}"#, batch.join(","));
    let page = read(body.as_bytes(), Endpoint::Batch, arrived()).unwrap().page;
    assert_eq!((page.events.len(), page.rejected.len()), (1, 5));
    assert!(page.rejected[2].payload.len() < 2_000, "the beginning tells where it came from");
    for (message, expected) in [
        (json!({ "userId": "u" }), "type: expected track"),
        (json!({ "type": "tracked", "userId": "u" }), "type: expected track"),
        (json!({ "type": "track", "userId": "u" }), "event: expected the name"),
        (json!({ "type": "track", "event": "x", "userId": " ", "anonymousId": null }), "userId, anonymousId"),
        (
            json!({ "type": "track", "event": "x", "userId": "u", "properties": [1] }),
            "properties: expected an object",
        ),
        (json!({ "type": "identify", "userId": "u", "traits": "x" }), "traits: expected an object"),
        (json!({ "type": "group", "userId": "u" }), "groupId: expected"),
        (json!({ "type": "alias", "userId": "u" }), "previousId: expected"),
    ] {
        assert!(reason(&message).contains(expected), "{message}: {}", reason(&message));
    }
}

#[test]
fn a_body_that_tells_nothing_is_refused_whole() {
    for (body, endpoint, expected) in [
        ("", Endpoint::Batch, "no JSON"),
        ("{", Endpoint::Batch, "no JSON"),
        ("[]", Endpoint::Batch, "expected an object with `batch`"),
        (r#"{"batch":{}}"#, Endpoint::Batch, "expected an object with `batch`"),
        ("{}", Endpoint::Batch, "expected an object with `batch`"),
        ("[1]", Endpoint::One("track"), "expected an object, the message"),
        ("true", Endpoint::One("track"), "expected an object, the message"),
    ] {
        let error = read(body.as_bytes(), endpoint, arrived()).unwrap_err();
        assert!(error.to_string().contains(expected), "{body}: {error}");
    }
    let large = json!({ "userId": "u", "event": "x".repeat(LARGEST_MESSAGE) }).to_string();
    let error = read(large.as_bytes(), Endpoint::One("track"), arrived()).unwrap_err();
    assert_eq!(error, Fault::Message(large.len()));
}

#[test]
fn bytes_that_are_no_text_cost_a_letter_and_no_event() {
    let mut body =
        br#"{"batch":[{"type":"track","userId":"u","event":"x","properties":{"a":"b?"}}]}"#.to_vec();
    let place = body.iter().position(|byte| *byte == b'?').unwrap();
    body[place] = 0xff;
    let page = read(&body, Endpoint::Batch, arrived()).unwrap().page;
    assert_eq!(page.events[0].properties["a"], "b\u{fffd}");
}

#[test]
fn a_mark_before_the_text_is_none_of_it() {
    let body = "\u{feff}{\"batch\":[]}";
    assert_eq!(read(body.as_bytes(), Endpoint::Batch, arrived()).unwrap().messages, 0);
}

#[test]
fn a_message_without_an_id_is_known_by_its_content() {
    let message = json!({ "userId": "u", "event": "x", "timestamp": "2026-01-01T00:00:00Z" });
    let id = |message: &Value| told("track", message).events[0].message_id.clone();
    assert_eq!(id(&message), id(&message));
    assert_ne!(id(&message), id(&json!({ "userId": "v", "event": "x" })));
}

proptest! {
    #[test]
    fn no_body_at_all_is_too_much(body in ".{0,200}", keys in prop::collection::vec(("[a-zA-Z]{1,12}", ".{0,20}"), 0..6)) {
        drop(read(body.as_bytes(), Endpoint::Batch, arrived()));
        let fields: serde_json::Map<String, Value> = keys.into_iter().map(|(key, value)| (key, value.into())).collect();
        drop(read(json!({ "batch": [fields] }).to_string().as_bytes(), Endpoint::Batch, arrived()));
    }
}
