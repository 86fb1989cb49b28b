//! WooCommerce: pages, filters, dates, money, errors.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulators::Stamp;

use crate::client::{fleet, get, http, ids, json, now, world};

#[tokio::test]
async fn pages_walk_everything_once_and_the_headers_count_it() {
    let fleet = fleet().await;
    let shop = world().woocommerce;
    let totals = [
        ("customers?role=all", shop.customers.len()),
        ("orders?status=any", shop.orders.len()),
        ("products?status=any", shop.products.len()),
    ];
    for (path, total) in totals {
        let mut found = Vec::new();
        let mut page = 1;
        loop {
            let path = format!("/{path}&orderby=id&order=asc&per_page=33&page={page}");
            let response = get(&fleet.woocommerce, &path).await;
            let header = |name: &str| response.headers()[name].to_str().unwrap().parse::<usize>().unwrap();
            assert_eq!((header("x-wp-total"), header("x-wp-totalpages")), (total, total.div_ceil(33)));
            let last = header("x-wp-totalpages") == page;
            let link = response.headers().get("link").map_or("", |link| link.to_str().unwrap()).to_owned();
            assert_eq!(link.contains("rel=\"next\""), !last, "{link}");
            found.extend(ids(&response.json().await.unwrap()));
            if last {
                break;
            }
            page += 1;
        }
        assert_eq!(found.len(), total);
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), total);
    }
    assert_eq!(json(&fleet.woocommerce, "/orders?page=100000").await, json!([]));
}

#[tokio::test]
async fn keys_are_taken_from_header_or_query_and_nothing_is_shown_without() {
    let fleet = fleet().await;
    let url = format!("{}/orders", fleet.woocommerce.api_url());
    let (key, secret) = (fleet.woocommerce.consumer_key(), fleet.woocommerce.consumer_secret());
    let keys = [("consumer_key", key.as_str()), ("consumer_secret", secret.as_str()), ("per_page", "1")];
    let response = http().get(&url).query(&keys).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(fleet.woocommerce.requests()[0].query, "per_page=1", "credentials are not logged");
    for request in [http().get(&url), http().get(&url).basic_auth(&key, Some("cs_wrong"))] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            (&body["code"], &body["data"]["status"]),
            (&json!("woocommerce_rest_cannot_view"), &json!(401))
        );
    }
}

#[tokio::test]
async fn modified_after_leaves_out_its_own_second_and_heeds_the_zone() {
    let fleet = fleet().await;
    let id = *world().woocommerce.orders.keys().next().unwrap();
    let at: DateTime<Utc> = "2026-02-28T10:00:00Z".parse().unwrap();
    fleet.woocommerce.change_order(id, Stamp::At(at), |_| {});
    let finds = |query: &'static str| {
        let server = &fleet.woocommerce;
        async move { ids(&json(server, &format!("/orders?include={id}&{query}")).await).len() == 1 }
    };
    assert!(finds("modified_after=2026-02-28T09:59:59&dates_are_gmt=true").await);
    assert!(!finds("modified_after=2026-02-28T10:00:00&dates_are_gmt=true").await);
    // The site stands in Amsterdam, an hour ahead in winter.
    assert!(finds("modified_after=2026-02-28T10:59:59").await);
    assert!(!finds("modified_after=2026-02-28T11:00:00").await);
    assert!(finds("modified_after=2026-02-28T10:59:59%2B01:00").await);
    assert!(!finds("modified_before=2026-02-28T10:00:00&dates_are_gmt=1").await);
    let bad = get(&fleet.woocommerce, "/orders?modified_after=yesterday").await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn customers_know_no_time_filter_and_roles_hide_by_default() {
    let fleet = fleet().await;
    let id = *world().woocommerce.customers.keys().next().unwrap();
    let count = |query: &'static str| {
        let server = &fleet.woocommerce;
        async move {
            let response = get(server, &format!("/customers?{query}")).await;
            response.headers()["x-wp-total"].to_str().unwrap().parse::<usize>().unwrap()
        }
    };
    let all = world().woocommerce.customers.len();
    assert_eq!(count("role=all&modified_after=2099-01-01T00:00:00").await, all);
    let customers = count("").await;
    fleet
        .woocommerce
        .change_customer(id, Stamp::Now, |customer| "shop_manager".clone_into(&mut customer.role));
    assert_eq!((count("").await, count("role=all").await), (customers - 1, all));
}

#[tokio::test]
async fn per_page_ends_at_a_hundred_and_defaults_to_ten() {
    let fleet = fleet().await;
    let response = get(&fleet.woocommerce, "/products?per_page=101").await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "rest_invalid_param");
    assert_eq!(json(&fleet.woocommerce, "/products").await.as_array().unwrap().len(), 10);
    assert_eq!(json(&fleet.woocommerce, "/products?offset=75").await.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn amounts_are_text_and_add_up_and_dates_come_in_two_zones() {
    let fleet = fleet().await;
    let orders = json(&fleet.woocommerce, "/orders?per_page=100").await;
    let cents = |value: &Value| -> i64 { value.as_str().unwrap().replace('.', "").parse().unwrap() };
    for order in orders.as_array().unwrap() {
        let lines = order["line_items"].as_array().unwrap();
        assert!(lines.iter().all(|line| line["price"].is_number() && line["quantity"].is_i64()));
        let goods: i64 = lines.iter().map(|line| cents(&line["total"]) + cents(&line["total_tax"])).sum();
        let shipping = cents(&order["shipping_total"]) + cents(&order["shipping_tax"]);
        assert_eq!(cents(&order["total"]), goods + shipping);
        let [local, gmt] = ["date_created", "date_created_gmt"]
            .map(|name| order[name].as_str().unwrap().parse::<NaiveDateTime>().unwrap());
        assert!([TimeDelta::hours(1), TimeDelta::hours(2)].contains(&(local - gmt)));
    }
}

#[tokio::test]
async fn a_guest_order_has_no_customer_but_a_billing_address() {
    let fleet = fleet().await;
    let orders = json(&fleet.woocommerce, "/orders?per_page=100").await;
    let guests: Vec<&Value> =
        orders.as_array().unwrap().iter().filter(|order| order["customer_id"] == 0).collect();
    assert!(!guests.is_empty());
    assert!(guests.iter().all(|order| order["billing"]["email"].as_str().unwrap().contains('@')));
}

#[tokio::test]
async fn a_refund_shows_negative_in_the_order_and_positive_among_the_refunds() {
    let fleet = fleet().await;
    let id = *world().woocommerce.orders.iter().find(|(_, order)| order.refunds.is_empty()).unwrap().0;
    let refund = fleet.woocommerce.add_refund(id, 123, "Scratched", Stamp::Now).unwrap();
    let order = json(&fleet.woocommerce, &format!("/orders/{id}")).await;
    assert_eq!(order["refunds"], json!([{"id": refund, "reason": "Scratched", "total": "-1.23"}]));
    assert_eq!(order["date_modified_gmt"], now().format("%Y-%m-%dT%H:%M:%S").to_string());
    let refunds = json(&fleet.woocommerce, &format!("/orders/{id}/refunds")).await;
    assert_eq!((&refunds[0]["amount"], &refunds[0]["parent_id"]), (&json!("1.23"), &json!(id)));
}

#[tokio::test]
async fn an_unknown_path_or_id_is_answered_in_wordpress_words() {
    let fleet = fleet().await;
    let response = get(&fleet.woocommerce, "/coupons").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "rest_no_route");
    assert_eq!(get(&fleet.woocommerce, "/orders/999999999").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&fleet.woocommerce, "/system_status").await.status(), StatusCode::OK);
    assert_eq!(get(&fleet.woocommerce, "").await.status(), StatusCode::OK);
}
