//! How a profile came to be what it is: the difference between each instant at which a fact changed and the one before
//! it. Pure.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use entities::link;
use identity::{Group, Verdict};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::people::{People, Surroundings};
use crate::{
    consent::mask,
    decisions::Decision,
    normaliser::Normaliser,
    rules::Ruleset,
    view::{compose, document::Trait, survivorship::Rule},
};

/// The most instants that are looked at, from the newest on.
const MOST: usize = 500;
/// The most source identities that are named as those whose records changed.
const MOST_CHANGED: usize = 20;

/// A stretch of a history, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// What happened.
    pub entries: Vec<Entry>,
    /// Whether there is more beyond it.
    pub more: bool,
    /// Whether the facts changed at more instants than are looked at, so that the oldest are left out.
    pub truncated: bool,
}

impl History {
    /// Leaves out what these source identities said, and by what they were recognised.
    pub(super) fn leave_out(&mut self, refused: &HashSet<Uuid>) {
        // In a union everybody has a part.
        let may_be_told = |found: &Trait| {
            let parts = found.confirmed_by.iter().filter(|_| found.rule == Rule::Union);
            !parts.chain([&found.winner]).any(|origin| refused.contains(&origin.identity))
        };
        self.entries.retain_mut(|entry| match &mut entry.what {
            What::Trait { before, after, .. } => {
                if ![&*before, &*after].into_iter().flatten().all(may_be_told) {
                    return false;
                }
                for found in [&mut *before, &mut *after].into_iter().flatten() {
                    found.losers.retain(|loser| !refused.contains(&loser.origin.identity));
                    found.confirmed_by.retain(|origin| !refused.contains(&origin.identity));
                }
                true
            }
            What::Merge { cause, .. } | What::Split { cause, .. } => {
                let is_refused = |id: &Uuid| refused.contains(id);
                cause.changed.retain(|id| !is_refused(id));
                if cause.link.as_ref().is_some_and(|link| is_refused(&link.a) || is_refused(&link.b)) {
                    cause.link = None;
                }
                true
            }
        });
    }

    /// Masks in the values of traits what names the person directly.
    pub(super) fn mask(&mut self) {
        for entry in &mut self.entries {
            let What::Trait { key, before, after } = &mut entry.what else { continue };
            for found in [before, after].into_iter().flatten() {
                found.value = mask::of_trait(key, &found.value);
            }
        }
    }
}

/// A place in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The place among what happened then.
    pub place: usize,
}

/// Something that happened to a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When, and where in the history it stands.
    pub place: Place,
    /// What.
    pub what: What,
}

/// What happened to a profile.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Profiles, or source identities that were new, came together.
    Merge {
        /// The profile that they became.
        into: Uuid,
        /// What each had been by itself.
        profiles: Vec<Uuid>,
        /// Why.
        cause: Cause,
    },
    /// A profile came apart.
    Split {
        /// The profile.
        from: Uuid,
        /// What it became.
        into: Vec<Uuid>,
        /// Why.
        cause: Cause,
    },
    /// A trait of the profile got another value.
    Trait {
        /// Its key.
        key: String,
        /// As it was.
        before: Option<Trait>,
        /// As it was from then on.
        after: Option<Trait>,
    },
}

/// Why people came together, or apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cause {
    /// The decision that did it.
    pub decision: Option<Decision>,
    /// The strongest link between those who came together.
    pub link: Option<link::Model>,
    /// The source identities whose records changed then.
    pub changed: Vec<Uuid>,
}

/// Whose history it is.
#[derive(Debug)]
pub(super) struct About {
    pub(super) profile: Uuid,
    pub(super) members: BTreeSet<Uuid>,
    pub(super) until: DateTime<Utc>,
}

/// The first entries after a place.
pub(super) async fn of(
    around: &Surroundings,
    ruleset: &Ruleset,
    normaliser: &Normaliser<'_>,
    about: &About,
    first: usize,
    after: Option<Place>,
) -> History {
    let until = after.map_or(about.until, |after| after.at.min(about.until));
    let mut instants: BTreeSet<DateTime<Utc>> =
        around.people.values().flat_map(super::people::Person::instants).collect();
    instants.extend(around.words.decisions.values().map(|decision| decision.decided_at));
    instants.retain(|instant| *instant <= about.until);
    let truncated = instants.len() > MOST;
    // Newest first; before the first fact of all stands what is undated.
    let mut instants = instants.into_iter().rev().take(MOST + 1).collect::<Vec<_>>();
    if !truncated {
        instants.push(DateTime::<Utc>::MIN_UTC);
    }
    let telling = Telling { around, ruleset, normaliser, about };
    let mut entries = Vec::new();
    let mut later: Option<State> = None;
    for pair in instants.windows(2).filter(|pair| pair[0] <= until) {
        let now = match later.take() {
            Some(state) => state,
            None => telling.state(pair[0], None),
        };
        let before = telling.state(pair[1], Some(&now));
        let whats = telling.between(&before, &now);
        let whats = whats.into_iter().enumerate();
        entries.extend(whats.map(|(place, what)| Entry { place: Place { at: pair[0], place }, what }));
        entries.retain(|entry: &Entry| {
            after.is_none_or(|after| entry.place.at < after.at || entry.place.place > after.place)
        });
        if entries.len() > first {
            break;
        }
        later = Some(before);
        // One of many steps: whoever else waits for this thread comes first, and a request that ran out of time ends.
        tokio::task::yield_now().await;
    }
    let more = entries.len() > first;
    entries.truncate(first);
    History { entries, more, truncated }
}

/// The people at an instant.
struct State {
    at: DateTime<Utc>,
    people: People,
    /// Who was one person with the eldest member of the profile, each with how much had been said of them, and which
    /// corrections counted.
    said: BTreeMap<Uuid, (usize, Vec<Uuid>)>,
    traits: BTreeMap<String, Trait>,
}

struct Telling<'a> {
    around: &'a Surroundings,
    ruleset: &'a Ruleset,
    normaliser: &'a Normaliser<'a>,
    about: &'a About,
}

impl Telling<'_> {
    /// The people at an instant. Traits are taken from a state that is known already if nothing about them changed.
    fn state(&self, at: DateTime<Utc>, known: Option<&State>) -> State {
        let people = self.around.people(&self.ruleset.identity, at);
        let group = people.group(self.about.profile);
        let members = group.map(|group| group.members.as_slice()).unwrap_or_default();
        let said = members.iter().map(|id| {
            let person = &self.around.people[id];
            let corrections = person.corrections(at).map(|correction| correction.request);
            (*id, (person.said(at), corrections.collect()))
        });
        let said = said.collect();
        let traits = match (group, known) {
            (_, Some(known)) if known.said == said => known.traits.clone(),
            (Some(group), _) => {
                let members = self.around.members(group, at);
                let described = compose::describe(self.ruleset, self.normaliser, &members);
                described.traits.into_iter().map(|found| (found.key.clone(), found)).collect()
            }
            (None, _) => BTreeMap::new(),
        };
        State { at, people, said, traits }
    }

    fn between(&self, before: &State, now: &State) -> Vec<What> {
        let mut whats = Vec::new();
        for group in now.people.groups_of(&self.about.members) {
            // Who is new had been nobody's, and came to the others by themselves.
            let then = |member| before.people.group(member).map_or(member, |before| before.id);
            if let Some(parts) = parts(group, then) {
                let cause = self.cause(now, group, &parts, Verdict::Same);
                whats.push(What::Merge { into: group.id, profiles: ids(&parts), cause });
            }
        }
        for group in before.people.groups_of(&self.about.members) {
            let since = |member| now.people.group(member).map_or(member, |now| now.id);
            if let Some(parts) = parts(group, since) {
                let cause = self.cause(now, group, &parts, Verdict::Different);
                whats.push(What::Split { from: group.id, into: ids(&parts), cause });
            }
        }
        let keys: BTreeSet<&String> = before.traits.keys().chain(now.traits.keys()).collect();
        for key in keys {
            let (before, after) = (before.traits.get(key), now.traits.get(key));
            if before.map(|found| &found.value) != after.map(|found| &found.value) {
                let (before, after) = (before.cloned(), after.cloned());
                whats.push(What::Trait { key: key.clone(), before, after });
            }
        }
        whats
    }

    /// Why the parts of a group came together (`Same`) or apart (`Different`) at an instant.
    fn cause(&self, now: &State, group: &Group, parts: &BTreeMap<Uuid, Uuid>, verdict: Verdict) -> Cause {
        let at = now.at;
        let across = |a: &Uuid, b: &Uuid| match (parts.get(a), parts.get(b)) {
            (Some(one), Some(other)) => one != other,
            _ => false,
        };
        let merged = verdict == Verdict::Same;
        let decision = self.decided(at, verdict, &across);
        let mut link = None;
        if merged && decision.is_none() {
            let between = now.people.links.iter().filter(|link| across(&link.a, &link.b));
            let key = |link: &link::Model| (link.a, link.b, link.rule.clone(), link.value.clone());
            let strongest = between
                .max_by(|one, other| one.weight.cmp(&other.weight).then_with(|| key(other).cmp(&key(one))));
            link = strongest.cloned();
        }
        let decision = decision.or_else(|| {
            // No link: a decision from before, about somebody who is new.
            let standing = || self.around.words.standing(Some(at)).into_iter();
            let older = standing().filter(|word| word.verdict == verdict && across(&word.a, &word.b));
            let newest =
                older.max_by_key(|word| (word.decided_at, word.id)).filter(|_| merged && link.is_none());
            newest.and_then(|word| self.around.words.decisions.get(&word.id).cloned())
        });
        let changes = |id: &&Uuid| self.around.people[id].instants().any(|instant| instant == at);
        let mut changed: Vec<Uuid> = group.members.iter().filter(changes).copied().collect();
        if changed.is_empty() && decision.is_none() {
            // Somebody else began or ceased to carry a value of theirs.
            changed = self.around.people.keys().filter(changes).copied().collect();
        }
        changed.truncate(MOST_CHANGED);
        Cause { decision, link, changed }
    }

    /// The decision of that very instant that says so of two who are in different parts, or that took one back that
    /// said otherwise.
    fn decided(
        &self,
        at: DateTime<Utc>,
        verdict: Verdict,
        across: &impl Fn(&Uuid, &Uuid) -> bool,
    ) -> Option<Decision> {
        let words = &self.around.words;
        let speaks = |root: Uuid, wanted: Option<Verdict>| {
            let of_it = words.pairs.iter().filter(|(id, _)| *id == root);
            of_it
                .map(|(_, pair)| pair)
                .any(|pair| wanted.is_none_or(|wanted| wanted == pair.verdict) && across(&pair.a, &pair.b))
        };
        let made = words.decisions.values().filter(|decision| decision.decided_at == at);
        let mut made = made.filter(|decision| match decision.undoes {
            None => speaks(decision.id, Some(verdict)),
            Some(target) => {
                let mut root = target;
                while let Some(above) = words.decisions.get(&root).and_then(|decision| decision.undoes) {
                    root = above;
                }
                speaks(root, None)
            }
        });
        made.next().cloned()
    }
}

/// The part that each member of a group is in, by who they were, or are, where those are several.
fn parts(group: &Group, of: impl Fn(Uuid) -> Uuid) -> Option<BTreeMap<Uuid, Uuid>> {
    let parts: BTreeMap<Uuid, Uuid> = group.members.iter().map(|member| (*member, of(*member))).collect();
    let first = parts.values().next();
    parts.values().any(|part| Some(part) != first).then_some(parts)
}

fn ids(parts: &BTreeMap<Uuid, Uuid>) -> Vec<Uuid> {
    parts.values().copied().collect::<BTreeSet<_>>().into_iter().collect()
}
