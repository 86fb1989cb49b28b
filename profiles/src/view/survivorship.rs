//! Which value of a trait survives. Pure: a function of the contributions and the rules.

use std::{
    cmp::{Ordering, Reverse},
    collections::BTreeMap,
};

use chrono::{DateTime, Utc};
use connectors::canonical::traits as t;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    correction::Standing,
    document::{Loser, Origin, Trait},
};

/// How the surviving value of a trait is chosen. Ties of any rule are broken by the most trusted source,
/// then by the most recent value, then by the value and the ids, so that the outcome never depends on order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The value that its source began to carry last; undated values are the oldest.
    MostRecent,
    /// The value that its source began to carry first; undated values are the last.
    Earliest,
    /// The value of the source with the greatest trust.
    MostTrusted,
    /// The value that most source identities carry.
    MostFrequent,
    /// The longest text, in characters.
    Longest,
    /// All values together, as a sorted list without repetitions.
    Union,
}

/// The rule of every trait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// For a trait that is not named.
    pub default: Rule,
    /// By trait key.
    pub traits: BTreeMap<String, Rule>,
}

impl Default for Rules {
    fn default() -> Self {
        let traits = [
            // A misspelt name is rarer than the right one, and a newer form is not a better one.
            (t::FIRST_NAME, Rule::MostFrequent),
            (t::LAST_NAME, Rule::MostFrequent),
            (t::FULL_NAME, Rule::MostFrequent),
            (t::BIRTH_DATE, Rule::MostFrequent),
            (t::TAGS, Rule::Union),
            (t::LIFECYCLE_STAGE, Rule::MostTrusted),
            (t::LEAD_STATUS, Rule::MostTrusted),
        ];
        Self {
            default: Rule::MostRecent,
            traits: traits.into_iter().map(|(key, rule)| (key.to_owned(), rule)).collect(),
        }
    }
}

impl Rules {
    /// The rule of a trait.
    pub fn of(&self, key: &str) -> Rule {
        self.traits.get(key).copied().unwrap_or(self.default)
    }
}

/// What one source identity says about one trait.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Who says it.
    pub identity: Uuid,
    /// In which source.
    pub source: Uuid,
    /// How much that source is believed.
    pub trust: i32,
    /// The value.
    pub value: Value,
    /// Since when that source has carried that value.
    pub since: Option<DateTime<Utc>>,
}

/// The trait that survives from at least one contribution.
pub fn survive(key: &str, rule: Rule, contributions: Vec<Contribution>) -> Option<Trait> {
    let contributions = ranked(rule, contributions);
    let value = match rule {
        Rule::Union => union(contributions.iter().map(|contribution| &contribution.value)),
        _ => contributions.first()?.value.clone(),
    };
    let mut ranked = contributions.into_iter().map(Loser::from);
    let winner = ranked.next()?.origin;
    let (confirming, losers): (Vec<Loser>, Vec<Loser>) =
        ranked.partition(|other| rule == Rule::Union || other.value == value);
    let confirmed_by = confirming.into_iter().map(|other| other.origin).collect();
    Some(Trait { key: key.to_owned(), value, winner, rule, corrected_by: None, confirmed_by, losers })
}

/// The trait that survives where the person has corrected it. What the correction outranks (`held`) has lost; among the
/// others (`free`) the rule chooses where one of them says something newer.
pub(super) fn corrected(
    standing: &Standing<'_>,
    rule: Rule,
    free: Vec<Contribution>,
    held: Vec<Contribution>,
) -> Option<Trait> {
    let is_taken_over = held.is_empty() && !free.is_empty();
    let says_newer = free.iter().any(|said| !standing.is_right(&said.value));
    let mut found = if is_taken_over || says_newer {
        survive(standing.key(), rule, free)?
    } else {
        Trait {
            key: standing.key().to_owned(),
            value: standing.value(),
            winner: standing.origin(),
            rule,
            corrected_by: Some(standing.request()),
            confirmed_by: ranked(rule, free).into_iter().map(|said| Loser::from(said).origin).collect(),
            losers: Vec::new(),
        }
    };
    found.losers.extend(ranked(rule, held).into_iter().map(Loser::from));
    Some(found)
}

impl From<Contribution> for Loser {
    fn from(said: Contribution) -> Self {
        Self {
            origin: Origin { source: said.source, identity: said.identity, at: said.since, inferred: None },
            value: said.value,
        }
    }
}

/// The best first.
fn ranked(rule: Rule, mut contributions: Vec<Contribution>) -> Vec<Contribution> {
    let frequency = frequencies(&contributions);
    contributions.sort_by(|a, b| {
        let by_rule = match rule {
            Rule::MostRecent | Rule::Union => b.since.cmp(&a.since),
            Rule::Earliest => (a.since.is_none(), a.since).cmp(&(b.since.is_none(), b.since)),
            Rule::MostTrusted => Ordering::Equal,
            Rule::MostFrequent => frequency[&text(&b.value)].cmp(&frequency[&text(&a.value)]),
            Rule::Longest => length(&b.value).cmp(&length(&a.value)),
        };
        by_rule
            .then_with(|| Reverse(a.trust).cmp(&Reverse(b.trust)))
            .then_with(|| b.since.cmp(&a.since))
            .then_with(|| text(&a.value).cmp(&text(&b.value)))
            .then_with(|| (a.source, a.identity).cmp(&(b.source, b.identity)))
    });
    contributions
}

fn frequencies(contributions: &[Contribution]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for contribution in contributions {
        *counts.entry(text(&contribution.value)).or_default() += 1;
    }
    counts
}

fn text(value: &Value) -> String {
    value.to_string()
}

fn length(value: &Value) -> usize {
    value.as_str().map_or_else(|| text(value).chars().count(), |text| text.chars().count())
}

fn union<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for value in values {
        match value {
            Value::Array(items) => all.extend(items.iter().map(|item| (text(item), item.clone()))),
            single => {
                all.insert(text(single), single.clone());
            }
        }
    }
    Value::Array(all.into_values().collect())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;

    use super::*;

    fn said(who: u128, trust: i32, value: Value, year: Option<i32>) -> Contribution {
        Contribution {
            identity: Uuid::from_u128(who),
            source: Uuid::from_u128(who % 3),
            trust,
            value,
            since: year.map(|year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap()),
        }
    }

    fn contributions() -> Vec<Contribution> {
        vec![
            said(1, 10, json!("Ann"), Some(2020)),
            said(2, 50, json!("Anna"), None),
            said(3, 20, json!("Ann"), Some(2021)),
            said(4, 20, json!("A."), Some(2024)),
        ]
    }

    #[test]
    fn each_rule_chooses_as_it_says() {
        let winner = |rule| survive("first_name", rule, contributions()).unwrap().value;
        assert_eq!(winner(Rule::MostRecent), json!("A."));
        assert_eq!(winner(Rule::Earliest), json!("Ann"));
        assert_eq!(winner(Rule::MostTrusted), json!("Anna"));
        assert_eq!(winner(Rule::MostFrequent), json!("Ann"));
        assert_eq!(winner(Rule::Longest), json!("Anna"));
        assert_eq!(winner(Rule::Union), json!(["A.", "Ann", "Anna"]));
    }

    #[test]
    fn the_outcome_does_not_depend_on_the_order_of_contributions() {
        for rule in [
            Rule::MostRecent,
            Rule::Earliest,
            Rule::MostTrusted,
            Rule::MostFrequent,
            Rule::Longest,
            Rule::Union,
        ] {
            let expected = survive("first_name", rule, contributions());
            let mut turned = contributions();
            for _ in 0..turned.len() {
                turned.rotate_left(1);
                assert_eq!(survive("first_name", rule, turned.clone()), expected);
            }
        }
    }

    #[test]
    fn an_undated_value_never_beats_a_dated_one_by_recency() {
        let both = vec![said(1, 99, json!("old"), None), said(2, 0, json!("new"), Some(1999))];
        assert_eq!(survive("city", Rule::MostRecent, both.clone()).unwrap().value, json!("new"));
        assert_eq!(survive("city", Rule::Earliest, both).unwrap().value, json!("new"));
    }

    #[test]
    fn who_says_the_same_confirms_and_who_says_something_else_loses() {
        let places = |rule| {
            let found = survive("first_name", rule, contributions()).unwrap();
            let confirming: Vec<u128> = found.confirmed_by.iter().map(|c| c.identity.as_u128()).collect();
            let losing: Vec<u128> = found.losers.iter().map(|c| c.origin.identity.as_u128()).collect();
            (found.winner.identity.as_u128(), confirming, losing)
        };
        assert_eq!(places(Rule::MostFrequent), (3, vec![1], vec![2, 4]));
        assert_eq!(places(Rule::Union), (4, vec![3, 1, 2], vec![]), "of a union all are a part");
    }

    #[test]
    fn nothing_said_is_no_trait() {
        assert_eq!(survive("city", Rule::MostRecent, Vec::new()), None);
    }
}
