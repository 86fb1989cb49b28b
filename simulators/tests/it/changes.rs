//! Data that changes while it is served.

use chrono::TimeDelta;
use serde_json::{Value, json};
use simulators::{Faults, Fleet, Stamp, hubspot::Kind, woocommerce::OrderStatus};

use crate::client::{fleet, get, ids, json, now, post, world};

async fn contact(fleet: &Fleet, id: u64) -> Value {
    json(&fleet.hubspot, &format!("/crm/v3/objects/contacts/{id}")).await
}

#[tokio::test]
async fn a_contact_goes_from_a_to_b_and_back_with_its_stamps() {
    let fleet = fleet().await;
    let mut seen = Vec::new();
    for (name, stamp) in [("A", Stamp::Now), ("B", Stamp::Now), ("A", Stamp::Now), ("C", Stamp::Keep)] {
        fleet.hubspot.upsert_contact(9, &[("firstname", name)], stamp);
        let contact = contact(&fleet, 9).await;
        seen.push((contact["properties"]["firstname"].clone(), contact["updatedAt"].clone()));
        fleet.clock.advance(TimeDelta::seconds(1));
    }
    let expected = [("A", 0), ("B", 1), ("A", 2), ("C", 2)]
        .map(|(name, second)| (json!(name), json!(format!("2026-03-01T12:00:0{second}.000Z"))));
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_archived_contact_leaves_lists_and_search_until_it_is_restored() {
    let fleet = fleet().await;
    fleet.hubspot.upsert_contact(9, &[("email", "probe@mailbox.example")], Stamp::Now);
    let places = || async {
        let listed = json(&fleet.hubspot, "/crm/v3/objects/contacts?limit=1").await;
        let archived = json(&fleet.hubspot, "/crm/v3/objects/contacts?limit=1&archived=true").await;
        let filter = json!({"propertyName": "email", "operator": "EQ", "value": "probe@mailbox.example"});
        let body = json!({"filterGroups": [{"filters": [filter]}]});
        let (_, found) = post(&fleet.hubspot, "/crm/v3/objects/contacts/search", &body).await;
        [listed, archived, found].map(|page| ids(&page["results"]).contains(&"9".to_owned()))
    };
    assert_eq!(places().await, [true, false, true]);
    assert!(fleet.hubspot.archive(Kind::Contact, 9));
    assert_eq!(places().await, [false, true, false]);
    assert!(fleet.hubspot.restore(Kind::Contact, 9, Stamp::Now));
    assert_eq!(places().await, [true, false, true]);
    assert!(fleet.hubspot.purge(Kind::Contact, 9));
    assert_eq!(places().await, [false, false, false]);
    assert!(!fleet.hubspot.archive(Kind::Contact, 9));
}

#[tokio::test]
async fn a_deleted_customer_vanishes_and_its_orders_become_a_guests() {
    let fleet = fleet().await;
    let order = world().woocommerce.orders.values().find(|order| order.customer_id > 0).unwrap().clone();
    assert!(fleet.woocommerce.delete_customer(order.customer_id));
    let gone = get(&fleet.woocommerce, &format!("/customers/{}", order.customer_id)).await;
    assert_eq!(gone.status(), 404);
    assert_eq!(json(&fleet.woocommerce, &format!("/orders/{}", order.id)).await["customer_id"], 0);
}

#[tokio::test]
async fn an_order_changes_status_with_or_without_saying_so_and_trash_hides_it() {
    let fleet = fleet().await;
    let order = world().woocommerce.orders.values().next().unwrap().clone();
    let custom = OrderStatus::Custom("awaiting-engraving".to_owned());
    fleet.woocommerce.set_order_status(order.id, custom, Stamp::Keep);
    let path = format!("/orders/{}", order.id);
    let seen = json(&fleet.woocommerce, &path).await;
    assert_eq!(seen["status"], "awaiting-engraving");
    assert_eq!(seen["date_modified_gmt"], order.modified.format("%Y-%m-%dT%H:%M:%S").to_string());
    fleet.woocommerce.set_order_status(order.id, OrderStatus::Trash, Stamp::Now);
    let listed = |query: &'static str| {
        let server = &fleet.woocommerce;
        async move { ids(&json(server, &format!("/orders?include={}&{query}", order.id)).await).len() }
    };
    assert_eq!((listed("").await, listed("status=trash").await), (0, 1));
}

#[tokio::test]
async fn an_order_refunded_in_full_is_refunded() {
    let fleet = fleet().await;
    let paid = |status: &OrderStatus| *status == OrderStatus::Completed;
    let order = world()
        .woocommerce
        .orders
        .values()
        .find(|o| paid(&o.status) && o.refunds.is_empty())
        .unwrap()
        .clone();
    fleet.woocommerce.add_refund(order.id, order.total(), "", Stamp::Now);
    assert_eq!(json(&fleet.woocommerce, &format!("/orders/{}", order.id)).await["status"], "refunded");
}

#[tokio::test]
async fn a_skewed_clock_shows_in_the_date_and_in_new_stamps() {
    let fleet = fleet().await;
    fleet.hubspot.set_faults(Faults::none().with_clock_skew(TimeDelta::hours(-3)));
    fleet.hubspot.upsert_contact(9, &[("firstname", "A")], Stamp::Now);
    let response = get(&fleet.hubspot, "/crm/v3/objects/contacts/9").await;
    assert_eq!(response.headers()["date"], "Sun, 01 Mar 2026 09:00:00 GMT");
    assert_eq!(response.json::<Value>().await.unwrap()["updatedAt"], "2026-03-01T09:00:00.000Z");
    assert_eq!(fleet.woocommerce.now(), now());
}
