//! A recorded conversation with a shop, and what may go wrong in one.

use insta::assert_snapshot;
use serde_json::{Value, json, value::RawValue};

use super::map;
use crate::{
    canonical::{Body, Order, OrderStatus, Person, Record},
    connector::{Connector, Cursor},
    error::Error,
    registry::kind,
    testing::{Conversation, assert_maps_or_refuses, build, http, instant, odd_rows, run},
};

fn shop(url: &str, authentication: &str) -> Box<dyn Connector> {
    let config =
        json!({"base_url": format!("{url}/shop/"), "authentication": authentication, "currency": "EUR"});
    build("woocommerce", &config, json!({"consumer_key": "ck_1", "consumer_secret": "cs_2"})).unwrap()
}

fn person(record: &Record) -> &Person {
    let Body::Person(person) = &record.body else { panic!("{record:?}") };
    person
}

fn order(record: &Record) -> &Order {
    let Body::Order(order) = &record.body else { panic!("{record:?}") };
    order
}

#[tokio::test]
async fn the_recorded_conversation_is_held_word_for_word() {
    let vendor = Conversation::replay(include_str!("fixtures/conversation.json")).await;
    let shop = shop(&vendor.url, "basic");
    assert_eq!(shop.check(&http()).await.unwrap().account, "127.0.0.1 (4 orders)");

    let (pages, _) = run(&*shop, "products", None).await.unwrap();
    let Body::Product(clock) = &pages[0].records[0].body else { panic!() };
    assert_eq!(
        (clock.price.unwrap().to_string(), clock.currency.as_deref()),
        ("49.90".to_owned(), Some("EUR"))
    );
    assert_eq!((clock.in_stock, clock.categories.as_slice()), (Some(true), &["Clocks".to_owned()][..]));
    let Body::Product(sundial) = &pages[0].records[1].body else { panic!() };
    assert_eq!((sundial.price, &sundial.currency, sundial.in_stock), (None, &None, Some(false)));
    assert_eq!(pages[0].rejected[0].reason, "price: expected a decimal number");
    assert_eq!(pages[0].total, Some(3));

    let (pages, _) = run(&*shop, "customers", None).await.unwrap();
    let read: Vec<_> =
        pages.iter().flat_map(|page| &page.records).map(|record| record.external_id.as_str()).collect();
    assert_eq!(read, ["7", "9", "7", "8", "9"], "8 slipped onto a page that was read, so that is read again");
    assert_snapshot!(serde_json::to_string_pretty(person(&pages[2].records[0])).unwrap());
    assert_eq!(pages[2].records[0].updated_at, Some(instant("2024-02-01T11:00:00Z")));
    assert_eq!(pages[2].records[1].updated_at, None);
    assert_eq!(person(&pages[2].records[1]).identifiers[0].value, "bo@example.org");
    assert_eq!(pages[1].rejected, [], "PHP's empty list is an empty billing address");

    let (pages, rest) = run(&*shop, "orders", None).await.unwrap();
    assert_eq!(pages.len(), 2);
    let [paid, guest, guests, nobodys] = &pages[0].records[..] else { panic!("{:?}", pages[0]) };
    assert_eq!(order(paid).person.as_deref(), Some("7"));
    assert_snapshot!(serde_json::to_string_pretty(order(paid)).unwrap());
    assert_eq!(paid.updated_at, Some(instant("2024-03-02T12:00:00Z")));
    assert_eq!(guest.external_id, "guest:dina@example.org");
    assert_eq!((guest.updated_at, guest.created_at), (guests.updated_at, guests.created_at));
    assert_snapshot!(serde_json::to_string_pretty(person(guest)).unwrap());
    assert!(guest.payload.starts_with(b"{") && guest.payload.ends_with(b"}"));
    assert_eq!(order(guests).person.as_deref(), Some("guest:dina@example.org"));
    assert_eq!(order(guests).status, OrderStatus::Processing);
    assert_eq!(order(guests).lines[0].product.as_deref(), Some("33"));
    assert_eq!(order(guests).lines[0].quantity.to_string(), "1.5");
    assert_eq!(order(guests).lines[0].unit_price.unwrap().to_string(), "49.9000000001");
    assert_eq!(order(nobodys).person, None);
    assert_eq!(pages[0].rejected[0].external_id.as_deref(), Some("706"));
    assert_eq!(pages[0].rejected[0].reason, "total: expected a decimal number");
    assert!(pages[1].records[0].deleted);

    assert_eq!(rest, Cursor(json!({"rest": {"since": "2024-03-04T10:00:00Z"}})), "by the shop's own clock");
    let (pages, _) = run(&*shop, "orders", Some(&rest)).await.unwrap();
    assert_eq!(order(&pages[0].records[0]).status, OrderStatus::Refunded);

    vendor.assert_over();
    assert_eq!(vendor.authorizations(), ["Basic Y2tfMTpjc18y"]);
}

#[tokio::test]
async fn the_key_may_travel_in_the_query_and_is_in_no_error() {
    let recorded = json!([{
        "ask": {"method": "GET", "path": "/shop/wp-json/wc/v3/orders",
            "query": {"per_page": "1", "consumer_key": "ck_1", "consumer_secret": "cs_2"}},
        "answer": {"status": 401, "body": {"code": "woocommerce_rest_authentication_error",
            "message": "Consumer key ck_1 is invalid."}},
    }]);
    let vendor = Conversation::replay(&recorded.to_string()).await;
    let error = shop(&vendor.url, "query").check(&http()).await.unwrap_err();
    vendor.assert_over();
    assert_eq!(vendor.authorizations(), Vec::<String>::new());
    let place = format!("{}/shop/wp-json/wc/v3/orders", vendor.url);
    assert_eq!(
        error.to_string(),
        format!("{place} refused the credentials (HTTP 401): Consumer key … is invalid.")
    );
}

#[tokio::test]
async fn a_page_that_comes_again_and_again_ends_the_run() {
    let rows: Vec<_> = (1..=100).map(|id| json!({"id": id})).collect();
    let exchanges: Vec<_> = (1..=40)
        .map(|page| {
            json!({
                "ask": {"method": "GET", "path": "/shop/wp-json/wc/v3/customers", "query": {
                    "page": page.to_string(), "per_page": "100", "orderby": "id", "order": "asc",
                    "role": "all"}},
                "answer": {"status": 200, "body": rows, "headers": {
                    "x-wp-total": "1000000", "x-wp-totalpages": "10000"}},
            })
        })
        .collect();
    let vendor = Conversation::replay(&Value::from(exchanges).to_string()).await;
    let error = run(&*shop(&vendor.url, "basic"), "customers", None).await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn every_status_of_an_order_has_a_meaning_and_an_unknown_one_is_on_its_way() {
    let status = |status: &str| {
        let row = json!({"id": 1, "status": status, "total": "1", "customer_id": 0}).to_string();
        let mapped = map::order(&RawValue::from_string(row).unwrap()).unwrap();
        (order(&mapped.records[0]).status, mapped.records[0].deleted)
    };
    for (name, meaning) in [
        ("pending", OrderStatus::Pending),
        ("on-hold", OrderStatus::Pending),
        ("checkout-draft", OrderStatus::Pending),
        ("processing", OrderStatus::Processing),
        ("completed", OrderStatus::Completed),
        ("cancelled", OrderStatus::Cancelled),
        ("refunded", OrderStatus::Refunded),
        ("failed", OrderStatus::Failed),
        ("wrapped-as-a-gift", OrderStatus::Processing),
    ] {
        assert_eq!(status(name), (meaning, false), "{name}");
    }
    assert_eq!(status("trash"), (OrderStatus::Cancelled, true));
}

#[test]
fn the_form_of_the_configuration_is_what_it_was() {
    let kind = kind("woocommerce").unwrap();
    assert_snapshot!(serde_json::to_string_pretty(&(kind.config_schema)()).unwrap());
    assert_snapshot!(serde_json::to_string_pretty(&(kind.secrets_schema)()).unwrap());
}

#[test]
fn a_wrong_configuration_says_which_field() {
    let build =
        |config: Value| build("woocommerce", &config, json!({"consumer_key": "ck", "consumer_secret": "cs"}));
    let wrong = |config: Value| build(config).err().unwrap().to_string();
    assert!(wrong(json!({})).contains("missing field `base_url`"));
    assert!(wrong(json!({"base_url": "http://shop.example"})).starts_with("configuration: base_url: must"));
    assert!(wrong(json!({"base_url": "https://shop.example", "currency": "euro"})).contains(": currency: "));
    assert!(
        wrong(json!({"base_url": "https://shop.example", "authentication": "oauth"}))
            .starts_with("configuration: authentication: ")
    );
    assert!(build(json!({"base_url": "https://shop.example"})).is_ok());
}

#[test]
fn any_value_in_any_field_is_mapped_or_refused_without_telling_it() {
    let recorded = include_str!("fixtures/conversation.json");
    assert_maps_or_refuses(&odd_rows(recorded, "v3/products", ""), |row| map::product(row, Some("EUR")));
    assert_maps_or_refuses(&odd_rows(recorded, "v3/customers", ""), map::customer);
    assert_maps_or_refuses(&odd_rows(recorded, "v3/orders", ""), map::order);
}
