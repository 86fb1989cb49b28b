//! One person, printed with the source of every field.

use std::fmt::Write as _;

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    accuracy::{People, Person},
    day,
    queries::Asker,
};
use crate::cli::out;

/// How many vendors know whom we show.
const VENDORS: usize = 3;
/// From so many on, another order makes nobody more interesting.
const ORDERS: i64 = 4;
/// So many source identities are easily followed.
const MEMBERS: usize = 5;
/// How many other values are told of a field.
const OTHERS: usize = 2;
/// In which order the groups are shown.
const GROUPS: [&str; 6] = ["IDENTITY", "DESCRIPTIVE", "SOCIAL", "QUANTITATIVE", "QUALITATIVE", "MOBILE"];
/// The longest value that is shown whole, in characters.
const WIDEST: usize = 34;

const QUERY: &str = "query Sample($id: ID!) {
  profile(by: { id: $id }) {
    id displayName
    traits {
      key group value winner { source { name } recordedAt } losers { value source { name } }
    }
    identifiers { kind value }
    sourceIdentities { externalId source { name } }
    totals { currencies { orders revenue { amount currency } lastOrderAt } }
    timeline(first: 4) { nodes { name occurredAt source { name } } }
  }
}";

/// What the queries to paste need to know of the person shown.
pub(super) struct Shown {
    pub(super) id: String,
    pub(super) email: Option<String>,
}

/// The person who shows most: known to all, with orders, and with values on which the sources disagree. One of those who
/// were put together rightly and are not too many, so that the eye can follow.
pub(super) fn choose(people: &People) -> Option<Uuid> {
    let worth = |person: &&Person| {
        let profile = &person.profile;
        let disagree = profile.traits.iter().filter(|found| !found.losers.is_empty());
        let orders: i64 = profile.totals.currencies.iter().map(|total| total.orders).sum();
        let easy = person.right && person.members <= MEMBERS;
        (easy, orders.min(ORDERS), disagree.count(), profile.traits.len(), profile.id)
    };
    let known_to_all = people.profiles.iter().filter(|person| person.sources.len() == VENDORS);
    known_to_all.filter(|person| person.profile.active).max_by_key(worth).map(|person| person.profile.id)
}

/// Asks for the person as anybody would, and prints the answer.
pub(super) async fn show(asker: &Asker, id: Uuid) -> anyhow::Result<Shown> {
    let answer = asker.ask(QUERY, json!({ "id": format!("Profile:{id}") })).await?;
    let profile = &answer["profile"];
    out::line(format_args!("\nOne of them: {}, {}", text(&profile["displayName"]), text(&profile["id"])))?;
    out::indented(&traits(profile))?;
    for line in [known_as(profile), recognised_by(profile), orders(profile)] {
        out::line(format_args!("  {line}"))?;
    }
    for (place, entry) in list(&profile["timeline"]["nodes"]).iter().enumerate() {
        let heading = if place == 0 { "timeline" } else { "" };
        let (at, what) = (day(instant(&entry["occurredAt"])), text(&entry["name"]));
        out::line(format_args!("  {heading:13}  {at} {what} ({})", text(&entry["source"]["name"])))?;
    }
    let email = list(&profile["traits"]).iter().find(|found| found["key"] == "email");
    Ok(Shown {
        id: profile["id"].as_str().context("the profile has no id")?.to_owned(),
        email: email.map(|found| text(&found["value"])),
    })
}

fn traits(profile: &Value) -> Vec<[String; 5]> {
    let mut rows = vec![["group", "field", "value", "from", "others say"].map(str::to_owned)];
    let mut traits: Vec<&Value> = list(&profile["traits"]).iter().collect();
    traits.sort_by_key(|found| GROUPS.iter().position(|group| found["group"] == *group));
    let mut last_group = String::new();
    for found in traits {
        let group = text(&found["group"]).to_lowercase();
        let shown_group = if group == last_group { String::new() } else { group.clone() };
        last_group = group;
        let winner = &found["winner"];
        let from = format!("{}, {}", text(&winner["source"]["name"]), day(instant(&winner["recordedAt"])));
        let mut others: Vec<String> = Vec::new();
        for loser in list(&found["losers"]) {
            let other = format!("{} ({})", short(&text(&loser["value"])), text(&loser["source"]["name"]));
            if !others.contains(&other) {
                others.push(other);
            }
        }
        let more = others.len().saturating_sub(OTHERS);
        others.truncate(OTHERS);
        if more > 0 {
            others.push(format!("{more} more"));
        }
        rows.push([shown_group, text(&found["key"]), short(&text(&found["value"])), from, others.join(", ")]);
    }
    rows
}

fn known_as(profile: &Value) -> String {
    let members = list(&profile["sourceIdentities"]).iter();
    let names =
        members.map(|member| format!("{} {}", text(&member["source"]["name"]), text(&member["externalId"])));
    format!("known as       {}", names.collect::<Vec<_>>().join(", "))
}

fn recognised_by(profile: &Value) -> String {
    let found = list(&profile["identifiers"]).iter();
    let values =
        found.map(|found| format!("{} {}", text(&found["kind"]).to_lowercase(), text(&found["value"])));
    format!("recognised by  {}", values.collect::<Vec<_>>().join(", "))
}

fn orders(profile: &Value) -> String {
    let mut line = "orders        ".to_owned();
    for total in list(&profile["totals"]["currencies"]) {
        let (revenue, last) = (&total["revenue"], day(instant(&total["lastOrderAt"])));
        let (amount, currency) = (text(&revenue["amount"]), text(&revenue["currency"]));
        write!(line, " {} for {amount} {currency}, the last on {last}", text(&total["orders"]))
            .expect("a String takes every write");
    }
    line
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields.values().map(text).collect::<Vec<_>>().join(", "),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

fn short(text: &str) -> String {
    if text.chars().count() <= WIDEST {
        return text.to_owned();
    }
    let beginning: String = text.chars().take(WIDEST - 1).collect();
    format!("{beginning}…")
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str()?.parse().ok()
}
