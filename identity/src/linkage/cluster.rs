//! From weighed pairs to clusters of records.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::model::Pair;
use super::scorer::Scorer;
use super::sheet::Sheet;
use crate::resolve::{Linkage, Partition};

/// The most that one pair can say for or against, in thousandths of a bit: a single slip of a pen must not outweigh
/// what all other records of a person say.
pub const MOST: i64 = 12_000;

/// What two records say against being one person that are not even candidates, in thousandths of a bit: they share no
/// key at all.
pub const ABSENT: i64 = 1000;

/// What marks a pair as twins, who are put together before anything is weighed.
const TWINS: i64 = i64::MAX;

/// Groups records by mean linkage (see [`resolve`](crate::resolve())): for each record the place of the one of its
/// cluster whose id is the least. The same for any order of records and pairs.
///
/// `threshold` is the mean weight above which two clusters are merged, 0 to less than [`MOST`], in thousandths of a
/// bit; `max_cluster` the most records of a cluster.
pub fn clusters(
    sheet: &Sheet,
    scorer: &Scorer<'_>,
    pairs: &[Pair],
    threshold: i64,
    max_cluster: usize,
) -> Vec<u32> {
    let twins: Vec<Pair> = scorer.twins().into_iter().filter(|pair| pair.weight > threshold).collect();
    let mut components = Components::new(sheet.len());
    for pair in pairs.iter().filter(|pair| pair.weight > threshold).chain(&twins) {
        components.join(pair.a, pair.b);
    }
    // What is not connected by evidence for it can never have a mean above the threshold.
    let roots: Vec<u32> = (0..).take(sheet.len()).map(|place| components.find(place)).collect();
    let mut inside: Vec<(u32, Pair)> = pairs
        .par_iter()
        .map(|pair| (roots[pair.a as usize], pair))
        .filter(|(root, pair)| *root == roots[pair.b as usize])
        .map(|(root, pair)| (root, *pair))
        .collect();
    inside.extend(twins.iter().map(|pair| (roots[pair.a as usize], Pair { weight: TWINS, ..*pair })));
    inside.par_sort_unstable();
    let components: Vec<&[(u32, Pair)]> = inside.chunk_by(|a, b| a.0 == b.0).collect();
    let mut cluster: Vec<u32> = (0..).take(sheet.len()).collect();
    let found: Vec<Vec<Vec<u32>>> =
        components.par_iter().map(|pairs| component(sheet, pairs, threshold, max_cluster)).collect();
    for members in found.into_iter().flatten() {
        for &member in &members {
            cluster[member as usize] = members[0];
        }
    }
    cluster
}

/// The clusters of one component; the first member of each has the least id.
fn component(sheet: &Sheet, pairs: &[(u32, Pair)], threshold: i64, max_cluster: usize) -> Vec<Vec<u32>> {
    let mut members: Vec<u32> = pairs.iter().flat_map(|(_, pair)| [pair.a, pair.b]).collect();
    members.sort_unstable();
    members.dedup();
    let id = |member: u32| sheet.id(member as usize);
    let complete = pairs.len() == members.len() * (members.len() - 1) / 2;
    if complete
        && members.len() <= max_cluster
        && pairs.iter().all(|(_, pair)| pair.weight.min(MOST) > threshold)
    {
        // Nothing speaks against it.
        let least = (0..members.len()).min_by_key(|&at| id(members[at])).unwrap_or_default();
        members.swap(0, least);
        return vec![members];
    }
    members.sort_unstable_by_key(|&member| id(member));
    let mut places: Vec<(u32, u32)> = members.iter().copied().zip(0..).collect();
    places.sort_unstable();
    let place = |member: u32| places[places.partition_point(|(known, _)| *known < member)].1;
    let mut weights: Vec<((u32, u32), i128)> = pairs
        .iter()
        .filter(|(_, pair)| pair.weight != TWINS)
        .map(|(_, pair)| {
            // Counting absent pairs as less is the same as counting all others, and the threshold, as more.
            let (a, b) = (place(pair.a), place(pair.b));
            ((a.min(b), a.max(b)), i128::from(pair.weight.clamp(-MOST, MOST) + ABSENT))
        })
        .collect();
    weights.sort_unstable();
    let mut partition = Partition::new(vec![BTreeSet::new(); members.len()], max_cluster);
    // In the order of their ids: which of too many twins are together must not depend on the order of the records.
    let twins = pairs.iter().filter(|(_, pair)| pair.weight == TWINS);
    let mut twins: Vec<(u32, u32)> =
        twins.map(|(_, pair)| (place(pair.a), place(pair.b))).map(|(a, b)| (a.min(b), a.max(b))).collect();
    twins.sort_unstable();
    for (a, b) in twins {
        let (a, b) = (partition.find(a), partition.find(b));
        if a != b && partition.refusal(a, b).is_none() {
            partition.join(a, b);
        }
    }
    let mut linkage = Linkage::new(partition, weights.into_iter(), i128::from(threshold + ABSENT));
    linkage.run();
    let groups = linkage.into_partition().into_groups();
    groups
        .map(|(_, mut group)| {
            group.sort_unstable();
            group.into_iter().map(|place| members[place as usize]).collect()
        })
        .collect()
}

/// Records that are connected.
struct Components(Vec<u32>);

impl Components {
    fn new(len: usize) -> Self {
        Self((0..).take(len).collect())
    }

    fn find(&mut self, mut at: u32) -> u32 {
        while self.0[at as usize] != at {
            self.0[at as usize] = self.0[self.0[at as usize] as usize];
            at = self.0[at as usize];
        }
        at
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}
