//! Asking `identity` who belongs together in a component, and writing what changed.

use std::collections::{BTreeMap, BTreeSet};

use entities::{link, source_identity};
use identity::{Decision, Evidence, Group, Link, Node};
use sea_orm::{DatabaseTransaction, EntityTrait, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use super::{component::Component, person::Value};
use crate::{
    error::Result,
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

/// Who of these people, each with the values that they carry, belong together, and the links between them. `carriers`
/// are those of the values that may link. Pure.
pub(crate) fn group<'a>(
    rules: &identity::Rules,
    people: impl Iterator<Item = (&'a source_identity::Model, &'a BTreeSet<Value>)>,
    carriers: &BTreeMap<Value, BTreeSet<Uuid>>,
    decisions: &[Decision],
) -> (Vec<Link>, Vec<Group>) {
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
    let evidence: Vec<Evidence> =
        links.iter().map(|link| Evidence { a: link.a, b: link.b, weight: link.weight }).collect();
    let groups = identity::resolve(&nodes, &evidence, &[], decisions, rules).groups;
    (links, groups)
}

/// A link as it is stored.
pub(crate) fn stored(link: Link) -> link::Model {
    let rule = link.kind.as_str().to_owned();
    link::Model { a: link.a, b: link.b, rule, value: link.value, weight: link.weight }
}

pub(super) async fn regroup(
    txn: &DatabaseTransaction,
    rules: &identity::Rules,
    component: &Component,
) -> Result<Regrouped> {
    let people = component.nodes.values().map(|row| (row, &component.values[&row.id]));
    let decisions: Vec<_> = component.decisions.values().copied().collect();
    let (links, groups) = group(rules, people, &component.carriers, &decisions);

    write_links(txn, component, links).await?;
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

async fn write_links(txn: &DatabaseTransaction, component: &Component, links: Vec<Link>) -> Result<()> {
    let mut wanted: BTreeMap<_, _> = links
        .into_iter()
        .map(|link| {
            let row = stored(link);
            ((row.a, row.b, row.rule.clone(), row.value.clone()), row)
        })
        .collect();
    for chunk in chunks(txn, component.nodes.keys().copied()) {
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
