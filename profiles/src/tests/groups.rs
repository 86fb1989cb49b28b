//! Households and accounts: who belongs to which, and what they come to. Nothing of it merges anybody.

use std::collections::{BTreeMap, BTreeSet};

use connectors::canonical::{Body, Company, IdentifierKind, Person, Record, address, traits};
use entities::{company, profile};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::support::{admitted, at, by_email, deliver, on_both, order, page, reader, source};
use crate::{
    Profiles,
    view::{
        document::Totals,
        groups::{Group, MembersPage},
        read::Profile,
    },
};

/// Somebody, by number, e-mail address, family name and the line of a street in Gouda.
pub(super) fn resident(id: &str, email: &str, family: &str, street: &str, updated: i64) -> Record {
    let mut person = Person::default();
    person.set(traits::FIRST_NAME, Some(id));
    person.set(traits::LAST_NAME, Some(family));
    person.set(traits::EMAIL, Some(email));
    person.identify(IdentifierKind::Email, Some(email));
    let home = [("street", Some(street)), ("postal_code", Some("2801 AB")), ("city", Some("Gouda"))];
    person.set_value(traits::ADDRESS, address(home));
    Record {
        external_id: id.to_owned(),
        updated_at: Some(at(updated)),
        created_at: Some(at(-100)),
        deleted: false,
        payload: json!([id, email, family, street, updated]).to_string().into_bytes(),
        body: Body::Person(person),
    }
}

/// A company, by number, domain and number in the register.
pub(super) fn firm(id: &str, domain: Option<&str>, number: Option<&str>, stamp: i64) -> Record {
    let body = Company {
        name: Some(format!("Firm {id}")),
        domain: domain.map(str::to_owned),
        register_number: number.map(str::to_owned),
        country: Some("Netherlands".to_owned()),
        ..Company::default()
    };
    Record {
        external_id: id.to_owned(),
        updated_at: Some(at(stamp)),
        created_at: id.parse().ok().map(at),
        deleted: false,
        payload: json!([id, domain, number, stamp]).to_string().into_bytes(),
        body: Body::Company(body),
    }
}

fn working_for(mut record: Record, companies: &[&str]) -> Record {
    if let Body::Person(person) = &mut record.body {
        person.companies = companies.iter().map(|company| (*company).to_owned()).collect();
    }
    record
}

async fn drain(profiles: &Profiles) {
    profiles.drain(at(2_000_000)).await.unwrap();
}

/// What there is follows from the facts alone.
async fn holds_after_a_rebuild(profiles: &Profiles) {
    let told = profiles.state_hash(at(3_000_000)).await.unwrap();
    profiles.rebuild(at(2_500_000)).await.unwrap();
    assert_eq!(profiles.state_hash(at(3_000_000)).await.unwrap(), told);
}

async fn person(profiles: &Profiles, email: &str) -> Profile {
    by_email(profiles, email).await.unwrap()
}

const ALL: MembersPage = MembersPage { first: 1_000, after: None };

async fn members(profiles: &Profiles, group: Group, id: Uuid) -> Vec<Uuid> {
    let mut found = profiles.group_members(&reader(), group, &[id], ALL).await.unwrap();
    let members: Vec<Uuid> = found.remove(&id).unwrap_or_default().iter().map(|member| member.id).collect();
    let size = profiles.group_sizes(group, &[id]).await.unwrap().get(&id).copied().unwrap_or_default();
    assert_eq!(size, members.len() as u64);
    members
}

async fn totals(profiles: &Profiles, group: Group, id: Uuid) -> Totals {
    let found = profiles.group_totals(&reader(), group, &[id]).await.unwrap().remove(&id);
    found.flatten().unwrap_or_default()
}

/// The accounts as groups of the external ids of their company objects.
async fn accounts(profiles: &Profiles) -> BTreeSet<Vec<String>> {
    let rows = company::Entity::find().order_by_asc(company::Column::ExternalId).all(profiles.db()).await;
    let mut groups: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    for row in rows.unwrap() {
        groups.entry(row.account_id).or_default().push(row.external_id);
    }
    let ids = profiles.accounts(None, 1_000).await.unwrap();
    assert_eq!(ids, groups.keys().copied().collect::<Vec<_>>(), "each is named by one of its own");
    assert_eq!(profiles.count_accounts().await.unwrap(), ids.len() as u64);
    groups.into_values().collect()
}

fn groups<const N: usize>(groups: [&[&str]; N]) -> BTreeSet<Vec<String>> {
    groups.iter().map(|group| group.iter().map(|id| (*id).to_owned()).collect()).collect()
}

#[tokio::test]
async fn a_household_is_who_shares_family_name_and_address_and_merges_nobody() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let people = vec![
            resident("ann", "ann@a.example", "de Vries", "Kerkstraat 12 a", 1),
            resident("bas", "bas@b.example", "de Vries-Smit", "Kerkstr. 12a", 1),
            resident("cas", "cas@c.example", "de Vries", "Kerkstraat 14", 1),
            resident("dirk", "dirk@d.example", "Smit", "Kerkstraat 12a", 1),
        ];
        deliver(profiles, &crm, 1, &page(people, vec![])).await;
        let bought = vec![
            resident("9", "Ann@A.example", "De Vries", "Kerkstraat 12A", 2),
            order("o1", Some("9"), 10, 30),
            order("o2", Some("9"), 7, 31),
            resident("8", "bas@b.example", "de Vries", "Kerkstraat 12A", 2),
            order("o3", Some("8"), 5, 32),
        ];
        deliver(profiles, &shop, 2, &page(bought, vec![])).await;
        drain(profiles).await;
        assert_eq!(profiles.status().await.unwrap().profiles, 4, "ann and bas are two");

        let (ann, bas) = (person(profiles, "ann@a.example").await, person(profiles, "bas@b.example").await);
        let home = ann.household.unwrap();
        assert_eq!(bas.household, Some(home));
        let both: BTreeSet<Uuid> = [ann.id, bas.id].into();
        assert_eq!(
            members(profiles, Group::Household, home).await,
            Vec::from_iter(both),
            "each once, by id, though two sources know them"
        );
        for other in ["cas@c.example", "dirk@d.example"] {
            let other = person(profiles, other).await;
            assert_ne!(other.household.unwrap(), home);
            assert_eq!(members(profiles, Group::Household, other.household.unwrap()).await, [other.id]);
        }
        let total = totals(profiles, Group::Household, home).await;
        let sum = |of: fn(&Totals) -> i64| of(&ann.totals) + of(&bas.totals);
        assert_eq!(total.currencies[0].orders, sum(|totals| totals.currencies[0].orders));
        assert_eq!(total.currencies[0].revenue_micros, sum(|totals| totals.currencies[0].revenue_micros));
        assert_eq!(total.currencies[0].last_order_at, Some(at(32)));

        let found = profiles.households_by_id(&reader(), &[home]).await.unwrap().remove(&home).unwrap();
        assert_eq!((found.name.as_deref(), &found.address["city"]), (Some("de Vries"), &json!("Gouda")));
        assert_eq!(profiles.households(2, None, 10).await.unwrap(), [home]);
        assert_eq!(profiles.count_households(2).await.unwrap(), 1);
        let all = profiles.households(1, None, 10).await.unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(profiles.households(1, Some(all[0]), 1).await.unwrap(), [all[1]]);
        holds_after_a_rebuild(profiles).await;
    })
    .await;
}

#[tokio::test]
async fn who_moves_house_is_a_member_there_and_who_is_deleted_or_merged_no_more_here() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let ann = |street, updated| resident("ann", "ann@a.example", "Smit", street, updated);
        let bas = |updated| resident("bas", "bas@b.example", "Smit", "Kerkstraat 1", updated);
        deliver(profiles, &crm, 1, &page(vec![ann("Kerkstraat 1", 1), bas(1)], vec![])).await;
        drain(profiles).await;
        let old = person(profiles, "ann@a.example").await.household.unwrap();
        assert_eq!(members(profiles, Group::Household, old).await.len(), 2);

        deliver(profiles, &crm, 2, &page(vec![ann("Nieuwstraat 2", 2)], vec![])).await;
        drain(profiles).await;
        let new = person(profiles, "ann@a.example").await.household.unwrap();
        assert_ne!(new, old);
        assert_eq!(members(profiles, Group::Household, old).await.len(), 1);
        deliver(profiles, &crm, 3, &page(vec![ann("Kerkstraat 1", 3)], vec![])).await;
        drain(profiles).await;
        assert_eq!(person(profiles, "ann@a.example").await.household, Some(old), "back is back");

        // Two profiles that turn out to be one count once.
        deliver(
            profiles,
            &shop,
            4,
            &page(vec![order("o", Some("7"), 10, 5), order("p", Some("8"), 1, 6)], vec![]),
        )
        .await;
        let customers = vec![
            resident("7", "ann@a.example", "Smit", "Kerkstraat 1", 1),
            resident("8", "annie@a.example", "Smit", "Kerkstraat 1", 1),
        ];
        deliver(profiles, &shop, 5, &page(customers, vec![])).await;
        drain(profiles).await;
        assert_eq!(members(profiles, Group::Household, old).await.len(), 3);
        let before = totals(profiles, Group::Household, old).await;
        assert_eq!((before.currencies[0].orders, before.currencies[0].revenue_micros), (2, 11_000_000));
        deliver(
            profiles,
            &shop,
            6,
            &page(vec![resident("8", "ann@a.example", "Smit", "Kerkstraat 1", 2)], vec![]),
        )
        .await;
        drain(profiles).await;
        assert_eq!(members(profiles, Group::Household, old).await.len(), 2, "merged, and still at home");
        assert_eq!(totals(profiles, Group::Household, old).await, before);

        let gone = Record { deleted: true, ..bas(9) };
        deliver(profiles, &crm, 7, &page(vec![gone], vec![])).await;
        drain(profiles).await;
        assert_eq!(members(profiles, Group::Household, old).await.len(), 1);
        let rows = profile::Entity::find().all(profiles.db()).await.unwrap();
        assert!(rows.iter().all(|row| row.active || row.household_id.is_none()));
        holds_after_a_rebuild(profiles).await;
    })
    .await;
}

#[tokio::test]
async fn companies_of_one_domain_or_number_are_one_account_and_part_exactly() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let steps = [
            // Nothing in common.
            (firm("1", Some("acme.example"), None, 1), groups([&["1"]])),
            (firm("3", None, Some("KVK 27301284"), 1), groups([&["1"], &["3"]])),
            // One that bridges both.
            (
                firm("2", Some("https://www.Acme.example/x"), Some("27.30.12.84"), 1),
                groups([&["1", "2", "3"]]),
            ),
            (firm("4", Some("shop.acme.example"), None, 1), groups([&["1", "2", "3", "4"]])),
            // What says nothing links nobody.
            (firm("5", Some("gmail.com"), Some("none"), 1), groups([&["1", "2", "3", "4"], &["5"]])),
            (firm("6", Some("gmail.com"), Some("none"), 1), groups([&["1", "2", "3", "4"], &["5"], &["6"]])),
            // The bridge leaves: both banks stand alone, and it goes where its domain is.
            (
                firm("2", Some("other.example"), None, 2),
                groups([&["1", "4"], &["2"], &["3"], &["5"], &["6"]]),
            ),
            (firm("6", Some("other.example"), None, 2), groups([&["1", "4"], &["2", "6"], &["3"], &["5"]])),
            // The eldest goes.
            (
                Record { deleted: true, ..firm("1", Some("acme.example"), None, 2) },
                groups([&["4"], &["2", "6"], &["3"], &["5"]]),
            ),
        ];
        for (stamp, (record, expected)) in (1..).zip(steps) {
            let told = record.external_id.clone();
            deliver(profiles, &crm, stamp, &page(vec![record], vec![])).await;
            drain(profiles).await;
            assert_eq!(accounts(profiles).await, expected, "after {told} at {stamp}");
            holds_after_a_rebuild(profiles).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_is_named_by_its_eldest_company_and_counts_each_member_once() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let shop = source(profiles, "shop", "ecommerce").await;
        let firms =
            vec![firm("20", Some("acme.example"), None, 1), firm("30", Some("acme.example"), None, 1)];
        deliver(profiles, &crm, 1, &page(firms, vec![])).await;
        let people = vec![
            working_for(
                resident("ann", "ann@a.example", "Smit", "Kerkstraat 1", 1),
                &["20", "30", "missing"],
            ),
            working_for(resident("bas", "bas@b.example", "Bos", "Kerkstraat 2", 1), &["30"]),
            resident("cas", "cas@acme.example", "Vos", "Kerkstraat 3", 1),
        ];
        deliver(profiles, &crm, 2, &page(people, vec![])).await;
        let bought = vec![
            working_for(resident("7", "ann@a.example", "Smit", "Kerkstraat 1", 1), &["10"]),
            firm("10", Some("www.acme.example"), None, 1),
            order("o1", Some("7"), 10, 30),
            order("o2", Some("8"), 100, 30),
        ];
        deliver(profiles, &shop, 3, &page(bought, vec![])).await;
        drain(profiles).await;

        let ids = profiles.accounts(None, 10).await.unwrap();
        let [id] = ids[..] else { panic!("{ids:?}") };
        assert_eq!(id, profiles.keys().object("company", shop.id, "10"), "the eldest names it");
        let account = profiles.accounts_by_id(&[id]).await.unwrap().remove(&id).unwrap();
        assert_eq!((account.name(), account.companies.len()), (Some("Firm 10"), 3));
        assert_eq!(account.domains().into_iter().collect::<Vec<_>>(), ["acme.example"]);
        for company in &account.companies {
            assert_eq!(profiles.account_of_company(company.id).await.unwrap(), Some(id));
        }
        let (ann, bas) = (person(profiles, "ann@a.example").await, person(profiles, "bas@b.example").await);
        let both: BTreeSet<Uuid> = [ann.id, bas.id].into();
        assert_eq!(
            members(profiles, Group::Account, id).await,
            Vec::from_iter(both),
            "not cas: an address is no job"
        );
        let of = profiles.accounts_of(&[admitted(ann.id), admitted(bas.id)]).await.unwrap();
        assert_eq!((&of[&admitted(ann.id)], &of[&admitted(bas.id)]), (&vec![id], &vec![id]));
        assert_eq!(totals(profiles, Group::Account, id).await, ann.totals);
        let after = MembersPage { first: 1, after: Some(ann.id.min(bas.id)) };
        let rest = profiles.group_members(&reader(), Group::Account, &[id], after).await.unwrap();
        assert_eq!(rest[&id][0].id, ann.id.max(bas.id));
        holds_after_a_rebuild(profiles).await;
    })
    .await;
}

#[tokio::test]
async fn a_domain_that_too_many_companies_have_links_none_until_they_are_fewer() {
    on_both(async |profiles| {
        let crm = source(profiles, "crm", "crm").await;
        let firms = |ids: std::ops::Range<usize>| {
            let firms = ids.map(|id| firm(&id.to_string(), Some("agency.example"), None, 1));
            page(firms.collect(), vec![])
        };
        deliver(profiles, &crm, 1, &firms(0..50)).await;
        drain(profiles).await;
        assert_eq!(accounts(profiles).await.len(), 1);
        deliver(profiles, &crm, 2, &firms(50..51)).await;
        drain(profiles).await;
        assert_eq!(accounts(profiles).await.len(), 51, "above the cap each is by itself");
        holds_after_a_rebuild(profiles).await;
        deliver(profiles, &crm, 3, &firms(51..60)).await;
        drain(profiles).await;
        assert_eq!(accounts(profiles).await.len(), 60);
        let moved = (0..10).map(|id| firm(&id.to_string(), None, None, 2)).collect();
        deliver(profiles, &crm, 4, &page(moved, vec![])).await;
        drain(profiles).await;
        assert_eq!(accounts(profiles).await.len(), 11, "at the cap they are one again");
        holds_after_a_rebuild(profiles).await;
    })
    .await;
}

#[tokio::test]
async fn a_domain_that_the_rules_call_a_placeholder_links_none_from_then_on() {
    on_both(async |profiles| {
        profiles.adopt((*profiles.ruleset()).clone()).await.unwrap();
        let crm = source(profiles, "crm", "crm").await;
        let firms =
            vec![firm("1", Some("agency.example"), None, 1), firm("2", Some("agency.example"), None, 1)];
        deliver(profiles, &crm, 1, &page(firms, vec![])).await;
        drain(profiles).await;
        assert_eq!(accounts(profiles).await, groups([&["1", "2"]]));
        let mut rules = (*profiles.ruleset()).clone();
        rules.identity.placeholders.domains.insert("agency.example".to_owned());
        profiles.adopt(rules).await.unwrap();
        drain(profiles).await;
        assert_eq!(accounts(profiles).await, groups([&["1"], &["2"]]));
        holds_after_a_rebuild(profiles).await;
    })
    .await;
}
