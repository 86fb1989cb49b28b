//! The shop's data in WooCommerce's JSON.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{Address, Customer, Line, Order, Product, Refund};
use crate::people::ascii;

/// Hundredths as text with two decimals: `"12.30"`, `"-0.05"`.
pub(super) fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Time in the site's zone, without the zone: `2026-01-02T03:04:05`.
pub(super) fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format(FORMAT).to_string()
}

/// Time in UTC, without saying so.
pub(super) fn gmt(at: DateTime<Utc>) -> String {
    at.format(FORMAT).to_string()
}

const FORMAT: &str = "%Y-%m-%dT%H:%M:%S";

/// Adds a date in both spellings; absent ones are null.
fn date(object: &mut Value, name: &str, at: Option<DateTime<Utc>>, zone: Tz) {
    object[name] = at.map(|at| local(at, zone)).into();
    object[format!("{name}_gmt")] = at.map(gmt).into();
}

fn billing(address: &Address) -> Value {
    let mut value = shipping(address);
    value["email"] = address.email.clone().into();
    value
}

fn shipping(address: &Address) -> Value {
    json!({
        "first_name": address.first_name,
        "last_name": address.last_name,
        "company": address.company,
        "address_1": address.address_1,
        "address_2": address.address_2,
        "city": address.city,
        "state": address.state,
        "postcode": address.postcode,
        "country": address.country,
        "phone": address.phone,
    })
}

fn links(origin: &str, collection: &str, id: u64) -> Value {
    let root = format!("{origin}/wp-json/wc/v3/{collection}");
    json!({"self": [{"href": format!("{root}/{id}")}], "collection": [{"href": root}]})
}

pub(super) fn customer(customer: &Customer, zone: Tz, origin: &str) -> Value {
    let mut value = json!({
        "id": customer.id,
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "role": customer.role,
        "username": customer.username,
        "billing": billing(&customer.billing),
        "shipping": shipping(&customer.shipping),
        "is_paying_customer": customer.paying,
        "avatar_url": format!("https://secure.gravatar.com/avatar/{:032x}?s=96&d=mm&r=g", customer.id),
        "meta_data": [],
        "_links": links(origin, "customers", customer.id),
    });
    date(&mut value, "date_created", Some(customer.created), zone);
    date(&mut value, "date_modified", customer.modified, zone);
    value
}

pub(super) fn order(order: &Order, zone: Tz, origin: &str) -> Value {
    let lines: Vec<Value> = order.lines.iter().map(line).collect();
    let coupons: Vec<Value> = order
        .coupon
        .iter()
        .map(|coupon| {
            json!({
                "id": order.id * 10 + 8,
                "code": coupon.code,
                "discount": money(coupon.discount),
                "discount_tax": money(coupon.discount_tax),
                "meta_data": [],
            })
        })
        .collect();
    let refunds: Vec<Value> = order
        .refunds
        .iter()
        .map(|refund| json!({"id": refund.id, "reason": refund.reason, "total": money(-refund.amount)}))
        .collect();
    let cart_tax = order.sum(|line| line.total_tax);
    let mut value = json!({
        "id": order.id,
        "parent_id": 0,
        "number": order.id.to_string(),
        "order_key": format!("wc_order_{:013x}", order.id * 7_919),
        "created_via": "checkout",
        "version": "10.3.5",
        "status": order.status.name(),
        "currency": order.currency,
        "discount_total": money(order.sum(|line| line.subtotal - line.total)),
        "discount_tax": money(order.sum(|line| line.subtotal_tax - line.total_tax)),
        "shipping_total": money(order.shipping_total),
        "shipping_tax": money(order.shipping_tax),
        "cart_tax": money(cart_tax),
        "total": money(order.total()),
        "total_tax": money(cart_tax + order.shipping_tax),
        "prices_include_tax": true,
        "customer_id": order.customer_id,
        "customer_ip_address": "192.0.2.1",
        "customer_user_agent": "",
        "customer_note": "",
        "billing": billing(&order.billing),
        "shipping": shipping(&order.shipping),
        "payment_method": order.payment_method,
        "payment_method_title": order.payment_method,
        "transaction_id": "",
        "cart_hash": format!("{:032x}", order.id),
        "meta_data": [{"id": order.id * 10 + 9, "key": "_wc_order_attribution_source_type", "value": "organic"}],
        "line_items": lines,
        "tax_lines": [],
        "shipping_lines": [{
            "id": order.id * 10 + 7,
            "method_title": "Parcel",
            "method_id": "flat_rate",
            "instance_id": "1",
            "total": money(order.shipping_total),
            "total_tax": money(order.shipping_tax),
            "taxes": [],
            "meta_data": [],
        }],
        "fee_lines": [],
        "coupon_lines": coupons,
        "refunds": refunds,
        "payment_url": format!("{origin}/checkout/order-pay/{}/", order.id),
        "is_editable": false,
        "needs_payment": false,
        "needs_processing": true,
        "currency_symbol": match order.currency.as_str() { "EUR" => "€", "GBP" => "£", _ => "kr." },
        "_links": links(origin, "orders", order.id),
    });
    date(&mut value, "date_created", Some(order.created), zone);
    date(&mut value, "date_modified", Some(order.modified), zone);
    date(&mut value, "date_paid", order.paid, zone);
    date(&mut value, "date_completed", order.completed, zone);
    value
}

fn line(line: &Line) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "the interface gives the unit price as a JSON number")]
    let price = line.total as f64 / 100.0 / line.quantity as f64;
    json!({
        "id": line.id,
        "name": line.name,
        "product_id": line.product_id,
        "variation_id": 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": money(line.subtotal),
        "subtotal_tax": money(line.subtotal_tax),
        "total": money(line.total),
        "total_tax": money(line.total_tax),
        "taxes": [{"id": 1, "total": money(line.total_tax), "subtotal": money(line.subtotal_tax)}],
        "meta_data": [],
        "sku": line.sku,
        "price": price,
        "image": {"id": "", "src": ""},
        "parent_name": null,
    })
}

pub(super) fn refund(refund: &Refund, order: &Order, zone: Tz, origin: &str) -> Value {
    let path = format!("orders/{}/refunds", order.id);
    let mut value = json!({
        "id": refund.id,
        "parent_id": order.id,
        "amount": money(refund.amount),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": true,
        "meta_data": [],
        "line_items": [],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
        "_links": links(origin, &path, refund.id),
    });
    date(&mut value, "date_created", Some(refund.created), zone);
    value
}

pub(super) fn product(product: &Product, zone: Tz, origin: &str) -> Value {
    let slug: String = product.name.split(' ').map(ascii).collect::<Vec<_>>().join("-");
    let mut value = json!({
        "id": product.id,
        "name": product.name,
        "slug": slug,
        "permalink": format!("{origin}/product/{slug}/"),
        "type": "simple",
        "status": product.status,
        "featured": false,
        "catalog_visibility": "visible",
        "description": format!("<p>{}</p>\n", product.name),
        "short_description": "",
        "sku": product.sku,
        "price": money(product.sale_price.unwrap_or(product.price)),
        "regular_price": money(product.price),
        "sale_price": product.sale_price.map(money).unwrap_or_default(),
        "date_on_sale_from": null,
        "date_on_sale_from_gmt": null,
        "date_on_sale_to": null,
        "date_on_sale_to_gmt": null,
        "on_sale": product.sale_price.is_some(),
        "purchasable": true,
        "total_sales": 0,
        "virtual": false,
        "downloadable": false,
        "tax_status": "taxable",
        "tax_class": "",
        "manage_stock": true,
        "stock_quantity": product.stock,
        "stock_status": if product.stock > 0 { "instock" } else { "outofstock" },
        "backorders": "no",
        "weight": "",
        "dimensions": {"length": "", "width": "", "height": ""},
        "reviews_allowed": true,
        "average_rating": "0.00",
        "rating_count": 0,
        "parent_id": 0,
        "categories": [{
            "id": product.category.0,
            "name": product.category.1,
            "slug": product.category.1.to_lowercase().replace(' ', "-"),
        }],
        "tags": [],
        "images": [],
        "attributes": [],
        "variations": [],
        "menu_order": 0,
        "meta_data": [],
        "_links": links(origin, "products", product.id),
    });
    date(&mut value, "date_created", Some(product.created), zone);
    date(&mut value, "date_modified", Some(product.modified), zone);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_decimals_and_their_sign() {
        let spelt: Vec<String> = [0, 5, 1_230, -5, -1_230].into_iter().map(money).collect();
        assert_eq!(spelt, ["0.00", "0.05", "12.30", "-0.05", "-12.30"]);
    }

    #[test]
    fn local_time_follows_daylight_saving() {
        let zone = chrono_tz::Europe::Amsterdam;
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(local(at("2026-01-01T12:00:00Z"), zone), "2026-01-01T13:00:00");
        assert_eq!(local(at("2026-07-01T12:00:00Z"), zone), "2026-07-01T14:00:00");
        assert_eq!(gmt(at("2026-07-01T12:00:00.9Z")), "2026-07-01T12:00:00");
    }
}
