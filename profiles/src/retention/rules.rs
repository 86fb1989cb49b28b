//! How long what is kept: the rules, and what of two rules is the stricter. Pure.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Days, Months, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The longest limit in months: a century.
const LONGEST: u32 = 1_200;

/// What has a limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Events, by when they happened.
    Events,
    /// Orders with all their versions, by when they were placed; else by when they were changed, or last heard of.
    Orders,
    /// Versions of records that are no longer current, by when another took their place.
    SupersededVersions,
    /// Statements about the use of data that newer ones replaced, by when they were said or last heard.
    ConsentStatements,
    /// What could not be understood, by when it was last delivered.
    RejectedRecords,
    /// Runs of connectors and imports, by when they ended.
    SyncRuns,
    /// Requests of data subjects that are closed and of which nothing lasts, by when they were closed.
    SubjectRequests,
}

impl Kind {
    /// All kinds, in the order in which they are removed.
    pub const ALL: [Self; 7] = [
        Self::Events,
        Self::Orders,
        Self::SupersededVersions,
        Self::ConsentStatements,
        Self::RejectedRecords,
        Self::SyncRuns,
        Self::SubjectRequests,
    ];

    /// The name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Orders => "orders",
            Self::SupersededVersions => "superseded_versions",
            Self::ConsentStatements => "consent_statements",
            Self::RejectedRecords => "rejected_records",
            Self::SyncRuns => "sync_runs",
            Self::SubjectRequests => "subject_requests",
        }
    }

    /// Whether each source may have a limit of its own.
    pub const fn is_of_sources(self) -> bool {
        !matches!(self, Self::SubjectRequests)
    }
}

/// How long something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Age {
    /// So many days of 24 hours.
    Days(u32),
    /// So many months of the calendar.
    Months(u32),
    /// Without end.
    Forever,
}

impl Age {
    /// What is older than this instant is too old; nothing is where there is no end.
    pub fn cutoff(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Days(days) => now.checked_sub_days(Days::new(u64::from(days))),
            Self::Months(months) => now.checked_sub_months(Months::new(months)),
            Self::Forever => None,
        }
    }

    /// For comparing: sixteenths of a day, of which a month has 487 on average.
    fn length(self) -> u64 {
        match self {
            Self::Days(days) => u64::from(days) * 16,
            Self::Months(months) => u64::from(months) * 487,
            Self::Forever => u64::MAX,
        }
    }
}

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let wrong =
            || format!("{text:?} is no time such as \"30 days\", \"25 months\", \"10 years\" or \"forever\"");
        let (number, unit) = text.split_once(' ').ok_or_else(wrong)?;
        let number: u32 = number.parse().map_err(|_| wrong())?;
        let (age, months) = match unit {
            "day" | "days" => (Self::Days(number), number / 30),
            "month" | "months" => (Self::Months(number), number),
            "year" | "years" => (Self::Months(number.saturating_mul(12)), number.saturating_mul(12)),
            _ => return Err(wrong()),
        };
        if number == 0 || months > LONGEST {
            return Err(format!("{text:?} is not between a day and a hundred years"));
        }
        Ok(age)
    }
}

impl TryFrom<String> for Age {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse()
    }
}

impl From<Age> for String {
    fn from(age: Age) -> Self {
        age.to_string()
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self {
            Self::Forever => return f.write_str("forever"),
            Self::Days(days) => (*days, "day"),
            Self::Months(months) if months % 12 == 0 => (months / 12, "year"),
            Self::Months(months) => (*months, "month"),
        };
        write!(f, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

type Limits = BTreeMap<Kind, Age>;

/// How long what is kept. What has no limit is kept for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The limits of everything.
    #[serde(flatten)]
    all: Limits,
    /// By the keys of sources, the limits that hold there in their place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sources: BTreeMap<String, Limits>,
}

impl Rules {
    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the place.
    pub fn check(&self) -> Result<()> {
        for (source, limits) in &self.sources {
            if let Some(kind) = limits.keys().find(|kind| !kind.is_of_sources()) {
                let path = format!("sources.{source}.{}", kind.as_str());
                return Err(Error::invalid(path, "belongs to no source: set it for everything"));
            }
        }
        Ok(())
    }

    /// Whether nothing is ever too old.
    pub(super) fn is_empty(&self) -> bool {
        let mut limits = self.all.values().chain(self.sources.values().flat_map(BTreeMap::values));
        limits.all(|age| *age == Age::Forever)
    }

    /// How long things of this kind are kept of a source.
    pub fn of(&self, kind: Kind, source: &str) -> Age {
        let own = self.sources.get(source).and_then(|limits| limits.get(&kind));
        own.or_else(|| self.all.get(&kind)).copied().unwrap_or(Age::Forever)
    }

    /// The rules under which everything is kept as long as under either.
    #[must_use]
    pub(super) fn or_longer(&self, other: &Self) -> Self {
        let longer = |kind: Kind, source: &str| {
            let (a, b) = (self.of(kind, source), other.of(kind, source));
            (kind, if a.length() >= b.length() { a } else { b })
        };
        // No source has an empty key: of it holds what holds for everything.
        let all: Limits = Kind::ALL.map(|kind| longer(kind, "")).into_iter().collect();
        let keys = self.sources.keys().chain(other.sources.keys());
        let sources = keys.map(|key| {
            let of_sources = Kind::ALL.into_iter().filter(|kind| kind.is_of_sources());
            (key.clone(), of_sources.map(|kind| longer(kind, key)).collect())
        });
        let sources = sources.collect();
        Self { all, sources }
    }

    /// Whether something is kept for less time than under others.
    pub(super) fn is_stricter_than(&self, other: &Self) -> bool {
        let keys = self.sources.keys().chain(other.sources.keys()).map(String::as_str);
        std::iter::once("").chain(keys).any(|source| {
            Kind::ALL.into_iter().any(|kind| self.of(kind, source).length() < other.of(kind, source).length())
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(value: serde_json::Value) -> Rules {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        let now: DateTime<Utc> = "2024-03-31T10:00:00Z".parse().unwrap();
        let cutoff = |text: &str| text.parse::<Age>().unwrap().cutoff(now).unwrap().to_rfc3339();
        assert_eq!(cutoff("1 month"), "2024-02-29T10:00:00+00:00");
        assert_eq!(cutoff("25 months"), "2022-02-28T10:00:00+00:00");
        assert_eq!(cutoff("10 years"), "2014-03-31T10:00:00+00:00");
        assert_eq!(cutoff("30 days"), "2024-03-01T10:00:00+00:00");
        assert_eq!("forever".parse::<Age>().unwrap().cutoff(now), None);
    }

    #[test]
    fn what_is_no_time_is_refused_in_words_that_help() {
        for wrong in ["25", "months", "25months", "-1 days", "2 weeks", "1.5 years", ""] {
            let error = wrong.parse::<Age>().unwrap_err();
            assert!(error.contains("25 months"), "{wrong}: {error}");
        }
        for wrong in ["0 days", "101 years", "4000000000 years", "40000 days"] {
            assert!(wrong.parse::<Age>().unwrap_err().contains("hundred years"), "{wrong}");
        }
    }

    #[test]
    fn a_source_has_its_own_limits_in_place_of_the_general_ones() {
        let rules = rules(json!({
            "events": "25 months",
            "orders": "10 years",
            "sources": { "shop": { "events": "13 months", "orders": "forever" } }
        }));
        assert_eq!(rules.of(Kind::Events, "shop"), Age::Months(13));
        assert_eq!(rules.of(Kind::Orders, "shop"), Age::Forever);
        assert_eq!(rules.of(Kind::Events, "crm"), Age::Months(25));
        assert_eq!(rules.of(Kind::SyncRuns, "crm"), Age::Forever);
        let text = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), rules);
    }

    #[test]
    fn a_kind_that_is_none_is_refused() {
        let error = serde_json::from_value::<Rules>(json!({ "evnts": "1 day" })).unwrap_err().to_string();
        assert!(error.contains("evnts") && error.contains("rejected_records"), "{error}");
        let wrong = rules(json!({ "sources": { "shop": { "subject_requests": "1 year" } } }));
        assert!(wrong.check().unwrap_err().to_string().contains("sources.shop.subject_requests"));
    }

    #[test]
    fn of_two_rules_the_longer_holds() {
        let none = Rules::default();
        let one = rules(json!({ "events": "30 days", "sources": { "shop": { "events": "1 year" } } }));
        let other = rules(json!({ "events": "1 month", "sync_runs": "1 day" }));
        let both = one.or_longer(&other);
        assert_eq!(both.of(Kind::Events, "crm"), Age::Months(1), "a month is longer than 30 days");
        assert_eq!(both.of(Kind::Events, "shop"), Age::Months(12));
        assert_eq!(both.of(Kind::SyncRuns, "crm"), Age::Forever);
        assert!(one.is_stricter_than(&both) && other.is_stricter_than(&both) && !both.is_stricter_than(&one));
        assert!(one.is_stricter_than(&none) && !none.is_stricter_than(&one));
        assert!(one.or_longer(&none).is_empty() && none.is_empty() && !one.is_empty());
        assert!(!both.or_longer(&both).is_stricter_than(&both));
    }
}
