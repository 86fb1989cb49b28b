//! The account's data in Mailchimp's JSON. Absent texts and times are empty strings there, not null.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::{Account, Action, Activity, Campaign, List, Member, Recipient, Status, Unsubscribe};

/// `2026-01-02T03:04:05+00:00`
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn instant_or_empty(at: Option<DateTime<Utc>>) -> String {
    at.map(instant).unwrap_or_default()
}

pub(super) fn member(member: &Member, list: &str) -> Value {
    let tags: Vec<Value> =
        member.tags.iter().enumerate().map(|(id, name)| json!({"id": 1_001 + id, "name": name})).collect();
    let mut value = json!({
        "id": member.id,
        "email_address": member.email,
        "unique_email_id": member.unique_email_id,
        "contact_id": member.contact_id,
        "full_name": format!("{} {}", member.first_name, member.last_name).trim(),
        "web_id": member.web_id,
        "email_type": "html",
        "status": member.status.name(),
        "consents_to_one_to_one_messaging": true,
        "merge_fields": merge_fields(member),
        "interests": {},
        "stats": {"avg_open_rate": member.open_rate, "avg_click_rate": member.click_rate},
        "ip_signup": "",
        "timestamp_signup": instant_or_empty(member.signed_up),
        "ip_opt": member.opt_in_ip,
        "timestamp_opt": instant_or_empty(member.opted_in),
        "member_rating": member.rating,
        "last_changed": instant(member.changed),
        "language": member.language,
        "vip": false,
        "email_client": "",
        "location": {
            "latitude": 0, "longitude": 0, "gmtoff": 0, "dstoff": 0, "country_code": "", "timezone": "", "region": "",
        },
        "source": "Hosted Signup Form",
        "tags_count": member.tags.len(),
        "tags": tags,
        "list_id": list,
    });
    if member.status == Status::Unsubscribed {
        value["unsubscribe_reason"] = member.unsubscribe_reason.clone().into();
    }
    value
}

fn merge_fields(member: &Member) -> Value {
    let address = member.address.as_ref().map_or_else(
        || json!(""),
        |[street, city, zip, country]| {
            json!({"addr1": street, "addr2": "", "city": city, "state": "", "zip": zip, "country": country})
        },
    );
    json!({
        "FNAME": member.first_name,
        "LNAME": member.last_name,
        "ADDRESS": address,
        "PHONE": member.phone,
        "BIRTHDAY": member.birthday,
    })
}

pub(super) fn list(list: &List, account: &Account) -> Value {
    let members = account.members_of(&list.id);
    let count = |status| members.iter().filter(|member| member.status == status).count();
    let sent = account.campaigns.iter().filter(|campaign| campaign.list_id == list.id);
    json!({
        "id": list.id,
        "web_id": 100_001,
        "name": list.name,
        "contact": {
            "company": "Lantern & Loom", "address1": "Havenkade 1", "address2": "", "city": "Delft", "state": "",
            "zip": "2611 AA", "country": "NL", "phone": "",
        },
        "permission_reminder": "You signed up in our shop.",
        "use_archive_bar": true,
        "campaign_defaults": {
            "from_name": "Lantern & Loom", "from_email": "hello@lantern-loom.example", "subject": "", "language": "en",
        },
        "notify_on_subscribe": "",
        "notify_on_unsubscribe": "",
        "date_created": instant(list.created),
        "list_rating": 3,
        "email_type_option": false,
        "visibility": "prv",
        "double_optin": true,
        "has_welcome": false,
        "marketing_permissions": false,
        "modules": [],
        "stats": {
            "member_count": count(Status::Subscribed),
            "total_contacts": members.len(),
            "unsubscribe_count": count(Status::Unsubscribed),
            "cleaned_count": count(Status::Cleaned),
            "campaign_count": sent.clone().count(),
            "campaign_last_sent": instant_or_empty(sent.filter_map(|campaign| campaign.sent).max()),
            "merge_field_count": 5,
            "last_sub_date": instant_or_empty(members.iter().filter_map(|member| member.opted_in).max()),
        },
    })
}

pub(super) fn campaign(campaign: &Campaign, list_name: &str) -> Value {
    let done = |wanted: fn(&Action) -> bool| {
        let each =
            move |recipient: &Recipient| recipient.activity.iter().filter(|act| wanted(&act.action)).count();
        let total: usize = campaign.recipients.iter().map(each).sum();
        let unique = campaign.recipients.iter().filter(|recipient| each(recipient) > 0).count();
        (total, unique)
    };
    let (opens, unique_opens) = done(|action| *action == Action::Open);
    let (clicks, unique_clicks) = done(|action| matches!(action, Action::Click(_)));
    #[expect(clippy::cast_precision_loss, reason = "a share of some thousands")]
    let share = |count: usize| count as f64 / campaign.recipients.len().max(1) as f64;
    let mut value = json!({
        "id": campaign.id,
        "web_id": campaign.web_id,
        "parent_campaign_id": "",
        "type": "regular",
        "create_time": instant(campaign.created),
        "archive_url": format!("http://eepurl.example/{}", campaign.id),
        "long_archive_url": format!("https://mailchi.example/{}", campaign.id),
        "status": campaign.status.name(),
        "emails_sent": campaign.recipients.len(),
        "send_time": instant_or_empty(campaign.sent),
        "content_type": "template",
        "needs_block_refresh": false,
        "resendable": false,
        "recipients": {
            "list_id": campaign.list_id,
            "list_is_active": true,
            "list_name": list_name,
            "segment_text": "",
            "recipient_count": campaign.recipients.len(),
        },
        "settings": {
            "subject_line": campaign.subject,
            "preview_text": "",
            "title": campaign.subject,
            "from_name": "Lantern & Loom",
            "reply_to": "hello@lantern-loom.example",
            "use_conversation": false,
            "to_name": "*|FNAME|*",
            "folder_id": "",
            "authenticate": true,
        },
        "tracking": {"opens": true, "html_clicks": true, "text_clicks": false},
        "delivery_status": {"enabled": false},
    });
    if campaign.sent.is_some() {
        value["report_summary"] = json!({
            "opens": opens,
            "unique_opens": unique_opens,
            "open_rate": share(unique_opens),
            "clicks": clicks,
            "subscriber_clicks": unique_clicks,
            "click_rate": share(unique_clicks),
            "ecommerce": {"total_orders": 0, "total_spent": 0, "total_revenue": 0},
        });
    }
    value
}

/// A recipient with the activity after `since`; nobody if there is none after it.
pub(super) fn recipient(
    recipient: &Recipient,
    campaign: &Campaign,
    since: Option<DateTime<Utc>>,
) -> Option<Value> {
    let recent = recipient.activity.iter().filter(|activity| since.is_none_or(|since| activity.at > since));
    let activity: Vec<Value> = recent.map(act).collect();
    (since.is_none() || !activity.is_empty()).then(|| {
        json!({
            "campaign_id": campaign.id,
            "list_id": campaign.list_id,
            "list_is_active": true,
            "email_id": recipient.id,
            "email_address": recipient.email,
            "activity": activity,
        })
    })
}

fn act(activity: &Activity) -> Value {
    let mut value = Map::new();
    let (name, extra) = match &activity.action {
        Action::Open => ("open", None),
        Action::Click(url) => ("click", Some(("url", url.as_str()))),
        Action::Bounce { hard } => ("bounce", Some(("type", if *hard { "hard" } else { "soft" }))),
    };
    value.insert("action".to_owned(), name.into());
    if let Some((key, text)) = extra {
        value.insert(key.to_owned(), text.into());
    }
    value.insert("timestamp".to_owned(), instant(activity.at).into());
    if !activity.ip.is_empty() {
        value.insert("ip".to_owned(), activity.ip.clone().into());
    }
    value.into()
}

pub(super) fn unsubscribe(unsubscribe: &Unsubscribe, campaign: &Campaign, member: Option<&Member>) -> Value {
    json!({
        "email_id": unsubscribe.id,
        "email_address": unsubscribe.email,
        "merge_fields": member.map_or_else(|| json!({}), merge_fields),
        "vip": false,
        "timestamp": instant(unsubscribe.at),
        "reason": unsubscribe.reason,
        "campaign_id": campaign.id,
        "list_id": campaign.list_id,
        "list_is_active": true,
    })
}
