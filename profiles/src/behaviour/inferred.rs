//! The traits that follow from touches. Pure: a function of the touches and of what campaigns mean.
//!
//! `first_touch.source`, `.medium`, `.campaign`, `.term`, `.content` and `.click` are of the one touch that came first, and
//! `last_touch.…` of the one that came last, by time, message id and source. What a campaign tells is of the meaning with the
//! greatest confidence, and of several the one whose touch came last.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Touch, meaning::All, touches::Touched};
use crate::view::{
    compose::Course,
    document::{Inference, Loser, Origin, Trait},
    survivorship::Rule,
};

/// What stands before the traits of the first touch and of the last one.
const FIRST: &str = "first_touch.";
const LAST: &str = "last_touch.";

/// Whether this is a trait of a first or last touch.
pub(crate) fn is_of_touch(key: &str) -> bool {
    key.starts_with(FIRST) || key.starts_with(LAST)
}

/// The traits that follow from these touches, in any order, by key.
pub(crate) fn inferred(touches: &[Touched], meanings: &All) -> Vec<Trait> {
    let mut traits: BTreeMap<String, Trait> = BTreeMap::new();
    for (prefix, rule, touched) in
        [(FIRST, Rule::Earliest, touches.iter().min()), (LAST, Rule::MostRecent, touches.iter().max())]
    {
        let Some(touched) = touched else { continue };
        for (name, value) in parts(&touched.touch) {
            let key = format!("{prefix}{name}");
            traits.insert(key.clone(), found(key, Value::from(value), rule, touched, None));
        }
    }
    let keys: BTreeSet<&String> =
        meanings.meanings.values().flat_map(|meaning| meaning.says.traits.keys()).collect();
    for key in keys {
        let Some(told) = told(touches, meanings, key) else { continue };
        let Some(value) = told.value(meanings, key) else { continue };
        let inference = Some(Box::new(told.inference()));
        traits.insert(key.clone(), found(key.clone(), value, Rule::MostRecent, told.touched, inference));
    }
    traits.into_values().collect()
}

/// What was said, and what follows from campaigns beside it: whatever was said of a trait outranks it.
pub(crate) fn combined(said: Vec<Trait>, inferred: Vec<Trait>) -> Vec<Trait> {
    let mut all: BTreeMap<String, Trait> = said.into_iter().map(|found| (found.key.clone(), found)).collect();
    for other in inferred {
        let Some(said) = all.get_mut(&other.key) else {
            all.insert(other.key.clone(), other);
            continue;
        };
        if said.value == other.value {
            said.confirmed_by.push(other.winner);
        } else {
            said.losers.push(Loser { value: other.value, origin: other.winner });
        }
    }
    all.into_values().collect()
}

/// Adds to the courses of what was said of some traits what followed from touches at the time; these are in order.
pub(crate) fn through_time(
    said: &mut BTreeMap<String, Course>,
    wanted: &BTreeSet<String>,
    touches: &[Touched],
    meanings: &All,
) {
    let (Some(first), false) = (touches.first(), wanted.is_empty()) else { return };
    for key in wanted {
        let mut course: BTreeMap<DateTime<Utc>, Option<Value>> = BTreeMap::new();
        if let Some(name) = key.strip_prefix(FIRST) {
            course.insert(first.at, part(&first.touch, name));
        } else if let Some(name) = key.strip_prefix(LAST) {
            course.extend(touches.iter().map(|touched| (touched.at, part(&touched.touch, name))));
        } else if meanings.telling(key).next().is_some() {
            let mut best: Option<Told<'_>> = None;
            for touched in touches {
                best = best.max(told([touched], meanings, key));
                course.insert(touched.at, best.as_ref().and_then(|best| best.value(meanings, key)));
            }
        }
        if course.is_empty() {
            continue;
        }
        let before = said.remove(key).unwrap_or_default();
        let instants: BTreeSet<Option<DateTime<Utc>>> =
            before.iter().map(|(at, _)| *at).chain(course.keys().copied().map(Some)).collect();
        let mut both: Course = Vec::new();
        for at in instants {
            let stated =
                before.iter().rev().find(|(since, _)| *since <= at).and_then(|(_, value)| value.clone());
            let followed = || at.and_then(|at| course.range(..=at).next_back()?.1.clone());
            let value = stated.or_else(followed);
            if both.last().map_or(value.is_some(), |(_, last)| *last != value) {
                both.push((at, value));
            }
        }
        said.insert(key.clone(), both);
    }
    said.retain(|_, course| !course.is_empty());
}

/// What a campaign tells of a trait. Ordered by how much it counts: how sure it is, and when it was told.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told<'a> {
    confidence: u16,
    touched: &'a Touched,
    meaning: &'a str,
}

/// What counts most of what the campaigns of these touches tell of a trait.
fn told<'a>(
    touches: impl IntoIterator<Item = &'a Touched>,
    meanings: &'a All,
    key: &str,
) -> Option<Told<'a>> {
    let telling = |touched: &'a Touched| {
        let telling = meanings.telling(key).filter(|meaning| meaning.fits(&touched.touch));
        telling.map(move |meaning| Told {
            confidence: meaning.says.confidence,
            touched,
            meaning: &meaning.key,
        })
    };
    touches.into_iter().flat_map(telling).max()
}

impl Told<'_> {
    fn value(&self, meanings: &All, key: &str) -> Option<Value> {
        meanings.meanings.get(self.meaning)?.says.traits.get(key).cloned()
    }

    fn inference(&self) -> Inference {
        Inference {
            meaning: self.meaning.to_owned(),
            confidence: self.confidence,
            message_id: Some(self.touched.message_id.clone()),
            touch: Some(self.touched.touch.clone()),
        }
    }
}

fn found(
    key: String,
    value: Value,
    rule: Rule,
    touched: &Touched,
    inferred: Option<Box<Inference>>,
) -> Trait {
    Trait {
        key,
        value,
        winner: Origin { source: touched.source, identity: touched.identity, at: Some(touched.at), inferred },
        rule,
        corrected_by: None,
        confirmed_by: Vec::new(),
        losers: Vec::new(),
    }
}

/// What a touch says, by name.
fn parts(touch: &Touch) -> impl Iterator<Item = (&'static str, &str)> {
    let Touch { source, medium, campaign, term, content, click } = touch;
    let all = [
        ("source", source),
        ("medium", medium),
        ("campaign", campaign),
        ("term", term),
        ("content", content),
        ("click", click),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
}

fn part(touch: &Touch, name: &str) -> Option<Value> {
    parts(touch).find(|(part, _)| *part == name).map(|(_, value)| Value::from(value))
}
