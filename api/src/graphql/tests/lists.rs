//! Pages of lists.

use profiles::access::Role;
use serde_json::{Value, json};

use super::World;

fn names(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["displayName"].as_str().unwrap().to_owned()).collect()
}

async fn page(world: &World, arguments: &str) -> Value {
    let query = format!(
        "{{ profiles({arguments}) {{ totalCount nodes {{ displayName }} edges {{ cursor }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    world.ask(&query).await["profiles"].take()
}

#[tokio::test]
async fn a_list_reads_the_same_forwards_and_backwards_in_every_order() {
    let world = World::shop(7).await;
    for field in ["NAME", "CREATED_AT", "LAST_SEEN", "ORDERS"] {
        for direction in ["ASC", "DESC"] {
            let order = format!("orderBy: {{ field: {field}, direction: {direction} }}");
            let whole = names(&page(&world, &format!("{order}, first: 100")).await);
            assert_eq!(whole.len(), 7);

            let (mut read, mut after) = (Vec::new(), Value::Null);
            loop {
                let next = page(&world, &format!("{order}, first: 3, after: {after}")).await;
                assert_eq!(next["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
                assert_eq!(next["totalCount"], 7);
                read.extend(names(&next));
                after = next["pageInfo"]["endCursor"].clone();
                if next["pageInfo"]["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(read, whole, "{order}");

            let (mut read, mut before) = (Vec::new(), Value::Null);
            loop {
                let next = page(&world, &format!("{order}, last: 3, before: {before}")).await;
                read.splice(0..0, names(&next));
                before = next["pageInfo"]["startCursor"].clone();
                if next["pageInfo"]["hasPreviousPage"] == false {
                    break;
                }
            }
            assert_eq!(read, whole, "{order} from the end");
        }
    }
}

#[tokio::test]
async fn filters_narrow_a_list() {
    let world = World::anna().await;
    let shop = world.ask("{ sources { id key } }").await["sources"].take();
    let shop = shop.as_array().unwrap().iter().find(|source| source["key"] == "shop").unwrap()["id"].clone();
    for (filter, expected) in [
        (r#"namePrefix: "VISS""#.to_owned(), 1),
        (r#"namePrefix: "anna v""#.to_owned(), 1),
        (r#"namePrefix: "nn""#.to_owned(), 0),
        (r#"email: "ANNA@example.com""#.to_owned(), 1),
        (format!("sourceId: {shop}, minOrders: 1"), 1),
        ("minOrders: 2".to_owned(), 0),
        (r#"seenSince: "2024-03-01T10:00:00Z""#.to_owned(), 1),
        (r#"seenSince: "2024-03-01T10:00:01Z""#.to_owned(), 0),
    ] {
        let found = page(&world, &format!("filter: {{ {filter} }}")).await;
        assert_eq!(found["totalCount"], expected, "{filter}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_with_its_limit() {
    let world = World::shop(2).await;
    for (arguments, part) in [
        ("first: 1000000", "first: 1000000 is more than the limit of 500"),
        ("last: 501", "the limit of 500"),
        ("first: -1", "first: -1 is less than 0"),
        ("first: 1, last: 1", "give first or last, not both"),
        (r#"after: "x""#, "after: this is no cursor of this list"),
        (r#"filter: { email: "a@b.nl", userId: "7" }"#, "at most one of"),
        (r#"filter: { email: "no address" }"#, "filter.email"),
        (r#"filter: { namePrefix: "\u0000" }"#, "U+0000"),
        (r#"filter: { sourceId: "shop" }"#, "filter.sourceId"),
    ] {
        let query = format!("{{ profiles({arguments}) {{ nodes {{ id traits {{ key value }} }} }} }}");
        let (code, message) = world.fail(Role::Admin, &query).await;
        assert_eq!(code, "BAD_USER_INPUT", "{arguments}: {message}");
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(page(&world, "first: 0").await["nodes"], json!([]));
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let world = World::anna().await;
    let query = "{ profiles { edges { cursor node {
        orders { edges { cursor } } timeline { edges { cursor } } } } } }";
    let data = world.ask(query).await;
    let edge = &data["profiles"]["edges"][0];
    let order = &edge["node"]["orders"]["edges"][0]["cursor"];
    for query in [
        format!("{{ profiles(after: {order}) {{ totalCount }} }}"),
        format!("{{ profiles(orderBy: {{ field: NAME }}, after: {}) {{ totalCount }} }}", edge["cursor"]),
        format!("{{ profiles {{ nodes {{ timeline(after: {order}) {{ nodes {{ name }} }} }} }} }}"),
    ] {
        let (code, message) = world.fail(Role::Admin, &query).await;
        assert_eq!(code, "BAD_USER_INPUT", "{message}");
        assert!(message.contains("no cursor of this list"), "{message}");
    }
}

#[tokio::test]
async fn orders_and_the_timeline_are_read_page_by_page() {
    let world = World::anna().await;
    for (list, field, whole) in [
        ("orders", "status", vec!["CANCELLED", "COMPLETED"]),
        ("timeline", "name", vec!["Order Cancelled", "Email Opened", "Order Completed"]),
    ] {
        let (mut read, mut after) = (Vec::new(), Value::Null);
        loop {
            let query = format!(
                r#"{{ profile(by: {{ email: "anna@example.com" }}) {{ {list}(first: 1, after: {after}) {{
                    nodes {{ {field} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"#
            );
            let data = world.ask(&query).await;
            let page = &data["profile"][list];
            read.push(page["nodes"][0][field].as_str().unwrap().to_owned());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(read, whole);
    }
}
