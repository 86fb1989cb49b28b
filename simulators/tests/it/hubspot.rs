//! HubSpot: listing, search, associations, errors.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulators::{
    Fleet, Stamp,
    hubspot::{Kind, Object},
};

use crate::client::{Authorised, fleet, get, http, ids, json, post, world};

/// Follows `after` to the end of a list.
async fn walk(fleet: &Fleet, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page = json(&fleet.hubspot, &format!("{path}{after}")).await;
        all.extend(page["results"].as_array().unwrap().clone());
        let Some(next) = page["paging"]["next"]["after"].as_str() else { return all };
        after = format!("&after={next}");
    }
}

#[tokio::test]
async fn a_list_walks_every_current_object_once_and_the_archived_list_the_others() {
    let fleet = fleet().await;
    let contacts = world().hubspot.all(Kind::Contact).clone();
    for (archived, limit) in [(false, 100), (false, 7), (true, 100)] {
        let all = walk(&fleet, &format!("/crm/v3/objects/contacts?limit={limit}&archived={archived}")).await;
        let expected: Vec<String> = contacts
            .values()
            .filter(|c| c.archived.is_some() == archived)
            .map(|c| c.id.to_string())
            .collect();
        assert_eq!(ids(&Value::from(all.clone())), expected);
        assert!(
            all.iter()
                .all(|contact| contact["archived"] == archived
                    && contact["archivedAt"].is_string() == archived)
        );
    }
}

#[tokio::test]
async fn only_default_properties_come_unless_others_are_asked() {
    let fleet = fleet().await;
    fleet.hubspot.upsert_contact(1, &[("firstname", "Ada"), ("city", "Delft")], Stamp::Now);
    let one = |query: &'static str| {
        let server = &fleet.hubspot;
        async move { json(server, &format!("/crm/v3/objects/contacts/1{query}")).await["properties"].clone() }
    };
    let at = "2026-03-01T12:00:00.000Z";
    let always = json!({"createdate": at, "lastmodifieddate": at, "hs_object_id": "1"});
    let mut plain = always.clone();
    plain["firstname"] = "Ada".into();
    plain["lastname"] = Value::Null;
    plain["email"] = Value::Null;
    assert_eq!(one("").await, plain);
    let mut asked = always;
    asked["city"] = "Delft".into();
    asked["phone"] = Value::Null;
    assert_eq!(one("?properties=city,phone,no_such_thing").await, asked);
}

#[tokio::test]
async fn a_limit_beyond_the_maximum_and_a_foreign_cursor_are_refused() {
    let fleet = fleet().await;
    for query in ["limit=101", "limit=0", "limit=x", "after=NTI1Cg"] {
        let response = get(&fleet.hubspot, &format!("/crm/v3/objects/deals?{query}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let body: Value = response.json().await.unwrap();
        assert_eq!((&body["status"], &body["category"]), (&json!("error"), &json!("VALIDATION_ERROR")));
    }
    let page = json(&fleet.hubspot, "/crm/v3/objects/contacts").await;
    assert_eq!(page["results"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn a_wrong_token_gets_401_and_no_data() {
    let fleet = fleet().await;
    let url = format!("{}/crm/v3/objects/contacts", fleet.hubspot.base_url());
    for request in [http().get(&url), http().get(&url).bearer_auth("pat-eu1-wrong")] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.json::<Value>().await.unwrap()["category"], "INVALID_AUTHENTICATION");
    }
}

#[tokio::test]
async fn search_by_time_and_id_walks_each_change_once_without_a_cursor() {
    let fleet = fleet().await;
    let contacts = world().hubspot.all(Kind::Contact).clone();
    let mut stamps: Vec<DateTime<Utc>> = contacts.values().map(|contact| contact.updated).collect();
    stamps.sort();
    let since = stamps[stamps.len() / 2];
    let (mut found, mut last) = (Vec::new(), 0);
    loop {
        let body = json!({
            "filterGroups": [{"filters": [
                {"propertyName": "lastmodifieddate", "operator": "GTE", "value": since.timestamp_millis().to_string()},
                {"propertyName": "hs_object_id", "operator": "GT", "value": last.to_string()},
            ]}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "limit": 40,
        });
        let (status, page) = post(&fleet.hubspot, "/crm/v3/objects/contacts/search", &body).await;
        assert_eq!(status, StatusCode::OK);
        let page = ids(&page["results"]);
        let Some(end) = page.last() else { break };
        last = end.parse::<u64>().unwrap();
        found.extend(page);
    }
    let recent = |contact: &&Object| contact.updated >= since && contact.archived.is_none();
    let expected: Vec<String> =
        contacts.values().filter(recent).map(|contact| contact.id.to_string()).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn search_pages_by_position_and_ends_at_ten_thousand() {
    let fleet = fleet().await;
    let search = |after: u64, limit: u64| {
        let server = &fleet.hubspot;
        let sorts = json!([{"propertyName": "createdate", "direction": "DESCENDING"}]);
        let body = json!({"sorts": sorts, "limit": limit, "after": after.to_string()});
        async move { post(server, "/crm/v3/objects/companies/search", &body).await }
    };
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let (_, page) = search(after, 6).await;
        found.extend(ids(&page["results"]));
        assert_eq!(page["total"], world().hubspot.all(Kind::Company).len());
        match page["paging"]["next"]["after"].as_str() {
            Some(next) => after = next.parse().unwrap(),
            None => break,
        }
    }
    assert_eq!(found.len(), world().hubspot.all(Kind::Company).len());
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    assert_eq!(search(9_800, 200).await.0, StatusCode::OK);
    assert_eq!(search(9_801, 200).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(search(0, 201).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn search_operators_choose_as_documented() {
    let fleet = fleet().await;
    for (id, name, city) in [(1, "Ann", "York"), (2, "Bea", "Bath"), (3, "Cas", "")] {
        fleet.hubspot.upsert_contact(
            id,
            &[("firstname", name), ("city", city), ("jobtitle", "probe")],
            Stamp::Now,
        );
    }
    let found = |filter: Value| {
        let server = &fleet.hubspot;
        let probe = json!({"propertyName": "jobtitle", "operator": "EQ", "value": "PROBE"});
        async move {
            let body = json!({"filterGroups": [{"filters": [probe, filter]}]});
            let (status, page) = post(server, "/crm/v3/objects/contacts/search", &body).await;
            if status == StatusCode::OK {
                ids(&page["results"]).join(",")
            } else {
                status.as_u16().to_string()
            }
        }
    };
    let cases = [
        (json!({"propertyName": "firstname", "operator": "IN", "values": ["ann", "cas"]}), "1,3"),
        (json!({"propertyName": "firstname", "operator": "NEQ", "value": "Bea"}), "1,3"),
        (
            json!({"propertyName": "hs_object_id", "operator": "BETWEEN", "value": "2", "highValue": "3"}),
            "2,3",
        ),
        (json!({"propertyName": "hs_object_id", "operator": "LT", "value": 2}), "1"),
        (json!({"propertyName": "city", "operator": "HAS_PROPERTY"}), "1,2"),
        (json!({"propertyName": "city", "operator": "NOT_HAS_PROPERTY"}), "3"),
        (json!({"propertyName": "city", "operator": "CONTAINS_TOKEN", "value": "*at*"}), "2"),
        (json!({"propertyName": "city", "operator": "SOUNDS_LIKE", "value": "x"}), "400"),
        (json!({"propertyName": "no_such_thing", "operator": "EQ", "value": "x"}), "400"),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(filter.clone()).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn associations_agree_in_the_list_and_in_both_batch_readers() {
    let fleet = fleet().await;
    let (deal, contact) = ((Kind::Deal, 5), (Kind::Contact, 6));
    fleet.hubspot.upsert(deal.0, deal.1, &[("dealname", "Lamps")], Stamp::Now);
    fleet.hubspot.upsert_contact(contact.1, &[("firstname", "Ada")], Stamp::Now);
    fleet.hubspot.associate(deal, contact);

    let listed = json(&fleet.hubspot, "/crm/v3/objects/deals?limit=1&associations=contacts,companies").await;
    let expected = json!({"contacts": {"results": [{"id": "6", "type": "deal_to_contact"}]}});
    assert_eq!(listed["results"][0]["associations"], expected);

    let (status, answer) = post(
        &fleet.hubspot,
        "/crm/v3/associations/deals/contacts/batch/read",
        &json!({"inputs": [{"id": "5"}]}),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        answer["results"],
        json!([{"from": {"id": "5"}, "to": [{"id": "6", "type": "deal_to_contact"}]}])
    );

    let inputs = json!({"inputs": [{"id": "5"}, {"id": "999"}]});
    let (status, answer) =
        post(&fleet.hubspot, "/crm/v4/associations/deal/contact/batch/read", &inputs).await;
    assert_eq!(status, StatusCode::MULTI_STATUS);
    let types = json!([{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": null}]);
    assert_eq!(
        answer["results"],
        json!([{"from": {"id": "5"}, "to": [{"toObjectId": 6, "associationTypes": types}]}])
    );
    assert_eq!(answer["errors"][0]["subCategory"], "crm.associations.NO_ASSOCIATIONS_FOUND");
}

#[tokio::test]
async fn every_answer_carries_the_vendors_date_and_limits() {
    let fleet = fleet().await;
    let response = get(&fleet.hubspot, "/account-info/v3/details").await;
    assert_eq!(response.headers()["date"], "Sun, 01 Mar 2026 12:00:00 GMT");
    for name in
        ["x-hubspot-ratelimit-max", "x-hubspot-ratelimit-remaining", "x-hubspot-ratelimit-daily-remaining"]
    {
        assert!(response.headers().contains_key(name), "{name}");
    }
    assert_eq!(response.json::<Value>().await.unwrap()["companyCurrency"], "EUR");
}

#[tokio::test]
async fn more_requests_than_the_limit_allows_are_refused_until_the_bucket_refills() {
    let fleet = fleet().await;
    fleet.hubspot.set_rate_limit(3);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response =
            fleet.hubspot.authorise(http().get(format!("{}/crm/v3/objects/deals", fleet.hubspot.base_url())));
        let response = response.send().await.unwrap();
        statuses.push(response.status().as_u16());
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            assert!(!response.headers().contains_key("retry-after"));
            assert_eq!(response.json::<Value>().await.unwrap()["policyName"], "TEN_SECONDLY_ROLLING");
        }
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
}
