//! Corrections: what a person says is right of them stands against what sources say, until they say so too (Article 16
//! of the GDPR). Pure: a function of the correction and of everything that the members of the profile ever said.
//!
//! * What was said of the trait when it was corrected, and is something else, is *wrong*, whoever says it and whenever.
//! * A source *has agreed* once it says what is right: just so when it was corrected, or later, however it writes it. From
//!   then on it is believed again, also when it says something newer, unless that is wrong.
//! * Whoever has not agreed loses, until everybody who says anything of the trait has: then the correction is *over*, and
//!   who comes later is believed as ever.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::correction::Model;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{compose::Member, document::Origin, read::json};
use crate::{
    error::Result,
    resolution::{country_code, person::Said},
};

/// What a person says is right of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Correction {
    /// The request that it fulfils.
    pub(crate) request: Uuid,
    /// Rondom itself.
    pub(crate) source: Uuid,
    /// Whom the request named.
    pub(crate) identity: Uuid,
    /// The trait.
    pub(crate) key: String,
    /// Its value, as it was stated.
    pub(crate) value: Value,
    pub(crate) stated_at: DateTime<Utc>,
    /// When it was taken back.
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

impl Correction {
    pub(crate) fn read(row: Model) -> Result<Self> {
        Ok(Self {
            request: row.request_id,
            source: row.source_id,
            identity: row.source_identity_id,
            value: json("correction", &row.value)?,
            key: row.key,
            stated_at: row.stated_at,
            ended_at: row.ended_at,
        })
    }

    /// Whether it counted at an instant.
    pub(crate) fn counts(&self, at: DateTime<Utc>) -> bool {
        self.stated_at <= at && self.ended_at.is_none_or(|end| at < end)
    }
}

/// The corrections that count for these people together, by trait: of several the newest. Nothing is put right of whom
/// every source has deleted.
pub(super) fn newest(members: &[Member]) -> BTreeMap<&str, &Correction> {
    let mut newest: BTreeMap<&str, &Correction> = BTreeMap::new();
    let age = |one: &Correction| (one.stated_at, one.request);
    if members.iter().all(|member| member.row.deleted) {
        return newest;
    }
    for one in members.iter().flat_map(|member| &member.corrections) {
        let kept = newest.entry(&one.key).or_insert(one);
        if age(one) > age(kept) {
            *kept = one;
        }
    }
    newest
}

/// A correction among what its members say.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    correction: &'a Correction,
    /// What is right, as it is shown.
    right: Value,
    wrong: Vec<Value>,
    /// Who has agreed.
    agreed: BTreeSet<Uuid>,
    is_over: bool,
}

impl<'a> Standing<'a> {
    /// `value` is what a version says of the trait, as it is shown.
    pub(super) fn new(
        correction: &'a Correction,
        right: Value,
        members: &[Member],
        value: impl Fn(&Said) -> Option<Value>,
    ) -> Self {
        let told = members.iter().map(|member| (member.row.id, told(&member.versions, &value)));
        let told: Vec<(Uuid, Vec<Told>)> = told.collect();
        let is_right = |said: &Option<Value>| said.as_ref().is_some_and(|said| is_same(&right, said));
        let is_just_so = |said: &Option<Value>| said.as_ref() == Some(&right);
        let mut wrong = Vec::new();
        let mut agreed: BTreeMap<Uuid, DateTime<Utc>> = BTreeMap::new();
        for (id, told) in &told {
            let (before, after) = told.split_at(until(told, correction.stated_at));
            let now = before.last().map(|(_, said)| said);
            if now.is_some_and(is_just_so) {
                agreed.insert(*id, correction.stated_at);
            } else if let Some((at, _)) = after.iter().find(|(_, said)| is_right(said)) {
                agreed.insert(*id, *at);
            }
            wrong.extend(now.cloned().flatten().filter(|said| *said != right));
        }
        // There was a moment at which somebody had agreed, and nobody said anything of the trait who had not.
        let first = agreed.values().min().copied();
        let changes = told.iter().flat_map(|(_, told)| told).map(|(at, _)| *at).chain(first);
        let is_over = changes.filter(|at| first.is_some_and(|first| first <= *at)).any(|at| {
            told.iter().all(|(id, told)| {
                let says = told[..until(told, at)].last().is_some_and(|(_, said)| said.is_some());
                !says || agreed.get(id).is_some_and(|agreed| *agreed <= at)
            })
        });
        Self { correction, right, wrong, agreed: agreed.into_keys().collect(), is_over }
    }

    /// Whether it outranks what somebody says of the trait.
    pub(super) fn outranks(&self, identity: Uuid, said: &Value) -> bool {
        self.is_wrong(said) || !(self.is_over || self.agreed.contains(&identity))
    }

    /// Whether this was called wrong. Where only its spelling was, it is that spelling.
    fn is_wrong(&self, said: &Value) -> bool {
        let is_both = |one: &Value, other: &Value| is_same(one, other) && is_same(other, one);
        let is_spelling = is_both(&self.right, said);
        self.wrong.iter().any(|wrong| wrong == said || (!is_spelling && is_both(wrong, said)))
    }

    /// Whether somebody says the same.
    pub(super) fn is_right(&self, said: &Value) -> bool {
        is_same(&self.right, said)
    }

    pub(super) fn request(&self) -> Uuid {
        self.correction.request
    }

    pub(super) fn key(&self) -> &str {
        &self.correction.key
    }

    pub(super) fn value(&self) -> Value {
        self.right.clone()
    }

    pub(super) fn origin(&self) -> Origin {
        let Correction { source, identity, stated_at, .. } = *self.correction;
        Origin { source, identity, at: Some(stated_at), inferred: None }
    }
}

/// What was said of the trait from an instant on; nothing where it was left out, or the record deleted.
type Told = (DateTime<Utc>, Option<Value>);

/// What these versions, oldest first, told when. An undated one does not say: it took the place of the one before it when
/// that was last heard at the earliest, and the first has always been there.
fn told(versions: &[Said], value: impl Fn(&Said) -> Option<Value>) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    for (place, version) in versions.iter().enumerate().rev() {
        let before = place.checked_sub(1).map(|before| versions[before].last_seen);
        let at = version.updated_at.or(before).unwrap_or(DateTime::<Utc>::MIN_UTC);
        match told.last() {
            // Of several of one instant only the last was ever current.
            Some((next, _)) if version.updated_at == Some(*next) => {}
            Some((next, _)) => told.push((at.min(*next), value(version).filter(|_| !version.deleted))),
            None => told.push((at, value(version).filter(|_| !version.deleted))),
        }
    }
    told.reverse();
    told
}

/// How much had been told at an instant.
fn until(told: &[Told], at: DateTime<Utc>) -> usize {
    told.partition_point(|(since, _)| *since <= at)
}

/// Whether what is said comes to the same, however it is written: in another case, with other spaces, the country by its
/// name, a list in another order; of an object only the parts that are given are looked at.
fn is_same(given: &Value, said: &Value) -> bool {
    match (given, said) {
        (Value::String(given), Value::String(said)) => folded(given) == folded(said),
        (Value::Object(given), Value::Object(said)) => given.iter().all(|part| is_part(part, said)),
        (Value::Array(given), Value::Array(said)) => {
            let all = |items: &[Value]| items.iter().map(|item| folded(&text(item))).collect::<BTreeSet<_>>();
            all(given) == all(said)
        }
        (Value::Number(given), Value::Number(said)) => given.as_f64() == said.as_f64(),
        (given, said) => given == said,
    }
}

fn is_part((name, given): (&String, &Value), said: &Map<String, Value>) -> bool {
    let Some(said) = said.get(name) else { return false };
    let country = |value: &Value| country_code(value.as_str()?);
    is_same(given, said) || (name == "country" && country(given).is_some() && country(given) == country(said))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_is_the_same_however_it_is_written() {
        for (given, said) in [
            (json!("Anna  Larsen"), json!(" anna larsen")),
            (json!(["b", "A"]), json!(["a", "B"])),
            (
                json!({"city": "Aarhus", "country": "DK"}),
                json!({"city": "AARHUS", "country": "Denmark", "region": "Midt"}),
            ),
            (json!(4), json!(4.0)),
        ] {
            assert!(is_same(&given, &said), "{given} {said}");
        }
        for (given, said) in [
            (json!("Anna"), json!("Ana")),
            (json!(["a"]), json!(["a", "b"])),
            (json!({"city": "Aarhus"}), json!({"street": "Kystvej 3"})),
            (json!({"country": "DK"}), json!({"country": "somewhere"})),
            (json!({"country": "nowhere"}), json!({"country": "somewhere"})),
            (json!(4), json!("4")),
        ] {
            assert!(!is_same(&given, &said), "{given} {said}");
        }
    }
}
