//! Listing: filters and pages by offset, each with `total_items`.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Value, json};

use super::{Account, Campaign, CampaignStatus, Member, answer::problem, render};
use crate::{
    fields,
    server::{Asked, Refusal, Shared, Vendor, json},
};

const DEFAULT_COUNT: usize = 10;
const MAX_COUNT: usize = 1_000;

/// Why there is no page.
pub(super) enum Error {
    Invalid(&'static str),
    NotFound,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Invalid(detail) => problem(StatusCode::BAD_REQUEST, "Invalid Resource", detail, 0),
            Self::NotFound => Account::refuse(Refusal::NotFound, 0),
        }
    }
}

type Answer = Result<Response, Error>;

pub(super) async fn lists(State(shared): State<Shared<Account>>, asked: Asked) -> Answer {
    let account = shared.data();
    let found: Vec<Value> = account.lists.iter().map(|list| render::list(list, &account)).collect();
    page(&asked, "lists", found.len(), found.into_iter(), &[])
}

pub(super) async fn list(State(shared): State<Shared<Account>>, Path(id): Path<String>) -> Answer {
    let account = shared.data();
    let list = account.lists.iter().find(|list| list.id == id).ok_or(Error::NotFound)?;
    Ok(json(StatusCode::OK, &render::list(list, &account)))
}

pub(super) async fn members(
    State(shared): State<Shared<Account>>,
    Path(list): Path<String>,
    asked: Asked,
) -> Answer {
    let account = shared.data();
    if !account.lists.iter().any(|known| known.id == list) {
        return Err(Error::NotFound);
    }
    let (since, before) = (instant(&asked, "since_last_changed")?, instant(&asked, "before_last_changed")?);
    let opted_since = instant(&asked, "since_timestamp_opt")?;
    let status = asked.get("status");
    let mut found: Vec<&Member> = account
        .members_of(&list)
        .iter()
        .filter(|member| status.is_none_or(|status| member.status.name() == status))
        .filter(|member| since.is_none_or(|since| member.changed > since))
        .filter(|member| before.is_none_or(|before| member.changed < before))
        .filter(|member| opted_since.is_none_or(|since| member.opted_in > Some(since)))
        .filter(|member| asked.get("unique_email_id").is_none_or(|id| member.unique_email_id == id))
        .collect();
    match asked.get("sort_field") {
        None => {}
        Some("timestamp_opt") => found.sort_by_key(|member| member.opted_in),
        Some("timestamp_signup") => found.sort_by_key(|member| member.signed_up),
        Some("last_changed") => found.sort_by_key(|member| member.changed),
        Some(_) => return Err(Error::Invalid("Unknown sort_field.")),
    }
    if asked.get("sort_dir") == Some("DESC") {
        found.reverse();
    }
    let rendered = found.iter().map(|member| render::member(member, &list));
    page(&asked, "members", found.len(), rendered, &[("list_id", &list)])
}

pub(super) async fn member(
    State(shared): State<Shared<Account>>,
    Path((list, id)): Path<(String, String)>,
) -> Answer {
    let account = shared.data();
    let member = account.members_of(&list).iter().find(|member| member.id == id).ok_or(Error::NotFound)?;
    Ok(json(StatusCode::OK, &render::member(member, &list)))
}

pub(super) async fn campaigns(State(shared): State<Shared<Account>>, asked: Asked) -> Answer {
    let account = shared.data();
    let (since, before) = (instant(&asked, "since_send_time")?, instant(&asked, "before_send_time")?);
    let (created_since, created_before) =
        (instant(&asked, "since_create_time")?, instant(&asked, "before_create_time")?);
    let mut found: Vec<&Campaign> = account
        .campaigns
        .iter()
        .filter(|campaign| asked.get("status").is_none_or(|status| campaign.status.name() == status))
        .filter(|_| asked.get("type").is_none_or(|kind| kind == "regular"))
        .filter(|campaign| asked.get("list_id").is_none_or(|list| campaign.list_id == list))
        .filter(|campaign| since.is_none_or(|since| campaign.sent > Some(since)))
        .filter(|campaign| before.is_none_or(|before| campaign.sent.is_some_and(|sent| sent < before)))
        .filter(|campaign| created_since.is_none_or(|since| campaign.created > since))
        .filter(|campaign| created_before.is_none_or(|before| campaign.created < before))
        .collect();
    match asked.get("sort_field") {
        None | Some("create_time") => found.sort_by_key(|campaign| campaign.created),
        Some("send_time") => found.sort_by_key(|campaign| campaign.sent),
        Some(_) => return Err(Error::Invalid("Unknown sort_field.")),
    }
    if asked.get("sort_dir") == Some("DESC") {
        found.reverse();
    }
    let rendered = found.iter().map(|campaign| render::campaign(campaign, list_name(&account, campaign)));
    page(&asked, "campaigns", found.len(), rendered, &[])
}

pub(super) async fn campaign(State(shared): State<Shared<Account>>, Path(id): Path<String>) -> Answer {
    let account = shared.data();
    let campaign = account.campaigns.iter().find(|campaign| campaign.id == id).ok_or(Error::NotFound)?;
    Ok(json(StatusCode::OK, &render::campaign(campaign, list_name(&account, campaign))))
}

pub(super) async fn activity(
    State(shared): State<Shared<Account>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let account = shared.data();
    let campaign = sent(&account, &id)?;
    let since = instant(&asked, "since")?;
    let found: Vec<Value> = campaign
        .recipients
        .iter()
        .filter_map(|recipient| render::recipient(recipient, campaign, since))
        .collect();
    page(&asked, "emails", found.len(), found.into_iter(), &[("campaign_id", &id)])
}

pub(super) async fn unsubscribed(
    State(shared): State<Shared<Account>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer {
    let account = shared.data();
    let campaign = sent(&account, &id)?;
    let members = account.members_of(&campaign.list_id);
    let found = campaign.unsubscribes.iter().map(|unsubscribe| {
        let member = members.iter().find(|member| member.id == unsubscribe.id);
        render::unsubscribe(unsubscribe, campaign, member)
    });
    page(&asked, "unsubscribes", campaign.unsubscribes.len(), found, &[("campaign_id", &id)])
}

/// A campaign with a report: only sent ones have.
fn sent<'a>(account: &'a Account, id: &str) -> Result<&'a Campaign, Error> {
    let known = account.campaigns.iter().find(|campaign| campaign.id == id);
    known.filter(|campaign| campaign.status == CampaignStatus::Sent).ok_or(Error::NotFound)
}

fn list_name<'a>(account: &'a Account, campaign: &Campaign) -> &'a str {
    account.lists.iter().find(|list| list.id == campaign.list_id).map_or("", |list| list.name.as_str())
}

/// Cuts out the asked page.
fn page(
    asked: &Asked,
    name: &str,
    total: usize,
    items: impl Iterator<Item = Value>,
    extra: &[(&str, &str)],
) -> Answer {
    const SCHEMA: &str = "Schema describes integer, something else found instead";
    let count = asked.number("count", DEFAULT_COUNT).map_err(|_| Error::Invalid(SCHEMA))?;
    let offset = asked.number("offset", 0).map_err(|_| Error::Invalid(SCHEMA))?;
    if count > MAX_COUNT {
        return Err(Error::Invalid("Schema describes number less than or equal to 1000, more found instead"));
    }
    let mut answer = json!({"total_items": total});
    answer[name] = items.skip(offset).take(count).collect();
    for (key, value) in extra {
        answer[*key] = (*value).into();
    }
    fields::without(&mut answer, &asked.list("exclude_fields"));
    let wanted = asked.list("fields");
    Ok(json(StatusCode::OK, &if wanted.is_empty() { answer } else { fields::keep(&answer, &wanted) }))
}

/// A time parameter: ISO 8601 with zone, or without, which means UTC.
fn instant(asked: &Asked, name: &str) -> Result<Option<DateTime<Utc>>, Error> {
    let Some(text) = asked.get(name) else { return Ok(None) };
    // A plus sign that was not escaped arrives as a blank.
    let zoned = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|at| at.to_utc());
    let bare = || text.parse::<NaiveDateTime>().ok().map(|at| at.and_utc());
    zoned.or_else(bare).map(Some).ok_or(Error::Invalid("The date is not in ISO 8601 format."))
}
