use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::contract::{join_decided, join_identified, separate};
use super::facts::{Decision, Evidence, Identify, Node};
use super::linkage::Linkage;
use super::partition::{Partition, Refusal};
use crate::{IdentifierKind, Rules};

/// One person, as far as the evidence goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The id of the eldest member.
    pub id: Uuid,
    /// The ids of all source identities of this person, in their order.
    pub members: Vec<Uuid>,
    /// Whether the size limit alone keeps this group apart from another one that it would otherwise be merged with.
    pub limited: bool,
}

/// Two groups that are apart and may be one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The id of the one group, the lesser.
    pub a: Uuid,
    /// The id of the other one.
    pub b: Uuid,
    /// Their mean weight in thousandths, rounded down.
    pub weight: i64,
    /// The two members, of the one and of the other group, between whom the evidence weighs most; of several the least.
    pub closest: (Uuid, Uuid),
}

/// Who is who.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// The people, by id.
    pub groups: Vec<Group>,
    /// Which of them may be one person after all, by ids: see [`Rules::review`].
    pub near: Vec<Near>,
}

/// Groups source identities into people.
///
/// The answer is a function of a set: the order of the input never matters, and a group depends on nothing but the
/// source identities that evidence and must-links connect with it. Every node is in exactly one group, one without
/// any link in a group of its own; groups are sorted by id. It comes about in two steps.
///
/// **Contraction.** Of the decisions on a pair the newest stands (by instant, then by id). A standing "different" is
/// absolute: those two are never in one group. Then the standing "same" are joined, the newest first, and after them
/// the identify calls, by ids. A join is left out if it would put a "different" pair together, however old that
/// decision is, or give a group two values of an identifier that the rules call unique; an identify call also if the
/// group would become too large. A person's word "same" is stronger than the size limit.
///
/// **Mean linkage.** Again and again the two groups with the highest mean weight are merged, if it is above the
/// threshold and neither a "different", nor a unique identifier, nor the size limit forbids it. The mean is the sum of
/// the weights between the two, divided by the number of pairs; a pair without evidence counts as minus
/// [`absent`](Rules::absent()). Among equal means
/// the smallest pair of group keys comes first, where a group's key is its smallest member id and the smaller key of a
/// pair stands first.
///
/// Takes about E · log E steps for E pairs with evidence, also where all hang on one.
pub fn resolve(
    nodes: &[Node],
    evidence: &[Evidence],
    identifies: &[Identify],
    decisions: &[Decision],
    rules: &Rules,
) -> Resolution {
    let people = People::new(nodes, rules);
    let mut partition = Partition::new(people.unique, rules.max_group);
    let index = |a: Uuid, b: Uuid| pair(&people.ids, a, b);

    let same = separate(&mut partition, decisions, index);
    join_decided(&mut partition, &same);
    let told: BTreeSet<(u32, u32)> = identifies.iter().filter_map(|call| index(call.a, call.b)).collect();
    join_identified(&mut partition, &told);

    let mut pairs: BTreeMap<(u32, u32), i128> = BTreeMap::new();
    for found in evidence {
        if let Some(pair) = index(found.a, found.b) {
            *pairs.entry(pair).or_default() += i128::from(found.weight);
        }
    }
    // Counting absent pairs as less is the same as counting all others, and the thresholds, as more.
    let absent = i128::from(rules.absent());
    let weights = pairs.iter().map(|(pair, weight)| (*pair, weight + absent));
    let mut linkage = Linkage::new(partition, weights, i128::from(rules.threshold) + absent);
    linkage.run();

    let wanted = linkage.wanted();
    let review = i128::from(rules.review()) + absent;
    let close = linkage.close(review);
    let mut partition = linkage.into_partition();
    let mut limited = vec![false; people.ids.len()];
    for (a, b) in wanted.into_iter().chain(told) {
        let (a, b) = (partition.find(a), partition.find(b));
        if a != b && partition.refusal(a, b) == Some(Refusal::Size) {
            limited[a as usize] = true;
            limited[b as usize] = true;
        }
    }

    let slots: Vec<u32> = (0..).take(people.ids.len()).map(|node| partition.find(node)).collect();
    let mut ids: BTreeMap<u32, Uuid> = BTreeMap::new();
    let mut groups: Vec<Group> = partition
        .into_groups()
        .filter_map(|(slot, mut members)| {
            members.sort_unstable();
            let dated =
                members.iter().map(|&node| (people.ids[node as usize], people.created_at[node as usize]));
            let id = eldest(dated.clone())?;
            ids.insert(slot, id);
            Some(Group { id, members: dated.map(|(id, _)| id).collect(), limited: limited[slot as usize] })
        })
        .collect();
    groups.sort_unstable_by_key(|group| group.id);
    let close: BTreeMap<(u32, u32), i128> =
        close.into_iter().map(|(a, b, mean)| ((a, b), mean - absent)).collect();
    let near = near(&close, &pairs, i128::from(rules.review()), &slots, &ids, &people.ids);
    Resolution { groups, near }
}

/// The pairs of groups that are close, by slots, as they are told. Those without any evidence above `review` are not:
/// they would depend on who else was looked at.
fn near(
    close: &BTreeMap<(u32, u32), i128>,
    pairs: &BTreeMap<(u32, u32), i128>,
    review: i128,
    slots: &[u32],
    ids: &BTreeMap<u32, Uuid>,
    people: &[Uuid],
) -> Vec<Near> {
    // By pair of slots: the pair of nodes whose evidence weighs most, in the order of the slots.
    let mut closest: BTreeMap<(u32, u32), (i128, (u32, u32))> = BTreeMap::new();
    for (&(one, other), &weight) in pairs {
        let (a, b) = (slots[one as usize], slots[other as usize]);
        let (slots, nodes) = if a < b { ((a, b), (one, other)) } else { ((b, a), (other, one)) };
        if close.contains_key(&slots) {
            // Pairs come in the order of their ids, so the first of equal ones stays.
            let best = closest.entry(slots).or_insert((weight, nodes));
            if weight > best.0 {
                *best = (weight, nodes);
            }
        }
    }
    let mut near: Vec<Near> = Vec::new();
    let strong = closest.into_iter().filter(|(_, (strongest, _))| *strongest > review);
    for ((a, b), (_, (one, other))) in strong {
        let mean = close[&(a, b)];
        let (mut left, mut right) = ((ids[&a], people[one as usize]), (ids[&b], people[other as usize]));
        if right.0 < left.0 {
            (left, right) = (right, left);
        }
        let weight = i64::try_from(mean).unwrap_or(if mean < 0 { i64::MIN } else { i64::MAX });
        near.push(Near { a: left.0, b: right.0, weight, closest: (left.1, right.1) });
    }
    near.sort_unstable_by_key(|near| (near.a, near.b));
    near
}

/// The member after which a group is named: the earliest created, those without a date last, ties by id. `None` only
/// of nobody.
pub fn eldest(members: impl IntoIterator<Item = (Uuid, Option<DateTime<Utc>>)>) -> Option<Uuid> {
    members
        .into_iter()
        .min_by_key(|&(id, created_at)| (created_at.is_none(), created_at, id))
        .map(|(id, _)| id)
}

/// The nodes in the order of their ids; from here on a node is its place in this order, so that comparing places is
/// comparing ids.
struct People<'a> {
    ids: Vec<Uuid>,
    created_at: Vec<Option<DateTime<Utc>>>,
    unique: Vec<BTreeSet<(IdentifierKind, &'a str)>>,
}

impl<'a> People<'a> {
    fn new(nodes: &'a [Node], rules: &Rules) -> Self {
        let mut sorted: Vec<&Node> = nodes.iter().collect();
        sorted.sort_unstable_by_key(|node| node.id);
        let mut people = Self { ids: Vec::new(), created_at: Vec::new(), unique: Vec::new() };
        for versions in sorted.chunk_by(|one, other| one.id == other.id) {
            people.ids.push(versions[0].id);
            people.created_at.push(versions.iter().filter_map(|node| node.created_at).min());
            let values = versions.iter().flat_map(|node| &node.unique);
            let unique = values.filter(|(kind, _)| rules.identifier(*kind).unique);
            people.unique.push(unique.map(|(kind, value)| (*kind, value.as_str())).collect());
        }
        people
    }
}

/// The places of two different known ids, the smaller first.
fn pair(ids: &[Uuid], a: Uuid, b: Uuid) -> Option<(u32, u32)> {
    let place = |id| ids.binary_search(&id).ok().and_then(|place| u32::try_from(place).ok());
    let (a, b) = (place(a)?, place(b)?);
    (a != b).then_some((a.min(b), a.max(b)))
}
