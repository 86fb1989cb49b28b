use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::facts::{Decision, Verdict};
use super::partition::{Partition, Refusal};

/// Two different nodes, the smaller first.
type Pair = (u32, u32);

/// Sets apart every pair whose standing decision is "different"; returns the pairs whose standing decision is "same",
/// the newest first.
pub(super) fn separate(
    partition: &mut Partition<'_>,
    decisions: &[Decision],
    index: impl Fn(Uuid, Uuid) -> Option<Pair>,
) -> Vec<Pair> {
    let mut standing = BTreeMap::new();
    for decision in decisions {
        let Some(pair) = index(decision.a, decision.b) else { continue };
        let word = (decision.decided_at, decision.id, decision.verdict);
        let newest = standing.entry(pair).or_insert(word);
        *newest = word.max(*newest);
    }
    let mut same = Vec::new();
    for (pair, (decided_at, id, verdict)) in standing {
        match verdict {
            Verdict::Same => same.push((Reverse((decided_at, id)), pair)),
            Verdict::Different => partition.set_apart(pair.0, pair.1),
        }
    }
    same.sort_unstable();
    same.into_iter().map(|(_, pair)| pair).collect()
}

/// Joins what people decided to be the same, whatever the size.
pub(super) fn join_decided(partition: &mut Partition<'_>, same: &[Pair]) {
    join(partition, same, |refusal| matches!(refusal, None | Some(Refusal::Size)));
}

/// Joins what was explicitly identified, where nothing forbids it.
pub(super) fn join_identified(partition: &mut Partition<'_>, identified: &BTreeSet<Pair>) {
    join(partition, identified, |refusal| refusal.is_none());
}

fn join<'a>(
    partition: &mut Partition<'_>,
    pairs: impl IntoIterator<Item = &'a Pair>,
    allowed: impl Fn(Option<Refusal>) -> bool,
) {
    for &(a, b) in pairs {
        let (a, b) = (partition.find(a), partition.find(b));
        if a != b && allowed(partition.refusal(a, b)) {
            partition.join(a, b);
        }
    }
}
