//! A recorded conversation with Mailchimp, and what may go wrong in one.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::map;
use crate::{
    canonical::{Body, ConsentStatus, Person, Record},
    connector::{Connector, Cursor, Next, Page},
    error::Error,
    registry::kind,
    testing::{Conversation, assert_maps_or_refuses, build, http, instant, now, odd_rows, run},
};

fn mailchimp(url: &str, list_ids: &[&str]) -> Box<dyn Connector> {
    let config = json!({
        "base_url": url, "activity_days": 3650, "user_id_merge_field": "USERID", "list_ids": list_ids,
    });
    build("mailchimp", &config, json!({"api_key": "0123-us3"})).unwrap()
}

fn person(record: &Record) -> &Person {
    let Body::Person(person) = &record.body else { panic!("{record:?}") };
    person
}

fn ids(pages: &[Page]) -> Vec<&str> {
    pages.iter().flat_map(|page| &page.records).map(|record| record.external_id.as_str()).collect()
}

#[tokio::test]
async fn the_recorded_conversation_is_held_word_for_word() {
    let vendor = Conversation::replay(include_str!("fixtures/conversation.json")).await;
    let mailchimp = mailchimp(&vendor.url, &[]);
    let account = mailchimp.check(&http()).await.unwrap().account;
    assert_eq!(account, "Klok & Zoon (8d3a3db4d97663a9074efcc16)");

    let (pages, rest) = run(&*mailchimp, "members", None).await.unwrap();
    let ada = &pages[0].records[0];
    assert_eq!(ada.external_id, "a1b2c3d4e5:62eeb292278cc15f5817cb78f7790b08");
    assert_eq!(ada.created_at, Some(instant("2023-11-23T22:50:00Z")));
    assert_eq!(ada.updated_at, Some(instant("2024-02-23T22:51:56Z")));
    assert_snapshot!(serde_json::to_string_pretty(person(ada)).unwrap());
    let read: Vec<_> = ids(&pages).into_iter().map(|id| id.rsplit(':').next().unwrap()).collect();
    assert_eq!(
        read[1..],
        ["b0", "c0", "b0", "c0", "d0", "f0"],
        "a row slipped onto the first page, so its end is read again"
    );
    assert_eq!(pages[2].rejected[0].external_id.as_deref(), Some("a1b2c3d4e5:e0"));
    assert_eq!(pages[2].rejected[0].reason, "member_rating: expected a decimal number");
    assert_eq!(person(&pages[1].records[0]).traits["email_status"], json!("cleaned"));
    assert!(pages[3].records[0].deleted);

    let consents: Vec<_> = pages.iter().flat_map(|page| &page.consents).collect();
    let said: Vec<_> = consents.iter().map(|consent| (consent.status, consent.stated_at)).collect();
    let at = |text| Some(instant(text));
    assert_eq!(
        said,
        [
            (ConsentStatus::Granted, at("2023-11-23T22:51:56Z")),
            (ConsentStatus::Withdrawn, at("2024-02-23T22:51:56Z")),
            (ConsentStatus::Withdrawn, at("2024-02-23T22:51:56Z")),
            (ConsentStatus::Pending, at("2024-02-01T00:00:00Z")),
        ],
        "cleaned, archived and transactional members have said nothing"
    );
    assert_snapshot!(serde_json::to_string_pretty(consents[0]).unwrap());
    assert!(!format!("{consents:?}").contains("192.0.2.7"), "an IP address stays in the payload");

    let (pages, rest) = run(&*mailchimp, "members", Some(&rest)).await.unwrap();
    assert_eq!(
        ids(&pages),
        ["0a0b0c0d0e:62eeb292278cc15f5817cb78f7790b08", "0a0b0c0d0e:f0"],
        "a new audience is read whole, and an archived member once"
    );
    assert_eq!(
        rest.0["since"],
        json!({
            "a1b2c3d4e5": "2024-03-04T11:00:00Z",
            "f6f7f8f9f0": "2024-03-04T09:59:59Z",
            "0a0b0c0d0e": "2024-03-04T11:00:00Z",
        })
    );

    let (pages, _) = run(&*mailchimp, "campaigns", None).await.unwrap();
    let Body::Campaign(campaign) = &pages[0].records[0].body else { panic!() };
    assert_eq!(campaign.subject.as_deref(), Some("Spring forward"));
    assert_eq!(campaign.sent_at, at("2024-02-02T09:00:00Z"));
    assert_eq!((pages[0].records.len(), pages[0].records[0].updated_at), (2, None));

    let (pages, rest) = run(&*mailchimp, "activity", None).await.unwrap();
    let events: Vec<_> = pages.iter().flat_map(|page| &page.events).collect();
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["Email Opened", "Email Link Clicked", "Email Bounced", "Unsubscribed"]);
    assert_eq!(events[0].person, ada.external_id);
    assert_eq!(
        json!(events[1].properties),
        json!({"campaign_id": "42694e9e57", "link_url": "https://shop.example/product/wall-clock/"})
    );
    assert_eq!(events[2].properties["bounce_type"], json!("hard"));
    assert_eq!(pages[0].rejected[0].reason, "activity[0].timestamp: expected a time (RFC 3339)");
    assert_eq!(pages[1].consents[0].stated_at, at("2024-02-03T08:00:00Z"));
    // Ids are stored, so they must not change from one release to the next either.
    assert_eq!(events[0].message_id, "d883238915eb0703deaae79f839af1a1");
    let ids: BTreeSet<_> = events.iter().map(|event| &event.message_id).collect();
    assert_eq!(ids.len(), events.len());

    let (_, rest) = run(&*mailchimp, "activity", Some(&rest)).await.unwrap();
    assert_eq!(rest, Cursor(json!({"since": "2024-03-04T11:00:00Z", "run": null})));

    vendor.assert_over();
    assert_eq!(vendor.authorizations(), ["Basic cm9uZG9tOjAxMjMtdXMz"]);
}

#[tokio::test]
async fn an_audience_that_is_deleted_in_mid_run_does_not_stop_the_others() {
    let recorded = json!([{
        "ask": {"method": "GET", "path": "/3.0/lists/gone/members", "query": {
            "exclude_fields": "_links,members._links", "sort_field": "timestamp_opt", "sort_dir": "ASC",
            "count": "1000", "offset": "1000"}},
        "answer": {"status": 404, "body": {"title": "Resource Not Found", "status": 404}},
    }]);
    let vendor = Conversation::replay(&recorded.to_string()).await;
    let offsets = json!({"offset": 1000, "total": 1500, "guard": {"anchor": "", "steps": 0, "power": 0}});
    let cursor = Cursor(json!({"since": {}, "run": {
        "started": "2024-03-04T10:00:00Z", "lists": ["gone", "next"], "archived": false, "at": offsets}}));
    let page = mailchimp(&vendor.url, &[]).read(&http(), "members", Some(&cursor), now()).await.unwrap();
    let Next::More(Cursor(next)) = page.next else { panic!("{page:?}") };
    assert_eq!(next["run"]["lists"], json!(["next"]));
    assert_eq!((&next["run"]["archived"], &next["run"]["at"]["offset"]), (&json!(false), &json!(0)));
}

#[tokio::test]
async fn an_audience_that_is_not_there_is_said_with_those_that_are() {
    let recorded = json!([{
        "ask": {"method": "GET", "path": "/3.0/lists", "query": {"fields": "lists.id,total_items",
            "sort_field": "date_created", "sort_dir": "ASC", "count": "1000", "offset": "0"}},
        "answer": {"status": 200, "body": {"lists": [{"id": "aa"}, {"id": "bb"}], "total_items": 2}},
    }]);
    let vendor = Conversation::replay(&recorded.to_string()).await;
    let error = run(&*mailchimp(&vendor.url, &["bb", "cc"]), "members", None).await.unwrap_err();
    assert_eq!(error.to_string(), "configuration: list_ids: there is no audience cc; there are aa, bb");
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_ends_the_run() {
    let exchanges: Vec<_> = (0..40)
        .map(|page| {
            json!({
                "ask": {"method": "GET", "path": "/3.0/campaigns", "query": {
                    "exclude_fields": "_links,campaigns._links,campaigns.report_summary",
                    "sort_field": "create_time", "sort_dir": "ASC", "count": "1000",
                    "offset": page.to_string()}},
                "answer": {"status": 200, "body": {"campaigns": [{"id": "1"}], "total_items": 1_000_000}},
            })
        })
        .collect();
    let vendor = Conversation::replay(&Value::from(exchanges).to_string()).await;
    let error = run(&*mailchimp(&vendor.url, &[]), "campaigns", None).await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn the_form_of_the_configuration_is_what_it_was() {
    let kind = kind("mailchimp").unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&(kind.config_schema)()).unwrap());
    assert_snapshot!(serde_json::to_string_pretty(&(kind.secrets_schema)()).unwrap());
}

#[test]
fn a_wrong_configuration_says_which_field() {
    let wrong = |config: Value, key: &str| {
        build("mailchimp", &config, json!({"api_key": key})).err().unwrap().to_string()
    };
    assert!(wrong(json!({}), "0123").starts_with("configuration: secrets.api_key: must end with"));
    assert!(wrong(json!({"activity_days": 4000}), "0-us3").starts_with("configuration: activity_days: 4000"));
    assert!(wrong(json!({"base_url": "http://us3.api.mailchimp.com"}), "0-us3").contains("base_url: must"));
    assert!(build("mailchimp", &Value::Null, json!({"api_key": "0-us3"})).is_ok());
}

#[test]
fn any_value_in_any_field_is_mapped_or_refused_without_telling_it() {
    let recorded = include_str!("fixtures/conversation.json");
    let rows = |path, key| odd_rows(recorded, path, key);
    assert_maps_or_refuses(&rows("/members", "members"), |row| map::member(row, "list", Some("USERID")));
    assert_maps_or_refuses(&rows("/campaigns", "campaigns"), map::campaign);
    assert_maps_or_refuses(&rows("/email-activity", "emails"), map::activity);
    assert_maps_or_refuses(&rows("/unsubscribed", "unsubscribes"), map::unsubscription);
}
