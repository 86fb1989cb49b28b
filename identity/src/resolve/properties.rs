//! What must hold for any input, tried on small random ones that are full of ties and contradictions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Decision, Evidence, Group, Identify, Node, Resolution, Verdict, resolve};
use crate::{IdentifierKind, IdentifierRule, Rules};

/// One input of `resolve`.
#[derive(Debug, Clone)]
struct Case {
    nodes: Vec<Node>,
    evidence: Vec<Evidence>,
    identifies: Vec<Identify>,
    decisions: Vec<Decision>,
    rules: Rules,
}

impl Case {
    fn groups(&self) -> Vec<Group> {
        self.resolution().groups
    }

    fn resolution(&self) -> Resolution {
        resolve(&self.nodes, &self.evidence, &self.identifies, &self.decisions, &self.rules)
    }

    fn shuffled(&self) -> impl Strategy<Value = Self> + use<> {
        let rules = self.rules.clone();
        (
            Just(self.nodes.clone()).prop_shuffle(),
            Just(self.evidence.clone()).prop_shuffle(),
            Just(self.identifies.clone()).prop_shuffle(),
            Just(self.decisions.clone()).prop_shuffle(),
        )
            .prop_map(move |(nodes, evidence, identifies, decisions)| Self {
                nodes,
                evidence: evidence
                    .into_iter()
                    .map(|found| Evidence { a: found.b, b: found.a, ..found })
                    .collect(),
                identifies,
                decisions,
                rules: rules.clone(),
            })
    }

    /// The pairs whose newest decision is "different".
    fn separated(&self) -> Vec<(Uuid, Uuid)> {
        let mut newest = BTreeMap::new();
        for found in &self.decisions {
            let word = newest.entry((found.a.min(found.b), found.a.max(found.b))).or_insert(found);
            if (found.decided_at, found.id, found.verdict) > (word.decided_at, word.id, word.verdict) {
                *word = found;
            }
        }
        let different =
            newest.into_iter().filter(|(pair, word)| word.verdict == Verdict::Different && pair.0 != pair.1);
        different.map(|(pair, _)| pair).collect()
    }
}

const NODES: u128 = 10;

fn id() -> impl Strategy<Value = Uuid> {
    (0..NODES).prop_map(Uuid::from_u128)
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let values = prop::collection::btree_set((0..2_usize, "[xy]"), 0..3);
    let node = (prop::option::of(0..3_i64), prop::option::weighted(0.4, values));
    prop::collection::vec(node, NODES as usize).prop_map(|nodes| {
        let ids = (0..NODES).map(Uuid::from_u128);
        ids.zip(nodes)
            .map(|(id, (second, values))| Node {
                id,
                created_at: second.and_then(|second| DateTime::from_timestamp(second, 0)),
                unique: values
                    .into_iter()
                    .flatten()
                    .map(|(kind, value)| (IdentifierKind::ALL[kind], value))
                    .collect(),
            })
            .collect()
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let weight = prop_oneof![4 => -3..6_i64, 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
    let evidence = (id(), id(), weight).prop_map(|(a, b, weight)| Evidence { a, b, weight });
    let identify = (id(), id()).prop_map(|(a, b)| Identify { a, b });
    let verdict = prop_oneof![Just(Verdict::Same), Just(Verdict::Different)];
    let decision =
        (id(), id(), verdict, 0..4_i64, 0..4_u128).prop_map(|(a, b, verdict, second, number)| Decision {
            a,
            b,
            verdict,
            decided_at: DateTime::from_timestamp(second, 0).unwrap(),
            id: Uuid::from_u128(number),
        });
    let unique = IdentifierRule { unique: true, ..IdentifierRule::default() };
    let rules = (0..3_i64, prop_oneof![2..6_usize, Just(200)], 0..3_i64).prop_map(
        move |(threshold, max_group, absent)| Rules {
            threshold,
            review: Some(threshold - 3),
            absent: Some(absent),
            max_group,
            identifiers: [(IdentifierKind::Email, unique)].into(),
            ..Rules::default()
        },
    );
    (
        nodes(),
        prop::collection::vec(evidence, 0..30),
        prop::collection::vec(identify, 0..3),
        prop::collection::vec(decision, 0..8),
        rules,
    )
        .prop_map(|(nodes, evidence, identifies, decisions, rules)| Case {
            nodes,
            evidence,
            identifies,
            decisions,
            rules,
        })
}

/// Mean linkage by its definition: look at all pairs of groups, merge the best, begin again.
fn by_definition(case: &Case) -> BTreeSet<Vec<Uuid>> {
    let contracted = Case { evidence: Vec::new(), ..case.clone() };
    let mut groups: Vec<Vec<Uuid>> = contracted.groups().into_iter().map(|group| group.members).collect();
    let separated = case.separated();
    let sum = |one: &[Uuid], other: &[Uuid]| -> i128 {
        let between = |found: &&Evidence| {
            (one.contains(&found.a) && other.contains(&found.b))
                || (one.contains(&found.b) && other.contains(&found.a))
        };
        let known: BTreeSet<(Uuid, Uuid)> = case
            .evidence
            .iter()
            .filter(between)
            .map(|found| (found.a.min(found.b), found.a.max(found.b)))
            .collect();
        let absent = (one.len() * other.len() - known.len()) as i128 * i128::from(case.rules.absent());
        let weights = case.evidence.iter().filter(between).map(|found| i128::from(found.weight));
        weights.sum::<i128>() - absent
    };
    let values = |group: &[Uuid]| -> BTreeSet<&str> {
        let members = case.nodes.iter().filter(|node| group.contains(&node.id));
        let unique = members.flat_map(|node| &node.unique).filter(|(kind, _)| *kind == IdentifierKind::Email);
        unique.map(|(_, value)| value.as_str()).collect()
    };
    let allowed = |one: &[Uuid], other: &[Uuid]| {
        let (left, right) = (values(one), values(other));
        let clash = !left.is_empty() && !right.is_empty() && left.union(&right).count() > 1;
        let parted = separated
            .iter()
            .any(|(a, b)| (one.contains(a) && other.contains(b)) || (one.contains(b) && other.contains(a)));
        !clash && !parted && one.len() + other.len() <= case.rules.max_group
    };
    loop {
        groups.sort();
        let mut best: Option<(i128, i128, usize, usize)> = None;
        for left in 0..groups.len() {
            for right in left + 1..groups.len() {
                let (one, other) = (&groups[left], &groups[right]);
                let (sum, pairs) = (sum(one, other), (one.len() * other.len()) as i128);
                let evident = sum > i128::from(case.rules.threshold) * pairs;
                let better = best.is_none_or(|(most, of, ..)| sum * of > most * pairs);
                if evident && better && allowed(one, other) {
                    best = Some((sum, pairs, left, right));
                }
            }
        }
        let Some((_, _, left, right)) = best else { break };
        let moved = groups.swap_remove(right);
        groups[left].extend(moved);
        groups[left].sort();
    }
    groups.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_order_of_the_input_changes_nothing((case, shuffled) in cases().prop_flat_map(|case| {
        let shuffled = case.shuffled();
        (Just(case), shuffled)
    })) {
        prop_assert_eq!(case.resolution(), shuffled.resolution());
    }

    #[test]
    fn who_is_near_is_apart_below_the_threshold_and_not_decided(case in cases()) {
        let found = case.resolution();
        let group = |id: Uuid| found.groups.iter().find(|group| group.id == id).unwrap();
        for near in &found.near {
            let (one, other) = (group(near.a), group(near.b));
            prop_assert!(near.a < near.b && near.weight <= case.rules.threshold);
            prop_assert!(near.weight >= case.rules.review());
            prop_assert!(one.members.contains(&near.closest.0) && other.members.contains(&near.closest.1));
            for (a, b) in case.separated() {
                let parted = |one: &Group, other: &Group| one.members.contains(&a) && other.members.contains(&b);
                prop_assert!(!parted(one, other) && !parted(other, one));
            }
        }
    }

    #[test]
    fn repeated_facts_about_must_links_change_nothing(case in cases()) {
        let mut twice = case.clone();
        twice.nodes.extend(case.nodes.clone());
        twice.identifies.extend(case.identifies.clone());
        twice.decisions.extend(case.decisions.clone());
        prop_assert_eq!(case.groups(), twice.groups());
    }

    #[test]
    fn the_groups_are_those_of_the_definition(case in cases()) {
        let found: BTreeSet<_> = case.groups().into_iter().map(|group| group.members).collect();
        prop_assert_eq!(found, by_definition(&case));
    }

    #[test]
    fn every_identity_is_in_one_group_that_is_named_after_its_eldest(case in cases()) {
        let groups = case.groups();
        let mut seen: Vec<_> = groups.iter().flat_map(|group| group.members.clone()).collect();
        seen.sort();
        prop_assert_eq!(seen, case.nodes.iter().map(|node| node.id).collect::<Vec<_>>());
        prop_assert!(groups.is_sorted_by(|one, other| one.id < other.id));
        for group in groups {
            prop_assert!(group.members.is_sorted());
            let members = case.nodes.iter().filter(|node| group.members.contains(&node.id));
            let age = |node: &&Node| (node.created_at.is_none(), node.created_at, node.id);
            prop_assert_eq!(Some(group.id), members.min_by_key(age).map(|node| node.id));
        }
    }

    #[test]
    fn what_was_decided_different_is_never_together(case in cases()) {
        for group in case.groups() {
            for (a, b) in case.separated() {
                prop_assert!(!(group.members.contains(&a) && group.members.contains(&b)));
            }
        }
    }

    #[test]
    fn a_merge_never_gives_a_group_two_values_of_a_unique_identifier(case in cases()) {
        for group in case.groups() {
            let members = case.nodes.iter().filter(|node| group.members.contains(&node.id));
            let values: Vec<BTreeSet<&str>> = members
                .map(|node| node.unique.iter().filter(|(kind, _)| *kind == IdentifierKind::Email))
                .map(|unique| unique.map(|(_, value)| value.as_str()).collect())
                .filter(|values: &BTreeSet<&str>| !values.is_empty())
                .collect();
            let all: BTreeSet<_> = values.iter().flatten().collect();
            prop_assert!(all.len() <= 1 || values.len() == 1, "{:?}", values);
        }
    }

    #[test]
    fn only_decisions_go_beyond_the_size_limit(mut case in cases()) {
        case.decisions.retain(|decision| decision.verdict == Verdict::Different);
        for group in case.groups() {
            prop_assert!(group.members.len() <= case.rules.max_group);
        }
    }

    #[test]
    fn what_is_not_connected_does_not_matter(left in cases(), right in cases()) {
        let moved = |id: Uuid| Uuid::from_u128(id.as_u128() + NODES);
        let mut right = Case { rules: left.rules.clone(), ..right };
        right.nodes.iter_mut().for_each(|node| node.id = moved(node.id));
        right.evidence.iter_mut().for_each(|found| (found.a, found.b) = (moved(found.a), moved(found.b)));
        right.identifies.iter_mut().for_each(|call| (call.a, call.b) = (moved(call.a), moved(call.b)));
        right.decisions.iter_mut().for_each(|word| (word.a, word.b) = (moved(word.a), moved(word.b)));
        let mut apart = [left.groups(), right.groups()].concat();
        apart.sort_by_key(|group| group.id);
        let together = Case {
            nodes: [right.nodes, left.nodes].concat(),
            evidence: [left.evidence, right.evidence].concat(),
            identifies: [right.identifies, left.identifies].concat(),
            decisions: [right.decisions, left.decisions].concat(),
            rules: left.rules,
        };
        prop_assert_eq!(apart, together.groups());
    }
}
