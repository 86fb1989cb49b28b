//! Speaks to a shop: the lists of the WooCommerce REST API, version 3.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::value::RawValue;
use url::Url;

use super::config::Sent;
use crate::{
    error::Error,
    http::{Answer, Http, Request},
};

/// Rows on a page; the most that a shop gives.
pub(super) const PER_PAGE: u64 = 100;

/// One shop.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) base_url: Url,
    pub(super) sent: Sent,
    pub(super) key: SecretString,
    pub(super) secret: SecretString,
}

/// What is asked of a list.
pub(super) struct List<'a> {
    /// `products`, `customers`, `orders`.
    pub(super) name: &'a str,
    /// From 1.
    pub(super) page: u64,
    /// Only what changed after this.
    pub(super) since: Option<DateTime<Utc>>,
    /// What else is asked: names and values.
    pub(super) filters: &'a [(&'a str, &'a str)],
}

/// A page of a list.
pub(super) type Rows = Vec<Box<RawValue>>;

/// How many rows a whole list has.
pub(super) fn total(answer: &Answer<Rows>) -> Option<u64> {
    answer.number("x-wp-total")
}

/// Whether there is nothing after this page. A proxy may have dropped the header; then a short page is the last.
pub(super) fn is_last(answer: &Answer<Rows>, page: u64) -> bool {
    match answer.number("x-wp-totalpages") {
        Some(pages) => page >= pages || answer.body.is_empty(),
        None => (answer.body.len() as u64) < PER_PAGE,
    }
}

impl Api {
    fn get(&self, name: &str) -> Request {
        let request = Request::get(&self.base_url, &["wp-json", "wc", "v3", name]);
        match self.sent {
            Sent::Basic => request.basic(&self.key, &self.secret),
            Sent::Query => request.query_credentials(vec![
                ("consumer_key", self.key.clone()),
                ("consumer_secret", self.secret.clone()),
            ]),
        }
    }

    /// Which shop the key opens.
    pub(super) async fn shop(&self, http: &Http) -> Result<String, Error> {
        let answer = http.json::<Rows>(&self.get("orders").query("per_page", "1")).await?;
        let host = self.base_url.host_str().unwrap_or_default();
        Ok(match total(&answer) {
            Some(orders) => format!("{host} ({orders} orders)"),
            None => host.to_owned(),
        })
    }

    /// One page of a list, by ascending id.
    pub(super) async fn list(&self, http: &Http, list: &List<'_>) -> Result<Answer<Rows>, Error> {
        let mut request = self
            .get(list.name)
            .query("page", list.page.to_string())
            .query("per_page", PER_PAGE.to_string())
            .query("orderby", "id")
            .query("order", "asc");
        for (name, value) in list.filters {
            request = request.query(name, value);
        }
        if let Some(since) = list.since {
            request = request
                .query("modified_after", since.format("%Y-%m-%dT%H:%M:%S").to_string())
                .query("dates_are_gmt", "true");
        }
        http.json(&request).await.map_err(|error| match error {
            // Some hosts answer so where others give an empty page.
            Error::Status { status: 400, message, .. } if list.page > 1 => {
                Error::Cursor(format!("the shop refuses page {}: {message}", list.page))
            }
            error => error,
        })
    }
}
