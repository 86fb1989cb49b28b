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
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect, Statement, Value as Bound,
};
use uuid::Uuid;

use super::{
    person::{Value, names},
    persons,
};
use crate::{
    decisions,
    error::{Error, Result},
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
    /// Those of its nodes of whom no links are stored yet, and no profile.
    pub(super) new: BTreeSet<Uuid>,
}

/// The source identities with which a changed value begins: its carriers, where somebody ceased to carry it, or where
/// it begins or ceases to link because of their number. Of those who only began to carry it, each is a seed already,
/// and leads to the others.
pub(super) async fn seeds(
    txn: &DatabaseTransaction,
    rules: &identity::Rules,
    persons::Changes { values: changed, counts, lost, .. }: &persons::Changes,
) -> Result<BTreeSet<Uuid>> {
    let mut wanted: BTreeSet<Value> = BTreeSet::new();
    for (value, by) in changed.iter().filter(|(value, _)| rules.links_by(value.0)) {
        let count = counts[value];
        let (cap, before) = (cap(rules, value.0), count - by);
        let crosses = (count <= cap) != (before <= cap);
        // Whom a cross-source value names is one of its carriers, and not counted here.
        let may_cross = value.0.names() && count.min(before) <= cap && count.max(before) >= cap;
        if crosses || may_cross || (count <= cap && lost.contains(value)) {
            wanted.insert(value.clone());
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

/// What needs not be asked of the database.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Some source identities.
    pub(super) rows: BTreeMap<Uuid, source_identity::Model>,
    /// All that these carry.
    pub(super) values: BTreeMap<Uuid, BTreeSet<Value>>,
    /// How many carry some values.
    pub(super) counts: BTreeMap<Value, i64>,
    /// Source identities of whom nothing else is stored yet.
    pub(super) new: BTreeSet<Uuid>,
}

impl Known {
    /// The rows of those of these people who exist, and what each carries.
    async fn take(
        &mut self,
        txn: &DatabaseTransaction,
        people: &BTreeSet<Uuid>,
    ) -> Result<BTreeMap<Uuid, (source_identity::Model, BTreeSet<Value>)>> {
        let mut found = BTreeMap::new();
        let mut unknown = BTreeSet::new();
        for id in people {
            match self.rows.remove(id) {
                Some(row) => {
                    found.insert(*id, (row, self.values.remove(id).unwrap_or_default()));
                }
                None => {
                    unknown.insert(*id);
                }
            }
        }
        for (id, row) in persons::load(txn, &unknown).await? {
            found.insert(id, (row, BTreeSet::new()));
        }
        let unknown: Vec<Uuid> = unknown.into_iter().filter(|id| found.contains_key(id)).collect();
        for chunk in chunks(txn, unknown) {
            let column = identifier::Column::SourceIdentityId;
            for row in identifier::Entity::find().filter(chunk.of(column)).all(txn).await? {
                let kind = IdentifierKind::parse(&row.kind);
                if let (Some(kind), Some((_, values))) = (kind, found.get_mut(&row.source_identity_id)) {
                    values.insert((kind, row.value));
                }
            }
        }
        Ok(found)
    }

    /// Whether nobody carries a value but the one who led to it.
    fn is_alone(&self, value: &Value) -> bool {
        // Whom a cross-source value names is one of its carriers, and not counted.
        let one = i64::from(!value.0.names());
        self.counts.get(value).is_some_and(|count| *count <= one)
    }
}

/// The components that contain these source identities. `comparison` weighs, where the rules name a model.
pub(super) async fn around(
    txn: &DatabaseTransaction,
    rules: &identity::Rules,
    mut comparison: Option<Comparison<'_>>,
    mut known: Known,
    seeds: BTreeSet<Uuid>,
) -> Result<Component> {
    let mut component = Component::default();
    let mut seen_values: BTreeSet<Value> = BTreeSet::new();
    let mut frontier = seeds;
    while !frontier.is_empty() {
        let mut next: BTreeSet<Uuid> = BTreeSet::new();
        let mut values: BTreeSet<Value> = BTreeSet::new();
        let mut ids: Vec<Uuid> = Vec::new();
        for (id, (row, carried)) in known.take(txn, &frontier).await? {
            ids.push(id);
            values.extend(names(id));
            values.extend(carried.iter().cloned());
            component.nodes.insert(id, row);
            component.values.insert(id, carried);
        }
        for word in decisions::about(txn, ids.iter().copied()).await?.standing(None) {
            if word.verdict == Verdict::Same {
                next.extend([word.a, word.b]);
            }
            component.decisions.insert((word.id, word.a, word.b), word);
        }
        // Where pairs are weighed, a value counts again for everybody who comes in.
        values.retain(|value| {
            rules.links_by(value.0) && !seen_values.contains(value) && !known.is_alone(value)
        });
        if comparison.is_none() {
            seen_values.extend(values.iter().cloned());
        }
        let mut shared: BTreeMap<Pair, i64> = BTreeMap::new();
        for (value, carriers) in few_carriers(txn, rules, values).await? {
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
    component.new = known.new;
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
    kind: String,
    value: String,
    count: i64,
}

/// How many source identities carry each of these values (0 included).
pub(crate) async fn counts<C: ConnectionTrait>(
    db: &C,
    values: BTreeSet<Value>,
) -> Result<BTreeMap<Value, i64>> {
    use identifier::Column as I;
    let mut counts: BTreeMap<Value, i64> = values.into_iter().map(|value| (value, 0)).collect();
    for chunk in chunks(db, counts.keys().map(|(_, value)| value.clone()).collect::<Vec<_>>()) {
        let rows = identifier::Entity::find()
            .select_only()
            .columns([I::Kind, I::Value])
            .column_as(I::SourceIdentityId.count(), "count")
            .filter(chunk.of(I::Value))
            .group_by(I::Value)
            .group_by(I::Kind)
            .into_model::<Counted>()
            .all(db)
            .await?;
        for row in rows {
            let value = IdentifierKind::parse(&row.kind).map(|kind| (kind, row.value));
            // The same text may be a value of another kind, too.
            if let Some(count) = value.and_then(|value| counts.get_mut(&value)) {
                *count = row.count;
            }
        }
    }
    Ok(counts)
}

/// Who carries each of these values, of those that no more than the rules' cap carry.
async fn few_carriers(
    txn: &DatabaseTransaction,
    rules: &identity::Rules,
    values: BTreeSet<Value>,
) -> Result<BTreeMap<Value, BTreeSet<Uuid>>> {
    if txn.get_database_backend() != DbBackend::Postgres {
        let counts = counts(txn, values).await?.into_iter();
        let few = counts.filter(|(value, count)| *count <= cap(rules, value.0));
        let mut found = carriers(txn, few.map(|(value, _)| value).collect()).await?;
        found.retain(|value, carriers| few_enough(rules, value, carriers));
        return Ok(found);
    }
    // In one statement, which looks at one carrier more than is allowed and no further.
    let mut found = named(&values);
    let values: Vec<Value> = values.into_iter().collect();
    for step in values.chunks(1024) {
        let arrays: [Bound; 3] = [
            step.iter().map(|(kind, _)| kind.as_str().to_owned()).collect::<Vec<_>>().into(),
            step.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>().into(),
            step.iter().map(|(kind, _)| cap(rules, *kind).saturating_add(1)).collect::<Vec<_>>().into(),
        ];
        let sql = "SELECT w.kind, w.value, c.source_identity_id \
             FROM unnest($1, $2, $3) AS w(kind, value, most) CROSS JOIN LATERAL \
               (SELECT source_identity_id FROM identifier WHERE value = w.value AND kind = w.kind LIMIT w.most) AS c";
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, arrays);
        for row in txn.query_all_raw(statement).await? {
            let kind: String = row.try_get("", "kind")?;
            let kind = IdentifierKind::parse(&kind).ok_or_else(|| Error::stored("identifier", kind))?;
            let value = (kind, row.try_get("", "value")?);
            found.entry(value).or_default().insert(row.try_get("", "source_identity_id")?);
        }
    }
    found.retain(|value, carriers| few_enough(rules, value, carriers));
    Ok(found)
}

/// Whether so many carriers of a value still link. Whom it names is one of them.
fn few_enough(rules: &identity::Rules, value: &Value, carriers: &BTreeSet<Uuid>) -> bool {
    i64::try_from(carriers.len()).is_ok_and(|count| count <= cap(rules, value.0))
}

/// Whom the cross-source values among these name.
fn named(values: &BTreeSet<Value>) -> BTreeMap<Value, BTreeSet<Uuid>> {
    let named = values.iter().filter(|(kind, _)| kind.names());
    named.filter_map(|value| Some((value.clone(), [Uuid::parse_str(&value.1).ok()?].into()))).collect()
}

/// Who carries each of these values. A cross-source value is also carried by the source identity it names.
async fn carriers(
    txn: &DatabaseTransaction,
    values: BTreeSet<Value>,
) -> Result<BTreeMap<Value, BTreeSet<Uuid>>> {
    let mut carriers = named(&values);
    for (kind, values) in by_kind(values) {
        for chunk in chunks(txn, values) {
            let rows = identifier::Entity::find()
                .filter(identifier::Column::Kind.eq(kind.as_str()))
                .filter(chunk.of(identifier::Column::Value))
                .all(txn)
                .await?;
            for row in rows {
                carriers.entry((kind, row.value)).or_default().insert(row.source_identity_id);
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
