//! Asking `identity` who belongs together in a component, and writing what changed.

use std::collections::{BTreeMap, BTreeSet};

use entities::{link, source_identity};
use identity::{Decision, Evidence, Group, IdentifierKind, Link, Node, Resolution};
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use super::{
    component::{Component, reach},
    person::Value,
};
use crate::{
    Keys,
    error::Result,
    matching::{self, pairs::Pair},
    store::{chunks, insert_all},
};

/// How the people of a component are grouped now.
#[derive(Debug, Default)]
pub(super) struct Regrouped {
    /// Every group of the component.
    pub(super) groups: Vec<Group>,
    /// Members whose profile is another one now.
    pub(super) moved: BTreeSet<Uuid>,
    /// Profiles that members left; those that are no group's id any more must go.
    pub(super) left: BTreeSet<Uuid>,
}

/// The rule of a link that a model weighed.
pub const SIMILARITY: &str = "similarity";

/// Who of these people, each with the values that they carry, belong together, who may, and the links between them.
/// `carriers` are those of the values that may link, `weights` what a model says of pairs. Pure.
pub(crate) fn group<'a>(
    rules: &identity::Rules,
    people: impl Iterator<Item = (&'a source_identity::Model, &'a BTreeSet<Value>)>,
    carriers: &BTreeMap<Value, BTreeSet<Uuid>>,
    weights: &BTreeMap<Pair, i64>,
    decisions: &[Decision],
) -> (Vec<link::Model>, Resolution) {
    let nodes: Vec<Node> = people
        .map(|(row, values)| Node {
            id: row.id,
            created_at: row.created_at,
            unique: values.iter().filter(|(kind, _)| rules.identifier(*kind).unique).cloned().collect(),
        })
        .collect();
    let carriers: Vec<_> = carriers
        .iter()
        .map(|((kind, value), ids)| (*kind, value.clone(), ids.iter().copied().collect()))
        .collect();
    let links = identity::links(&carriers, rules);
    let shared = links.iter().map(|link| Evidence { a: link.a, b: link.b, weight: link.weight });
    let weighed = weights.iter().map(|((a, b), weight)| Evidence { a: *a, b: *b, weight: *weight });
    let evidence: Vec<Evidence> = shared.chain(weighed).collect();
    let logins = identity::logins(&carriers, rules);
    let resolution = identity::resolve(&nodes, &evidence, &logins, decisions, rules);

    let mut sums: BTreeMap<Pair, i64> = BTreeMap::new();
    for Evidence { a, b, weight } in evidence {
        *sums.entry((a, b)).or_default() += weight;
    }
    // Where a model weighs, others are not worth telling: who is asked about them depends on who was looked at.
    let told = |pair: &Pair| rules.model.is_none() || sums.get(pair).is_some_and(|sum| *sum > reach(rules));
    let links = links.into_iter().filter(|link| told(&(link.a, link.b)));
    let mut stored: Vec<link::Model> = links.map(of_identifier).collect();
    stored.extend(logins.into_iter().map(|login| link::Model {
        a: login.a,
        b: login.b,
        rule: IdentifierKind::Login.as_str().to_owned(),
        value: String::new(),
        weight: rules.weight(IdentifierKind::Login),
    }));
    let weighed = weights.iter().filter(|(pair, _)| told(pair));
    stored.extend(weighed.map(|((a, b), weight)| link::Model {
        a: *a,
        b: *b,
        rule: SIMILARITY.to_owned(),
        value: String::new(),
        weight: *weight,
    }));
    (stored, resolution)
}

fn of_identifier(link: Link) -> link::Model {
    let rule = link.kind.as_str().to_owned();
    link::Model { a: link.a, b: link.b, rule, value: link.value, weight: link.weight }
}

pub(super) async fn regroup(
    txn: &DatabaseTransaction,
    keys: &Keys,
    rules: &identity::Rules,
    component: &Component,
) -> Result<Regrouped> {
    let people = component.nodes.values().map(|row| (row, &component.values[&row.id]));
    let decisions: Vec<_> = component.decisions.values().copied().collect();
    let (links, Resolution { groups, near }) =
        group(rules, people, &component.carriers, &component.weights, &decisions);

    write_links(txn, component, links).await?;
    // Of the profiles of those who are new no candidates are stored.
    let is_new = |id: &Uuid| component.new.contains(id);
    let before = component.nodes.values().filter(|row| !is_new(&row.id)).map(|row| row.profile_id);
    let concerned = before.chain(groups.iter().map(|group| group.id).filter(|id| !is_new(id))).collect();
    matching::write_candidates(txn, keys, concerned, near).await?;
    let mut regrouped = Regrouped::default();
    let mut moved = Vec::new();
    for group in &groups {
        for member in &group.members {
            let row = &component.nodes[member];
            if row.profile_id != group.id {
                regrouped.left.insert(row.profile_id);
                regrouped.moved.insert(*member);
                let row = source_identity::Model { profile_id: group.id, ..row.clone() };
                moved.push(row);
            }
        }
    }
    let join = OnConflict::column(source_identity::Column::Id)
        .update_column(source_identity::Column::ProfileId)
        .to_owned();
    insert_all::<source_identity::Entity, _>(txn, moved, Some(&join)).await?;
    regrouped.groups = groups;
    Ok(regrouped)
}

async fn write_links(
    txn: &DatabaseTransaction,
    component: &Component,
    links: Vec<link::Model>,
) -> Result<()> {
    let mut wanted: BTreeMap<_, _> =
        links.into_iter().map(|row| ((row.a, row.b, row.rule.clone(), row.value.clone()), row)).collect();
    for chunk in chunks(txn, component.nodes.keys().copied().filter(|id| !component.new.contains(id))) {
        for row in link::Entity::find().filter(chunk.of(link::Column::A)).all(txn).await? {
            let key = (row.a, row.b, row.rule.clone(), row.value.clone());
            match wanted.get(&key) {
                Some(link) if *link == row => {
                    wanted.remove(&key);
                }
                _ => {
                    link::Entity::delete_by_id(key).exec(txn).await?;
                }
            }
        }
    }
    insert_all::<link::Entity, _>(txn, wanted.into_values().collect(), None).await?;
    Ok(())
}
