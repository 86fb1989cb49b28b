//! A recorded conversation with HubSpot, and what may go wrong in one.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::{Value, json, value::RawValue};

use super::map;
use crate::{
    canonical::{Body, ConsentStatement, ConsentStatus, Deal, IdentifierKind, Person, Record},
    connector::{Connector, Cursor, Next},
    error::Error,
    registry::kind,
    testing::{Conversation, assert_maps_or_refuses, build, http, instant, now, odd_rows, run},
};

fn hubspot(url: &str) -> Box<dyn Connector> {
    let config = json!({
        "base_url": url,
        "contact_properties": ["favourite_colour"],
        "user_id_property": "customer_number",
        "subscriptions": {"5200001": "product_news", "5200002": "email_marketing"},
    });
    build("hubspot", &config, json!({"access_token": "pat-eu1-1"})).unwrap()
}

fn person(record: &Record) -> &Person {
    let Body::Person(person) = &record.body else { panic!("{record:?}") };
    person
}

fn deal(record: &Record) -> &Deal {
    let Body::Deal(deal) = &record.body else { panic!("{record:?}") };
    deal
}

/// By which property, for which purpose, and what.
fn said(consents: &[ConsentStatement]) -> Vec<(&str, &str, ConsentStatus)> {
    let told = consents.iter().map(|said| (&said.evidence["property"], said.purpose.as_str(), said.status));
    told.map(|(property, purpose, status)| (property.as_str().unwrap(), purpose, status)).collect()
}

#[tokio::test]
async fn the_recorded_conversation_is_held_word_for_word() {
    let at = |text| Some(instant(text));
    let vendor = Conversation::replay(include_str!("fixtures/conversation.json")).await;
    let hubspot = hubspot(&vendor.url);
    assert_eq!(hubspot.check(&http()).await.unwrap().account, "portal 62515 (eu1)");

    let (pages, _) = run(&*hubspot, "companies", None).await.unwrap();
    let Body::Company(company) = &pages[0].records[0].body else { panic!() };
    assert_eq!(company.employees, Some(12));
    assert_eq!(company.annual_revenue.unwrap().to_string(), "1250000.50");
    assert_eq!(pages[0].rejected[0].external_id.as_deref(), Some("9000000002"));
    assert_eq!(pages[0].rejected[0].reason, "properties.numberofemployees: expected a whole number");

    let (pages, rest) = run(&*hubspot, "contacts", None).await.unwrap();
    assert_eq!(pages.len(), 3);
    let ada = &pages[0].records[0];
    assert_eq!((ada.external_id.as_str(), ada.deleted), ("101", false));
    assert_eq!(ada.updated_at, at("2024-03-01T12:30:00.250Z"));
    assert_eq!(ada.created_at, at("2023-05-01T08:00:00Z"));
    assert_eq!(person(ada).companies, ["9000000001", "9000000007"]);
    let identifiers: Vec<_> = person(ada)
        .identifiers
        .iter()
        .map(|identifier| (identifier.kind, identifier.value.as_str()))
        .collect();
    assert_eq!(
        identifiers,
        [
            (IdentifierKind::Email, "Ada.Bakker@Example.org"),
            (IdentifierKind::Email, "ada@klokenzoon.example"),
            (IdentifierKind::Email, "ada.b@example.net"),
            (IdentifierKind::Phone, "+31 6 1234 5678"),
            (IdentifierKind::UserId, "K-0042"),
        ]
    );
    assert_eq!(
        json!(person(ada).traits),
        json!({
            "first_name": "Ada", "last_name": "Bakker", "email": "Ada.Bakker@Example.org",
            "phone": "+31 6 1234 5678", "birth_date": "1985-12-10", "gender": "female", "language": "nl",
            "job_title": "Buyer", "company_name": "Klok & Zoon", "lifecycle_stage": "customer",
            "lead_status": "OPEN", "hubspot.favourite_colour": "blue", "hubspot.merged_ids": ["88", "99"],
            "address": {
                "street": "Oudegracht 1", "postal_code": "3511 AB", "city": "Utrecht",
                "country": "Netherlands",
            },
        })
    );
    assert_eq!(
        said(&pages[0].consents),
        [
            ("hs_email_optout", "email_marketing", ConsentStatus::Withdrawn),
            ("hs_email_optout", "product_news", ConsentStatus::Withdrawn),
            ("hs_email_optout_5200001", "product_news", ConsentStatus::Unstated),
        ]
    );
    assert_eq!(pages[0].rejected[0].reason, "properties.email: expected text");
    let cees = person(&pages[1].records[0]);
    assert_eq!(cees.traits["phone"], json!("0612345678"));
    assert_eq!(pages[1].consents, []);
    let gone = &pages[2].records[0];
    assert_eq!((gone.deleted, gone.updated_at), (true, at("2024-02-01T09:00:00Z")));

    let (pages, _) = run(&*hubspot, "deals", None).await.unwrap();
    let deals: Vec<_> = pages[0].records.iter().map(deal).collect();
    assert_eq!(deals.iter().map(|deal| deal.won).collect::<Vec<_>>(), [Some(true), None, Some(false)]);
    assert_eq!(deals[0].persons, ["101", "103", "107"]);
    assert_eq!(deals[0].companies, ["9000000001"]);
    assert_eq!(deals[0].amount.unwrap().to_string(), "1999.90");
    assert_eq!(deals[1].amount, None);
    assert_eq!(deals[2].closes_at, at("2024-02-20T00:00:00Z"));

    // The window begins five minutes before HubSpot's own clock at the first answer of the run before.
    assert_eq!(rest, Cursor(json!({"rest": {"since": "2024-03-04T10:00:00Z"}})));
    let (pages, rest) = run(&*hubspot, "contacts", Some(&rest)).await.unwrap();
    assert_eq!(pages.iter().map(|page| page.total).collect::<Vec<_>>(), [Some(2), Some(2), None]);
    assert_eq!(
        said(&pages[0].consents),
        [
            ("hs_email_optout_5200001", "product_news", ConsentStatus::Withdrawn),
            ("hs_email_optout_5200002", "email_marketing", ConsentStatus::Unstated),
        ]
    );
    assert_snapshot!(
        "opt_out_of_a_subscription",
        serde_json::to_string_pretty(&pages[0].consents[0]).unwrap()
    );
    assert_eq!(pages[1].records[0].external_id, "10400000000000000");
    assert_eq!(rest, Cursor(json!({"rest": {"since": "2024-03-04T11:00:00Z"}})));

    vendor.assert_over();
    assert_eq!(vendor.authorizations(), ["Bearer pat-eu1-1"]);
}

/// A vendor that gives the same answer to everything.
async fn always(body: Value) -> (Conversation, Box<dyn Connector>) {
    let properties = map::COMPANY_PROPERTIES;
    let list = |after: Option<&str>| {
        let mut query = json!({"limit": "100", "archived": "false", "properties": properties.join(",")});
        if let Some(after) = after {
            query["after"] = json!(after);
        }
        json!({
            "ask": {"method": "GET", "path": "/crm/v3/objects/companies", "query": query},
            "answer": {"status": 200, "body": body},
        })
    };
    let exchanges = [vec![list(None)], vec![list(Some("x")); 40]].concat();
    let vendor = Conversation::replay(&Value::from(exchanges).to_string()).await;
    let connector = hubspot(&vendor.url);
    (vendor, connector)
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_ends_the_run() {
    let row = json!({"id": "1", "properties": {}, "createdAt": null, "updatedAt": null});
    for rows in [json!([row]), json!([])] {
        let (_vendor, hubspot) = always(json!({"results": rows, "paging": {"next": {"after": "x"}}})).await;
        let error = run(&*hubspot, "companies", None).await.unwrap_err();
        assert!(error.to_string().ends_with("the same page comes again and again"), "{error}");
    }
}

#[tokio::test]
async fn a_search_whose_ids_do_not_rise_ends_the_run() {
    let cursor = Cursor(json!({"run": {"search":
        {"since": "2024-03-04T10:00:00Z", "started": "2024-03-04T11:00:00Z", "last_id": 7, "read": 1}}}));
    for ids in [json!(["8", "8"]), json!(["7"]), json!(["9", "8"]), json!(["a"])] {
        let rows: Vec<_> =
            ids.as_array().unwrap().iter().map(|id| json!({"id": id, "properties": {}})).collect();
        let body = json!({"results": rows, "paging": {"next": {"after": "1"}}, "total": 9});
        let (status, answer) = one_answer("companies", 200, &body, &cursor).await;
        assert!(matches!(answer, Err(Error::Malformed { .. })), "{ids} {status}: {answer:?}");
    }
}

#[tokio::test]
async fn a_refused_page_token_is_a_refused_cursor_and_a_refused_key_is_that() {
    let cursor = Cursor(json!({"run": {"list":
        {"started": "2024-03-04T10:00:00Z", "after": "old", "guard": {"anchor": "", "steps": 0, "power": 0}}}}));
    let said = json!({"status": "error", "message": "the offset is invalid", "category": "VALIDATION_ERROR"});
    let (_, answer) = one_answer("companies", 400, &said, &cursor).await;
    assert!(matches!(answer, Err(Error::Cursor(_))), "{answer:?}");
    let (_, answer) = one_answer("companies", 401, &said, &cursor).await;
    assert!(matches!(answer, Err(Error::Unauthorized { status: 401, .. })), "{answer:?}");
}

#[tokio::test]
async fn a_cursor_of_another_shape_and_an_unknown_stream_are_said_so() {
    let hubspot = hubspot("http://127.0.0.1:9");
    for odd in [json!(null), json!({"page": 7}), json!("rest"), json!({"rest": {"since": "soon"}})] {
        let answer = hubspot.read(&http(), "contacts", Some(&Cursor(odd)), now()).await;
        assert!(matches!(answer, Err(Error::Cursor(_))), "{answer:?}");
    }
    let answer = hubspot.read(&http(), "tickets", None, now()).await;
    assert_eq!(answer, Err(Error::UnknownStream("tickets".to_owned())));
}

/// Reads one page from a vendor that says this, whatever it is asked.
async fn one_answer(stream: &str, status: u16, body: &Value, cursor: &Cursor) -> (u16, Result<Next, Error>) {
    let body = body.to_string();
    let app = axum::Router::new().fallback(move || {
        let body = body.clone();
        async move { (axum::http::StatusCode::from_u16(status).unwrap(), body) }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let answer = hubspot(&url).read(&http(), stream, Some(cursor), now()).await;
    (status, answer.map(|page| page.next))
}

#[test]
fn a_flag_of_a_subscription_type_is_read_like_the_one_of_all_mail() {
    let opt_outs = BTreeMap::from([(map::opted_out_of("7"), "product_news".to_owned())]);
    let none = map::Associations::default();
    let options = map::ContactOptions { more_properties: &[], user_id_property: None, opt_outs: &opt_outs };
    let contact = |properties: Value| {
        let row = json!({"id": "1", "properties": properties}).to_string();
        map::contact(&RawValue::from_string(row).unwrap(), &none, &options).map(|mapped| mapped.consents)
    };
    for nothing in [json!({}), json!({"hs_email_optout_7": null}), json!({"hs_email_optout_7": ""})] {
        assert_eq!(contact(nothing), Ok(Vec::new()));
    }
    let other = contact(json!({"hs_email_optout_8": "true"}));
    assert_eq!(other, Ok(Vec::new()), "nobody said what that type is for");
    let nowhere = contact(json!({"hs_email_optout_7": true})).unwrap().remove(0);
    assert_eq!((nowhere.status, nowhere.contact_point), (ConsentStatus::Withdrawn, None));
    for odd in [json!("maybe"), json!("yes"), json!(7)] {
        let reason = contact(json!({"hs_email_optout_7": odd})).unwrap_err();
        assert_eq!(reason, "properties.hs_email_optout_7: expected true or false");
    }
    let reason = contact(json!({"hs_email_optout_7": ["true"]})).unwrap_err();
    assert_eq!(reason, "properties.hs_email_optout_7: expected text");
}

#[test]
fn the_form_of_the_configuration_is_what_it_was() {
    let kind = kind("hubspot").unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&(kind.config_schema)()).unwrap());
    assert_snapshot!(serde_json::to_string_pretty(&(kind.secrets_schema)()).unwrap());
}

#[test]
fn a_wrong_configuration_says_which_field() {
    let secrets = json!({"access_token": "pat"});
    let wrong = |config: Value| build("hubspot", &config, secrets.clone()).err().unwrap().to_string();
    assert_eq!(
        wrong(json!({"overlap_minutes": 0})),
        "configuration: overlap_minutes: 0 is not within 1 and 1440"
    );
    assert!(wrong(json!({"contact_properties": [1]})).starts_with("configuration: contact_properties[0]: "));
    assert!(wrong(json!({"base_url": "http://api.hubapi.com"})).starts_with("configuration: base_url: must"));
    let id = "expected the id of a subscription type, which is a number";
    assert_eq!(
        wrong(json!({"subscriptions": {"news": "x"}})),
        format!("configuration: subscriptions.news: {id}")
    );
    assert_eq!(wrong(json!({"subscriptions": {"": "x"}})), format!("configuration: subscriptions.: {id}"));
    for (odd, at) in [(json!({"7": "E-mail"}), ".7"), (json!({"7": 1}), ".7"), (json!(["7"]), "")] {
        let error = wrong(json!({"subscriptions": odd}));
        assert!(error.starts_with(&format!("configuration: subscriptions{at}: ")), "{error}");
    }
    assert!(wrong(json!({"token": "x"})).contains("unknown field `token`"));
    assert!(build("hubspot", &Value::Null, secrets).is_ok());
}

#[test]
fn any_value_in_any_field_is_mapped_or_refused_without_telling_it() {
    let recorded = include_str!("fixtures/conversation.json");
    let none = map::Associations::default();
    let opt_outs = BTreeMap::from([(map::opted_out_of("5200001"), "product_news".to_owned())]);
    let options = map::ContactOptions {
        more_properties: &[],
        user_id_property: Some("customer_number"),
        opt_outs: &opt_outs,
    };
    let rows = |object| odd_rows(recorded, object, "results");
    assert_maps_or_refuses(&rows("objects/companies"), map::company);
    assert_maps_or_refuses(&rows("objects/contacts"), |row| map::contact(row, &none, &options));
    assert_maps_or_refuses(&rows("objects/deals"), |row| map::deal(row, &none, &none));
}
