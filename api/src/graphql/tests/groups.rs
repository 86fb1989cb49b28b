//! Households and accounts.

use connectors::Page;
use connectors::canonical::{Body, Company, OrderStatus, Record, address};
use profiles::access::Role;
use serde_json::{Value, json};

use super::World;
use super::world::{order_of, person, record};

const DAY: &str = "2024-02-01T00:00:00Z";

fn resident(id: &str, family: &str, street: &str, company: &str) -> Record {
    let mut resident = person(id, family, &format!("{id}@mail.example"));
    let home = [("street", Some(street)), ("postal_code", Some("2801 AB")), ("city", Some("Gouda"))];
    resident.set_value("address", address(home));
    resident.companies.push(company.to_owned());
    record(id, DAY, Body::Person(resident))
}

fn firm(id: &str, domain: &str, number: Option<&str>) -> Record {
    let body = Company {
        name: Some(format!("Firm {id}")),
        domain: Some(domain.to_owned()),
        register_number: number.map(str::to_owned),
        country: Some("NL".to_owned()),
        ..Company::default()
    };
    record(id, DAY, Body::Company(body))
}

fn bought(id: &str, who: &str, total: &str) -> Record {
    record(id, DAY, Body::Order(order_of(who, total, OrderStatus::Completed)))
}

/// So many families of two, each at a number of its own; the first of each works for a firm of three names, the second
/// for another.
async fn families(count: usize) -> World {
    let world = World::empty().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let mut records = vec![
        firm("acme", "acme.example", None),
        firm("acme-shop", "https://shop.acme.example/", Some("KVK 27301284")),
        firm("holding", "holding.example", Some("2730 1284")),
        firm("bakery", "bakery.example", None),
    ];
    for family in 0..count {
        let names = [format!("ann{family}"), format!("bas{family}")];
        records.push(resident(&names[0], "van Dam", &format!("Kerkstraat {family}"), "acme-shop"));
        records.push(resident(&names[1], "van Dam-Bos", &format!("Kerkstr. {family}"), "bakery"));
        records.push(bought(&format!("a{family}"), &names[0], "10"));
        records.push(bought(&format!("b{family}"), &names[1], "2.5"));
    }
    records.push(resident("alone", "Bos", "Kerkstraat 1", "holding"));
    world.deliver(crm, Page { records, ..Page::default() }).await;
    world
}

#[tokio::test]
async fn a_household_says_who_lives_there_and_what_they_bought() {
    let world = families(1).await;
    let data = world
        .ask(
            r#"{ profile(by: { email: "bas0@mail.example" }) { displayName household {
                id name address memberCount crowded
                members { totalCount nodes { displayName } pageInfo { hasNextPage } }
                totals { orders currencies { currency orders revenue { amount currency } } }
            } } }"#,
        )
        .await;
    let home = &data["profile"]["household"];
    assert!(["van Dam", "van Dam-Bos"].contains(&home["name"].as_str().unwrap()));
    assert_eq!(home["address"]["postal_code"], "2801 AB");
    assert_eq!([&home["memberCount"], &home["crowded"]], [&json!(2), &json!(false)]);
    let euros = json!({ "currency": "EUR", "orders": 2, "revenue": { "amount": "12.5", "currency": "EUR" } });
    assert_eq!(home["totals"], json!({ "orders": 2, "currencies": [euros] }));
    assert_eq!(home["members"]["totalCount"], 2);
    assert_eq!(home["members"]["pageInfo"]["hasNextPage"], false);
    let names: Vec<_> =
        home["members"]["nodes"].as_array().unwrap().iter().map(|node| &node["displayName"]).collect();
    assert!(
        names.contains(&&json!("ann0 van Dam")) && names.contains(&&json!("bas0 van Dam-Bos")),
        "{names:?}"
    );

    let query = format!(
        "{{ household(id: {}) {{ id memberCount }} node(id: {}) {{ id __typename }} }}",
        home["id"], home["id"]
    );
    let found = world.ask(&query).await;
    assert_eq!(found["household"], json!({ "id": home["id"], "memberCount": 2 }));
    assert_eq!(found["node"], json!({ "id": home["id"], "__typename": "Household" }));
    let nobody = r#"{ household(id: "Household:00000000-0000-0000-0000-000000000000") { id } }"#;
    assert_eq!(world.ask(nobody).await["household"], Value::Null);
    let then = r#"{ profile(by: { email: "bas0@mail.example" }, asOf: "2024-06-01T00:00:00Z") { household { id } accounts { name } } }"#;
    let then = world.ask(then).await["profile"].take();
    assert_eq!(then, json!({ "household": null, "accounts": [{ "name": "Firm bakery" }] }));
}

#[tokio::test]
async fn an_account_says_by_what_it_is_known_and_who_belongs_to_it() {
    let world = families(2).await;
    let data = world
        .ask(
            r#"{ profile(by: { email: "ann0@mail.example" }) { accounts {
                id name domains registerNumbers memberCount
                companies { id externalId registerNumber source { key } }
                members { totalCount nodes { displayName } } totals { orders currencies { revenue { amount } } }
            } } }"#,
        )
        .await;
    let accounts = data["profile"]["accounts"].as_array().unwrap();
    let [account] = &accounts[..] else { panic!("{accounts:?}") };
    assert_eq!(account["domains"], json!(["acme.example", "holding.example"]));
    assert_eq!(account["registerNumbers"], json!(["NL27301284"]));
    assert_eq!(account["companies"].as_array().unwrap().len(), 3);
    assert_eq!([&account["memberCount"], &account["members"]["totalCount"]], [&json!(3), &json!(3)]);
    assert_eq!(account["totals"], json!({ "orders": 2, "currencies": [{ "revenue": { "amount": "20" } }] }));

    let ids = account["companies"].as_array().unwrap().iter().map(|company| &company["id"]);
    for id in ids.chain([&account["id"]]) {
        let found = world.ask(&format!("{{ account(id: {id}) {{ id }} }}")).await;
        assert_eq!(found["account"]["id"], account["id"], "any of its companies finds it");
    }
    let node = world.ask(&format!("{{ node(id: {}) {{ id __typename }} }}", account["id"])).await;
    assert_eq!(node["node"], json!({ "id": account["id"], "__typename": "Account" }));
}

#[tokio::test]
async fn lists_of_groups_and_of_members_are_read_page_by_page() {
    let world = families(5).await;
    let read = async |list: &str, arguments: &str| {
        let (mut ids, mut after) = (Vec::new(), Value::Null);
        loop {
            let query = format!(
                "{{ {list}(first: 2, after: {after}{arguments}) {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"
            );
            let page = world.ask(&query).await[list].take();
            let nodes = page["nodes"].as_array().unwrap();
            ids.extend(nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                assert_eq!(page["totalCount"], ids.len());
                return ids;
            }
        }
    };
    for (list, arguments, count) in [
        ("households", "", 5),
        ("households", ", minMembers: 1", 6),
        ("households", ", minMembers: 3", 0),
        ("accounts", "", 2),
    ] {
        let ids = read(list, arguments).await;
        assert_eq!(ids.len(), count, "{list}{arguments}");
        assert!(ids.is_sorted());
    }
    let account = world.ask("{ accounts { nodes { id memberCount } } }").await;
    let nodes = account["accounts"]["nodes"].as_array().unwrap();
    let id = &nodes.iter().find(|node| node["memberCount"] == 6).unwrap()["id"];
    let (mut names, mut after) = (Vec::new(), Value::Null);
    while names.len() < 6 {
        let query = format!(
            "{{ account(id: {id}) {{ members(first: 4, after: {after}) {{ nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }} }}"
        );
        let page = world.ask(&query).await["account"]["members"].take();
        names.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["id"].to_string()));
        assert_eq!(page["pageInfo"]["hasNextPage"], names.len() < 6);
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert!(names.is_sorted());
    let (code, _) =
        world.fail(Role::Admin, &format!("{{ households(after: {after}) {{ totalCount }} }}")).await;
    assert_eq!(code, "BAD_USER_INPUT");
}

#[tokio::test]
async fn groups_below_a_list_cost_as_many_statements_for_one_as_for_many() {
    let deep = "{ households(first: 50) { nodes { name memberCount totals { orders } members { totalCount nodes {
        displayName household { id } accounts { name domains memberCount totals { orders } members(first: 3) { nodes { id } } }
    } } } } }";
    for count in [1, 5, 20, 40] {
        let world = families(count).await;
        for _ in 0..5 {
            // Ids, households, sizes, totals, members; below them households, the accounts of profiles, accounts, sizes,
            // totals, members.
            assert_eq!(world.statements(deep).await, 11, "{count}");
        }
    }
}

#[tokio::test]
async fn a_household_too_large_for_a_family_has_no_totals() {
    let world = World::empty().await;
    let crm = world.source("crm", "hubspot", "crm").await;
    let residents = |range: std::ops::Range<usize>| {
        let records = range.map(|n| resident(&format!("r{n}"), "Smit", "Kerkstraat 1", "none")).collect();
        Page { records, ..Page::default() }
    };
    world.deliver(crm, residents(0..50)).await;
    let query = "{ households { nodes { memberCount crowded totals { orders } } } }";
    let home = world.ask(query).await["households"]["nodes"][0].take();
    assert_eq!(home, json!({ "memberCount": 50, "crowded": false, "totals": { "orders": 0 } }));
    world.deliver(crm, residents(50..51)).await;
    let home = world.ask(query).await["households"]["nodes"][0].take();
    assert_eq!(home, json!({ "memberCount": 51, "crowded": true, "totals": null }));
}

#[tokio::test]
async fn a_key_that_reads_single_profiles_reads_nobody_through_a_group() {
    let world = families(1).await;
    for field in ["household { id }", "accounts { id }"] {
        let query = format!(r#"{{ profile(by: {{ email: "ann0@mail.example" }}) {{ id {field} }} }}"#);
        let (code, _) = world.fail(Role::Frontend, &query).await;
        assert_eq!(code, "FORBIDDEN", "{field}");
        assert_eq!(world.answer(Role::Sales, &query).await["errors"], Value::Null);
    }
}
