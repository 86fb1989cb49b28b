//! Everyone who may ever have belonged together with somebody, and the facts about them.
//!
//! The walk follows every value that a version ever gave, and every decision "the same" that was ever made. It does
//! not follow a value that links nobody today and that has had many more carriers than the rules' cap: such a value
//! counts as shared at every instant.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entities::source_identity;
use identity::{Rules, Verdict, linkage::Model};
use sea_orm::{ConnectionTrait, Value as Bound};
use uuid::Uuid;

use super::{
    people::{Person, Surroundings},
    weighing,
};
use crate::{
    Keys, decisions,
    error::{Error, Result},
    matching::pairs::pair,
    normaliser::Normaliser,
    resolution::{
        component::{by_kind, cap, counts, reach},
        person::{Value, names},
        persons,
    },
    store::over,
    view::gather,
};

/// The most source identities that are looked at.
const MOST: usize = 1_000;
/// The most with whom some of them are compared at a time.
const MOST_FELLOWS: usize = 20_000;
/// How many times the cap a value that links nobody today may have had carriers to be followed.
const MANY: i64 = 5;
/// Keys in one statement.
const STEP: usize = 1_024;

/// By what people are recognised.
#[derive(Clone, Copy)]
pub(super) struct Recognising<'a> {
    pub(super) keys: &'a Keys,
    pub(super) normaliser: &'a Normaliser<'a>,
    pub(super) rules: &'a Rules,
    /// The model that the rules name.
    pub(super) model: Option<&'a Model>,
}

/// The surroundings of these source identities. `argument` is blamed where they are too large.
pub(super) async fn load<C: ConnectionTrait>(
    db: &C,
    by: Recognising<'_>,
    seeds: &BTreeSet<Uuid>,
    argument: &str,
) -> Result<Surroundings> {
    let rules = by.rules;
    let mut around = Surroundings::default();
    // Those that were read: all who are around, and others with whom they were compared.
    let mut read: BTreeMap<Uuid, Person> = BTreeMap::new();
    let mut members: BTreeSet<Uuid> = BTreeSet::new();
    let mut seen: BTreeSet<Value> = BTreeSet::new();
    let mut next = seeds.clone();
    while !next.is_empty() {
        few_enough(members.len() + next.len(), MOST, TOGETHER, argument)?;
        add(db, by, &mut read, &next).await?;
        let ids: BTreeSet<Uuid> = next.into_iter().filter(|id| read.contains_key(id)).collect();
        members.extend(&ids);
        let decided = decisions::about(db, ids.iter().copied()).await?;
        let same = decided.pairs.iter().filter(|(_, pair)| pair.verdict == Verdict::Same);
        next = same.flat_map(|(_, pair)| [pair.a, pair.b]).collect();
        around.words.extend(decided);

        let mut values: BTreeSet<Value> = ids.iter().flat_map(|id| names(*id)).collect();
        values.extend(ids.iter().flat_map(|id| read[id].ever()).cloned());
        // Where pairs are weighed, a value counts again for everybody who comes in.
        values.retain(|value| rules.links_by(value.0) && !seen.contains(value));
        if by.model.is_none() {
            seen.extend(values.iter().cloned());
        }
        let worth = worth_following(db, rules, values).await?;
        let linked = carriers_ever(db, worth.clone(), argument).await?;
        around.followed.extend(worth);
        if let Some(model) = by.model {
            let keys = ids.iter().flat_map(|id| &read[id].stages).flat_map(|stage| &stage.keys);
            let sharing = weighing::sharing_ever(db, keys.copied().collect()).await?;
            let fellows: BTreeSet<Uuid> =
                sharing.values().flatten().copied().chain(linked.iter().copied()).collect();
            few_enough(fellows.len(), MOST_FELLOWS, COMPARED, argument)?;
            add(db, by, &mut read, &fellows).await?;
            let linked = linked.iter().flat_map(|one| ids.iter().filter_map(|other| pair(*one, *other)));
            let linked = linked.filter(|(a, b)| read.contains_key(a) && read.contains_key(b)).collect();
            let weighed = weighing::weigh(model, &read, &ids, &sharing, &linked);
            let near = weighed.iter().filter(|(_, all)| all.iter().any(|found| found.weight > reach(rules)));
            next.extend(near.flat_map(|((a, b), _)| [*a, *b]));
            around.weighed.extend(weighed);
        }
        next.extend(linked);
        // An id may stand for somebody who is not there: an answer is as good the second time.
        next.retain(|id| !members.contains(id));
        // What the others say is not needed any more.
        read.retain(|id, _| members.contains(id) || next.contains(id));
        if ids.is_empty() {
            break;
        }
    }
    around.weighed.retain(|(a, b), _| members.contains(a) && members.contains(b));
    around.people = read;
    Ok(around)
}

/// Reads those of these people who have not been read yet.
async fn add<C: ConnectionTrait>(
    db: &C,
    by: Recognising<'_>,
    read: &mut BTreeMap<Uuid, Person>,
    ids: &BTreeSet<Uuid>,
) -> Result<()> {
    let rows = persons::load(db, &ids.iter().filter(|id| !read.contains_key(id)).copied().collect()).await?;
    let trust = gather::trust(db).await?;
    let mut said = gather::said(db, rows.values()).await?;
    let mut corrections = gather::corrections(db, rows.keys().copied()).await?;
    let mut first = first_things(db, rows.values().filter(|row| row.created_at.is_none())).await?;
    let people = rows.into_values().map(|row| {
        let trust = trust.get(&row.source_id).copied().unwrap_or_default();
        let versions = said.remove(&row.id).unwrap_or_default();
        let corrections = corrections.remove(&row.id).unwrap_or_default();
        let first = first.remove(&row.id);
        (row.id, Person::new(by.keys, by.normaliser, row, trust, versions, corrections, first))
    });
    let mut people = people.collect();
    if let Some(model) = by.model {
        weighing::prepare(db, by.rules, model, &mut people).await?;
    }
    read.extend(people);
    Ok(())
}

/// Those of these values through which people may have belonged together.
async fn worth_following<C: ConnectionTrait>(
    db: &C,
    rules: &Rules,
    values: BTreeSet<Value>,
) -> Result<BTreeSet<Value>> {
    let mut worth = BTreeSet::new();
    let today = counts(db, values.clone()).await?;
    for (kind, texts) in by_kind(values) {
        let cap = cap(rules, kind);
        for step in texts.chunks(STEP) {
            let sql = format!(
                "SELECT value, COUNT(*) AS count FROM ({CARRIED} kind = $1 AND value = {{}} \
                 UNION {CARRIED_ONCE} kind = $1 AND value = {{}}) ever GROUP BY value"
            );
            let statement = over(db, &sql, step, [Bound::from(kind.as_str())]);
            let mut ever: BTreeMap<String, i64> = BTreeMap::new();
            for row in db.query_all_raw(statement).await? {
                ever.insert(row.try_get("", "value")?, row.try_get("", "count")?);
            }
            for text in step {
                let value = (kind, text.clone());
                let many = ever.get(text).copied().unwrap_or_default() > cap.saturating_mul(MANY);
                if !many || today.get(&value).is_some_and(|count| *count <= cap) {
                    worth.insert(value);
                }
            }
        }
    }
    Ok(worth)
}

const CARRIED: &str = "SELECT source_identity_id, kind, value FROM identifier WHERE";
const CARRIED_ONCE: &str = "SELECT source_identity_id, kind, value FROM identifier_past WHERE";

/// Who carries one of these values, or carried it once. A cross-source value is also carried by whom it names.
pub(super) async fn carriers_ever<C: ConnectionTrait>(
    db: &C,
    values: BTreeSet<Value>,
    argument: &str,
) -> Result<BTreeSet<Uuid>> {
    let mut ids = BTreeSet::new();
    for (kind, texts) in by_kind(values) {
        if kind.names() {
            ids.extend(texts.iter().filter_map(|text| Uuid::parse_str(text).ok()));
        }
        for step in texts.chunks(STEP) {
            let sql = format!(
                "SELECT DISTINCT source_identity_id FROM ({CARRIED} kind = $1 AND value = {{}} \
                 UNION ALL {CARRIED_ONCE} kind = $1 AND value = {{}}) ever LIMIT $2"
            );
            let bound =
                [Bound::from(kind.as_str()), Bound::from(i64::try_from(MOST + 1).unwrap_or(i64::MAX))];
            let found = db.query_all_raw(over(db, &sql, step, bound)).await?;
            few_enough(found.len(), MOST, TOGETHER, argument)?;
            for row in found {
                ids.insert(row.try_get("", "source_identity_id")?);
            }
        }
    }
    Ok(ids)
}

/// Refuses to look at more than `most`. `what` says what so many may be to those who were asked for.
fn few_enough(people: usize, most: usize, what: &str, argument: &str) -> Result<()> {
    if people <= most {
        return Ok(());
    }
    let message = format!("more than {most} source identities {what} this one; so many are not looked at");
    Err(Error::invalid(argument, message))
}

const TOGETHER: &str = "may at some time have belonged together with";
const COMPARED: &str = "would have to be compared with";

/// When the first dated thing happened to each of these people.
async fn first_things<C: ConnectionTrait>(
    db: &C,
    people: impl Iterator<Item = &source_identity::Model>,
) -> Result<BTreeMap<Uuid, DateTime<Utc>>> {
    let ids: Vec<Uuid> = people.map(|row| row.id).collect();
    let mut first: BTreeMap<Uuid, DateTime<Utc>> = BTreeMap::new();
    for step in ids.chunks(STEP) {
        let sql = "SELECT source_identity_id AS id, MIN(occurred_at) AS at FROM event \
              WHERE source_identity_id = {} GROUP BY source_identity_id \
            UNION ALL SELECT source_identity_id, MIN(placed_at) FROM orders \
              WHERE source_identity_id = {} GROUP BY source_identity_id \
            UNION ALL SELECT source_identity_id, MIN(stated_at) FROM consent_statement \
              WHERE source_identity_id = {} GROUP BY source_identity_id \
            UNION ALL SELECT p.source_identity_id, MIN(d.created_at) FROM deal_person p \
              JOIN deal d ON d.id = p.deal_id WHERE p.source_identity_id = {} GROUP BY p.source_identity_id";
        for row in db.query_all_raw(over(db, sql, step, [])).await? {
            let (id, at): (Uuid, Option<DateTime<Utc>>) = (row.try_get("", "id")?, row.try_get("", "at")?);
            if let Some(at) = at {
                let known = first.entry(id).or_insert(at);
                *known = at.min(*known);
            }
        }
    }
    Ok(first)
}
