//! What a model says of people at every moment of theirs.

use std::collections::{BTreeMap, BTreeSet};

use identity::{
    IdentifierKind, Rules,
    linkage::{CAP, Details, Model},
};
use sea_orm::{ConnectionTrait, Value as Bound};
use uuid::Uuid;

use super::people::Person;
use crate::{
    error::Result,
    matching::pairs::{Pair, pair},
    resolution::component::{cap, counts},
    store::over,
};

/// How many times the cap of those who have, or once had, a match key are looked at.
const MANY: usize = 5;
/// Keys in one statement.
const STEP: usize = 1_024;

/// What a model says of two people while each is in one of their stages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighed {
    /// The place of the stage of the one and of the other.
    pub(super) stages: (usize, usize),
    pub(super) weight: i64,
    /// Whether they were candidates then: otherwise it counts only where an identifier links them.
    pub(super) candidates: bool,
}

/// Gives each stage of people what the model needs: details without what is shared by too many today, and match keys.
pub(super) async fn prepare<C: ConnectionTrait>(
    db: &C,
    rules: &Rules,
    model: &Model,
    people: &mut BTreeMap<Uuid, Person>,
) -> Result<()> {
    let is_compared = |kind| matches!(kind, IdentifierKind::Email | IdentifierKind::Phone);
    let values =
        people.values().flat_map(Person::ever).filter(|value| is_compared(value.0)).cloned().collect();
    let counts = counts(db, values).await?.into_iter();
    let shared: BTreeSet<_> =
        counts.filter(|(value, count)| *count > cap(rules, value.0)).map(|(value, _)| value).collect();
    let stages = || people.values().flat_map(|person| &person.stages);
    let all: Vec<&Details> = stages().map(|stage| &stage.details).collect();
    let mut keys = model.keys(&all).into_iter();
    for stage in people.values_mut().flat_map(|person| &mut person.stages) {
        stage.keys = keys.next().unwrap_or_default().into_iter().map(u64::cast_signed).collect();
        stage.leave_out(&shared);
    }
    Ok(())
}

/// Who has, or once had, each of these keys; nobody where too many have it today. Of those who once had it, so many.
pub(super) async fn sharing_ever<C: ConnectionTrait>(
    db: &C,
    keys: BTreeSet<i64>,
) -> Result<BTreeMap<i64, BTreeSet<Uuid>>> {
    let mut found: BTreeMap<i64, BTreeSet<Uuid>> = BTreeMap::new();
    let mut today: BTreeMap<i64, usize> = BTreeMap::new();
    let limit = CAP * MANY;
    let keys: Vec<i64> = keys.into_iter().collect();
    for step in keys.chunks(STEP) {
        let sql = "SELECT key, former, source_identity_id FROM (\
               SELECT key, former, source_identity_id, ROW_NUMBER() OVER (PARTITION BY key ORDER BY former) AS place \
               FROM match_key WHERE key = {}) ranked \
             WHERE place <= $1";
        let bound = [Bound::from(i64::try_from(limit).unwrap_or(i64::MAX))];
        for row in db.query_all_raw(over(db, sql, step, bound)).await? {
            let (key, former): (i64, bool) = (row.try_get("", "key")?, row.try_get("", "former")?);
            found.entry(key).or_default().insert(row.try_get("", "source_identity_id")?);
            *today.entry(key).or_default() += usize::from(!former);
        }
    }
    found.retain(|key, _| today[key] <= CAP);
    Ok(found)
}

/// Weighs people against others who share a key with them, or an identifier that links (`also`), stage by stage. A key
/// counts if it is among `sharing`.
pub(super) fn weigh(
    model: &Model,
    people: &BTreeMap<Uuid, Person>,
    these: &BTreeSet<Uuid>,
    sharing: &BTreeMap<i64, BTreeSet<Uuid>>,
    also: &BTreeSet<Pair>,
) -> BTreeMap<Pair, Vec<Weighed>> {
    let mut pairs: BTreeSet<Pair> = also.clone();
    for id in these {
        let keys = people[id].stages.iter().flat_map(|stage| &stage.keys);
        let fellows = keys.filter_map(|key| sharing.get(key)).flatten();
        pairs.extend(fellows.filter_map(|fellow| pair(*id, *fellow)));
    }
    pairs.retain(|(a, b)| people.contains_key(a) && people.contains_key(b));

    let mut places: BTreeMap<(Uuid, usize), u32> = BTreeMap::new();
    let mut records: Vec<&Details> = Vec::new();
    let (mut asked, mut about) = (Vec::new(), Vec::new());
    for (a, b) in &pairs {
        for (at, one) in people[a].stages.iter().enumerate() {
            for (place, other) in people[b].stages.iter().enumerate() {
                let candidates = one.keys.intersection(&other.keys).any(|key| sharing.contains_key(key));
                if !candidates && !also.contains(&(*a, *b))
                    || one.details.is_empty()
                    || other.details.is_empty()
                {
                    continue;
                }
                let mut number = |id: Uuid, at: usize, details| {
                    *places.entry((id, at)).or_insert_with(|| {
                        records.push(details);
                        u32::try_from(records.len() - 1).unwrap_or(u32::MAX)
                    })
                };
                asked.push((number(*a, at, &one.details), number(*b, place, &other.details)));
                about.push(((*a, *b), (at, place), candidates));
            }
        }
    }
    let mut weighed: BTreeMap<Pair, Vec<Weighed>> = BTreeMap::new();
    for ((pair, stages, candidates), weight) in about.into_iter().zip(model.weigh(&records, &asked)) {
        weighed.entry(pair).or_default().push(Weighed { stages, weight, candidates });
    }
    weighed
}
