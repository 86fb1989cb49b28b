//! Whatever is decided and delivered, in whatever order: the same facts give the same people, and what is undone
//! was never there.

use std::collections::{BTreeMap, BTreeSet};

use entities::{link, match_candidate};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::{
    fresh::in_fresh,
    support::at,
    worlds::{
        Recognised, Step, a_delivery, canonical, correct, deliver_decision, drain, facts, grouped, happen,
        people, rules, send, steps, word,
    },
};
use crate::{
    Profiles, decisions, resolution::everybody::everybody, rules::preview::resolve_all, store::snapshot,
};

async fn hash(profiles: &Profiles) -> String {
    profiles.state_hash(at(3_000_000)).await.unwrap()
}

#[tokio::test]
async fn decisions_and_deliveries_in_any_order_give_the_state_of_a_rebuild() {
    let worlds = (steps(30..60), any::<[u8; 32]>(), Recognised::any());
    in_fresh(worlds, 1, 18, async |[told, retold], (steps, order, recognised)| {
        rules(told, *recognised, 3).await;
        rules(retold, *recognised, 3).await;
        happen(told, steps).await;
        let expected = hash(told).await;
        all_at_once(told).await;

        // The same facts, some of them twice, in another order.
        let deliveries = steps.iter().enumerate().filter_map(|(stamp, step)| match step {
            Step::Deliver(..) | Step::Correct(_) => Some((stamp, step)),
            _ => None,
        });
        let made = facts(told).await;
        let mut all: Vec<_> = deliveries.map(|one| (Some(one), None)).collect();
        all.extend(made.iter().map(|fact| (None, Some(fact))));
        all.extend(all.clone().into_iter().step_by(3));
        let mut runner =
            TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, order));
        let turned = Just((0..all.len()).collect::<Vec<_>>()).prop_shuffle();
        for place in turned.new_tree(&mut runner).unwrap().current() {
            let (delivery, fact) = &all[place];
            match delivery {
                Some((stamp, Step::Deliver(source, page))) => send(retold, *source, *stamp, page).await,
                Some((_, Step::Correct(said))) => correct(retold, said).await,
                _ => {}
            }
            if let Some(fact) = fact {
                deliver_decision(retold, fact).await;
            }
            if order[place % 32] % 3 == 0 {
                drain(retold).await;
            }
        }
        drain(retold).await;
        assert_eq!(hash(retold).await, expected, "another order");

        told.rebuild(at(4_000_000)).await.unwrap();
        assert_eq!(hash(told).await, expected, "a rebuild");
        made.len() > 3
    })
    .await;
}

/// What came about step by step is what comes of everybody at once: people, links, and who should be looked at.
async fn all_at_once(profiles: &Profiles) {
    let rules = &profiles.ruleset().identity;
    let txn = snapshot(profiles.db()).await.unwrap();
    let mut everyone = everybody(&txn, profiles.keys(), rules).await.unwrap();
    let decided = decisions::all(&txn).await.unwrap().standing(None);
    let model = profiles.model_of(&txn, rules).await.unwrap();
    txn.rollback().await.unwrap();
    let (mut links, found) = resolve_all(rules, model.as_deref(), &mut everyone, &decided);

    let groups: BTreeMap<Uuid, Vec<Uuid>> =
        found.groups.into_iter().map(|group| (group.id, group.members)).collect();
    assert_eq!(grouped(&people(profiles).await), groups);
    let key = |link: &link::Model| (link.a, link.b, link.rule.clone(), link.value.clone());
    links.sort_by_key(key);
    let mut stored = link::Entity::find().all(profiles.db()).await.unwrap();
    stored.sort_by_key(key);
    assert_eq!(stored, links);
    let near: BTreeSet<_> =
        found.near.iter().map(|near| (near.closest, (near.a, near.b), near.weight)).collect();
    let stored = match_candidate::Entity::find().all(profiles.db()).await.unwrap();
    let stored = stored.into_iter().map(|row| ((row.one, row.other), (row.a, row.b), row.weight));
    assert_eq!(stored.collect::<BTreeSet<_>>(), near);
}

/// Pages, each with the number of its source.
type Deliveries = Vec<(usize, connectors::Page)>;

/// A world before anything is decided, numbers that pick people in it, what arrives later, and how people are
/// recognised.
fn then_later() -> impl Strategy<Value = (Deliveries, [usize; 2], Deliveries, Recognised)> {
    let pages = |most| prop::collection::vec(a_delivery(), 4..most);
    (pages(14), any::<[usize; 2]>(), pages(8), Recognised::any())
}

#[tokio::test]
async fn a_merge_that_is_undone_was_never_made_whatever_arrived_in_between() {
    in_fresh(then_later(), 2, 15, async |[decided, untouched], (before, numbers, later, recognised)| {
        for profiles in [decided, untouched] {
            rules(profiles, *recognised, 3).await;
            for (stamp, (source, page)) in before.iter().enumerate() {
                send(profiles, *source, stamp, page).await;
            }
            drain(profiles).await;
        }
        let ids: Vec<Uuid> = grouped(&people(decided).await).into_keys().collect();
        let [one, other] = numbers.map(|number| ids[number % ids.len()]);
        let beforehand = [canonical(decided, one).await, canonical(decided, other).await];
        let state = hash(decided).await;

        let Ok(merged) = decided.merge(&[one, other], &word(at(1_000))).await else { return false };
        assert_eq!(merged.profiles.len(), 1);
        let undone = decided.undo(merged.decision.id, &word(at(1_001))).await.unwrap();
        assert_eq!(undone.profiles.len(), 2);
        assert_eq!([canonical(decided, one).await, canonical(decided, other).await], beforehand);
        assert_eq!(hash(decided).await, state);

        let redone = decided.undo(undone.decision.id, &word(at(1_002))).await.unwrap();
        assert_eq!(redone.profiles.len(), 1, "undoing an undo re-instates");
        for profiles in [decided, untouched] {
            for (stamp, (source, page)) in later.iter().enumerate() {
                send(profiles, *source, 100 + stamp, page).await;
            }
            drain(profiles).await;
        }
        decided.undo(redone.decision.id, &word(at(1_003))).await.unwrap();
        assert_eq!(hash(decided).await, hash(untouched).await, "what arrived went to its own side");
        true
    })
    .await;
}

#[tokio::test]
async fn a_merge_that_is_split_again_gives_both_profiles_back() {
    in_fresh(then_later(), 3, 15, async |[profiles], (before, numbers, _, recognised)| {
        rules(profiles, *recognised, 3).await;
        for (stamp, (source, page)) in before.iter().enumerate() {
            send(profiles, *source, stamp, page).await;
        }
        drain(profiles).await;
        let groups = grouped(&people(profiles).await);
        let ids: Vec<Uuid> = groups.keys().copied().collect();
        let [one, other] = numbers.map(|number| ids[number % ids.len()]);
        let beforehand = [canonical(profiles, one).await, canonical(profiles, other).await];
        let Ok(merged) = profiles.merge(&[one, other], &word(at(1_000))).await else { return false };
        for id in [one, other] {
            let found = profiles.identities_by_id(&super::support::reader(), &[id]).await.unwrap();
            assert_eq!(found[&id].profile_id, merged.profiles[0], "an id that was a profile's finds it");
        }
        let split = profiles.split(other, &[groups[&one].clone()], &word(at(1_001))).await.unwrap();
        assert_eq!(split.profiles, [one, other], "in the order of the groups");
        assert_eq!([canonical(profiles, one).await, canonical(profiles, other).await], beforehand);
        true
    })
    .await;
}

#[tokio::test]
async fn what_was_split_never_comes_together_by_itself() {
    in_fresh(then_later(), 4, 9, async |[profiles], (before, [number, mask], later, recognised)| {
        rules(profiles, *recognised, 3).await;
        for (stamp, (source, page)) in before.iter().enumerate() {
            send(profiles, *source, stamp, page).await;
        }
        drain(profiles).await;
        let mut several = grouped(&people(profiles).await);
        several.retain(|_, members| members.len() > 1);
        let Some((id, members)) = several.iter().nth(number % several.len().max(1)) else { return false };
        let named: BTreeSet<Uuid> = members[1..]
            .iter()
            .copied()
            .enumerate()
            .filter(|(n, _)| mask >> (n % 60) & 1 == 1)
            .map(|(_, m)| m)
            .collect();
        let named = if named.is_empty() { [members[1]].into() } else { named };
        profiles.split(*id, &[named.iter().copied().collect()], &word(at(1_000))).await.unwrap();
        for (stamp, (source, page)) in later.iter().enumerate() {
            send(profiles, *source, 100 + stamp, page).await;
            drain(profiles).await;
            let after = people(profiles).await;
            let of = |wanted: bool| -> BTreeSet<Uuid> {
                let side =
                    after.iter().filter(|row| members.contains(&row.id) && named.contains(&row.id) == wanted);
                side.map(|row| row.profile_id).collect()
            };
            assert!(of(true).is_disjoint(&of(false)));
        }
        true
    })
    .await;
}
