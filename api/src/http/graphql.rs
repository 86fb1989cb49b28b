//! GraphQL over HTTP, as the specification of that name says.
//!
//! The order is fixed: who asks, in which media type, what, and only then the operation. A caller without a key learns
//! nothing but that, and no body is read for one.

use std::collections::HashMap;
use std::net::IpAddr;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response as Answer, ServerError, Variables};
use axum::body::Bytes;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::extract::{FromRequest, Query, Request as HttpRequest, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, http};
use serde::{Deserialize, Serialize};

use super::accept::Media;
use super::door::{self, Peer};
use super::errors::{code, failed_before_execution};
use super::operation::Operation;
use super::problem::Problem;
use super::router::State;
use super::{Backend, RequestId, socket};

/// Where a request comes from: the client, or the proxy before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin(pub IpAddr);

/// A request that knows where it comes from, so that the audit log can say so.
pub(super) fn from(address: Option<IpAddr>, request: Request) -> Request {
    match address {
        Some(address) => request.data(Origin(address)),
        None => request,
    }
}

/// `POST /graphql`: any operation but a subscription.
pub(super) async fn post<B: Backend>(
    Shared(state): Shared<State<B>>,
    Extension(id): Extension<RequestId>,
    peer: Peer,
    request: HttpRequest,
) -> Result<Response, Problem> {
    let address = door::address(peer);
    let (caller, media) = admit(&state, request.headers(), address).await?;
    let answer = async {
        let request = from(address, read_body(request).await?);
        run(&state, request, &caller, &id, |_| Ok(())).await
    };
    answer.await.map(|answer| respond(answer, media)).map_err(|problem| problem.in_media(media))
}

/// `GET /graphql`: a query in the address, or the opening of a WebSocket.
pub(super) async fn get<B: Backend>(
    Shared(state): Shared<State<B>>,
    Extension(id): Extension<RequestId>,
    peer: Peer,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let address = door::address(peer);
    if headers.contains_key(header::UPGRADE) {
        let upgrade = upgrade.map_err(|error| Problem::bad_request(error.body_text()))?;
        return socket::open(state, upgrade, &headers, address, id);
    }
    let (caller, media) = admit(&state, &headers, address).await?;
    let answer = async {
        let request = from(address, read_address(&uri)?);
        run(&state, request, &caller, &id, refuse_mutation).await
    };
    answer.await.map(|answer| respond(answer, media)).map_err(|problem| problem.in_media(media))
}

/// Who asks, and in which media type the answer goes out.
async fn admit<B: Backend>(
    state: &State<B>,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<(B::Caller, Media), Problem> {
    let media = Media::negotiate(headers);
    let caller = door::admit(state, headers, address)
        .await
        .map_err(|error| Problem::from(error).in_media(media.unwrap_or(Media::Json)))?;
    let media = media.ok_or_else(|| {
        let message =
            "answers are `application/json` or `application/graphql-response+json`; accept one of them";
        Problem::new(StatusCode::NOT_ACCEPTABLE, code::BAD_REQUEST, message)
    })?;
    Ok((caller, media))
}

/// The parameters of a request. Others than these are ignored, as the specification asks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a map with `query`")]
struct Parameters {
    query: String,
    operation_name: Option<String>,
    #[serde(default)]
    variables: Variables,
    /// Nothing here uses extensions, but a wrong kind of them is refused.
    #[serde(rename = "extensions")]
    _extensions: Option<HashMap<String, serde_json::Value>>,
}

impl From<Parameters> for Request {
    fn from(parameters: Parameters) -> Self {
        let request = Self::new(parameters.query).variables(parameters.variables);
        match parameters.operation_name.filter(|name| !name.is_empty()) {
            Some(name) => request.operation_name(name),
            None => request,
        }
    }
}

async fn read_body(request: HttpRequest) -> Result<Request, Problem> {
    if !is_json(request.headers()) {
        let message = "send `Content-Type: application/json`, in UTF-8";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code::BAD_REQUEST, message));
    }
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| {
        Problem::new(rejection.status(), code::BAD_REQUEST, rejection.body_text().to_lowercase())
    })?;
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::bad_request("batches are not taken: send one operation in a request"));
    }
    let parameters: Parameters = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body is no GraphQL request: {error}")))?;
    Ok(parameters.into())
}

fn read_address(uri: &Uri) -> Result<Request, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Address {
        query: String,
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    let Query(address) = Query::<Address>::try_from_uri(uri).map_err(|rejection| {
        Problem::bad_request(format!("the address is no GraphQL request: {rejection}"))
    })?;
    let parameters = Parameters {
        query: address.query,
        operation_name: address.operation_name,
        variables: json("variables", address.variables)?.unwrap_or_default(),
        _extensions: json("extensions", address.extensions)?,
    };
    Ok(parameters.into())
}

/// A parameter of the address that is JSON in itself.
fn json<T: for<'de> Deserialize<'de>>(name: &str, text: Option<String>) -> Result<Option<T>, Problem> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| Problem::bad_request(format!("`{name}` is no JSON map: {error}")))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(content_type)) = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().is_some_and(|kind| kind == "application/json")
        && parts.all(|part| part.strip_prefix("charset=").is_none_or(|set| set.trim_matches('"') == "utf-8"))
}

/// Runs what may be run over HTTP, and by this method.
async fn run<B: Backend>(
    state: &State<B>,
    request: Request,
    caller: &B::Caller,
    id: &RequestId,
    allowed: fn(OperationType) -> Result<(), Problem>,
) -> Result<Answer, Problem> {
    let limits = &state.service.limits;
    let operation = match Operation::read(request, limits) {
        Ok(operation) => operation,
        Err(error) => return Ok(Answer::from_errors(vec![error])),
    };
    if operation.kind == OperationType::Subscription {
        let message =
            "subscriptions run over a WebSocket at this address, in the protocol `graphql-transport-ws`";
        return Err(Problem::bad_request(message));
    }
    allowed(operation.kind)?;
    Ok(operation.run(&state.service.backend, caller, id, limits).await)
}

fn refuse_mutation(kind: OperationType) -> Result<(), Problem> {
    if kind == OperationType::Mutation {
        let message = "GET runs queries only: send a mutation by POST";
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, code::BAD_REQUEST, message)
            .with_header(header::ALLOW, "POST"));
    }
    Ok(())
}

/// The result of an operation. One that never ran has no `data`, and in the newer media type the status 400.
fn respond(answer: Answer, media: Media) -> Response {
    #[derive(Serialize)]
    struct Refused<'a> {
        errors: &'a [ServerError],
    }
    let early = failed_before_execution(&answer);
    let body = if early {
        serde_json::to_vec(&Refused { errors: &answer.errors })
    } else {
        serde_json::to_vec(&answer)
    };
    let status =
        if early && media == Media::GraphqlResponse { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    match body {
        Ok(body) => {
            let mut response = (status, body).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, media.content_type());
            http::HeaderMap::extend(response.headers_mut(), answer.http_headers);
            response
        }
        Err(error) => {
            tracing::error!(%error, "a GraphQL response cannot be written as JSON");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                code::INTERNAL,
                "the response cannot be written as JSON",
            )
            .in_media(media)
            .into_response()
        }
    }
}
