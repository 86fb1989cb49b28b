//! Speaks to Mailchimp: the collections of the Marketing API, version 3.

use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use url::Url;

use super::offsets::{COUNT, Offsets, Rows};
use crate::{
    error::Error,
    http::{Answer, Http, Request},
    lenient::{Id, Instant, Text},
    settings::base_url,
};

/// How many pages a small collection may have.
const SMALL_PAGES: u32 = 50;

/// One account of Mailchimp.
#[derive(Debug)]
pub(super) struct Api {
    base_url: Url,
    key: SecretString,
}

/// A campaign, as far as its activity needs it.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) status: Text,
    #[serde(default)]
    pub(super) send_time: Instant,
    #[serde(default)]
    pub(super) recipients: Option<Recipients>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Recipients {
    #[serde(default)]
    pub(super) list_id: Text,
}

/// The two reports on a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Activity,
    Unsubscribed,
}

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    account_id: Text,
    #[serde(default)]
    account_name: Text,
}

#[derive(Deserialize)]
struct Lists {
    lists: Vec<Listed>,
    total_items: u64,
}

#[derive(Deserialize)]
struct Listed {
    id: Id,
}

#[derive(Deserialize)]
struct Members {
    members: Vec<Box<RawValue>>,
    total_items: u64,
}

#[derive(Deserialize)]
struct Campaigns<T> {
    campaigns: Vec<T>,
    total_items: u64,
}

#[derive(Deserialize)]
struct Emails {
    emails: Vec<Box<RawValue>>,
    total_items: u64,
}

#[derive(Deserialize)]
struct Unsubscribes {
    unsubscribes: Vec<Box<RawValue>>,
    total_items: u64,
}

impl Api {
    /// An account at the address that the key's ending names, or at another one.
    pub(super) fn new(address: Option<&Url>, key: SecretString) -> Result<Self, Error> {
        Ok(Self { base_url: self::address(address, &key)?, key })
    }

    fn get(&self, segments: &[&str]) -> Request {
        // Mailchimp looks at the password alone.
        let user = SecretString::from("rondom");
        Request::get(&self.base_url, &[&["3.0"], segments].concat()).basic(&user, &self.key)
    }

    async fn page<T: DeserializeOwned>(
        &self,
        http: &Http,
        request: Request,
        at: &Offsets,
        open: impl FnOnce(T) -> (Vec<Box<RawValue>>, u64),
    ) -> Result<Answer<Rows>, Error> {
        let request = request.query("count", COUNT.to_string()).query("offset", at.offset.to_string());
        Ok(http.json::<T>(&request).await?.map(|body| {
            let (rows, total) = open(body);
            Rows { rows, total }
        }))
    }

    /// Which account the key belongs to.
    pub(super) async fn account(&self, http: &Http) -> Result<String, Error> {
        let request = self.get(&[""]).query("fields", "account_id,account_name");
        let Account { account_id, account_name } = http.json::<Account>(&request).await?.body;
        Ok(match (account_name.0, account_id.0) {
            (Some(name), Some(id)) => format!("{name} ({id})"),
            (one, other) => one.or(other).unwrap_or_else(|| "the key is accepted".to_owned()),
        })
    }

    /// A whole collection that is known to be small, and when its first page was told.
    async fn all<T: DeserializeOwned, R>(
        &self,
        http: &Http,
        request: &Request,
        open: impl Fn(T) -> (Vec<R>, u64),
    ) -> Result<(Vec<R>, Option<DateTime<Utc>>), Error> {
        let mut all = Vec::new();
        let mut first = None;
        for _ in 0..SMALL_PAGES {
            let request =
                request.clone().query("count", COUNT.to_string()).query("offset", all.len().to_string());
            let answer = http.json::<T>(&request).await?;
            first = first.or(answer.date());
            let (rows, total) = open(answer.body);
            let none = rows.is_empty();
            all.extend(rows);
            if none || all.len() as u64 >= total {
                return Ok((all, first));
            }
        }
        let message = format!("a collection does not end after {SMALL_PAGES} pages");
        Err(Error::Malformed { url: request.place(), message })
    }

    /// The ids of all audiences, eldest first, and when they were told.
    pub(super) async fn lists(&self, http: &Http) -> Result<(Vec<String>, Option<DateTime<Utc>>), Error> {
        let request = self
            .get(&["lists"])
            .query("fields", "lists.id,total_items")
            .query("sort_field", "date_created")
            .query("sort_dir", "ASC");
        let (lists, date) = self.all(http, &request, |body: Lists| (body.lists, body.total_items)).await?;
        Ok((lists.into_iter().map(|list| list.id.0).collect(), date))
    }

    /// A page of the members of an audience, by the time of their opt-in, which seldom changes.
    pub(super) async fn members(
        &self,
        http: &Http,
        list: &str,
        archived: bool,
        since: Option<DateTime<Utc>>,
        at: &Offsets,
    ) -> Result<Answer<Rows>, Error> {
        let mut request = self
            .get(&["lists", list, "members"])
            .query("exclude_fields", "_links,members._links")
            .query("sort_field", "timestamp_opt")
            .query("sort_dir", "ASC");
        if archived {
            request = request.query("status", "archived");
        }
        if let Some(since) = since {
            request = request.query("since_last_changed", time(since));
        }
        self.page(http, request, at, |body: Members| (body.members, body.total_items)).await
    }

    /// A page of all campaigns, eldest first, without their links and their running figures.
    pub(super) async fn campaigns(&self, http: &Http, at: &Offsets) -> Result<Answer<Rows>, Error> {
        let request = self
            .get(&["campaigns"])
            .query("exclude_fields", "_links,campaigns._links,campaigns.report_summary")
            .query("sort_field", "create_time")
            .query("sort_dir", "ASC");
        self.page(http, request, at, |body: Campaigns<_>| (body.campaigns, body.total_items)).await
    }

    /// The campaigns sent since a time, eldest first, and when they were told.
    pub(super) async fn sent_since(
        &self,
        http: &Http,
        since: DateTime<Utc>,
    ) -> Result<(Vec<Sent>, Option<DateTime<Utc>>), Error> {
        let fields =
            ["id", "status", "send_time", "recipients.list_id"].map(|field| format!("campaigns.{field}"));
        let request = self
            .get(&["campaigns"])
            .query("fields", format!("{},total_items", fields.join(",")))
            .query("since_send_time", time(since))
            .query("sort_field", "send_time")
            .query("sort_dir", "ASC");
        self.all(http, &request, |body: Campaigns<_>| (body.campaigns, body.total_items)).await
    }

    /// A page of a report on a campaign.
    pub(super) async fn report(
        &self,
        http: &Http,
        campaign: &str,
        report: Report,
        since: Option<DateTime<Utc>>,
        at: &Offsets,
    ) -> Result<Answer<Rows>, Error> {
        match report {
            Report::Activity => {
                let mut request = self
                    .get(&["reports", campaign, "email-activity"])
                    .query("exclude_fields", "_links,emails._links");
                if let Some(since) = since {
                    request = request.query("since", time(since));
                }
                self.page(http, request, at, |body: Emails| (body.emails, body.total_items)).await
            }
            Report::Unsubscribed => {
                let request = self
                    .get(&["reports", campaign, "unsubscribed"])
                    .query("exclude_fields", "_links,unsubscribes._links,unsubscribes.merge_fields");
                self.page(http, request, at, |body: Unsubscribes| (body.unsubscribes, body.total_items)).await
            }
        }
    }
}

/// Where the API is: at the address of the data centre that the key's ending names, or at another one.
pub(crate) fn address(other: Option<&Url>, key: &SecretString) -> Result<Url, Error> {
    match other {
        Some(address) => base_url(address),
        None => data_centre(key.expose_secret()),
    }
}

/// The address of the data centre that a key's ending names.
fn data_centre(key: &str) -> Result<Url, Error> {
    key.rsplit_once('-')
        .map(|(_, ending)| ending)
        .filter(|ending| {
            !ending.is_empty() && ending.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
        .and_then(|ending| Url::parse(&format!("https://{ending}.api.mailchimp.com")).ok())
        .ok_or_else(|| Error::Configuration {
            path: "secrets.api_key".to_owned(),
            message: "must end with its data centre, for example -us3".to_owned(),
        })
}

/// A time as Mailchimp writes it, in whole seconds.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_ending_names_the_data_centre_and_nothing_else() {
        assert_eq!(data_centre("0123abc-us3").unwrap().as_str(), "https://us3.api.mailchimp.com/");
        for bad in ["0123abc", "0123abc-", "0123abc-evil.example/", "0123abc-US3", "x-a@b"] {
            let error = data_centre(bad).unwrap_err().to_string();
            assert!(error.starts_with("configuration: secrets.api_key: must end"), "{error}");
            assert!(!error.contains("0123abc"));
        }
    }
}
