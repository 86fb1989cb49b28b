use std::collections::BTreeSet;
use std::mem;

use crate::IdentifierKind;

/// Why two groups must stay apart. All three hold for ever once they hold: groups only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A person decided that a member of one is not a member of the other.
    Different,
    /// They would have two values of an identifier that is unique to a person.
    Unique,
    /// Together they are too large.
    Size,
}

/// Disjoint groups of nodes, with what keeps them apart. A group is known by its slot: the number of one of its nodes.
#[derive(Debug)]
pub(crate) struct Partition<'a> {
    /// Towards the slot of the group; a slot is its own parent.
    parents: Vec<u32>,
    /// The group in each slot; empty where the group has moved into another slot.
    groups: Vec<Members<'a>>,
    max_group: usize,
}

#[derive(Debug, Default)]
struct Members<'a> {
    nodes: Vec<u32>,
    smallest: u32,
    /// Slots of groups that a decision sets apart from this one.
    apart: BTreeSet<u32>,
    unique: BTreeSet<(IdentifierKind, &'a str)>,
}

impl<'a> Partition<'a> {
    /// Every node alone, with its values of unique identifiers.
    pub(crate) fn new(unique: Vec<BTreeSet<(IdentifierKind, &'a str)>>, max_group: usize) -> Self {
        let groups: Vec<_> = (0..)
            .zip(unique)
            .map(|(node, unique)| Members {
                nodes: vec![node],
                smallest: node,
                apart: BTreeSet::new(),
                unique,
            })
            .collect();
        Self { parents: (0..).take(groups.len()).collect(), groups, max_group }
    }

    /// How many slots there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The slot of the group that a node, or a group that was once in that slot, belongs to now.
    pub(crate) fn find(&mut self, mut node: u32) -> u32 {
        while self.parents[node as usize] != node {
            let parent = self.parents[node as usize];
            self.parents[node as usize] = self.parents[parent as usize];
            node = parent;
        }
        node
    }

    /// How many nodes the group in this slot has.
    pub(crate) fn size(&self, slot: u32) -> usize {
        self.groups[slot as usize].nodes.len()
    }

    /// The group's key: its smallest node.
    pub(crate) fn key(&self, slot: u32) -> u32 {
        self.groups[slot as usize].smallest
    }

    /// Forbids two nodes, still alone, ever to be in one group.
    pub(crate) fn set_apart(&mut self, a: u32, b: u32) {
        self.groups[a as usize].apart.insert(b);
        self.groups[b as usize].apart.insert(a);
    }

    /// What forbids to join the groups in these two slots. [`Refusal::Size`] means that it is the only reason.
    pub(crate) fn refusal(&self, a: u32, b: u32) -> Option<Refusal> {
        let (one, other) = (&self.groups[a as usize], &self.groups[b as usize]);
        let clash = |(kind, value): &(IdentifierKind, &str)| {
            other.unique.iter().any(|(k, v)| k == kind && v != value)
        };
        if one.apart.contains(&b) {
            Some(Refusal::Different)
        } else if one.unique.iter().any(clash) {
            Some(Refusal::Unique)
        } else if one.nodes.len() + other.nodes.len() > self.max_group {
            Some(Refusal::Size)
        } else {
            None
        }
    }

    /// Moves the group in slot `gone` into slot `kept`.
    pub(crate) fn join(&mut self, kept: u32, gone: u32) {
        self.parents[gone as usize] = kept;
        let mut moved = mem::take(&mut self.groups[gone as usize]);
        for &enemy in &moved.apart {
            let apart = &mut self.groups[enemy as usize].apart;
            apart.remove(&gone);
            apart.insert(kept);
        }
        let group = &mut self.groups[kept as usize];
        if group.nodes.len() < moved.nodes.len() {
            mem::swap(&mut group.nodes, &mut moved.nodes);
        }
        group.nodes.append(&mut moved.nodes);
        group.smallest = group.smallest.min(moved.smallest);
        group.apart.append(&mut moved.apart);
        group.unique.append(&mut moved.unique);
    }

    /// All groups with their slots.
    pub(crate) fn into_groups(self) -> impl Iterator<Item = (u32, Vec<u32>)> {
        (0..)
            .zip(self.groups)
            .filter(|(_, group)| !group.nodes.is_empty())
            .map(|(slot, group)| (slot, group.nodes))
    }
}
