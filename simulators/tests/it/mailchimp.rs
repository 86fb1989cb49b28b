//! Mailchimp: audiences, members, campaigns, reports, errors.

use std::{collections::BTreeSet, time::Duration};

use reqwest::StatusCode;
use serde_json::{Value, json};
use simulators::{Fault, Faults, Rule, Stamp, mailchimp::Status};

use crate::client::{fleet, get, http, ids, json, now, world};

#[tokio::test]
async fn offsets_walk_every_member_once() {
    let fleet = fleet().await;
    for list in fleet.mailchimp.list_ids() {
        let mut found = Vec::new();
        loop {
            let path = format!("/lists/{list}/members?count=37&offset={}", found.len());
            let page = json(&fleet.mailchimp, &path).await;
            assert_eq!(page["total_items"], world().mailchimp.members_of(&list).len());
            let page = ids(&page["members"]);
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        let expected: Vec<String> =
            world().mailchimp.members_of(&list).iter().map(|m| m.id.clone()).collect();
        assert_eq!(found, expected);
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    }
}

#[tokio::test]
async fn a_member_has_the_documented_fields_and_empty_texts_for_absent_ones() {
    let fleet = fleet().await;
    let list = &fleet.mailchimp.list_ids()[0];
    let id = world().mailchimp.members_of(list)[0].id.clone();
    fleet.mailchimp.change_member(list, &id, Stamp::Now, |member| {
        member.signed_up = None;
        member.phone = String::new();
        member.address = None;
        member.tags = vec!["vip".to_owned()];
    });
    let member = json(&fleet.mailchimp, &format!("/lists/{list}/members/{id}")).await;
    assert_eq!(member["last_changed"], "2026-03-01T12:00:00+00:00");
    assert_eq!(member["timestamp_signup"], "");
    assert_eq!(
        (&member["merge_fields"]["PHONE"], &member["merge_fields"]["ADDRESS"]),
        (&json!(""), &json!(""))
    );
    assert_eq!((&member["tags_count"], &member["tags"][0]["name"]), (&json!(1), &json!("vip")));
    assert_eq!(member["list_id"], **list);
    for field in
        ["unique_email_id", "contact_id", "email_address", "stats", "ip_opt", "language", "member_rating"]
    {
        assert!(!member[field].is_null(), "{field}");
    }
}

#[tokio::test]
async fn since_last_changed_finds_what_changed_after_it() {
    let fleet = fleet().await;
    let list = &fleet.mailchimp.list_ids()[0];
    let id = world().mailchimp.members_of(list)[3].id.clone();
    fleet.mailchimp.set_member_status(list, &id, Status::Unsubscribed, Stamp::At(now()));
    let found = |query: &'static str| {
        let server = &fleet.mailchimp;
        async move { ids(&json(server, &format!("/lists/{list}/members?count=1000&{query}")).await["members"]) }
    };
    assert_eq!(found("since_last_changed=2026-03-01T11:59:59%2B00:00").await, std::slice::from_ref(&id));
    assert!(found("since_last_changed=2026-03-01T12:00:00%2B00:00").await.is_empty());
    assert_eq!(found("since_last_changed=2026-03-01T11:59:59Z&status=unsubscribed").await, [id]);
    let archived = found("status=archived").await;
    assert!(!archived.is_empty());
}

#[tokio::test]
async fn a_key_is_taken_with_any_user_or_as_bearer_and_errors_are_problems() {
    let fleet = fleet().await;
    let url = format!("{}/ping", fleet.mailchimp.api_url());
    let bearer = http().get(&url).bearer_auth(fleet.mailchimp.api_key()).send().await.unwrap();
    assert_eq!(bearer.json::<Value>().await.unwrap()["health_status"], "Everything's Chimpy!");
    let denied = http().get(&url).basic_auth("x", Some("wrong-us6")).send().await.unwrap();
    assert_eq!(denied.status(), StatusCode::UNAUTHORIZED);
    assert!(denied.headers()["content-type"].to_str().unwrap().starts_with("application/problem+json"));
    assert_eq!(denied.json::<Value>().await.unwrap()["title"], "API Key Invalid");
    assert_eq!(get(&fleet.mailchimp, "/lists/none/members").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&fleet.mailchimp, "/lists?count=1001").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn fields_can_be_chosen_and_left_out() {
    let fleet = fleet().await;
    let list = &fleet.mailchimp.list_ids()[0];
    let path =
        format!("/lists/{list}/members?count=1&fields=members.id,members.merge_fields.FNAME,total_items");
    let page = json(&fleet.mailchimp, &path).await;
    let names: Vec<&String> = page["members"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "merge_fields"]);
    let page = json(&fleet.mailchimp, "/lists?exclude_fields=lists.stats,lists.contact").await;
    assert!(page["lists"][0]["stats"].is_null() && page["lists"][0]["name"].is_string());
}

#[tokio::test]
async fn reports_list_every_recipient_or_those_active_since() {
    let fleet = fleet().await;
    let sent = json(&fleet.mailchimp, "/campaigns?status=sent&count=1000&sort_field=send_time").await;
    assert_eq!(sent["total_items"], 12);
    let campaign = &world().mailchimp.campaigns[11];
    let id = &campaign.id;
    assert_eq!(sent["campaigns"][11]["id"], **id);
    assert_eq!(sent["campaigns"][11]["emails_sent"], campaign.recipients.len());

    let all = json(&fleet.mailchimp, &format!("/reports/{id}/email-activity?count=1000")).await;
    assert_eq!(all["total_items"], campaign.recipients.len());
    let first =
        campaign.recipients.iter().flat_map(|r| &r.activity).map(|activity| activity.at).min().unwrap();
    let since = first.format("%Y-%m-%dT%H:%M:%SZ");
    let later =
        json(&fleet.mailchimp, &format!("/reports/{id}/email-activity?count=1000&since={since}")).await;
    let active =
        campaign.recipients.iter().filter(|r| r.activity.iter().any(|activity| activity.at > first)).count();
    assert_eq!(later["total_items"], active);
    let action = &later["emails"][0]["activity"][0];
    assert!(action["action"].is_string() && action["timestamp"].as_str().unwrap().ends_with("+00:00"));

    let draft = json(&fleet.mailchimp, "/campaigns?status=save").await["campaigns"][0].clone();
    assert_eq!(draft["send_time"], "");
    let report = format!("/reports/{}/email-activity", draft["id"].as_str().unwrap());
    assert_eq!(get(&fleet.mailchimp, &report).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_leaves_by_a_campaign_is_in_its_report_and_unsubscribed() {
    let fleet = fleet().await;
    let campaign = world().mailchimp.campaigns[10].clone();
    let members = world().mailchimp.members_of(&campaign.list_id).to_vec();
    let still = |id: &str| members.iter().any(|m| m.id == id && m.status == Status::Subscribed);
    let leaver = campaign.recipients.iter().find(|recipient| still(&recipient.id)).unwrap();
    assert!(fleet.mailchimp.unsubscribe(&campaign.id, &leaver.id, "Too many emails"));
    let report = json(&fleet.mailchimp, &format!("/reports/{}/unsubscribed?count=1000", campaign.id)).await;
    let left = report["unsubscribes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|left| left["email_id"] == *leaver.id)
        .unwrap();
    assert_eq!(
        (&left["reason"], &left["timestamp"]),
        (&json!("Too many emails"), &json!("2026-03-01T12:00:00+00:00"))
    );
    let member = json(&fleet.mailchimp, &format!("/lists/{}/members/{}", campaign.list_id, leaver.id)).await;
    assert_eq!(member["status"], "unsubscribed");
}

#[tokio::test]
async fn an_eleventh_request_at_once_is_refused_until_one_of_the_ten_is_given_up() {
    let fleet = fleet().await;
    let slow = Rule::every(1, Fault::SlowBody(Duration::from_mins(1))).on("/lists");
    fleet.mailchimp.set_faults(Faults::none().with(slow));
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(get(&fleet.mailchimp, "/lists").await);
    }
    assert_eq!(get(&fleet.mailchimp, "/ping").await.status(), StatusCode::TOO_MANY_REQUESTS);
    drop(open);
    // The server learns of it a moment later.
    for _ in 0..1_000 {
        if get(&fleet.mailchimp, "/ping").await.status() == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("requests that were given up still count");
}
