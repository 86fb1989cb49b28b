//! The server around a tiny schema.
#![expect(clippy::unused_async, reason = "async-graphql takes asynchronous resolvers only")]

mod bad_input;
mod cross_origin;
mod operators;
mod over_http;
mod over_socket;
mod too_often;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql::{Context, Data, EmptyMutation, Error, ErrorExtensions, Object, Schema, Subscription};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::{Stream, StreamExt, stream};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

use super::{AuthError, Backend, Credential, Origin, Service, router};
use crate::config::{GraphqlLimits, HttpSettings};
use crate::telemetry;

/// The role behind the two keys that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Admin,
    Frontend,
}

struct Query;

#[Object]
impl Query {
    async fn role(&self, ctx: &Context<'_>) -> String {
        format!("{:?}", ctx.data_unchecked::<Role>())
    }

    async fn origin(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<Origin>().map(|origin| origin.0.to_string())
    }

    async fn next(&self) -> Query {
        Query
    }

    #[graphql(complexity = "usize::try_from(first).unwrap_or(usize::MAX).saturating_mul(child_complexity)")]
    async fn items(&self, first: i32) -> Vec<Query> {
        (0..first.min(3)).map(|_| Query).collect()
    }

    async fn broken(&self) -> Result<Option<i32>, Error> {
        Err(std::io::Error::other("relation anna@example.com does not exist").into())
    }

    async fn refused(&self) -> Result<Option<i32>, Error> {
        Err(Error::new("not for this role").extend_with(|_, extensions| extensions.set("code", "FORBIDDEN")))
    }

    async fn panics(&self, reason: Option<String>) -> i32 {
        reason.map_or_else(|| panic!("a resolver's invariant does not hold"), |_| 0)
    }

    async fn hangs(&self, ctx: &Context<'_>) -> i32 {
        ctx.data_unchecked::<Arc<Notify>>().notify_one();
        std::future::pending().await
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self) -> i32 {
        1
    }
}

struct Stories;

#[Subscription]
impl Stories {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn origin(&self, ctx: &Context<'_>) -> impl Stream<Item = Option<String>> {
        let origin = ctx.data_opt::<Origin>().map(|origin| origin.0.to_string());
        stream::iter([origin])
    }

    async fn silence(&self) -> impl Stream<Item = i32> {
        stream::pending()
    }

    async fn broken(&self) -> impl Stream<Item = Result<i32, Error>> {
        stream::once(async { Err(std::io::Error::other("anna@example.com").into()) })
    }
}

/// The application behind the server under test.
#[derive(Clone)]
struct Tiny {
    schema: Schema<Query, Mutation, Stories>,
    ready: Arc<AtomicBool>,
    revoked: Arc<AtomicBool>,
    /// Keys that were good before.
    known: Arc<Mutex<HashSet<String>>>,
    /// Told when a request has begun to hang.
    hanging: Arc<Notify>,
}

fn secret(credential: &Credential) -> &str {
    let (Credential::Key(secret) | Credential::Session(secret) | Credential::Visitor(secret)) = credential;
    secret.expose_secret()
}

impl Backend for Tiny {
    type Executor = Schema<Query, Mutation, Stories>;
    type Caller = Role;

    fn executor(&self) -> &Self::Executor {
        &self.schema
    }

    async fn authenticate(&self, credential: Option<&Credential>) -> Result<Role, AuthError> {
        let token = credential.map(secret);
        let role = match token {
            None => Err(AuthError::Missing),
            Some(_) if self.revoked.load(Ordering::Relaxed) => Err(AuthError::Invalid),
            Some("rk_admin") => Ok(Role::Admin),
            Some("rk_frontend") => Ok(Role::Frontend),
            Some("rk_while_the_database_is_away") => Err(AuthError::Unavailable),
            Some(_) => Err(AuthError::Invalid),
        }?;
        self.known.lock().unwrap().extend(token.map(str::to_owned));
        Ok(role)
    }

    fn knows(&self, credential: &Credential) -> bool {
        self.known.lock().unwrap().contains(secret(credential))
    }

    fn number(&self, caller: &Role) -> Uuid {
        Uuid::from_u128(*caller as u128)
    }

    fn is_visitor(&self, _: &Role) -> bool {
        false
    }

    fn may_read_metrics(&self, caller: &Role) -> bool {
        *caller == Role::Admin
    }

    fn prepare(&self, caller: &Role, data: &mut Data) {
        data.insert(*caller);
        data.insert(Arc::clone(&self.hanging));
    }

    async fn ready(&self) -> Result<(), String> {
        if self.ready.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err("the database is not migrated".to_owned())
        }
    }
}

/// A server that is up, with the switches that tests turn.
struct World {
    router: Router,
    tiny: Tiny,
    shutdown: CancellationToken,
}

impl World {
    fn new() -> Self {
        Self::with(HttpSettings::default(), &GraphqlLimits::default())
    }

    fn with(settings: HttpSettings, limits: &GraphqlLimits) -> Self {
        let schema = super::apply(Schema::build(Query, Mutation, Stories), limits).finish();
        let tiny = Tiny {
            schema,
            ready: Arc::new(true.into()),
            revoked: Arc::default(),
            known: Arc::default(),
            hanging: Arc::default(),
        };
        let shutdown = CancellationToken::new();
        let metrics = telemetry::prometheus().unwrap().build_recorder().handle();
        let service = Service {
            backend: tiny.clone(),
            settings,
            limits: limits.clone(),
            browser: None,
            more: Router::new().route("/further", axum::routing::get(async || "further")),
            open: Router::new(),
            guarded: Router::new().route("/guarded", axum::routing::get(async || "guarded")),
            metrics,
            shutdown: shutdown.clone(),
        };
        Self { router: router(service), tiny, shutdown }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A GraphQL request with a good key.
    async fn ask(&self, body: &Value) -> Answer {
        self.send(post().body(body.to_string().into()).unwrap()).await
    }

    async fn query(&self, query: &str) -> Answer {
        self.ask(&json!({ "query": query })).await
    }
}

/// A request to `/graphql` with a good key and the right media type.
fn post() -> axum::http::request::Builder {
    Request::builder()
        .method(Method::POST)
        .uri("/graphql")
        .header(header::AUTHORIZATION, "Bearer rk_frontend")
        .header(header::CONTENT_TYPE, "application/json")
}

fn get(uri: &str) -> axum::http::request::Builder {
    Request::builder().uri(uri)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of the first error; every error must have one.
    fn code(&self) -> String {
        let body = self.json();
        let errors = body["errors"].as_array().expect("the answer has errors");
        for error in errors {
            assert!(error["extensions"]["code"].is_string(), "an error without a code: {error}");
        }
        errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A schema without mutations is a schema as well: `apply` takes any.
#[test]
fn limits_fit_every_schema() {
    let _ = super::apply(
        Schema::build(Query, EmptyMutation, async_graphql::EmptySubscription),
        &GraphqlLimits::default(),
    )
    .finish();
}
