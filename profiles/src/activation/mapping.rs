//! Which of a tool's fields gets what of a profile.
//!
//! Somebody who adds something to be sent adds a line to [`PATHS`], a [`Path`] that reads it, and its group of data.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    behaviour::Interest,
    error::{Error, Result},
    view::{
        catalogue::{Group, group},
        money::from_micros,
        read::Profile,
    },
};

/// The most fields that a mapping may have.
const MOST_FIELDS: usize = 100;
/// The longest name of a tool's field and the longest path, in bytes.
const LONGEST: usize = 128;

/// What a field may be filled from, and what that is.
pub const PATHS: [(&str, &str); 18] = [
    ("id", "the id of the profile"),
    (
        "traits.KEY",
        "the value of a trait, such as traits.first_name or traits.first_touch.campaign, or a part of it: traits.address.city",
    ),
    ("identifiers.KIND", "the first identifier of a kind: email, phone or user_id"),
    ("totals.orders", "how many sales count, over all currencies"),
    (
        "totals.revenue.CURRENCY",
        "what they came to less refunds and returns, as a decimal text: totals.revenue.EUR",
    ),
    ("totals.first_order_at", "when the first was placed"),
    ("totals.last_order_at", "when the last was placed"),
    ("created_at", "when the eldest record of the person was created"),
    ("first_seen", "the earliest creation, event or order"),
    ("last_seen", "the latest update, event or order"),
    ("segments", "the keys of all segments that the person is in, in order"),
    ("stage", "the key of the stage of the lifecycle that the person is in"),
    ("touchpoints.count", "how many events and orders there were"),
    (
        "touchpoints.channels",
        "the categories of the sources that they came from, in order: web, email, ecommerce",
    ),
    (
        "interests",
        "the ten topics that the person cares about most, the first one most; they fade by the day",
    ),
    ("interests.TOPIC", "how much the person cares about a topic, from 0 to 1: interests.tea"),
    ("events.NAME.count", "how many events of a name there were: events.Product Viewed.count"),
    ("events.NAME.last_at", "when the last of them was"),
];

/// One of the tool's fields, and what of the profile goes there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The tool's name for it.
    pub field: String,
    /// A path of [`PATHS`].
    pub from: String,
}

/// What a field is filled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Path {
    Id,
    Trait(String, Vec<String>),
    Identifier(String),
    Orders,
    Revenue(String),
    FirstOrderAt,
    LastOrderAt,
    CreatedAt,
    FirstSeen,
    LastSeen,
    Segments,
    Stage,
    Touchpoints,
    Channels,
    Interests,
    Interest(String),
    EventCount(String),
    EventLastAt(String),
}

impl Path {
    fn parse(text: &str) -> Option<Self> {
        let (first, rest) = text.split_once('.').unwrap_or((text, ""));
        Some(match (first, rest) {
            ("id", "") => Self::Id,
            ("created_at", "") => Self::CreatedAt,
            ("first_seen", "") => Self::FirstSeen,
            ("last_seen", "") => Self::LastSeen,
            ("segments", "") => Self::Segments,
            ("stage", "") => Self::Stage,
            ("totals", "orders") => Self::Orders,
            ("totals", "first_order_at") => Self::FirstOrderAt,
            ("totals", "last_order_at") => Self::LastOrderAt,
            ("touchpoints", "count") => Self::Touchpoints,
            ("touchpoints", "channels") => Self::Channels,
            ("interests", "") if !text.ends_with('.') => Self::Interests,
            ("interests", topic) if !topic.is_empty() => Self::Interest(topic.to_lowercase()),
            ("identifiers", kind @ ("email" | "phone" | "user_id")) => Self::Identifier(kind.to_owned()),
            ("traits", rest) => {
                let mut parts = rest.split('.').map(str::to_owned);
                let key = parts.next().filter(|key| !key.is_empty())?;
                Self::Trait(key, parts.collect())
            }
            ("totals", rest) => {
                let currency = rest.strip_prefix("revenue.")?;
                let is_code =
                    currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase());
                is_code.then(|| Self::Revenue(currency.to_owned()))?
            }
            ("events", rest) => match rest.rsplit_once('.')? {
                ("", _) => return None,
                (name, "count") => Self::EventCount(name.to_owned()),
                (name, "last_at") => Self::EventLastAt(name.to_owned()),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The group of data that it is of; none for what is nobody's.
    fn group(&self) -> Option<Group> {
        match self {
            Self::Id | Self::CreatedAt => None,
            Self::Trait(key, _) => Some(group(key)),
            Self::Interests | Self::Interest(_) => Some(Group::Descriptive),
            Self::Identifier(_) => Some(Group::Identity),
            Self::Orders
            | Self::Revenue(_)
            | Self::FirstOrderAt
            | Self::LastOrderAt
            | Self::FirstSeen
            | Self::LastSeen
            | Self::Segments
            | Self::Stage
            | Self::Touchpoints
            | Self::Channels
            | Self::EventCount(_)
            | Self::EventLastAt(_) => Some(Group::Quantitative),
        }
    }

    /// Whether events and orders must be counted for it.
    pub(super) fn counts(&self) -> bool {
        matches!(self, Self::Touchpoints | Self::Channels | Self::EventCount(_) | Self::EventLastAt(_))
    }

    /// Whether interests must be worked out for it.
    pub(super) fn is_of_interests(&self) -> bool {
        matches!(self, Self::Interests | Self::Interest(_))
    }
}

/// A mapping that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapping {
    pub(super) fields: Vec<(String, Path)>,
}

impl Mapping {
    pub(super) fn of(fields: &[Field]) -> Result<Self> {
        if fields.len() > MOST_FIELDS {
            return Err(Error::invalid("mapping", format!("expected at most {MOST_FIELDS} fields")));
        }
        let mut seen = BTreeSet::new();
        let mut read = Vec::new();
        for (place, Field { field, from }) in fields.iter().enumerate() {
            let wrong =
                |what: &str, message: String| Error::invalid(format!("mapping[{place}].{what}"), message);
            if field.is_empty() || field.len() > LONGEST || field.chars().any(char::is_control) {
                return Err(wrong(
                    "field",
                    format!("expected 1 to {LONGEST} bytes and no control character"),
                ));
            }
            if !seen.insert(field) {
                return Err(wrong("field", "the same field is there twice".to_owned()));
            }
            let path = Path::parse(from).filter(|_| from.len() <= LONGEST).ok_or_else(|| {
                let known: Vec<&str> = PATHS.iter().map(|(path, _)| *path).collect();
                wrong("from", format!("expected one of {}", known.join(", ")))
            })?;
            read.push((field.clone(), path));
        }
        Ok(Self { fields: read })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.fields.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// What is known of a person beyond the profile, as far as a mapping asks for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Beyond {
    /// The keys of the segments that the person is in and the purpose may know of.
    pub(super) segments: BTreeSet<String>,
    /// The key of the stage that the person is in, if the purpose may know of its segment.
    pub(super) stage: Option<String>,
    /// How many events there were, and when the last was, by name.
    pub(super) events: BTreeMap<String, (i64, DateTime<Utc>)>,
    /// How many orders there were.
    pub(super) orders: i64,
    /// The categories of the sources of events and orders.
    pub(super) channels: BTreeSet<String>,
    /// Topics that the person cares about, most first.
    pub(super) interests: Vec<Interest>,
    /// Identifiers that may be sent, by kind, the one to be used first standing first.
    pub(super) identifiers: BTreeMap<String, Vec<String>>,
}

/// What goes into a field; null where there is nothing, or nothing that the purpose may use.
pub(super) fn value(path: &Path, profile: &Profile, beyond: &Beyond) -> Value {
    if path.group().is_some_and(|group| profile.admission.to(group).is_err()) {
        return Value::Null;
    }
    let orders = || profile.totals.currencies.iter();
    match path {
        Path::Id => profile.id.to_string().into(),
        Path::Trait(key, within) => within_traits(profile, key, within).cloned().unwrap_or_default(),
        Path::Identifier(kind) => json!(beyond.identifiers.get(kind).and_then(|values| values.first())),
        Path::Orders => orders().map(|total| total.orders).sum::<i64>().into(),
        Path::Revenue(currency) => {
            let micros =
                orders().find(|total| total.currency == *currency).map_or(0, |total| total.revenue_micros);
            from_micros(micros).to_string().into()
        }
        Path::FirstOrderAt => instant(orders().filter_map(|total| total.first_order_at).min()),
        Path::LastOrderAt => instant(orders().filter_map(|total| total.last_order_at).max()),
        Path::CreatedAt => instant(profile.created_at),
        Path::FirstSeen => instant(profile.first_seen),
        Path::LastSeen => instant(profile.last_seen),
        Path::Segments => json!(beyond.segments),
        Path::Stage => json!(beyond.stage),
        Path::Touchpoints => {
            (beyond.orders + beyond.events.values().map(|(count, _)| count).sum::<i64>()).into()
        }
        Path::Channels => json!(beyond.channels),
        Path::Interests => beyond.interests.iter().take(10).map(|interest| interest.topic.as_str()).collect(),
        Path::Interest(topic) => {
            let found = beyond.interests.iter().find(|interest| interest.topic == *topic);
            found.map_or(0.0, |interest| (interest.score * 100.0).round() / 100.0).into()
        }
        Path::EventCount(name) => beyond.events.get(name).map_or(0, |(count, _)| *count).into(),
        Path::EventLastAt(name) => instant(beyond.events.get(name).map(|(_, last)| *last)),
    }
}

/// The value of a trait, or a part of it. A key may hold dots itself: the longest one that is there is meant.
fn within_traits<'a>(profile: &'a Profile, key: &str, within: &[String]) -> Option<&'a Value> {
    (0..=within.len()).rev().find_map(|parts| {
        let key = [&[key.to_owned()], &within[..parts]].concat().join(".");
        let found = profile.traits.iter().find(|found| found.key == key)?;
        within[parts..].iter().try_fold(&found.value, |value, part| value.get(part))
    })
}

fn instant(at: Option<DateTime<Utc>>) -> Value {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(field: &str, from: &str) -> Field {
        Field { field: field.to_owned(), from: from.to_owned() }
    }

    #[test]
    fn every_path_that_is_told_can_be_written() {
        for (pattern, _) in PATHS {
            let text = pattern.replace("KEY", "address.city").replace("KIND", "email");
            let text = text.replace("CURRENCY", "EUR").replace("NAME", "Order Completed v2.0");
            let text = text.replace("TOPIC", "mugs, 0.5 l");
            assert!(Path::parse(&text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_with_its_place() {
        for wrong in [
            "",
            "traits.",
            "traits",
            "totals.revenue.eur",
            "events.x",
            "events..count",
            "name",
            "identifiers.device",
            "interests.",
        ] {
            let error = Mapping::of(&[field("a", "id"), field("b", wrong)]).unwrap_err().to_string();
            assert!(error.starts_with("mapping[1].from: expected one of id, traits.KEY"), "{wrong}: {error}");
        }
        let error = Mapping::of(&[field("a", "id"), field("a", "id")]).unwrap_err().to_string();
        assert_eq!(error, "mapping[1].field: the same field is there twice");
    }
}
