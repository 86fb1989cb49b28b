//! Random people and companies: any order of arrival, with drains anywhere, gives the same households and accounts as
//! a rebuild, and they are what their definitions say.

use std::collections::{BTreeMap, BTreeSet};

use connectors::canonical::{Body, Record};
use entities::{company, profile};
use proptest::prelude::*;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::{
    fresh::in_fresh,
    groups::{firm, resident},
    support::{at, page},
    worlds::{drain, send},
};
use crate::{Profiles, view::document::Trait};

/// Family names as they are written, and what is left of them.
const FAMILIES: [(&str, &str); 5] =
    [("Smit", "smit"), ("van SMIT", "smit"), ("Smit-Bos", "smit"), ("Bos", "bos"), ("-", "")];
/// Streets as they are written, and what they mean.
const STREETS: [(&str, &str); 5] =
    [("Kerkstraat 1", "1"), ("Kerkstr. 1", "1"), ("Kerkstraat 1a", "1a"), ("Markt 2", "2"), ("Markt", "")];

/// Records, each with its source, and an order of arrival with drains after some.
type World = (Vec<(usize, Record)>, Vec<(usize, bool)>);

fn a_resident() -> impl Strategy<Value = Record> {
    let email = (0..8_u8).prop_map(|number| format!("{number}@mail.example"));
    let (family, street) = (prop::sample::select(&FAMILIES[..]), prop::sample::select(&STREETS[..]));
    let companies = prop::collection::btree_set(0..6_u8, 0..3);
    (0..8_u8, email, family, street, companies, 0..20_i64, prop::bool::weighted(0.15)).prop_map(
        |(id, email, (family, _), (street, _), companies, updated, deleted)| {
            let mut record = resident(&id.to_string(), &email, family, street, updated);
            if let Body::Person(person) = &mut record.body {
                person.companies = companies.iter().map(|id| format!("{id}")).collect();
            }
            record.deleted = deleted;
            record.payload = json!([id, email, family, street, companies, deleted]).to_string().into_bytes();
            record
        },
    )
}

fn a_firm() -> impl Strategy<Value = Record> {
    let domain = prop::sample::select(vec![
        "a.example",
        "https://www.A.example/",
        "b.example",
        "c.example",
        "gmail.com",
    ]);
    let number = prop::sample::select(vec!["27301284", "KVK 2730 1284", "58291047", "none"]);
    let (domain, number) = (prop::option::weighted(0.7, domain), prop::option::weighted(0.5, number));
    let created = prop::option::weighted(0.7, 0..5_i64);
    (0..6_u8, domain, number, created, 0..20_i64, prop::bool::weighted(0.15)).prop_map(
        |(id, domain, number, created, updated, deleted)| {
            let record = firm(&id.to_string(), domain, number, updated);
            let payload = json!([id, domain, number, created, updated, deleted]).to_string().into_bytes();
            Record { deleted, created_at: created.map(at), payload, ..record }
        },
    )
}

fn a_world() -> impl Strategy<Value = World> {
    let record = prop_oneof![a_resident(), a_firm()];
    prop::collection::vec((0..2_usize, record), 15..50).prop_flat_map(|records| {
        let order = Just((0..records.len()).collect::<Vec<_>>()).prop_shuffle();
        let drains = prop::collection::vec(prop::bool::weighted(0.3), records.len());
        let arrival = (order, drains).prop_map(|(order, drains)| order.into_iter().zip(drains).collect());
        (Just(records), arrival)
    })
}

async fn companies(profiles: &Profiles) -> Vec<company::Model> {
    company::Entity::find().order_by_asc(company::Column::Id).all(profiles.db()).await.unwrap()
}

/// Accounts as their definition has them: closed under "has the same domain or number".
fn accounts(rows: &[company::Model]) -> BTreeMap<Uuid, Uuid> {
    let alike = |a: &company::Model, b: &company::Model| {
        (a.domain_key.is_some() && a.domain_key == b.domain_key)
            || (a.register_key.is_some() && a.register_key == b.register_key)
    };
    let eldest = |a: usize, b: usize| {
        let age = |row: &company::Model| (row.created_at.is_none(), row.created_at, row.id);
        if age(&rows[a]) <= age(&rows[b]) { a } else { b }
    };
    let mut of: Vec<usize> = (0..rows.len()).collect();
    for _ in 0..rows.len() {
        for a in 0..rows.len() {
            for b in 0..rows.len() {
                if alike(&rows[a], &rows[b]) {
                    of[a] = eldest(of[a], of[b]);
                }
            }
        }
    }
    rows.iter().zip(of).map(|(row, account)| (row.id, rows[account].id)).collect()
}

/// Holds what there is against the definitions. Whether there is a household of several and an account of several.
async fn check(profiles: &Profiles) -> bool {
    let rows = companies(profiles).await;
    let found: BTreeMap<Uuid, Uuid> = rows.iter().map(|row| (row.id, row.account_id)).collect();
    assert_eq!(found, accounts(&rows));

    let people = profile::Entity::find().all(profiles.db()).await.unwrap();
    let mut homes: BTreeMap<(&str, &str), BTreeMap<Uuid, usize>> = BTreeMap::new();
    for row in &people {
        let traits: Vec<Trait> = serde_json::from_str(&row.traits).unwrap();
        let value = |key: &str| traits.iter().find(|found| found.key == key).map(|found| &found.value);
        let meant = |all: &[(&'static str, &'static str)], text: &serde_json::Value| {
            all.iter().find(|(written, _)| text == written).unwrap().1
        };
        let family = value("last_name").map_or("", |name| meant(&FAMILIES, name));
        let street = value("address").map_or("", |address| meant(&STREETS, &address["street"]));
        let known = row.active && !family.is_empty() && !street.is_empty();
        assert_eq!(row.household_id.is_some(), known);
        if let Some(home) = row.household_id {
            *homes.entry((family, street)).or_default().entry(home).or_default() += 1;
        }
    }
    let ids: BTreeSet<Uuid> = homes.values().flat_map(|ids| ids.keys().copied()).collect();
    assert!(homes.values().all(|ids| ids.len() == 1) && ids.len() == homes.len(), "one id for each home");
    let shared: BTreeSet<Uuid> = found.values().copied().collect();
    homes.values().flat_map(BTreeMap::values).any(|members| *members > 1) && shared.len() < found.len()
}

#[tokio::test]
async fn any_order_and_a_rebuild_give_the_same_households_and_accounts() {
    in_fresh(a_world(), 31, 8, async |[straight, shuffled]: [&Profiles; 2], (records, arrival): &World| {
        for (stamp, (source, record)) in records.iter().enumerate() {
            send(straight, *source, stamp, &page(vec![record.clone()], vec![])).await;
            drain(straight).await;
        }
        for (place, drained) in arrival {
            let (source, record) = &records[*place];
            send(shuffled, *source, *place, &page(vec![record.clone()], vec![])).await;
            if *drained {
                drain(shuffled).await;
            }
        }
        drain(shuffled).await;
        let instant = at(3_000_000);
        let expected = straight.state_hash(instant).await.unwrap();
        assert_eq!(shuffled.state_hash(instant).await.unwrap(), expected);
        straight.rebuild(at(2_500_000)).await.unwrap();
        assert_eq!(straight.state_hash(instant).await.unwrap(), expected, "after a rebuild");
        check(shuffled).await
    })
    .await;
}
