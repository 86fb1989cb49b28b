//! WooCommerce's way of answering: routes, authentication, errors.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Shop, list};
use crate::server::{Allowance, Asked, Refusal, Shared, Vendor, json, typed};

impl Vendor for Shop {
    const API_PATH: &'static str = "/wp-json/wc/v3";
    // WooCommerce itself has no limit; its host may.
    const RATE_LIMIT: u32 = u32::MAX;
    const CONCURRENCY: usize = usize::MAX;

    fn routes() -> Router<Shared<Self>> {
        let api = Router::new()
            .route("/", get(index))
            .route("/system_status", get(status))
            .route("/customers", get(list::customers))
            .route("/customers/{id}", get(list::customer))
            .route("/orders", get(list::orders))
            .route("/orders/{id}", get(list::order))
            .route("/orders/{id}/refunds", get(list::refunds))
            .route("/products", get(list::products))
            .route("/products/{id}", get(list::product));
        Router::new()
            .nest(Self::API_PATH, api)
            .route("/wp-json/", get(site))
            .route("/wp-json", get(site))
            .fallback(async || Self::refuse(Refusal::NotFound, 0))
    }

    fn knows(&self, headers: &HeaderMap, asked: &Asked) -> bool {
        let basic = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
            .and_then(|encoded| STANDARD.decode(encoded).ok());
        let by_header = basic == Some(format!("{}:{}", self.consumer_key, self.consumer_secret).into_bytes());
        by_header
            || (asked.get("consumer_key") == Some(self.consumer_key.as_str())
                && asked.get("consumer_secret") == Some(self.consumer_secret.as_str()))
    }

    fn refuse(refusal: Refusal, _: u64) -> Response {
        let (status, code, message) = match refusal {
            Refusal::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "woocommerce_rest_cannot_view",
                "Sorry, you cannot list resources.",
            ),
            // The host speaks here, and not in JSON.
            Refusal::TooMany => {
                let page = "<html>\n<head><title>429 Too Many Requests</title></head>\n</html>\n";
                return typed(StatusCode::TOO_MANY_REQUESTS, "text/html", page);
            }
            Refusal::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_server_error",
                "<p>There has been a critical error on this website.</p>",
            ),
            Refusal::Cursor => {
                return Invalid("page", "page is larger than the number of pages available.").into_response();
            }
            Refusal::NotFound => (
                StatusCode::NOT_FOUND,
                "rest_no_route",
                "No route was found matching the URL and request method.",
            ),
        };
        json(status, &json!({"code": code, "message": message, "data": {"status": status.as_u16()}}))
    }

    fn promise_more(_: &mut Value, headers: &mut HeaderMap, asked: &Asked, turn: u64) {
        let page = asked.number("page", 1).unwrap_or(1) as u64;
        headers.insert(list::TOTAL_PAGES, HeaderValue::from(page + 1));
        headers.insert(list::TOTAL, HeaderValue::from((page + turn) * 100));
    }

    fn sign(headers: &mut HeaderMap, _: &str, _: Allowance) {
        let robots = HeaderName::from_static("x-robots-tag");
        headers.insert(robots, HeaderValue::from_static("noindex"));
    }
}

/// A parameter that is answered with 400: its name and what is wrong.
pub(super) struct Invalid(pub(super) &'static str, pub(super) &'static str);

impl IntoResponse for Invalid {
    fn into_response(self) -> Response {
        let Self(name, fault) = self;
        let body = json!({
            "code": "rest_invalid_param",
            "message": format!("Invalid parameter(s): {name}"),
            "data": {"status": 400, "params": {name: fault}, "details": {}},
        });
        json(StatusCode::BAD_REQUEST, &body)
    }
}

/// The answer to an id that does not exist.
pub(super) fn missing(code: &str) -> Response {
    json(StatusCode::NOT_FOUND, &json!({"code": code, "message": "Invalid ID.", "data": {"status": 404}}))
}

async fn index() -> Json<Value> {
    Json(json!({"namespace": "wc/v3", "routes": {}, "_links": {}}))
}

async fn site(State(shared): State<Shared<Shop>>) -> Json<Value> {
    let shop = shared.data();
    Json(json!({
        "name": "Lantern & Loom",
        "description": "Things for the house",
        "url": shared.origin(),
        "home": shared.origin(),
        "timezone_string": shop.zone.name(),
        "namespaces": ["wp/v2", "wc/v3"],
    }))
}

async fn status(State(shared): State<Shared<Shop>>) -> Json<Value> {
    let shop = shared.data();
    Json(json!({
        "environment": {
            "home_url": shared.origin(),
            "site_url": shared.origin(),
            "version": "10.3.5",
            "wp_version": "6.8.3",
            "default_timezone": "UTC",
        },
        "settings": {"currency": "EUR", "api_enabled": true, "timezone": shop.zone.name()},
    }))
}
