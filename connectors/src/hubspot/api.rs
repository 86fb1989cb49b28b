//! Speaks to HubSpot: lists, searches and associations of the CRM API.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{json, value::RawValue};
use url::Url;

use crate::{
    error::Error,
    http::{Answer, Http, Request},
    lenient::{Id, Text},
};

/// Objects on a page of a list; the most that HubSpot gives.
const LIST_LIMIT: &str = "100";
/// Objects on a page of a search; the most that HubSpot gives.
const SEARCH_LIMIT: u32 = 200;
/// A search counts twice: searches have a limit of their own, four in a second.
const SEARCH_WEIGHT: u32 = 2;
/// How many pages of associations one page of objects may have. One object has 500 on a page.
const ASSOCIATION_PAGES: u32 = 200;

/// One account of HubSpot.
#[derive(Debug)]
pub(super) struct Api {
    pub(super) base_url: Url,
    pub(super) token: SecretString,
}

/// A page of objects.
#[derive(Debug, Deserialize)]
pub(super) struct Objects {
    pub(super) results: Vec<Box<RawValue>>,
    #[serde(default)]
    paging: Option<Paging>,
    /// How many objects a search found, this page included.
    #[serde(default)]
    pub(super) total: Option<u64>,
}

impl Objects {
    /// The token of the next page.
    pub(super) fn after(&self) -> Option<&str> {
        self.paging.as_ref()?.next.as_ref()?.after.get()
    }
}

#[derive(Debug, Deserialize)]
struct Paging {
    #[serde(default)]
    next: Option<NextPage>,
}

#[derive(Debug, Deserialize)]
struct NextPage {
    #[serde(default)]
    after: Text,
}

/// What part of the changes is searched.
pub(super) struct Window<'a> {
    /// The property that holds the time of the last change.
    pub(super) stamp: &'a str,
    pub(super) since: DateTime<Utc>,
    pub(super) until: Option<DateTime<Utc>>,
    pub(super) above_id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountDetails {
    portal_id: Id,
    #[serde(default)]
    data_hosting_location: Text,
}

#[derive(Deserialize)]
struct Associations {
    results: Vec<Associated>,
}

#[derive(Deserialize)]
struct Associated {
    from: From,
    to: Vec<To>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct From {
    id: Id,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct To {
    to_object_id: Id,
}

impl Api {
    fn get(&self, segments: &[&str]) -> Request {
        Request::get(&self.base_url, segments).bearer(&self.token)
    }

    /// Which account the token belongs to. A token without that right is tried on one contact.
    pub(super) async fn account(&self, http: &Http) -> Result<String, Error> {
        match http.json::<AccountDetails>(&self.get(&["account-info", "v3", "details"])).await {
            Ok(Answer { body, .. }) => Ok(match body.data_hosting_location.get() {
                Some(location) => format!("portal {} ({location})", body.portal_id.0),
                None => format!("portal {}", body.portal_id.0),
            }),
            Err(Error::Unauthorized { status: 403, .. } | Error::Status { status: 404, .. }) => {
                let contacts = self.get(&["crm", "v3", "objects", "contacts"]).query("limit", "1");
                http.json::<Objects>(&contacts).await.map(|_| "the token is accepted".to_owned())
            }
            Err(error) => Err(error),
        }
    }

    /// A page of all objects, or of the archived ones.
    pub(super) async fn list(
        &self,
        http: &Http,
        object: &str,
        properties: &[&str],
        archived: bool,
        after: Option<&str>,
    ) -> Result<Answer<Objects>, Error> {
        let mut request = self
            .get(&["crm", "v3", "objects", object])
            .query("limit", LIST_LIMIT)
            .query("archived", archived.to_string())
            .query("properties", properties.join(","));
        if let Some(after) = after {
            request = request.query("after", after);
        }
        http.json(&request).await.map_err(|error| match error {
            Error::Status { status: 400, message, .. } if after.is_some() => {
                Error::Cursor(format!("HubSpot refuses the page token: {message}"))
            }
            error => error,
        })
    }

    /// A page of the objects that changed, by ascending id.
    pub(super) async fn search(
        &self,
        http: &Http,
        object: &str,
        properties: &[&str],
        window: &Window<'_>,
    ) -> Result<Answer<Objects>, Error> {
        let filter = |property: &str, operator: &str, value: String| json!({ "propertyName": property, "operator": operator, "value": value });
        let mut filters = vec![filter(window.stamp, "GTE", window.since.timestamp_millis().to_string())];
        if let Some(until) = window.until {
            filters.push(filter(window.stamp, "LTE", until.timestamp_millis().to_string()));
        }
        filters.push(filter("hs_object_id", "GT", window.above_id.to_string()));
        let body = json!({
            "filterGroups": [{ "filters": filters }],
            "sorts": [{ "propertyName": "hs_object_id", "direction": "ASCENDING" }],
            "properties": properties,
            "limit": SEARCH_LIMIT,
            "after": 0,
        });
        let request = Request::post(&self.base_url, &["crm", "v3", "objects", object, "search"], &body)?;
        http.json(&request.bearer(&self.token).weight(SEARCH_WEIGHT)).await
    }

    /// The ids of the `to` objects of each of these `from` objects, in ascending order. An object without any is
    /// left out.
    pub(super) async fn associated(
        &self,
        http: &Http,
        from: &str,
        to: &str,
        ids: &[String],
    ) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut inputs: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        for _ in 0..ASSOCIATION_PAGES {
            if inputs.is_empty() {
                return Ok(found);
            }
            let segments = ["crm", "v4", "associations", from, to, "batch", "read"];
            let request = Request::post(&self.base_url, &segments, &json!({ "inputs": inputs }))?;
            let answer = http.json::<Associations>(&request.bearer(&self.token)).await?;
            inputs.clear();
            for object in answer.body.results {
                let after = object.paging.and_then(|paging| paging.next?.after.0);
                if let Some(after) = after {
                    inputs.push(json!({ "id": object.from.id.0, "after": after }));
                }
                let ids = object.to.into_iter().map(|to| to.to_object_id.0);
                found.entry(object.from.id.0).or_default().extend(ids);
            }
        }
        Err(Error::Malformed {
            url: Request::get(&self.base_url, &["crm", "v4", "associations", from, to]).place(),
            message: format!("associations do not end after {ASSOCIATION_PAGES} pages"),
        })
    }
}
