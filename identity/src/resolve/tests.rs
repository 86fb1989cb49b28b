use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Decision, Evidence, Group, Identify, Near, Node, Verdict, eldest};
use crate::{IdentifierKind, IdentifierRule, Rules};

fn resolve(
    nodes: &[Node],
    evidence: &[Evidence],
    identifies: &[Identify],
    decisions: &[Decision],
    rules: &Rules,
) -> Vec<Group> {
    super::resolve(nodes, evidence, identifies, decisions, rules).groups
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn nodes(count: u128) -> Vec<Node> {
    (1..=count).map(|number| Node { id: id(number), created_at: None, unique: BTreeSet::new() }).collect()
}

fn evidence<const N: usize>(weights: [(u128, u128, i64); N]) -> Vec<Evidence> {
    weights.into_iter().map(|(a, b, weight)| Evidence { a: id(a), b: id(b), weight }).collect()
}

fn decision(a: u128, b: u128, verdict: Verdict, second: i64) -> Decision {
    Decision {
        a: id(a),
        b: id(b),
        verdict,
        decided_at: at(second),
        id: id(1000 + u128::from(second.unsigned_abs())),
    }
}

fn members(groups: &[Group]) -> Vec<Vec<u128>> {
    groups.iter().map(|group| group.members.iter().map(Uuid::as_u128).collect()).collect()
}

#[test]
fn exact_links_bring_a_chain_of_identities_together() {
    let groups = resolve(
        &nodes(5),
        &evidence([(1, 2, 1000), (3, 2, 1000), (3, 4, 1000)]),
        &[],
        &[],
        &Rules::default(),
    );
    assert_eq!(members(&groups), [vec![1, 2, 3, 4], vec![5]]);
    assert!(groups.iter().all(|group| !group.limited));
}

#[test]
fn a_group_is_named_after_its_eldest_member() {
    let mut nodes = nodes(4);
    nodes[1].created_at = Some(at(20));
    nodes[2].created_at = Some(at(10));
    let groups = resolve(&nodes, &evidence([(1, 2, 1), (2, 3, 1)]), &[], &[], &Rules::default());
    assert_eq!(groups.iter().map(|group| group.id).collect::<Vec<_>>(), [id(3), id(4)]);
    assert_eq!(eldest([(id(7), Some(at(5))), (id(6), Some(at(5))), (id(1), None)]), Some(id(6)));
    assert_eq!(eldest([]), None);
}

#[test]
fn an_identity_given_twice_counts_once_with_its_earliest_date() {
    let mut nodes = nodes(2);
    nodes.push(Node { created_at: Some(at(9)), ..nodes[1].clone() });
    nodes.push(Node { created_at: Some(at(3)), ..nodes[1].clone() });
    let groups = resolve(&nodes, &evidence([(1, 2, 1)]), &[], &[], &Rules::default());
    assert_eq!(groups, [Group { id: id(2), members: vec![id(1), id(2)], limited: false }]);
}

#[test]
fn evidence_about_unknown_identities_or_a_single_one_is_ignored() {
    let calls = [Identify { a: id(2), b: id(2) }, Identify { a: id(1), b: id(9) }];
    let decisions = [decision(1, 9, Verdict::Same, 1), decision(2, 2, Verdict::Different, 1)];
    let groups = resolve(
        &nodes(2),
        &evidence([(1, 1, 5), (1, 9, 5), (9, 2, 5)]),
        &calls,
        &decisions,
        &Rules::default(),
    );
    assert_eq!(members(&groups), [vec![1], vec![2]]);
}

#[test]
fn pairs_without_evidence_pull_a_mean_below_the_threshold() {
    let rules = Rules { threshold: 600, ..Rules::default() };
    let groups = resolve(&nodes(3), &evidence([(1, 2, 2000), (2, 3, 1000)]), &[], &[], &rules);
    assert_eq!(members(&groups), [vec![1, 2], vec![3]]);
}

#[test]
fn a_mean_equal_to_the_threshold_is_not_enough() {
    let rules = Rules { threshold: 500, ..Rules::default() };
    let merged = |weight| resolve(&nodes(2), &evidence([(1, 2, weight)]), &[], &[], &rules).len() == 1;
    assert!(!merged(500));
    assert!(merged(501));
}

#[test]
fn evidence_against_outweighs_evidence_for() {
    let found = evidence([(1, 2, 1000), (2, 1, -1500), (2, 3, 1000)]);
    assert_eq!(members(&resolve(&nodes(3), &found, &[], &[], &Rules::default())), [vec![1], vec![2, 3]]);
}

#[test]
fn extreme_weights_add_up_without_loss() {
    let found = evidence([(1, 2, i64::MAX), (1, 2, i64::MAX), (1, 2, i64::MIN), (1, 2, i64::MIN), (1, 2, 3)]);
    assert_eq!(resolve(&nodes(2), &found, &[], &[], &Rules::default()).len(), 1);
}

#[test]
fn equal_means_are_merged_in_the_order_of_their_keys() {
    let rules = Rules { max_group: 2, ..Rules::default() };
    let groups = resolve(&nodes(4), &evidence([(2, 3, 7), (3, 4, 7), (1, 2, 7)]), &[], &[], &rules);
    assert_eq!(members(&groups), [vec![1, 2], vec![3, 4]]);
}

#[test]
fn the_newest_decision_on_a_pair_holds() {
    let link = evidence([(1, 2, 1000)]);
    let groups = |decisions: &[Decision]| resolve(&nodes(2), &link, &[], decisions, &Rules::default()).len();
    let apart = decision(1, 2, Verdict::Different, 1);
    assert_eq!(groups(&[apart]), 2);
    assert_eq!(groups(&[decision(2, 1, Verdict::Same, 2), apart]), 1);
    assert_eq!(groups(&[decision(2, 1, Verdict::Same, 0), apart]), 2);
}

#[test]
fn decided_different_beats_identify_and_any_evidence() {
    let apart = [decision(1, 3, Verdict::Different, 1)];
    let calls = [Identify { a: id(1), b: id(3) }];
    let found = evidence([(1, 3, i64::MAX), (1, 2, 5), (2, 3, 6)]);
    let groups = resolve(&nodes(3), &found, &calls, &apart, &Rules::default());
    assert_eq!(members(&groups), [vec![1], vec![2, 3]]);
}

#[test]
fn of_two_same_that_contradict_a_different_the_newer_holds() {
    let older = decision(1, 2, Verdict::Same, 1);
    let newer = decision(2, 3, Verdict::Same, 2);
    for different_at in [0, 3] {
        let apart = decision(1, 3, Verdict::Different, different_at);
        let groups = resolve(&nodes(3), &[], &[], &[older, apart, newer], &Rules::default());
        assert_eq!(members(&groups), [vec![1], vec![2, 3]]);
    }
}

fn with_unique(values: &[&str]) -> (Vec<Node>, Rules) {
    let mut nodes = nodes(values.len() as u128);
    for (node, value) in nodes.iter_mut().zip(values).filter(|(_, value)| !value.is_empty()) {
        node.unique.insert((IdentifierKind::UserId, (*value).to_owned()));
        node.unique.insert((IdentifierKind::Email, (*value).to_owned()));
    }
    let unique = IdentifierRule { unique: true, ..IdentifierRule::default() };
    (nodes, Rules { identifiers: [(IdentifierKind::UserId, unique)].into(), ..Rules::default() })
}

#[test]
fn two_values_of_a_unique_identifier_stay_apart_whatever_links_them() {
    let (nodes, rules) = with_unique(&["u1", "", "u2", "u1"]);
    let found = evidence([(1, 2, 1), (2, 3, 1), (3, 4, 1), (1, 4, 1)]);
    let calls = [Identify { a: id(1), b: id(3) }];
    let same = [decision(3, 4, Verdict::Same, 1)];
    let groups = resolve(&nodes, &found, &calls, &same, &rules);
    assert_eq!(members(&groups), [vec![1, 2, 4], vec![3]]);
    assert!(groups.iter().all(|group| !group.limited));
    let together = resolve(&nodes, &found, &[], &[], &Rules::default());
    assert_eq!(together.len(), 1, "values of kinds that are not unique keep nobody apart");
}

#[test]
fn the_size_limit_stops_evidence_and_identify_calls_and_is_flagged() {
    let rules = Rules { max_group: 2, ..Rules::default() };
    let flags = |groups: &[Group]| groups.iter().map(|group| group.limited).collect::<Vec<_>>();

    let groups = resolve(&nodes(4), &evidence([(1, 2, 9), (2, 3, 1)]), &[], &[], &rules);
    assert_eq!(members(&groups), [vec![1, 2], vec![3], vec![4]]);
    assert_eq!(flags(&groups), [true, true, false]);

    let calls = [Identify { a: id(2), b: id(3) }, Identify { a: id(2), b: id(1) }];
    let groups = resolve(&nodes(4), &[], &calls, &[], &rules);
    assert_eq!(members(&groups), [vec![1, 2], vec![3], vec![4]]);
    assert_eq!(flags(&groups), [true, true, false]);
}

#[test]
fn a_persons_word_same_goes_beyond_the_size_limit() {
    let rules = Rules { max_group: 2, ..Rules::default() };
    let same = [decision(1, 2, Verdict::Same, 1), decision(2, 3, Verdict::Same, 2)];
    let groups = resolve(&nodes(4), &evidence([(3, 4, 1)]), &[], &same, &rules);
    assert_eq!(members(&groups), [vec![1, 2, 3], vec![4]]);
    assert!(groups.iter().all(|group| group.limited));
}

const LARGE: u128 = 20_000;

#[test]
fn a_long_chain_a_wide_star_and_a_dense_crowd_end_soon() {
    let link = |a, b| Evidence { a: id(a), b: id(b), weight: 1000 };
    let chain: Vec<_> = (1..LARGE).map(|number| link(number, number + 1)).collect();
    let star: Vec<_> = (2..=LARGE).map(|number| link(1, number)).collect();
    let crowd: Vec<_> = (1..=250).flat_map(|a| (1..a).map(move |b| link(a, b))).collect();
    for (found, count) in [(chain, LARGE), (star, LARGE), (crowd, 250)] {
        let nodes = nodes(count);
        let boundless = Rules { max_group: usize::MAX, ..Rules::default() };
        assert_eq!(resolve(&nodes, &found, &[], &[], &boundless).len(), 1);
        let groups = resolve(&nodes, &found, &[], &[], &Rules::default());
        assert!(groups.iter().all(|group| group.members.len() <= 200));
        assert!(groups.iter().any(|group| group.limited));
    }
}

#[test]
fn who_is_neither_merged_nor_told_apart_is_to_be_looked_at() {
    let rules = Rules { threshold: 2000, review: Some(-1000), absent: Some(500), ..Rules::default() };
    let near = |weights, decisions: &[Decision]| {
        super::resolve(&nodes(3), &evidence::<3>(weights), &[], decisions, &rules).near
    };
    // 1 and 2 are one; between them and 3 the mean is (1500 - 500) / 2.
    let expected = [Near { a: id(1), b: id(3), weight: 500, closest: (id(2), id(3)) }];
    assert_eq!(near([(1, 2, 9000), (2, 3, 1000), (3, 2, 500)], &[]), expected);
    assert_eq!(
        near([(1, 2, 9000), (2, 3, -1500), (3, 2, 0)], &[]).len(),
        0,
        "as low as the threshold of review"
    );
    assert_eq!(near([(1, 2, 9000), (2, 3, 9000), (3, 2, 0)], &[]).len(), 0, "merged");
    let apart = [decision(2, 3, Verdict::Different, 1)];
    assert_eq!(near([(1, 2, 9000), (2, 3, 1000), (3, 2, 500)], &apart), [], "decided");
}

#[test]
fn a_pair_without_evidence_speaks_against() {
    let found = evidence([(1, 2, 1500), (3, 4, 1500), (2, 3, 1500)]);
    let groups = |absent| {
        resolve(&nodes(4), &found, &[], &[], &Rules { absent: Some(absent), ..Rules::default() }).len()
    };
    assert_eq!((groups(0), groups(499), groups(500)), (1, 1, 2));
}
