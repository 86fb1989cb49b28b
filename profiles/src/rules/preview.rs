//! What a change of the rules would do, without doing it.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
};

use entities::link;
use identity::{Decision, Group, Resolution, linkage::Model};
use uuid::Uuid;

use super::Identity;
use crate::{
    Profiles, decisions,
    error::{Error, Result},
    matching::pairs,
    resolution::{
        component,
        everybody::{Somebody, everybody},
        person::Value,
        regroup,
    },
    store::snapshot,
};

/// What other rules of identity would change, beside how things are now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    /// New profiles that would hold people of several present ones.
    pub merges: u64,
    /// Present profiles whose people would be in several new ones.
    pub splits: u64,
    /// Present profiles that would be merged or split.
    pub affected: u64,
    /// Present profiles altogether.
    pub profiles: u64,
    /// Some of the changes, those of most source identities first.
    pub samples: Vec<Sample>,
}

/// Some present profiles, and what would become of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The present profiles.
    pub before: Vec<Uuid>,
    /// The source identities of each new profile.
    pub after: Vec<Vec<Uuid>>,
    /// The strongest link within each new profile that no present profile has, by its rule and its weight in
    /// thousandths.
    pub because: Vec<(String, i64)>,
}

impl Profiles {
    /// What these rules of identity would change if they came into force now. Reads everybody, in one snapshot, and
    /// writes nothing; takes about as long as deriving everybody's identifiers again.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the rules cannot be used, [`Error::Conflict`] while another preview is under way.
    pub async fn preview_rules(&self, rules: &Identity, samples: usize) -> Result<Preview> {
        rules.validate().map_err(|error| Error::invalid("identity", error.to_string()))?;
        // Everybody is held in memory: once at a time is enough.
        let Ok(turn) = Arc::clone(self.previewing()).try_lock_owned() else {
            return Err(Error::Conflict(
                "a preview is under way or a model is learned; ask again when it has ended".to_owned(),
            ));
        };
        let txn = snapshot(self.db()).await?;
        let model = self.model_of(&txn, rules).await?;
        let people = everybody(&txn, self.keys(), rules).await?;
        let decided = decisions::all(&txn).await?.standing(None);
        txn.rollback().await?;
        let (rules, samples) = (rules.clone(), samples.max(1));
        let compared = tokio::task::spawn_blocking(move || {
            let preview = compare(&rules, model.as_deref(), people, &decided, samples);
            drop(turn);
            preview
        });
        compared.await.map_err(|_| Error::Conflict("the preview was given up".to_owned()))
    }
}

fn compare(
    rules: &Identity,
    model: Option<&Model>,
    mut people: Vec<Somebody>,
    decided: &[Decision],
    samples: usize,
) -> Preview {
    let (links, resolution) = resolve_all(rules, model, &mut people, decided);
    let before: BTreeMap<Uuid, Uuid> =
        people.iter().map(|person| (person.row.id, person.row.profile_id)).collect();
    differences(&before, &resolution.groups, &links, samples)
}

/// Who belongs together among everybody, found all at once. Takes people's details.
pub(crate) fn resolve_all(
    rules: &Identity,
    model: Option<&Model>,
    people: &mut [Somebody],
    decided: &[Decision],
) -> (Vec<link::Model>, Resolution) {
    let mut carriers: BTreeMap<Value, BTreeSet<Uuid>> = BTreeMap::new();
    for Somebody { row, values, .. } in &*people {
        for value in values {
            carriers.entry(value.clone()).or_default().insert(row.id);
        }
    }
    carriers.retain(|value, carriers| {
        carriers.len() > 1 && i64::try_from(carriers.len()).is_ok_and(|n| n <= component::cap(rules, value.0))
    });
    let weights = model.map_or_else(BTreeMap::new, |model| {
        let details = people.iter_mut().map(|person| (person.row.id, mem::take(&mut person.details)));
        pairs::weights(model, rules, details.collect(), pairs::linked(rules, &carriers))
    });
    let everybody = people.iter().map(|person| (&person.row, &person.values));
    regroup::group(rules, everybody, &carriers, &weights, decided)
}

/// Compares the present profile of everybody with new groups.
fn differences(
    before: &BTreeMap<Uuid, Uuid>,
    groups: &[Group],
    links: &[link::Model],
    samples: usize,
) -> Preview {
    let mut parts: BTreeMap<Uuid, BTreeSet<usize>> = BTreeMap::new();
    for (place, group) in groups.iter().enumerate() {
        for member in &group.members {
            parts.entry(before[member]).or_default().insert(place);
        }
    }
    let old =
        |group: &Group| -> BTreeSet<Uuid> { group.members.iter().map(|member| before[member]).collect() };
    let merged: Vec<usize> = (0..groups.len()).filter(|place| old(&groups[*place]).len() > 1).collect();
    let split: Vec<Uuid> = parts.iter().filter(|(_, places)| places.len() > 1).map(|(id, _)| *id).collect();
    let mut affected: BTreeSet<Uuid> = split.iter().copied().collect();
    affected.extend(merged.iter().flat_map(|place| old(&groups[*place])));

    // What hangs together through merges and splits is one change.
    let mut changes = Vec::new();
    let mut open = affected.clone();
    while let Some(first) = open.pop_first() {
        let (mut profiles, mut places, mut next) = (BTreeSet::new(), BTreeSet::new(), vec![first]);
        while let Some(profile) = next.pop() {
            if profiles.insert(profile) {
                open.remove(&profile);
                for place in &parts[&profile] {
                    if places.insert(*place) {
                        next.extend(old(&groups[*place]));
                    }
                }
            }
        }
        let size: usize = places.iter().map(|place| groups[*place].members.len()).sum();
        changes.push((std::cmp::Reverse(size), profiles, places));
    }
    changes.sort();
    changes.truncate(samples);

    Preview {
        merges: merged.len() as u64,
        splits: split.len() as u64,
        affected: affected.len() as u64,
        profiles: parts.len() as u64,
        samples: changes
            .into_iter()
            .map(|(_, profiles, places)| Sample {
                before: profiles.into_iter().collect(),
                because: places.iter().filter_map(|place| reason(&groups[*place], before, links)).collect(),
                after: places.into_iter().map(|place| groups[place].members.clone()).collect(),
            })
            .collect(),
    }
}

/// The strongest link of a group between people of different present profiles.
fn reason(group: &Group, before: &BTreeMap<Uuid, Uuid>, links: &[link::Model]) -> Option<(String, i64)> {
    let members: BTreeSet<Uuid> = group.members.iter().copied().collect();
    let new = links.iter().filter(|link| {
        members.contains(&link.a) && members.contains(&link.b) && before[&link.a] != before[&link.b]
    });
    let strongest = new.max_by_key(|link| (link.weight, std::cmp::Reverse((link.a, link.b, &link.rule))))?;
    Some((strongest.rule.clone(), strongest.weight))
}
