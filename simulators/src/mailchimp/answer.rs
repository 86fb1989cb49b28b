//! Mailchimp's way of answering: routes, authentication, errors.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Account, list};
use crate::server::{Allowance, Asked, Refusal, Shared, Vendor, typed};

impl Vendor for Account {
    const API_PATH: &'static str = "/3.0";
    const RATE_LIMIT: u32 = u32::MAX;
    const CONCURRENCY: usize = 10;

    fn routes() -> Router<Shared<Self>> {
        let api = Router::new()
            .route("/", get(root))
            .route("/ping", get(ping))
            .route("/lists", get(list::lists))
            .route("/lists/{list}", get(list::list))
            .route("/lists/{list}/members", get(list::members))
            .route("/lists/{list}/members/{id}", get(list::member))
            .route("/campaigns", get(list::campaigns))
            .route("/campaigns/{id}", get(list::campaign))
            .route("/reports/{id}/email-activity", get(list::activity))
            .route("/reports/{id}/unsubscribed", get(list::unsubscribed));
        // The root is documented with a slash at its end, and answers without one too.
        let root = Router::new().route("/3.0/", get(root));
        root.nest(Self::API_PATH, api).fallback(async || Self::refuse(Refusal::NotFound, 0))
    }

    fn knows(&self, headers: &HeaderMap, _: &Asked) -> bool {
        let sent =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if let Some(token) = sent.strip_prefix("Bearer ") {
            return token == self.api_key;
        }
        // Any user name will do.
        sent.strip_prefix("Basic ")
            .and_then(|encoded| String::from_utf8(STANDARD.decode(encoded).ok()?).ok())
            .is_some_and(|pair| pair.split_once(':').is_some_and(|(_, key)| key == self.api_key))
    }

    fn refuse(refusal: Refusal, request: u64) -> Response {
        let (status, title, detail) = match refusal {
            Refusal::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "API Key Invalid",
                "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
            ),
            Refusal::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "Too Many Requests",
                "You have exceeded the limit of 10 simultaneous connections.",
            ),
            Refusal::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Internal Server Error",
                "An unexpected internal error has occurred.",
            ),
            Refusal::Cursor => (
                StatusCode::BAD_REQUEST,
                "Invalid Resource",
                "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
            ),
            Refusal::NotFound => {
                (StatusCode::NOT_FOUND, "Resource Not Found", "The requested resource could not be found.")
            }
        };
        problem(status, title, detail, request)
    }

    fn promise_more(page: &mut Value, _: &mut HeaderMap, asked: &Asked, turn: u64) {
        let offset = asked.number("offset", 0).unwrap_or(0) as u64;
        page["total_items"] = (offset + 10_000 + turn).into();
    }

    fn sign(headers: &mut HeaderMap, _: &str, allowance: Allowance) {
        if let Ok(id) = HeaderValue::from_str(&instance(allowance.served)) {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
    }
}

/// An answer of type problem+json.
pub(super) fn problem(status: StatusCode, title: &str, detail: &str, request: u64) -> Response {
    let body = json!({
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": title,
        "status": status.as_u16(),
        "detail": detail,
        "instance": instance(request),
    });
    typed(status, "application/problem+json; charset=utf-8", body.to_string())
}

/// An id in the shape of a UUID that names the request by its number.
fn instance(request: u64) -> String {
    format!("0c0d0e0f-0000-4000-8000-{request:012x}")
}

async fn ping() -> Json<Value> {
    Json(json!({"health_status": "Everything's Chimpy!"}))
}

async fn root(State(shared): State<Shared<Account>>) -> Json<Value> {
    let account = shared.data();
    Json(json!({
        "account_id": "5a3c9f0b1d2e4a6f8b7c9d0e1",
        "login_id": "100001",
        "account_name": "Lantern & Loom",
        "email": "hello@lantern-loom.example",
        "first_name": "Lieke",
        "last_name": "Lantern",
        "username": "lanternloom",
        "avatar_url": "",
        "role": "owner",
        "member_since": "2019-04-01T08:00:00+00:00",
        "pricing_plan_type": "monthly",
        "first_payment": "2019-05-01T08:00:00+00:00",
        "account_timezone": "Europe/Amsterdam",
        "account_industry": "Retail",
        "contact": {
            "company": "Lantern & Loom", "addr1": "Havenkade 1", "addr2": "", "city": "Delft", "state": "",
            "zip": "2611 AA", "country": "NL",
        },
        "pro_enabled": false,
        "last_login": "",
        "total_subscribers": account.members.values().map(Vec::len).sum::<usize>(),
    }))
}
