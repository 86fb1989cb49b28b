//! Composing a profile from what its members say. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use connectors::canonical::{Person, traits as t};
use entities::source_identity;
use identity::{IdentifierKind, Normalised};
use serde_json::Value;
use uuid::Uuid;

use super::{
    correction::{self, Correction, Standing},
    document::{CurrencyTotal, ProfileIdentifier, Totals, Trait},
    survivorship::{self, Contribution},
};
use crate::{
    behaviour::{self, Meanings, touches::Touched},
    normaliser::Normaliser,
    resolution::{person::Said, phone_region},
    rules::Ruleset,
};

/// A member of a profile with everything that its source said of it.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) row: source_identity::Model,
    /// How much its source is believed.
    pub(crate) trust: i32,
    /// Oldest first.
    pub(crate) versions: Vec<Said>,
    /// Its normalised identifiers.
    pub(crate) identifiers: Vec<(String, String)>,
    /// What the person says is right instead.
    pub(crate) corrections: Vec<Correction>,
}

/// What happened to the members of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Happened {
    /// When its eldest member was created.
    pub(crate) created_at: Option<DateTime<Utc>>,
    /// When a member last changed at its source.
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) first_event: Option<DateTime<Utc>>,
    pub(crate) last_event: Option<DateTime<Utc>>,
    pub(crate) orders: Vec<OrderSum>,
    /// Whether anything was said about the use of their data.
    pub(crate) stated: bool,
    /// Of every different touch the first event and the last one.
    pub(crate) touches: Vec<Touched>,
}

/// Orders that have currency, type and status in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderSum {
    pub(crate) currency: String,
    pub(crate) order_type: String,
    pub(crate) status: String,
    pub(crate) count: i64,
    pub(crate) total_micros: i128,
    pub(crate) refunded_micros: i128,
    pub(crate) first_at: Option<DateTime<Utc>>,
    pub(crate) last_at: Option<DateTime<Utc>>,
}

/// What its sources say of a person, before it becomes a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Description {
    pub(crate) display_name: Option<String>,
    pub(crate) search_name: String,
    pub(crate) search_family: String,
    pub(crate) created_at: Option<DateTime<Utc>>,
    pub(crate) active: bool,
    pub(crate) traits: Vec<Trait>,
    pub(crate) identifiers: Vec<ProfileIdentifier>,
}

/// What a person did, summed up, before it becomes a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Activity {
    pub(crate) first_seen: Option<DateTime<Utc>>,
    pub(crate) last_seen: Option<DateTime<Utc>>,
    pub(crate) order_count: i64,
    pub(crate) totals: Totals,
    /// The traits that follow from campaigns.
    pub(crate) inferred: Vec<Trait>,
}

/// Describes the person whom these members are.
pub(crate) fn describe(ruleset: &Ruleset, normaliser: &Normaliser<'_>, members: &[Member]) -> Description {
    let traits = traits(ruleset, normaliser, members);
    let (display_name, family) = names(&traits);
    Description {
        search_name: display_name.as_deref().map(identity::fold_name).unwrap_or_default(),
        search_family: family.as_deref().map(identity::fold_name).unwrap_or_default(),
        display_name,
        created_at: members.iter().filter_map(|member| member.row.created_at).min(),
        active: members.iter().any(|member| !member.row.deleted),
        traits,
        identifiers: identifiers(members),
    }
}

/// Sums up what happened.
pub(crate) fn sum_up(happened: &Happened, meanings: &Meanings) -> Activity {
    let orders = happened.orders.iter().flat_map(|sum| [sum.first_at, sum.last_at]);
    let events = [happened.first_event, happened.last_event];
    let instants = || orders.clone().chain(events).chain([happened.created_at]).flatten();
    let totals = totals(&happened.orders);
    Activity {
        first_seen: instants().min(),
        last_seen: instants().chain(happened.updated_at).max(),
        order_count: totals.currencies.iter().map(|total| total.orders).sum(),
        totals,
        inferred: behaviour::inferred(&happened.touches, meanings),
    }
}

fn traits(ruleset: &Ruleset, normaliser: &Normaliser<'_>, members: &[Member]) -> Vec<Trait> {
    let corrections = corrections(normaliser, members);
    let mut free: BTreeMap<&str, Vec<Contribution>> = BTreeMap::new();
    let mut held: BTreeMap<&str, Vec<Contribution>> = BTreeMap::new();
    for member in members {
        let Some(current) = member.versions.last().filter(|version| !version.deleted) else { continue };
        let region = phone_region(&current.person);
        for (key, raw) in &current.person.traits {
            let Some(value) = tidy(normaliser, key, raw, region.as_deref()) else { continue };
            let is_outranked =
                corrections.get(&**key).is_some_and(|standing| standing.outranks(member.row.id, &value));
            let said = if is_outranked { &mut held } else { &mut free };
            said.entry(key).or_default().push(Contribution {
                identity: member.row.id,
                source: member.row.source_id,
                trust: member.trust,
                value,
                since: since(&member.versions, key, raw),
            });
        }
    }
    let keys: BTreeSet<&str> = free.keys().chain(held.keys()).chain(corrections.keys()).copied().collect();
    keys.into_iter()
        .filter_map(|key| {
            let (rule, free) = (ruleset.survivorship.of(key), free.remove(key).unwrap_or_default());
            match corrections.get(key) {
                Some(standing) => {
                    survivorship::corrected(standing, rule, free, held.remove(key).unwrap_or_default())
                }
                None => survivorship::survive(key, rule, free),
            }
        })
        .collect()
}

/// The values of some traits through time: since when (`None`: ever), and what (`None`: nothing any more), as these
/// members said it. Their corrections are all that ever counted.
pub(crate) fn through_time(
    ruleset: &Ruleset,
    normaliser: &Normaliser<'_>,
    members: &[Member],
    wanted: &BTreeSet<String>,
) -> BTreeMap<String, Course> {
    let course = |key: &String| (key.clone(), one_through_time(ruleset, normaliser, members, key));
    wanted.iter().map(course).filter(|(_, course)| !course.is_empty()).collect()
}

fn one_through_time(ruleset: &Ruleset, normaliser: &Normaliser<'_>, members: &[Member], key: &str) -> Course {
    let members: Vec<Member> = members.iter().filter_map(|member| only(member, key)).collect();
    let said = members.iter().flat_map(|member| &member.versions).filter_map(|version| version.updated_at);
    let corrected = || members.iter().flat_map(|member| &member.corrections);
    let corrected_at = corrected().flat_map(|one| [Some(one.stated_at), one.ended_at]).flatten();
    let instants: BTreeSet<Option<DateTime<Utc>>> =
        said.chain(corrected_at).map(Some).chain([None]).collect();
    // A correction asks what everybody ever said; without one, since when each says what it says is enough.
    let ever = corrected().next().is_some();
    let mut course = Course::new();
    for instant in instants {
        let then: Vec<Member> = members
            .iter()
            .map(|member| Member {
                row: member.row.clone(),
                trust: member.trust,
                versions: by_then(&member.versions, key, instant, ever).to_vec(),
                identifiers: Vec::new(),
                corrections: member
                    .corrections
                    .iter()
                    .filter(|one| instant.is_some_and(|instant| one.counts(instant)))
                    .cloned()
                    .collect(),
            })
            .collect();
        let found = traits(ruleset, normaliser, &then).into_iter().find(|found| found.key == key);
        let value = found.map(|found| found.value);
        if course.last().map_or(value.is_some(), |(_, before)| *before != value) {
            course.push((instant, value));
        }
    }
    course
}

/// What had been said by an instant: everything, or only what came since the value last changed.
fn by_then<'a>(versions: &'a [Said], key: &str, instant: Option<DateTime<Utc>>, ever: bool) -> &'a [Said] {
    let end =
        versions.partition_point(|version| version.updated_at.is_none() || version.updated_at <= instant);
    let said = &versions[..end];
    let Some(current) = said.last().filter(|_| !ever) else { return said };
    let value = current.person.traits.get(key);
    let same =
        said.iter().rev().take_while(|version| !version.deleted && version.person.traits.get(key) == value);
    &said[end - same.count().max(1)..]
}

/// A value through time.
pub(crate) type Course = Vec<(Option<DateTime<Utc>>, Option<Value>)>;

/// A member with nothing but what it said of a trait, where it said anything.
fn only(member: &Member, wanted: &str) -> Option<Member> {
    // Numbers are read by the country of the address.
    let is_wanted = |key: &str| wanted == key || (key == t::ADDRESS && wanted == t::PHONE);
    let mut versions: Vec<Said> = Vec::new();
    for version in &member.versions {
        let traits = version.person.traits.iter().filter(|(key, _)| is_wanted(key));
        let traits: BTreeMap<String, Value> =
            traits.map(|(key, value)| (key.clone(), value.clone())).collect();
        let repeats = |before: &Said| before.deleted == version.deleted && before.person.traits == traits;
        if versions.last().is_none_or(|before| !repeats(before)) {
            let person = Person { traits, ..Person::default() };
            versions.push(Said { person, ..version.clone() });
        }
    }
    let corrections: Vec<Correction> =
        member.corrections.iter().filter(|one| one.key == wanted).cloned().collect();
    let says = versions.iter().any(|version| !version.person.traits.is_empty());
    (says || !corrections.is_empty()).then(|| Member {
        row: member.row.clone(),
        trust: member.trust,
        versions,
        identifiers: Vec::new(),
        corrections,
    })
}

/// What was put right of these people, by trait.
fn corrections<'a>(normaliser: &Normaliser<'_>, members: &'a [Member]) -> BTreeMap<&'a str, Standing<'a>> {
    let mut standing = BTreeMap::new();
    for (key, correction) in correction::newest(members) {
        let Some(right) = tidy(normaliser, key, &correction.value, None) else { continue };
        let said = |version: &Said| {
            let raw = version.person.traits.get(key)?;
            tidy(normaliser, key, raw, phone_region(&version.person).as_deref())
        };
        standing.insert(key, Standing::new(correction, right, members, said));
    }
    standing
}

/// Contact points are shown in their normal form; placeholders are not shown at all.
fn tidy(normaliser: &Normaliser<'_>, key: &str, value: &Value, region: Option<&str>) -> Option<Value> {
    let Some(kind) = contact_kind(key) else { return Some(value.clone()) };
    let Some(text) = value.as_str() else { return Some(value.clone()) };
    match normaliser.normalise(kind, text, region) {
        Normalised::Value(normal) => Some(Value::from(normal)),
        Normalised::Placeholder => None,
        Normalised::Invalid(_) => Some(value.clone()),
    }
}

/// The kind of identifier that a trait is, where it says how to reach the person.
pub(crate) fn contact_kind(key: &str) -> Option<IdentifierKind> {
    match key {
        t::EMAIL => Some(IdentifierKind::Email),
        t::PHONE => Some(IdentifierKind::Phone),
        _ => None,
    }
}

/// Since when the source has carried the value that it carries now: the update time of the oldest version
/// from which on the value did not change.
fn since(versions: &[Said], key: &str, value: &Value) -> Option<DateTime<Utc>> {
    versions
        .iter()
        .rev()
        .take_while(|version| !version.deleted && version.person.traits.get(key) == Some(value))
        .last()
        .and_then(|version| version.updated_at)
}

/// What to call the person, and the same with the family name first.
fn names(traits: &[Trait]) -> (Option<String>, Option<String>) {
    let found = |key: &str| traits.iter().find(|found| found.key == key);
    let text = |key: &str| {
        let text = found(key)?.value.as_str()?.trim();
        (!text.is_empty()).then_some(text)
    };
    let corrected = |key: &str| found(key).filter(|found| found.corrected_by.is_some())?.winner.at;
    let (mut first, mut last, mut full) = (text(t::FIRST_NAME), text(t::LAST_NAME), text(t::FULL_NAME));
    // A part that was put right is a part of the name, and a whole one is all of it.
    let (part, whole) = (corrected(t::FIRST_NAME).max(corrected(t::LAST_NAME)), corrected(t::FULL_NAME));
    if whole.is_some() && whole >= part {
        (first, last) = (None, None);
    } else if part.is_some() {
        match full.and_then(|full| full.rsplit_once(' ')) {
            Some((given, family)) => (first, last) = (first.or(Some(given)), last.or(Some(family))),
            None => full = None,
        }
    }
    match (first, last, full) {
        (Some(first), Some(last), _) => (Some(format!("{first} {last}")), Some(format!("{last} {first}"))),
        (_, _, Some(full)) => {
            let family = full.rsplit_once(' ').map(|(given, family)| format!("{family} {given}"));
            (Some(full.to_owned()), family.or_else(|| Some(full.to_owned())))
        }
        (Some(one), None, None) | (None, Some(one), None) => (Some(one.to_owned()), Some(one.to_owned())),
        (None, None, None) => (text(t::EMAIL).or_else(|| text(t::PHONE)).map(str::to_owned), None),
    }
}

fn identifiers(members: &[Member]) -> Vec<ProfileIdentifier> {
    let mut all: BTreeMap<(&str, &str), Vec<Uuid>> = BTreeMap::new();
    for member in members.iter().filter(|member| !member.row.deleted) {
        let login = IdentifierKind::Login.as_str();
        // As whom a visitor logged in is told by the link.
        for (kind, value) in member.identifiers.iter().filter(|(kind, _)| kind != login) {
            all.entry((kind, value)).or_default().push(member.row.source_id);
        }
    }
    all.into_iter()
        .map(|((kind, value), mut sources)| {
            sources.sort_unstable();
            sources.dedup();
            ProfileIdentifier { kind: kind.to_owned(), value: value.to_owned(), sources }
        })
        .collect()
}

/// What these sums of orders come to, by currency.
pub(crate) fn totals<'a>(sums: impl IntoIterator<Item = &'a OrderSum>) -> Totals {
    #[derive(Default)]
    struct Micros {
        sales: i128,
        refunded: i128,
        revenue: i128,
    }
    let mut by_currency: BTreeMap<&str, (CurrencyTotal, Micros)> = BTreeMap::new();
    for sum in sums {
        let (total, micros) = by_currency.entry(&sum.currency).or_default();
        total.currency.clone_from(&sum.currency);
        match (sum.order_type.as_str(), sum.status.as_str()) {
            (_, "cancelled" | "failed") => total.cancelled += sum.count,
            ("return", _) => {
                total.returns += sum.count;
                micros.revenue += sum.total_micros;
            }
            (_, "pending") => total.pending += sum.count,
            _ => {
                total.orders += sum.count;
                micros.sales += sum.total_micros;
                micros.refunded += sum.refunded_micros;
                micros.revenue += sum.total_micros - sum.refunded_micros;
                total.first_order_at = [total.first_order_at, sum.first_at].into_iter().flatten().min();
                total.last_order_at = [total.last_order_at, sum.last_at].into_iter().flatten().max();
            }
        }
    }
    let currencies = by_currency.into_values().map(|(total, micros)| CurrencyTotal {
        sales_micros: held(micros.sales),
        refunded_micros: held(micros.refunded),
        revenue_micros: held(micros.revenue),
        ..total
    });
    Totals { currencies: currencies.collect() }
}

/// A sum beyond what the column holds stays at its limit; nobody has nine trillion of a currency.
fn held(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}
