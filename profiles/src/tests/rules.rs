//! Rules, their versions, and what a change of them does.

use std::collections::{BTreeMap, BTreeSet};

use connectors::Page;
use entities::source_identity;
use identity::{IdentifierKind, IdentifierRule};
use proptest::prelude::*;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use super::{
    support::{at, deliver, on_both, page, person, source},
    worlds::{self, Recognised},
};
use crate::{
    Error, Profiles,
    rules::{Origin, Preview, Ruleset},
};

/// The profile of everybody.
async fn partition(profiles: &Profiles) -> BTreeMap<Uuid, Uuid> {
    let rows = source_identity::Entity::find().all(profiles.db()).await.unwrap();
    rows.into_iter().map(|row| (row.id, row.profile_id)).collect()
}

/// How one partition differs from another, counted by the definition.
fn counted(before: &BTreeMap<Uuid, Uuid>, after: &BTreeMap<Uuid, Uuid>) -> Preview {
    let mut parts: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    let mut origins: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for (id, old) in before {
        parts.entry(*old).or_default().insert(after[id]);
        origins.entry(after[id]).or_default().insert(*old);
    }
    let merged: Vec<_> = origins.values().filter(|old| old.len() > 1).collect();
    let split: Vec<_> = parts.iter().filter(|(_, new)| new.len() > 1).map(|(old, _)| *old).collect();
    let affected: BTreeSet<Uuid> =
        merged.iter().copied().flatten().copied().chain(split.iter().copied()).collect();
    Preview {
        merges: merged.len() as u64,
        splits: split.len() as u64,
        affected: affected.len() as u64,
        profiles: parts.len() as u64,
        samples: Vec::new(),
    }
}

fn some_rules() -> impl Strategy<Value = Ruleset> {
    (
        0..5_usize,
        any::<bool>(),
        prop_oneof![Just(0), Just(300), Just(2000)],
        prop_oneof![Just(2_usize), Just(200)],
    )
        .prop_map(|(cap, unique, threshold, max_group)| {
            let mut rules = Ruleset::default();
            let identifiers = &mut rules.identity.identifiers;
            identifiers.insert(IdentifierKind::Email, IdentifierRule { cap, ..IdentifierRule::default() });
            identifiers
                .insert(IdentifierKind::UserId, IdentifierRule { unique, ..IdentifierRule::default() });
            (rules.identity.threshold, rules.identity.max_group) = (threshold, max_group);
            rules
        })
}

#[test]
fn a_preview_says_what_comes_and_what_comes_is_what_a_rebuild_gives() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() };
    let recognised = (Recognised::any(), Recognised::any());
    let worlds = (prop::collection::vec(worlds::a_delivery(), 4..16), some_rules(), recognised);
    proptest!(config, |((deliveries, changed, (one, other)) in worlds)| {
        runtime.block_on(on_both(async |profiles| {
            let mut changed = changed.clone();
            worlds::rules(profiles, one, 3).await;
            let model = profiles.keep_model(&worlds::MODEL, "test").await.unwrap();
            changed.identity.model = (other == Recognised::ByModel).then_some(model);
            let sources = [source(profiles, "crm", "crm").await, source(profiles, "shop", "ecommerce").await];
            for (stamp, (place, page)) in (0..).zip(&deliveries) {
                deliver(profiles, &sources[*place], stamp, page).await;
            }
            profiles.drain(at(100)).await.unwrap();
            let (before, hash) = (partition(profiles).await, profiles.state_hash(at(1000)).await.unwrap());

            let told = profiles.preview_rules(&changed.identity, 3).await.unwrap();
            assert_eq!(profiles.state_hash(at(1000)).await.unwrap(), hash, "a preview changes nothing");
            assert!(told.samples.len() <= 3 && told.samples.is_empty() == (told.affected == 0));

            profiles.apply_rules(changed.clone(), "ann").await.unwrap();
            profiles.drain(at(200)).await.unwrap();
            assert_eq!(profiles.waiting().await.unwrap(), 0);
            let after = partition(profiles).await;
            assert_eq!(Preview { samples: Vec::new(), ..told }, counted(&before, &after));
            let hash = profiles.state_hash(at(1000)).await.unwrap();
            profiles.rebuild(at(300)).await.unwrap();
            assert_eq!(profiles.state_hash(at(1000)).await.unwrap(), hash);

            // Other rules again, while some facts wait and others come.
            let half = deliveries.len() / 2;
            let later = |(place, page): &(usize, Page)| {
                let mut page = page.clone();
                page.records.iter_mut().for_each(|record| record.external_id.push_str("-later"));
                (*place, page)
            };
            for (stamp, (place, page)) in (100..).zip(deliveries[..half].iter().map(later)) {
                deliver(profiles, &sources[place], stamp, &page).await;
            }
            worlds::rules(profiles, one, 2).await;
            for (stamp, (place, page)) in (200..).zip(deliveries[half..].iter().map(later)) {
                profiles.drain_some(at(400), 1).await.unwrap();
                deliver(profiles, &sources[place], stamp, &page).await;
            }
            profiles.drain(at(500)).await.unwrap();
            let hash = profiles.state_hash(at(1000)).await.unwrap();
            profiles.rebuild(at(600)).await.unwrap();
            assert_eq!(profiles.state_hash(at(1000)).await.unwrap(), hash, "rules that changed on the way");
        }));
    });
}

#[tokio::test]
async fn who_comes_while_rules_are_being_applied_is_grouped_with_everybody() {
    on_both(async |profiles| {
        worlds::rules(profiles, Recognised::ByIdentifiers, 3).await;
        let crm = source(profiles, "crm", "crm").await;
        let tagged = |n: usize| person(&n.to_string(), "Ann", Some(&format!("ann+{n}@example.org")), Some(1));
        deliver(profiles, &crm, 0, &page((0..30).map(tagged).collect(), vec![])).await;
        profiles.drain(at(100)).await.unwrap();
        // Two who wait, and are one person by their address; as soon as tags do not count, too many have it.
        let plain = |id: &str| person(id, "Ann", Some("ann@example.org"), Some(1));
        deliver(profiles, &crm, 1, &page(vec![plain("x"), plain("y")], vec![])).await;
        let mut rules = (*profiles.ruleset()).clone();
        rules.identity.email.strip_plus_tags_for.insert("example.org".to_owned());
        profiles.apply_rules(rules, "ann").await.unwrap();
        profiles.drain(at(200)).await.unwrap();
        let profiles_of: BTreeSet<Uuid> = partition(profiles).await.into_values().collect();
        assert_eq!(profiles_of.len(), 32, "too many carry the address");
        let hash = profiles.state_hash(at(1000)).await.unwrap();
        profiles.rebuild(at(300)).await.unwrap();
        assert_eq!(profiles.state_hash(at(1000)).await.unwrap(), hash);
    })
    .await;
}

#[tokio::test]
async fn rules_of_a_person_stay_until_the_configuration_changes() {
    on_both(async |profiles| {
        let rules = |max_group| {
            let mut rules = Ruleset::default();
            rules.identity.max_group = max_group;
            rules
        };
        assert!(!profiles.adopt(rules(10)).await.unwrap(), "the first rules change nothing");
        assert!(profiles.apply_rules(rules(20), "ann").await.unwrap());
        assert!(!profiles.adopt(rules(10)).await.unwrap(), "the configuration is what it was");
        let found = profiles.rules_in_force().await.unwrap().unwrap();
        assert_eq!((found.version, &found.ruleset), (2, &rules(20)));
        assert_eq!(found.origin, Origin::Person("ann".to_owned()));
        assert!(profiles.adopt(rules(30)).await.unwrap());
        let found = profiles.rules_in_force().await.unwrap().unwrap();
        assert_eq!((found.version, found.ruleset, found.origin), (3, rules(30), Origin::Configuration));
    })
    .await;
}

#[tokio::test]
async fn rules_that_cannot_be_used_are_refused_with_the_path() {
    for (rules, path, expected) in [
        (json!({ "identity": { "thresold": 1 } }), "identity.thresold", "unknown field"),
        (json!({ "identity": { "max_group": 0 } }), "identity", "max_group must be 1 or more"),
        (
            json!({ "survivorship": { "traits": { "city": "loudest" } } }),
            "survivorship.traits.city",
            "unknown variant",
        ),
        (json!([]), "rules", "expected an object"),
    ] {
        match Ruleset::read(rules.clone()) {
            Err(Error::Invalid { path: found, message, .. }) => {
                assert_eq!(found, path, "{rules}");
                assert!(message.contains(expected), "{message}");
            }
            other => panic!("{rules}: {other:?}"),
        }
    }
    assert_eq!(Ruleset::read(json!({})).unwrap(), Ruleset::default());
}
