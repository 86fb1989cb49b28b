use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BinaryHeap};
use std::{cmp, mem};

use super::partition::Partition;

/// Mean linkage, in the order of a *nearest-neighbour chain*: walk from a group to its best partner, from there to
/// the partner's best, and so on; where two are each other's best, merge them.
///
/// This ends in the same groups as searching the best pair of all each time. A merged group is never better to a
/// third one than the better of its parts was (a mean lies between the means it is made of, what is forbidden stays
/// forbidden, and ties are ordered by keys), so two that are each other's best remain so until they are merged,
/// whatever is merged elsewhere in the meantime. (Murtagh, "A survey of recent advances in hierarchical clustering
/// algorithms", The Computer Journal 26(4), 1983.)
pub(crate) struct Linkage<'a> {
    partition: Partition<'a>,
    neighbours: Vec<Neighbours>,
    threshold: i128,
}

/// The groups with which a group shares evidence.
#[derive(Default)]
struct Neighbours {
    /// The summed weights, by slot.
    sums: BTreeMap<u32, i128>,
    /// The same, the best partner first. An entry may be out of date; then it is too good, never too bad, and is
    /// corrected when it comes up. Partners that are refused, which is for good, are gone from here.
    best: BinaryHeap<Candidate>,
}

/// A partner for a group: the better one is greater.
///
/// All partners of one group are compared by sum / size, which orders them as their means do and does not change when
/// the group itself grows. The quotient is exact, with `whole` rounded down and `rest` < `size`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Candidate {
    whole: i128,
    rest: i128,
    size: i128,
    key: u32,
    slot: u32,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        let fractions = (self.rest * other.size).cmp(&(other.rest * self.size));
        // A smaller key is better. The last two matter only between entries that are out of date.
        let ties = (other.key, self.size, self.slot).cmp(&(self.key, other.size, other.slot));
        self.whole.cmp(&other.whole).then(fractions).then(ties)
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<'a> Linkage<'a> {
    /// Takes the weights of pairs of nodes, which may repeat.
    pub(crate) fn new(
        mut partition: Partition<'a>,
        weights: impl Iterator<Item = ((u32, u32), i128)>,
        threshold: i128,
    ) -> Self {
        let mut neighbours: Vec<Neighbours> = Vec::new();
        neighbours.resize_with(partition.len(), Neighbours::default);
        for ((a, b), weight) in weights {
            let (a, b) = (partition.find(a), partition.find(b));
            if a != b {
                *neighbours[a as usize].sums.entry(b).or_default() += weight;
                *neighbours[b as usize].sums.entry(a).or_default() += weight;
            }
        }
        for Neighbours { sums, best } in &mut neighbours {
            *best = sums.iter().map(|(&slot, &sum)| candidate(&partition, slot, sum)).collect();
        }
        Self { partition, neighbours, threshold }
    }

    /// Merges until no two groups are left that should be.
    pub(crate) fn run(&mut self) {
        let mut starts: Vec<u32> = (0..).take(self.neighbours.len()).collect();
        while let Some(start) = starts.pop() {
            // A slot that has moved elsewhere has no partners, so it is simply done.
            let mut chain = vec![start];
            while let Some(&tip) = chain.last() {
                // Only the first of a chain can be without partner: each later one has the one before it.
                let Some(partner) = self.partner(tip) else { break };
                if chain.len() >= 2 && chain[chain.len() - 2] == partner {
                    chain.truncate(chain.len() - 2);
                    starts.push(self.merge(tip, partner));
                } else {
                    chain.push(partner);
                }
            }
        }
    }

    /// All pairs of groups that are apart although their mean weight is above the threshold.
    pub(crate) fn wanted(&self) -> Vec<(u32, u32)> {
        let pairs = (0..).zip(&self.neighbours).flat_map(|(slot, neighbours)| {
            neighbours
                .sums
                .iter()
                .filter(move |&(&other, _)| slot < other)
                .map(move |(&other, &sum)| (slot, other, sum))
        });
        pairs
            .filter(|&(a, b, sum)| is_wanted(&self.partition, self.threshold, a, b, sum))
            .map(|(a, b, _)| (a, b))
            .collect()
    }

    /// All pairs of groups that are apart although nothing forbids to merge them, with a mean weight above `least`; each
    /// with that mean, rounded down. The lesser slot comes first.
    pub(crate) fn close(&self, least: i128) -> Vec<(u32, u32, i128)> {
        let partition = &self.partition;
        let pairs = (0..).zip(&self.neighbours).flat_map(|(slot, neighbours)| {
            let others = neighbours.sums.iter().filter(move |&(&other, _)| slot < other);
            others.map(move |(&other, &sum)| (slot, other, sum))
        });
        pairs
            .filter(|&(a, b, sum)| {
                is_wanted(partition, least, a, b, sum) && partition.refusal(a, b).is_none()
            })
            .map(|(a, b, sum)| (a, b, sum.div_euclid(partition.size(a) as i128 * partition.size(b) as i128)))
            .collect()
    }

    pub(crate) fn into_partition(self) -> Partition<'a> {
        self.partition
    }

    /// The best partner with which the group in this slot may be merged.
    fn partner(&mut self, slot: u32) -> Option<u32> {
        let Neighbours { sums, best } = &mut self.neighbours[slot as usize];
        loop {
            let mut top = best.peek_mut()?;
            let other = self.partition.find(top.slot);
            let Some(&sum) = sums.get(&other) else {
                // It has moved into this very slot.
                PeekMut::pop(top);
                continue;
            };
            let current = candidate(&self.partition, other, sum);
            if *top != current {
                *top = current;
                continue;
            }
            if !is_wanted(&self.partition, self.threshold, slot, other, sum) {
                return None;
            }
            if self.partition.refusal(slot, other).is_none() {
                return Some(other);
            }
            PeekMut::pop(top);
        }
    }

    /// Joins two groups; returns the slot that both are in now. The one with fewer neighbours moves.
    fn merge(&mut self, a: u32, b: u32) -> u32 {
        let degree = |slot: u32| self.neighbours[slot as usize].sums.len();
        let (kept, gone) = if degree(a) < degree(b) { (b, a) } else { (a, b) };
        self.partition.join(kept, gone);
        let moved = mem::take(&mut self.neighbours[gone as usize]);
        self.neighbours[kept as usize].sums.remove(&gone);
        for (other, sum) in moved.sums {
            if other == kept {
                continue;
            }
            let back = &mut self.neighbours[other as usize].sums;
            back.remove(&gone);
            *back.entry(kept).or_default() += sum;
            let Neighbours { sums, best } = &mut self.neighbours[kept as usize];
            let total = sums.entry(other).or_default();
            *total += sum;
            best.push(candidate(&self.partition, other, *total));
        }
        kept
    }
}

/// Whether the mean weight between two groups is above the threshold.
fn is_wanted(partition: &Partition<'_>, threshold: i128, a: u32, b: u32, sum: i128) -> bool {
    sum > threshold * partition.size(a) as i128 * partition.size(b) as i128
}

fn candidate(partition: &Partition<'_>, slot: u32, sum: i128) -> Candidate {
    let size = partition.size(slot) as i128;
    Candidate {
        whole: sum.div_euclid(size),
        rest: sum.rem_euclid(size),
        size,
        key: partition.key(slot),
        slot,
    }
}
