//! Walking the graph of evidence: everyone who may belong together with the people who moved.
//!
//! Two source identities are neighbours when they carry the same value of a kind that links, and no more
//! source identities than the rules' cap carry it, when a decision says that they are the same, or, where the rules name
//! a model, when all evidence between them weighs enough for somebody to look. The walk
//! ends where the component ends; nothing outside it can change what is decided inside.

use std::collections::{BTreeMap, BTreeSet};

use entities::{identifier, link, source_identity};
use identity::{Decision, IdentifierKind, Verdict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};
use uuid::Uuid;

use super::{
    person::{Value, own},
    persons,
};
use crate::{
    decisions,
    error::Result,
    matching::{
        index::Comparison,
        pairs::{Pair, pair},
    },
    store::chunks,
};

/// Some whole components of the graph.
#[derive(Debug, Default)]
pub(super) struct Component {
    /// Its source identities.
    pub(super) nodes: BTreeMap<Uuid, source_identity::Model>,
    /// Who carries each value that links.
    pub(super) carriers: BTreeMap<Value, BTreeSet<Uuid>>,
    /// Every value of every node, linking or not.
    pub(super) values: BTreeMap<Uuid, BTreeSet<Value>>,
    /// What people decided about pairs of its nodes, as far as it counts, by decision and pair.
    pub(super) decisions: BTreeMap<(Uuid, Uuid, Uuid), Decision>,
    /// What a model says of pairs of its nodes.
    pub(super) weights: BTreeMap<Pair, i64>,
}

/// The source identities with which a changed value begins: its carriers, unless it linked nobody before and
/// links nobody now.
pub(super) async fn seeds(
    txn: &DatabaseTransaction,
    rules: &identity::Rules,
    changed: &BTreeMap<Value, i64>,
) -> Result<BTreeSet<Uuid>> {
    let mut wanted: BTreeSet<Value> = BTreeSet::new();
    let linking = changed.keys().filter(|value| rules.links_by(value.0)).cloned().collect();
    for (value, count) in counts(txn, linking).await? {
        let cap = cap(rules, value.0);
        let before = count - changed[&value];
        if count <= cap || before <= cap {
            wanted.insert(value);
        }
    }
    let mut seeds = BTreeSet::new();
    for carriers in carriers(txn, wanted).await?.into_values() {
        seeds.extend(carriers);
    }
    Ok(seeds)
}

/// Those to whom these source identities were linked before: they may be linked to nobody now, and their neighbours to
/// somebody else. Those who are new were linked to nobody.
pub(super) async fn linked(
    txn: &DatabaseTransaction,
    moved: &BTreeSet<Uuid>,
    new: BTreeSet<Uuid>,
) -> Result<BTreeSet<Uuid>> {
    let mut found = BTreeSet::new();
    for ids in chunks(txn, moved.iter().copied().filter(|id| !new.contains(id))) {
        for (here, there) in [(link::Column::A, link::Column::B), (link::Column::B, link::Column::A)] {
            let fellows = link::Entity::find().select_only().column(there).filter(ids.of(here));
            found.extend(fellows.into_tuple::<Uuid>().all(txn).await?);
        }
    }
    Ok(found)
}

/// The components that contain these source identities. `comparison` weighs, where the rules name a model.
pub(super) async fn around(
    txn: &DatabaseTransaction,
    rules: &identity::Rules,
    mut comparison: Option<Comparison<'_>>,
    seeds: BTreeSet<Uuid>,
) -> Result<Component> {
    let mut component = Component::default();
    let mut seen_values: BTreeSet<Value> = BTreeSet::new();
    let mut frontier = seeds;
    while !frontier.is_empty() {
        let rows = persons::load(txn, &frontier).await?;
        let ids: Vec<Uuid> = rows.keys().copied().collect();
        component.nodes.extend(rows);
        let mut next: BTreeSet<Uuid> = BTreeSet::new();
        let mut values: BTreeSet<Value> = BTreeSet::new();
        for id in &ids {
            component.values.entry(*id).or_default();
            values.insert(own(*id));
        }
        for chunk in chunks(txn, ids.iter().copied()) {
            let carried = identifier::Entity::find()
                .filter(chunk.of(identifier::Column::SourceIdentityId))
                .all(txn)
                .await?;
            for row in carried {
                if let Some(kind) = IdentifierKind::parse(&row.kind) {
                    values.insert((kind, row.value.clone()));
                    component.values.entry(row.source_identity_id).or_default().insert((kind, row.value));
                }
            }
        }
        for word in decisions::about(txn, ids.iter().copied()).await?.standing(None) {
            if word.verdict == Verdict::Same {
                next.extend([word.a, word.b]);
            }
            component.decisions.insert((word.id, word.a, word.b), word);
        }
        // Where pairs are weighed, a value counts again for everybody who comes in.
        values.retain(|value| rules.links_by(value.0) && !seen_values.contains(value));
        if comparison.is_none() {
            seen_values.extend(values.iter().cloned());
        }
        let linking = counts(txn, values)
            .await?
            .into_iter()
            .filter(|(value, count)| *count <= cap(rules, value.0))
            .map(|(value, _)| value)
            .collect();
        let mut shared: BTreeMap<Pair, i64> = BTreeMap::new();
        for (value, carriers) in carriers(txn, linking).await? {
            if comparison.is_some() {
                let here = ids.iter().filter(|id| carriers.contains(id));
                let pairs: BTreeSet<Pair> =
                    here.flat_map(|id| carriers.iter().filter_map(|other| pair(*id, *other))).collect();
                for pair in pairs {
                    *shared.entry(pair).or_default() += rules.weight(value.0);
                }
            } else {
                next.extend(&carriers);
            }
            component.carriers.entry(value).or_default().extend(carriers);
        }
        if let Some(comparison) = &mut comparison {
            let also = shared.keys().copied().collect();
            for (pair, weight) in comparison.weigh(txn, &ids, &also).await? {
                *shared.entry(pair).or_default() += weight;
            }
            let near = shared.into_iter().filter(|(_, weight)| *weight > reach(rules));
            next.extend(near.flat_map(|((a, b), _)| [a, b]));
        }
        next.retain(|id| !component.nodes.contains_key(id));
        frontier = next;
        if ids.is_empty() {
            break;
        }
    }
    let Component { nodes, carriers, weights, .. } = &mut component;
    for carriers in carriers.values_mut() {
        carriers.retain(|id| nodes.contains_key(id));
    }
    carriers.retain(|_, carriers| carriers.len() > 1);
    if let Some(comparison) = comparison {
        weights.extend(comparison.into_weights());
        weights.retain(|(a, b), _| nodes.contains_key(a) && nodes.contains_key(b));
    }
    Ok(component)
}

/// Evidence above this, in thousandths, matters to who belongs together, or to who should be looked at.
pub(crate) fn reach(rules: &identity::Rules) -> i64 {
    rules.review().min(rules.threshold)
}

/// How many source identities may carry one value of this kind before it links nobody; 0 where the rules do
/// not link by it.
pub(crate) fn cap(rules: &identity::Rules, kind: IdentifierKind) -> i64 {
    i64::try_from(rules.identifier(kind).cap).unwrap_or(i64::MAX)
}

#[derive(FromQueryResult)]
struct Counted {
    value: String,
    count: i64,
}

/// How many source identities carry each of these values (0 included).
pub(crate) async fn counts<C: ConnectionTrait>(
    db: &C,
    values: BTreeSet<Value>,
) -> Result<BTreeMap<Value, i64>> {
    let mut counts = BTreeMap::new();
    for (kind, values) in by_kind(values) {
        for chunk in chunks(db, values.iter().cloned()) {
            let rows = identifier::Entity::find()
                .select_only()
                .column(identifier::Column::Value)
                .column_as(identifier::Column::SourceIdentityId.count(), "count")
                .filter(identifier::Column::Kind.eq(kind.as_str()))
                .filter(chunk.of(identifier::Column::Value))
                .group_by(identifier::Column::Value)
                .into_model::<Counted>()
                .all(db)
                .await?;
            counts.extend(rows.into_iter().map(|row| ((kind, row.value), row.count)));
        }
        for value in values {
            counts.entry((kind, value)).or_insert(0);
        }
    }
    Ok(counts)
}

/// Who carries each of these values. A cross-source value is also carried by the source identity it names.
async fn carriers(
    txn: &DatabaseTransaction,
    values: BTreeSet<Value>,
) -> Result<BTreeMap<Value, BTreeSet<Uuid>>> {
    let mut carriers: BTreeMap<Value, BTreeSet<Uuid>> = BTreeMap::new();
    for (kind, values) in by_kind(values) {
        for chunk in chunks(txn, values.iter().cloned()) {
            let rows = identifier::Entity::find()
                .filter(identifier::Column::Kind.eq(kind.as_str()))
                .filter(chunk.of(identifier::Column::Value))
                .all(txn)
                .await?;
            for row in rows {
                carriers.entry((kind, row.value)).or_default().insert(row.source_identity_id);
            }
        }
        if kind == IdentifierKind::CrossSource {
            for value in values {
                if let Ok(id) = Uuid::parse_str(&value) {
                    carriers.entry((kind, value)).or_default().insert(id);
                }
            }
        }
    }
    Ok(carriers)
}

pub(crate) fn by_kind(values: BTreeSet<Value>) -> BTreeMap<IdentifierKind, Vec<String>> {
    let mut kinds: BTreeMap<IdentifierKind, Vec<String>> = BTreeMap::new();
    for (kind, value) in values {
        kinds.entry(kind).or_default().push(value);
    }
    kinds
}
