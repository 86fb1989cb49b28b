//! Who people were at an instant. Pure: a function of the facts about them, the rules and the instant.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
};

use chrono::{DateTime, Utc};
use entities::{link, source_identity};
use identity::{Group, Resolution, Rules, linkage::Details};
use uuid::Uuid;

use super::weighing::Weighed;
use crate::{
    Keys,
    decisions::Words,
    matching::{
        details::{details, identifier},
        pairs::{self, Pair},
    },
    normaliser::Normaliser,
    resolution::{
        component,
        person::{Said, Value, described, identifiers, names, stages, told},
        regroup,
    },
    view::{compose::Member, correction::Correction},
};

/// Everyone who may ever have belonged together with somebody.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) people: BTreeMap<Uuid, Person>,
    /// The values all of whose carriers, today's and former, are among the people.
    pub(super) followed: BTreeSet<Value>,
    pub(super) words: Words,
    /// What a model says of pairs, stage by stage.
    pub(super) weighed: BTreeMap<Pair, Vec<Weighed>>,
}

/// A source identity and everything that its source ever said of it.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) row: source_identity::Model,
    trust: i32,
    /// Oldest first.
    versions: Vec<Said>,
    corrections: Vec<Correction>,
    pub(super) stages: Vec<Stage>,
    /// Since when it has been there: its creation, or else the first dated thing that is known of it. `None`: ever.
    pub(super) begins: Option<DateTime<Utc>>,
}

/// From an instant on, so many versions had been said, and the last of them gave these values.
#[derive(Debug)]
pub(super) struct Stage {
    since: Option<DateTime<Utc>>,
    count: usize,
    values: BTreeSet<Value>,
    /// What a model compares of them; see [`super::weighing::prepare`].
    pub(super) details: Details,
    pub(super) keys: BTreeSet<i64>,
}

impl Stage {
    /// Addresses and numbers that too many share are nobody's own.
    pub(super) fn leave_out(&mut self, shared: &BTreeSet<Value>) {
        let details = mem::take(&mut self.details);
        self.details = details
            .without(|field, value| identifier(field, value).is_some_and(|value| shared.contains(&value)));
    }
}

impl Person {
    pub(super) fn new(
        keys: &Keys,
        normaliser: &Normaliser<'_>,
        row: source_identity::Model,
        trust: i32,
        versions: Vec<Said>,
        corrections: Vec<Correction>,
        first_thing: Option<DateTime<Utc>>,
    ) -> Self {
        let mut all = stages(&versions);
        // Before anything was said there is what the key says.
        if all.first().is_none_or(|(since, _)| since.is_some()) {
            all.insert(0, (None, 0));
        }
        let key = (row.source_id, row.external_id.as_str());
        let stages: Vec<Stage> = all
            .into_iter()
            .map(|(since, count)| {
                let told = told(&versions[..count]);
                let values = identifiers(keys, normaliser, key, told);
                let details = told.map(|person| details(person, &values)).unwrap_or_default();
                Stage { since, count, values, details, keys: BTreeSet::new() }
            })
            .collect();
        let first_version = stages.iter().find_map(|stage| stage.since);
        // Who is described was there before somebody put it right.
        let corrected = corrections.iter().map(|correction| correction.stated_at).min();
        let corrected = corrected.filter(|_| versions.is_empty());
        let begins =
            row.created_at.or_else(|| [first_version, first_thing, corrected].into_iter().flatten().min());
        Self { row, trust, versions, corrections, stages, begins }
    }

    fn stage(&self, at: DateTime<Utc>) -> Option<&Stage> {
        self.stages[..self.stages_until(at)].last()
    }

    fn stages_until(&self, at: DateTime<Utc>) -> usize {
        self.stages.partition_point(|stage| stage.since.is_none_or(|since| since <= at))
    }

    /// Every value that it ever carried.
    pub(super) fn ever(&self) -> impl Iterator<Item = &Value> {
        self.stages.iter().flat_map(|stage| &stage.values)
    }

    fn is_there(&self, at: DateTime<Utc>) -> bool {
        self.begins.is_none_or(|begins| begins <= at)
    }

    /// How many of its versions had been said.
    pub(super) fn said(&self, at: DateTime<Utc>) -> usize {
        self.stage(at).map_or(0, |stage| stage.count)
    }

    /// The instants at which something about it changed.
    pub(super) fn instants(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let corrected = self.corrections.iter();
        let corrected = corrected.flat_map(|one| [Some(one.stated_at), one.ended_at]).flatten();
        self.stages.iter().filter_map(|stage| stage.since).chain(corrected).chain(self.begins)
    }

    /// What the person had said is right instead of what sources say.
    pub(super) fn corrections(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Correction> {
        self.corrections.iter().filter(move |correction| correction.counts(at))
    }

    /// It as it was.
    pub(super) fn row_at(&self, at: DateTime<Utc>) -> source_identity::Model {
        described(self.row.clone(), &self.versions[..self.said(at)])
    }

    fn member(&self, at: DateTime<Utc>) -> Member {
        let values = self.stage(at).map(|stage| &stage.values);
        Member {
            row: self.row_at(at),
            trust: self.trust,
            versions: self.versions[..self.said(at)].to_vec(),
            identifiers: values
                .into_iter()
                .flatten()
                .map(|(kind, value)| (kind.as_str().to_owned(), value.clone()))
                .collect(),
            corrections: self.corrections(at).cloned().collect(),
        }
    }
}

/// How some people were grouped at an instant, and why.
#[derive(Debug)]
pub(super) struct People {
    pub(super) groups: Vec<Group>,
    pub(super) links: Vec<link::Model>,
    /// The place of everybody's group.
    of: BTreeMap<Uuid, usize>,
}

impl People {
    /// The group of somebody; `None` where they were not there yet.
    pub(super) fn group(&self, member: Uuid) -> Option<&Group> {
        self.of.get(&member).map(|place| &self.groups[*place])
    }

    /// The groups of these people, each once.
    pub(super) fn groups_of(&self, members: &BTreeSet<Uuid>) -> impl Iterator<Item = &Group> {
        let places: BTreeSet<usize> =
            members.iter().filter_map(|member| self.of.get(member).copied()).collect();
        places.into_iter().map(|place| &self.groups[place])
    }
}

impl Surroundings {
    /// How everybody was grouped at an instant.
    pub(super) fn people(&self, rules: &Rules, at: DateTime<Utc>) -> People {
        let nobody = BTreeSet::new();
        let there: Vec<(&source_identity::Model, &BTreeSet<Value>)> = self
            .people
            .values()
            .filter(|person| person.is_there(at))
            .map(|person| (&person.row, person.stage(at).map_or(&nobody, |stage| &stage.values)))
            .collect();
        let mut carriers: BTreeMap<Value, BTreeSet<Uuid>> = BTreeMap::new();
        for (row, values) in &there {
            let own = names(row.id);
            for value in values.iter().chain(&own).filter(|value| self.followed.contains(value)) {
                carriers.entry(value.clone()).or_default().insert(row.id);
            }
        }
        carriers.retain(|_, carriers| carriers.len() > 1);
        let words = self.words.standing(Some(at));
        let weights = self.weights(rules, &carriers, at);
        let (links, Resolution { groups, .. }) =
            regroup::group(rules, there.into_iter(), &carriers, &weights, &words);
        let places = groups.iter().enumerate();
        let of = places.flat_map(|(place, group)| group.members.iter().map(move |id| (*id, place))).collect();
        People { groups, links, of }
    }

    /// What a model said of pairs.
    fn weights(
        &self,
        rules: &Rules,
        carriers: &BTreeMap<Value, BTreeSet<Uuid>>,
        at: DateTime<Utc>,
    ) -> BTreeMap<Pair, i64> {
        if self.weighed.is_empty() {
            return BTreeMap::new();
        }
        let within = carriers.iter().filter(|(value, carriers)| {
            i64::try_from(carriers.len()).is_ok_and(|count| count <= component::cap(rules, value.0))
        });
        let linked = pairs::linked(rules, within);
        let now = |id: &Uuid| {
            let person = self.people.get(id).filter(|person| person.is_there(at))?;
            person.stages_until(at).checked_sub(1)
        };
        let weight = |(pair, weighed): (&Pair, &Vec<Weighed>)| {
            let stages = (now(&pair.0)?, now(&pair.1)?);
            let then = weighed.iter().find(|weighed| weighed.stages == stages)?;
            (then.candidates || linked.contains(pair)).then_some((*pair, then.weight))
        };
        self.weighed.iter().filter_map(weight).collect()
    }

    /// The members of a group as they were.
    pub(super) fn members(&self, group: &Group, at: DateTime<Utc>) -> Vec<Member> {
        group.members.iter().map(|id| self.people[id].member(at)).collect()
    }

    /// Whether somebody carried a value at an instant and was not deleted.
    pub(super) fn carried(&self, id: Uuid, value: &Value, at: DateTime<Utc>) -> bool {
        let person = &self.people[&id];
        let carried = person.stage(at).is_some_and(|stage| stage.values.contains(value));
        carried && !person.row_at(at).deleted
    }
}
