//! Searching objects: groups of filters (any group, all its filters), one sort, pages by position.

use std::cmp::Ordering;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Kind, Object, Portal, answer::Invalid};
use crate::server::{Shared, json};

const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 200;
/// Beyond this position HubSpot refuses to go on.
const MAX_POSITION: usize = 10_000;
const MAX_GROUPS: usize = 5;
const MAX_FILTERS: usize = 6;
const MAX_FILTERS_IN_ALL: usize = 18;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Search {
    filter_groups: Vec<Group>,
    sorts: Vec<Value>,
    properties: Vec<String>,
    limit: Option<usize>,
    after: Option<Value>,
    query: Option<String>,
}

#[derive(Deserialize)]
struct Group {
    filters: Vec<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    property_name: String,
    operator: String,
    value: Option<Value>,
    high_value: Option<Value>,
    values: Option<Vec<Value>>,
}

pub(super) async fn page(
    State(shared): State<Shared<Portal>>,
    kind: Kind,
    search: Result<Json<Search>, JsonRejection>,
) -> Result<Response, Invalid> {
    let Json(search) = search.map_err(|error| Invalid(format!("Invalid input JSON: {error}")))?;
    let limit = search.limit.unwrap_or(DEFAULT_LIMIT);
    if limit > MAX_LIMIT {
        return Err(Invalid(format!("The requested limit {limit} is over the maximum of {MAX_LIMIT}")));
    }
    let start = match search.after.as_ref().map(text) {
        None => 0,
        Some(after) if after.is_empty() => 0,
        Some(after) => after.parse().map_err(|_| Invalid("Invalid paging cursor: 'after'".to_owned()))?,
    };
    if start + limit > MAX_POSITION {
        return Err(Invalid(format!("Paging through more than {MAX_POSITION} results is not supported")));
    }
    let groups = &search.filter_groups;
    let filters = groups.iter().map(|group| group.filters.len());
    if groups.len() > MAX_GROUPS
        || filters.clone().any(|count| count > MAX_FILTERS)
        || filters.sum::<usize>() > MAX_FILTERS_IN_ALL
    {
        return Err(Invalid(format!(
            "At most {MAX_GROUPS} filter groups of {MAX_FILTERS} filters, and {MAX_FILTERS_IN_ALL} filters in all, are supported"
        )));
    }
    for filter in search.filter_groups.iter().flat_map(|group| &group.filters) {
        filter.check(kind)?;
    }

    let portal = shared.data();
    // Archived objects are never found.
    let mut found: Vec<&Object> = portal
        .all(kind)
        .values()
        .filter(|object| object.archived.is_none() && search.finds(object, kind))
        .collect();
    sort(&mut found, kind, &search.sorts)?;
    let properties: Vec<&str> = search.properties.iter().map(String::as_str).collect();
    let results: Vec<Value> =
        found.iter().skip(start).take(limit).map(|object| object.render(kind, &properties)).collect();
    let end = start + results.len();
    let mut answer = json!({"total": found.len(), "results": results});
    if end < found.len() {
        answer["paging"] = json!({"next": {"after": end.to_string()}});
    }
    Ok(json(StatusCode::OK, &answer))
}

impl Search {
    fn finds(&self, object: &Object, kind: Kind) -> bool {
        let filtered = self.filter_groups.is_empty()
            || self
                .filter_groups
                .iter()
                .any(|group| group.filters.iter().all(|filter| filter.holds(object, kind)));
        let asked = self.query.as_deref().unwrap_or_default().to_lowercase();
        filtered
            && (asked.is_empty()
                || kind.defaults().iter().any(|name| {
                    object.value(kind, name).is_some_and(|value| value.to_lowercase().contains(&asked))
                }))
    }
}

impl Filter {
    /// A filter that HubSpot would not accept must not pass here: the connector would learn wrong manners.
    fn check(&self, kind: Kind) -> Result<(), Invalid> {
        if !kind.properties().contains(&self.property_name.as_str()) {
            return Err(Invalid(format!("Property \"{}\" does not exist", self.property_name)));
        }
        let complete = match self.operator.as_str() {
            "HAS_PROPERTY" | "NOT_HAS_PROPERTY" => true,
            "IN" | "NOT_IN" => self.values.is_some(),
            "BETWEEN" => self.value.is_some() && self.high_value.is_some(),
            "EQ" | "NEQ" | "LT" | "LTE" | "GT" | "GTE" | "CONTAINS_TOKEN" | "NOT_CONTAINS_TOKEN" => {
                self.value.is_some()
            }
            other => return Err(Invalid(format!("{other} is not a supported operator"))),
        };
        if complete { Ok(()) } else { Err(Invalid(format!("operator {} lacks its value", self.operator))) }
    }

    fn holds(&self, object: &Object, kind: Kind) -> bool {
        let Some(actual) = object.value(kind, &self.property_name) else {
            return matches!(
                self.operator.as_str(),
                "NOT_HAS_PROPERTY" | "NEQ" | "NOT_IN" | "NOT_CONTAINS_TOKEN"
            );
        };
        let against = |value: &Option<Value>| compare(&actual, &value.as_ref().map(text).unwrap_or_default());
        let order = against(&self.value);
        let listed = || self.values.iter().flatten().any(|value| compare(&actual, &text(value)).is_eq());
        let contains = || {
            let token = self.value.as_ref().map(text).unwrap_or_default().replace('*', "").to_lowercase();
            actual.to_lowercase().contains(&token)
        };
        match self.operator.as_str() {
            "EQ" => order.is_eq(),
            "NEQ" => order.is_ne(),
            "LT" => order.is_lt(),
            "LTE" => order.is_le(),
            "GT" => order.is_gt(),
            "GTE" => order.is_ge(),
            "BETWEEN" => order.is_ge() && against(&self.high_value).is_le(),
            "IN" => listed(),
            "NOT_IN" => !listed(),
            "CONTAINS_TOKEN" => contains(),
            "NOT_CONTAINS_TOKEN" => !contains(),
            "HAS_PROPERTY" => true,
            _ => false,
        }
    }
}

fn sort(found: &mut [&Object], kind: Kind, sorts: &[Value]) -> Result<(), Invalid> {
    let (property, descending) = match sorts {
        // Unsorted: by id, which is the order of the portal's own storage.
        [] => return Ok(()),
        [Value::String(name)] => match name.strip_prefix('-') {
            Some(name) => (name.to_owned(), true),
            None => (name.clone(), false),
        },
        [sort] => (text(&sort["propertyName"]), sort["direction"] == "DESCENDING"),
        _ => return Err(Invalid("Only one sort is supported".to_owned())),
    };
    if !kind.properties().contains(&property.as_str()) {
        return Err(Invalid(format!("Property \"{property}\" does not exist")));
    }
    // Ties have no promised order at HubSpot. Here they stand against the order of ids, so that nobody relies
    // on it.
    found.reverse();
    found.sort_by_cached_key(|object| Sortable(object.value(kind, &property)));
    if descending {
        found.reverse();
    }
    Ok(())
}

/// Orders as filters do; absent values come last.
#[derive(PartialEq, Eq)]
struct Sortable(Option<String>);

impl Ord for Sortable {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Some(left), Some(right)) => compare(left, right),
            (left, right) => right.is_some().cmp(&left.is_some()),
        }
    }
}

impl PartialOrd for Sortable {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares as instants (ISO text or epoch milliseconds), else as numbers, else as text without case.
fn compare(left: &str, right: &str) -> Ordering {
    let dated = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc));
    let instant = |text: &str| dated(text).or_else(|| DateTime::from_timestamp_millis(text.parse().ok()?));
    if (dated(left).is_some() || dated(right).is_some())
        && let (Some(left), Some(right)) = (instant(left), instant(right))
    {
        return left.cmp(&right);
    }
    if let (Ok(left), Ok(right)) = (left.parse::<i128>(), right.parse::<i128>()) {
        return left.cmp(&right);
    }
    if let (Ok(left), Ok(right)) = (left.parse::<f64>(), right.parse::<f64>()) {
        return left.total_cmp(&right);
    }
    left.to_lowercase().cmp(&right.to_lowercase())
}

/// A JSON value as HubSpot reads it: everything is text.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_compare_whether_written_in_iso_or_in_milliseconds() {
        assert!(compare("1970-01-01T00:00:01.000Z", "1000").is_eq());
        assert!(compare("1970-01-01T00:00:01.000Z", "999").is_gt());
        assert!(compare("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00").is_eq());
    }

    #[test]
    fn numbers_compare_by_value_and_large_ids_exactly() {
        assert!(compare("9", "10").is_lt());
        assert!(compare("9007199254740993", "9007199254740992").is_gt());
        assert!(compare("10.50", "10.5").is_eq());
    }
}
