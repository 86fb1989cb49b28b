//! Each fault does what it says, and the request after it is answered again.

use std::{collections::BTreeSet, time::Duration};

use reqwest::StatusCode;
use serde_json::Value;
use simulators::{Fault, Faults, Fleet, RetryAfter, Rule, WrongType, hubspot::Kind};

use crate::client::{fleet, get, ids, json, world};

const CONTACTS: &str = "/crm/v3/objects/contacts?limit=5&properties=email,firstname";

async fn hubspot_with(fault: Fault) -> Fleet {
    let fleet = fleet().await;
    fleet.hubspot.set_faults(Faults::none().with(Rule::only(2, fault)));
    assert_eq!(ids(&json(&fleet.hubspot, CONTACTS).await["results"]).len(), 5);
    fleet
}

async fn works_again(fleet: &Fleet) {
    assert_eq!(ids(&json(&fleet.hubspot, CONTACTS).await["results"]).len(), 5);
}

#[tokio::test]
async fn too_many_requests_come_with_each_kind_of_retry_after() {
    let cases = [
        (RetryAfter::Missing, None),
        (RetryAfter::Seconds(7), Some("7")),
        (RetryAfter::Date(30), Some("Sun, 01 Mar 2026 12:00:30 GMT")),
    ];
    for (wait, header) in cases {
        let fleet = hubspot_with(Fault::TooManyRequests(wait)).await;
        let response = get(&fleet.hubspot, CONTACTS).await;
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers().get("retry-after").map(|value| value.to_str().unwrap()), header);
        assert_eq!(response.json::<Value>().await.unwrap()["policyName"], "TEN_SECONDLY_ROLLING");
        works_again(&fleet).await;
    }
}

#[tokio::test]
async fn every_vendor_breaks_and_limits_in_its_own_words() {
    let fleet = fleet().await;
    let faults = || {
        Faults::none()
            .with(Rule::only(1, Fault::ServerError))
            .with(Rule::only(2, Fault::TooManyRequests(RetryAfter::Seconds(1))))
            .with(Rule::only(3, Fault::Unauthorized))
    };
    fleet.woocommerce.set_faults(faults());
    fleet.mailchimp.set_faults(faults());
    for status in [500, 429, 401] {
        let shop = get(&fleet.woocommerce, "/orders").await;
        assert_eq!(shop.status(), status);
        let mail = get(&fleet.mailchimp, "/lists").await;
        assert_eq!(mail.status(), status);
        assert_eq!(mail.json::<Value>().await.unwrap()["status"], status);
    }
    assert_eq!(get(&fleet.woocommerce, "/orders").await.status(), 200);
    let statuses: Vec<u16> = fleet.mailchimp.requests().iter().map(|request| request.status).collect();
    assert_eq!((statuses, fleet.mailchimp.request_count()), (vec![500, 429, 401], 3));
}

#[tokio::test]
async fn an_html_page_comes_with_its_status() {
    for status in [200, 502] {
        let fleet = hubspot_with(Fault::HtmlPage(status)).await;
        let response = get(&fleet.hubspot, CONTACTS).await;
        assert_eq!(response.status(), status);
        assert!(response.text().await.unwrap().starts_with("<!DOCTYPE html>"));
        works_again(&fleet).await;
    }
}

#[tokio::test]
async fn truncated_json_arrives_whole_but_does_not_parse() {
    let fleet = hubspot_with(Fault::TruncatedJson).await;
    let text = get(&fleet.hubspot, CONTACTS).await.text().await.unwrap();
    assert!(text.starts_with('{') && serde_json::from_str::<Value>(&text).is_err());
    works_again(&fleet).await;
}

#[tokio::test]
async fn a_cut_connection_is_an_error_of_the_body() {
    let fleet = hubspot_with(Fault::CutConnection).await;
    let response = get(&fleet.hubspot, CONTACTS).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.bytes().await.is_err());
    works_again(&fleet).await;
}

#[tokio::test]
async fn a_slow_body_arrives_in_the_end() {
    let fleet = hubspot_with(Fault::SlowBody(Duration::from_millis(2))).await;
    works_again(&fleet).await;
}

#[tokio::test]
async fn a_revoked_key_stays_revoked() {
    let fleet = fleet().await;
    fleet.hubspot.set_faults(Faults::none().with(Rule::from(3, Fault::Unauthorized)));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(get(&fleet.hubspot, CONTACTS).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 401, 401]);
}

#[tokio::test]
async fn a_cursor_is_refused_with_400() {
    let fleet = fleet().await;
    let after = json(&fleet.hubspot, CONTACTS).await["paging"]["next"]["after"].as_str().unwrap().to_owned();
    fleet.hubspot.set_faults(Faults::none().with(Rule::from(1, Fault::CursorRefused)));
    works_again(&fleet).await;
    let refused = get(&fleet.hubspot, &format!("{CONTACTS}&after={after}")).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.json::<Value>().await.unwrap()["message"].as_str().unwrap().contains("after"));
}

#[tokio::test]
async fn a_repeated_page_leads_to_itself_or_on_for_ever() {
    let fleet = fleet().await;
    for moves in [false, true] {
        fleet
            .hubspot
            .set_faults(Faults::none().with(Rule::from(1, Fault::RepeatedPage { cursor_moves: moves })));
        let (mut pages, mut cursors) = (BTreeSet::new(), BTreeSet::new());
        let mut after = String::new();
        for _ in 0..5 {
            let page = json(&fleet.hubspot, &format!("{CONTACTS}{after}")).await;
            pages.insert(ids(&page["results"]));
            let cursor = page["paging"]["next"]["after"].as_str().unwrap().to_owned();
            after = format!("&after={cursor}");
            cursors.insert(cursor);
        }
        assert_eq!((pages.len(), cursors.len()), (1, if moves { 5 } else { 1 }));
    }
}

#[tokio::test]
async fn without_a_cursor_a_repeated_page_promises_more_pages() {
    let fleet = fleet().await;
    let endless = || Faults::none().with(Rule::from(1, Fault::RepeatedPage { cursor_moves: true }));
    fleet.woocommerce.set_faults(endless());
    fleet.mailchimp.set_faults(endless());
    for page in [1, 2, 50] {
        let shop = get(&fleet.woocommerce, &format!("/products?per_page=40&page={page}")).await;
        assert_eq!(shop.headers()["x-wp-totalpages"], (page + 1).to_string());
        assert_eq!(shop.json::<Value>().await.unwrap().as_array().unwrap().len(), 40);
        let offset = page * 1_000;
        let mail = json(&fleet.mailchimp, &format!("/campaigns?offset={offset}")).await;
        assert!(mail["total_items"].as_u64().unwrap() > offset + 1_000);
    }
}

#[tokio::test]
async fn a_huge_body_is_made_while_it_is_read() {
    let fleet = hubspot_with(Fault::HugeBody(1 << 30)).await;
    let mut response = get(&fleet.hubspot, CONTACTS).await;
    let mut read = 0;
    while read < 4 << 20 {
        read += response.chunk().await.unwrap().unwrap().len();
    }
    drop(response);
    works_again(&fleet).await;

    let fleet = hubspot_with(Fault::HugeBody(300_000)).await;
    let whole = get(&fleet.hubspot, CONTACTS).await.text().await.unwrap();
    assert_eq!(serde_json::from_str::<Value>(&whole).unwrap()["results"][0].as_str().unwrap().len(), 300_000);
}

#[tokio::test]
async fn the_first_record_changes_its_type_and_the_others_do_not() {
    let contact = world().hubspot.all(Kind::Contact).keys().next().unwrap().to_string();
    for wrong in [WrongType::NumberForString, WrongType::ObjectForString, WrongType::MissingId] {
        let fleet = hubspot_with(Fault::WrongType(wrong)).await;
        let page = json(&fleet.hubspot, CONTACTS).await;
        let [first, second] = [&page["results"][0], &page["results"][1]];
        let email = first["properties"].get("email").unwrap_or(&Value::Null);
        match wrong {
            WrongType::NumberForString => assert!(email.is_number(), "{first}"),
            WrongType::ObjectForString => assert!(email.is_object(), "{first}"),
            WrongType::MissingId => assert!(first["id"].is_null() && email.is_string()),
        }
        assert!(wrong == WrongType::MissingId || first["id"] == contact);
        assert!(second["id"].is_string());
        works_again(&fleet).await;
    }
    let fleet = fleet().await;
    fleet
        .woocommerce
        .set_faults(Faults::none().with(Rule::only(1, Fault::WrongType(WrongType::NumberForString))));
    assert_eq!(json(&fleet.woocommerce, "/customers").await[0]["email"], 42);
}

#[tokio::test]
async fn the_demo_has_both_faults_of_everyday_life() {
    let fleet = fleet().await;
    fleet.hubspot.set_faults(Faults::demo());
    let mut statuses = BTreeSet::new();
    for _ in 0..40 {
        statuses.insert(get(&fleet.hubspot, CONTACTS).await.status().as_u16());
    }
    assert_eq!(statuses, BTreeSet::from([200, 429, 500]));
}

#[tokio::test]
async fn a_dropped_fleet_no_longer_answers() {
    let fleet = fleet().await;
    let address = fleet.hubspot.address();
    drop(fleet);
    for _ in 0..200 {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("still listening");
}
