//! Listing: filters, order and pages by number, counted in headers.

use axum::{
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use serde_json::Value;

use super::{
    Order, Shop,
    answer::{Invalid, missing},
    render,
};
use crate::{
    fields,
    server::{Asked, Shared, json},
};

pub(super) const TOTAL: HeaderName = HeaderName::from_static("x-wp-total");
pub(super) const TOTAL_PAGES: HeaderName = HeaderName::from_static("x-wp-totalpages");

const DEFAULT_PER_PAGE: usize = 10;
const MAX_PER_PAGE: usize = 100;

type Answer = Result<Response, Invalid>;

/// Customers know no time filter, and unless a role is asked for, only the role `customer` shows.
pub(super) async fn customers(State(shared): State<Shared<Shop>>, asked: Asked) -> Answer {
    let shop = shared.data();
    let role = asked.get("role").unwrap_or("customer");
    let (email, search) = (asked.get("email"), asked.get("search").map(str::to_lowercase));
    let mut found: Vec<_> = shop
        .customers
        .values()
        .filter(|customer| role == "all" || customer.role == role)
        .filter(|customer| email.is_none_or(|email| customer.email.eq_ignore_ascii_case(email)))
        .filter(|customer| {
            let words =
                format!("{} {} {}", customer.email, customer.first_name, customer.last_name).to_lowercase();
            search.as_ref().is_none_or(|search| words.contains(search.as_str()))
        })
        .filter(|customer| included(&asked, customer.id))
        .collect();
    match asked.get("orderby").unwrap_or("name") {
        "id" | "include" => {}
        "name" => found.sort_by_key(|customer| customer.username.clone()),
        "registered_date" => found.sort_by_key(|customer| customer.created),
        _ => return Err(Invalid("orderby", "orderby is not one of id, include, name, and registered_date.")),
    }
    if descends(&asked, false)? {
        found.reverse();
    }
    page(&shared, &asked, "customers", &found, |customer| {
        render::customer(customer, shop.zone, shared.origin())
    })
}

pub(super) async fn orders(State(shared): State<Shared<Shop>>, asked: Asked) -> Answer {
    let shop = shared.data();
    let window = Window::of(&asked, &shop)?;
    let statuses = asked.list("status");
    let customer =
        asked.number("customer", 0).map_err(|_| Invalid("customer", "customer is not of type integer."))?;
    let mut found: Vec<&Order> = shop
        .orders
        .values()
        .filter(|order| {
            if statuses.is_empty() || statuses.contains(&"any") {
                order.status.name() != "trash"
            } else {
                statuses.contains(&order.status.name())
            }
        })
        .filter(|order| customer == 0 || order.customer_id == customer as u64)
        .filter(|order| window.holds(order.created, order.modified) && included(&asked, order.id))
        .collect();
    match asked.get("orderby").unwrap_or("date") {
        "id" | "include" | "title" | "slug" => {}
        "date" => found.sort_by_key(|order| order.created),
        "modified" => found.sort_by_key(|order| order.modified),
        _ => {
            return Err(Invalid(
                "orderby",
                "orderby is not one of date, id, include, title, slug, and modified.",
            ));
        }
    }
    if descends(&asked, true)? {
        found.reverse();
    }
    page(&shared, &asked, "orders", &found, |order| render::order(order, shop.zone, shared.origin()))
}

pub(super) async fn products(State(shared): State<Shared<Shop>>, asked: Asked) -> Answer {
    let shop = shared.data();
    let window = Window::of(&asked, &shop)?;
    let status = asked.get("status").unwrap_or("any");
    let mut found: Vec<_> = shop
        .products
        .values()
        .filter(|product| if status == "any" { product.status != "trash" } else { product.status == status })
        .filter(|product| asked.get("sku").is_none_or(|sku| product.sku == sku))
        .filter(|product| window.holds(product.created, product.modified) && included(&asked, product.id))
        .collect();
    match asked.get("orderby").unwrap_or("date") {
        "id" | "include" => {}
        "title" | "slug" => found.sort_by_key(|product| product.name.clone()),
        "date" => found.sort_by_key(|product| product.created),
        "modified" => found.sort_by_key(|product| product.modified),
        _ => {
            return Err(Invalid(
                "orderby",
                "orderby is not one of date, id, include, title, slug, and modified.",
            ));
        }
    }
    if descends(&asked, true)? {
        found.reverse();
    }
    page(&shared, &asked, "products", &found, |product| render::product(product, shop.zone, shared.origin()))
}

pub(super) async fn refunds(State(shared): State<Shared<Shop>>, Path(id): Path<u64>, asked: Asked) -> Answer {
    let shop = shared.data();
    let Some(order) = shop.orders.get(&id) else { return Ok(missing("woocommerce_rest_invalid_order_id")) };
    let found: Vec<_> = order.refunds.iter().collect();
    let path = format!("orders/{id}/refunds");
    page(&shared, &asked, &path, &found, |refund| render::refund(refund, order, shop.zone, shared.origin()))
}

pub(super) async fn customer(State(shared): State<Shared<Shop>>, Path(id): Path<u64>) -> Response {
    let shop = shared.data();
    shop.customers.get(&id).map_or_else(
        || missing("woocommerce_rest_invalid_id"),
        |customer| json(StatusCode::OK, &render::customer(customer, shop.zone, shared.origin())),
    )
}

pub(super) async fn order(State(shared): State<Shared<Shop>>, Path(id): Path<u64>) -> Response {
    let shop = shared.data();
    shop.orders.get(&id).map_or_else(
        || missing("woocommerce_rest_shop_order_invalid_id"),
        |order| json(StatusCode::OK, &render::order(order, shop.zone, shared.origin())),
    )
}

pub(super) async fn product(State(shared): State<Shared<Shop>>, Path(id): Path<u64>) -> Response {
    let shop = shared.data();
    shop.products.get(&id).map_or_else(
        || missing("woocommerce_rest_product_invalid_id"),
        |product| json(StatusCode::OK, &render::product(product, shop.zone, shared.origin())),
    )
}

/// Cuts out the asked page and counts the rest in headers.
fn page<T>(
    shared: &Shared<Shop>,
    asked: &Asked,
    path: &str,
    found: &[T],
    render: impl Fn(&T) -> Value,
) -> Answer {
    let number = asked.number("page", 1).map_err(|_| Invalid("page", "page is not of type integer."))?;
    if number == 0 {
        return Err(Invalid("page", "page must be greater than or equal to 1"));
    }
    let per_page = asked
        .number("per_page", DEFAULT_PER_PAGE)
        .ok()
        .filter(|size| (1..=MAX_PER_PAGE).contains(size))
        .ok_or(Invalid("per_page", "per_page must be between 1 (inclusive) and 100 (inclusive)"))?;
    let offset = asked
        .number("offset", number.saturating_sub(1).saturating_mul(per_page))
        .map_err(|_| Invalid("offset", "offset is not of type integer."))?;
    let items: Value = found.iter().skip(offset).take(per_page).map(render).collect();
    let wanted = asked.list("_fields");
    let items = if wanted.is_empty() { items } else { fields::keep(&items, &wanted) };

    let pages = found.len().div_ceil(per_page);
    let mut response = json(StatusCode::OK, &items);
    let headers = response.headers_mut();
    headers.insert(TOTAL, HeaderValue::from(found.len()));
    headers.insert(TOTAL_PAGES, HeaderValue::from(pages));
    let link = |page: usize, rel: &str| {
        format!("<{}/wp-json/wc/v3/{path}?per_page={per_page}&page={page}>; rel=\"{rel}\"", shared.origin())
    };
    let links: Vec<String> = [
        (number > 1).then(|| link((number - 1).min(pages.max(1)), "prev")),
        (number < pages).then(|| link(number + 1, "next")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !links.is_empty()
        && let Ok(value) = HeaderValue::from_str(&links.join(", "))
    {
        headers.insert(header::LINK, value);
    }
    Ok(response)
}

fn included(asked: &Asked, id: u64) -> bool {
    let (id, wanted) = (id.to_string(), asked.list("include"));
    (wanted.is_empty() || wanted.contains(&id.as_str())) && !asked.list("exclude").contains(&id.as_str())
}

fn descends(asked: &Asked, default: bool) -> Result<bool, Invalid> {
    match asked.get("order") {
        None => Ok(default),
        Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(_) => Err(Invalid("order", "order is not one of asc and desc.")),
    }
}

/// Limits on creation and change; both ends stay outside.
struct Window {
    after: Option<DateTime<Utc>>,
    before: Option<DateTime<Utc>>,
    modified_after: Option<DateTime<Utc>>,
    modified_before: Option<DateTime<Utc>>,
}

impl Window {
    fn of(asked: &Asked, shop: &Shop) -> Result<Self, Invalid> {
        let gmt = asked.flag("dates_are_gmt");
        let instant = |name: &'static str| {
            let read = |text| instant(text, gmt, shop).ok_or(Invalid(name, "Invalid date."));
            asked.get(name).map(read).transpose()
        };
        Ok(Self {
            after: instant("after")?,
            before: instant("before")?,
            modified_after: instant("modified_after")?,
            modified_before: instant("modified_before")?,
        })
    }

    /// Compared in whole seconds, as the database keeps them.
    fn holds(&self, created: DateTime<Utc>, modified: DateTime<Utc>) -> bool {
        let (created, modified) = (created.timestamp(), modified.timestamp());
        self.after.is_none_or(|limit| created > limit.timestamp())
            && self.before.is_none_or(|limit| created < limit.timestamp())
            && self.modified_after.is_none_or(|limit| modified > limit.timestamp())
            && self.modified_before.is_none_or(|limit| modified < limit.timestamp())
    }
}

/// A date with a zone is that instant; one without is the site's time, or UTC if the request says so.
fn instant(text: &str, gmt: bool, shop: &Shop) -> Option<DateTime<Utc>> {
    // A plus sign that was not escaped arrives as a blank.
    if let Ok(at) = DateTime::parse_from_rfc3339(&text.replace(' ', "+")) {
        return Some(at.to_utc());
    }
    let naive: NaiveDateTime = text.parse().ok()?;
    if gmt { Some(naive.and_utc()) } else { Some(shop.zone.from_local_datetime(&naive).earliest()?.to_utc()) }
}
