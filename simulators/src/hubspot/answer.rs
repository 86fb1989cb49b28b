//! HubSpot's way of answering: routes, authentication, errors, headers.

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Kind, Portal, associations, list, search};
use crate::server::{Allowance, Asked, Refusal, Shared, Vendor, json, number};

impl Vendor for Portal {
    const API_PATH: &'static str = "";
    const RATE_LIMIT: u32 = 190;
    const CONCURRENCY: usize = usize::MAX;

    fn routes() -> Router<Shared<Self>> {
        Router::new()
            .route("/crm/v3/objects/{kind}", get(list::page))
            .route("/crm/v3/objects/{kind}/search", post(search::page))
            .route("/crm/v3/objects/{kind}/{id}", get(list::one))
            .route("/crm/v3/associations/{from}/{to}/batch/read", post(associations::version_3))
            .route("/crm/v4/associations/{from}/{to}/batch/read", post(associations::version_4))
            .route("/account-info/v3/details", get(account))
            .fallback(async || Self::refuse(Refusal::NotFound, 0))
    }

    fn knows(&self, headers: &HeaderMap, _: &Asked) -> bool {
        let sent =
            headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        sent.strip_prefix("Bearer ") == Some(self.token.as_str())
    }

    fn refuse(refusal: Refusal, request: u64) -> Response {
        let (status, category, message) = match refusal {
            Refusal::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find \
                 more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
            ),
            Refusal::TooMany => {
                let body = json!({
                    "status": "error",
                    "message": "You have reached your ten_secondly_rolling limit.",
                    "errorType": "RATE_LIMIT",
                    "correlationId": correlation(request),
                    "policyName": "TEN_SECONDLY_ROLLING",
                    "groupName": "publicapi:private-apps:ten-secondly",
                });
                return json(StatusCode::TOO_MANY_REQUESTS, &body);
            }
            Refusal::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "internal error"),
            Refusal::Cursor => {
                (StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Invalid paging cursor: 'after'")
            }
            Refusal::NotFound => (StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", "resource not found"),
        };
        json(status, &failure(category, message, request))
    }

    fn promise_more(page: &mut Value, _: &mut HeaderMap, _: &Asked, turn: u64) {
        let known =
            page["paging"]["next"]["after"].as_str().and_then(|after| after.parse().ok()).unwrap_or(0_u64);
        page["paging"] = json!({"next": {"after": (known + turn).to_string()}});
    }

    fn sign(headers: &mut HeaderMap, path: &str, allowance: Allowance) {
        const DAILY: u64 = 625_000;
        number(headers, "x-hubspot-ratelimit-daily", DAILY);
        number(headers, "x-hubspot-ratelimit-daily-remaining", DAILY.saturating_sub(allowance.served));
        // Search has limits of its own, which HubSpot does not show.
        if !path.ends_with("/search") {
            number(headers, "x-hubspot-ratelimit-interval-milliseconds", 10_000);
            number(headers, "x-hubspot-ratelimit-max", allowance.max);
            number(headers, "x-hubspot-ratelimit-remaining", allowance.remaining);
        }
        if let Ok(id) = HeaderValue::from_str(&correlation(allowance.served)) {
            headers.insert(HeaderName::from_static("x-hubspot-correlation-id"), id);
        }
    }
}

async fn account(State(shared): State<Shared<Portal>>) -> Json<Value> {
    let portal = shared.data();
    Json(json!({
        "portalId": portal.id,
        "accountType": "STANDARD",
        "timeZone": "Europe/Amsterdam",
        "companyCurrency": portal.currency,
        "additionalCurrencies": ["GBP", "DKK"],
        "utcOffset": "+01:00",
        "utcOffsetMilliseconds": 3_600_000,
        "uiDomain": "app-eu1.hubspot.com",
        "dataHostingLocation": "eu1",
    }))
}

/// A request that HubSpot answers with 400.
pub(super) struct Invalid(pub(super) String);

impl IntoResponse for Invalid {
    fn into_response(self) -> Response {
        json(StatusCode::BAD_REQUEST, &failure("VALIDATION_ERROR", &self.0, 0))
    }
}

impl FromRequestParts<Shared<Portal>> for Kind {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared<Portal>) -> Result<Self, Response> {
        let Path(names): Path<Vec<(String, String)>> =
            Path::from_request_parts(parts, shared).await.map_err(IntoResponse::into_response)?;
        let name = names.first().map_or("", |(_, name)| name.as_str());
        Self::named(name).ok_or_else(|| unknown_kind(name))
    }
}

/// The answer to an object type that does not exist.
pub(super) fn unknown_kind(name: &str) -> Response {
    Invalid(format!("Unable to infer object type from: {name}")).into_response()
}

fn failure(category: &str, message: &str, request: u64) -> Value {
    json!({"status": "error", "message": message, "correlationId": correlation(request), "category": category})
}

/// An id in the shape of a UUID that names the request by its number.
fn correlation(request: u64) -> String {
    format!("0a0b0c0d-0000-4000-8000-{request:012x}")
}
