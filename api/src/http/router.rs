//! The paths, and what their handlers share.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{MethodRouter, get};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::errors::code;
use super::problem::Problem;
use super::rates::Rates;
use super::{Backend, Browser, assets, cors, door, graphql, probes, shell};
use crate::config::{GraphqlLimits, HttpSettings};

/// What the HTTP server is made of.
pub struct Service<B> {
    /// The application.
    pub backend: B,
    /// The settings.
    pub settings: HttpSettings,
    /// The limits that the schema was built with.
    pub limits: GraphqlLimits,
    /// This server as browsers know it, if people sign in.
    pub browser: Option<Browser>,
    /// Further paths of the application, for strangers: their requests count by network address.
    pub more: Router,
    /// Further paths of the application that look after themselves: nobody is counted at them.
    pub open: Router,
    /// Further paths of the application, for callers: who asks comes as an extension, and is counted as for an operation.
    pub guarded: Router,
    /// What `/metrics` shows.
    pub metrics: PrometheusHandle,
    /// Closes every open WebSocket; to be cancelled when the server shuts down.
    pub shutdown: CancellationToken,
}

/// What every handler has at hand.
pub(super) struct State<B>(Arc<Inner<B>>);

pub(super) struct Inner<B> {
    pub(super) service: Service<B>,
    /// How often one may ask.
    pub(super) rates: Rates,
    /// One permit for each subscription that may still be opened.
    pub(super) subscriptions: Arc<Semaphore>,
}

impl<B> Clone for State<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B> Deref for State<B> {
    type Target = Inner<B>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The whole server as a router.
pub fn router<B: Backend>(service: Service<B>) -> Router {
    let subscriptions = usize::try_from(service.settings.max_subscriptions.get()).unwrap_or(usize::MAX);
    let state = State(Arc::new(Inner {
        rates: Rates::new(&service.settings),
        subscriptions: Arc::new(Semaphore::new(subscriptions.min(Semaphore::MAX_PERMITS))),
        service,
    }));
    let settings = &state.service.settings;

    let mut graphql = only(get(graphql::get::<B>).post(graphql::post::<B>), "GET, POST");
    if let Some(cors) = cors::layer(&settings.allowed_origins) {
        graphql = graphql.layer(cors);
    }
    let mut paths = Router::new()
        .route("/graphql", graphql)
        .route("/healthz", only(get(probes::healthz), "GET"))
        .route("/readyz", only(get(probes::readyz::<B>), "GET"))
        .route("/metrics", only(get(probes::metrics::<B>), "GET"));
    if settings.graphiql {
        paths = paths
            .route("/", only(get(|| async { Redirect::to("/graphiql") }), "GET"))
            .route("/graphiql", only(get(assets::page), "GET"))
            .route("/graphiql/{digest}/{file}", only(get(assets::file), "GET"));
    }
    let counted = middleware::from_fn_with_state(state.clone(), door::count_stranger::<B>);
    let more = state.service.more.clone().layer(counted);
    let admitted = middleware::from_fn_with_state(state.clone(), door::let_in::<B>);
    let guarded = state.service.guarded.clone().layer(admitted);
    paths
        .fallback(|| async {
            Problem::new(StatusCode::NOT_FOUND, code::NOT_FOUND, "there is nothing at this path")
        })
        .with_state(state.clone())
        .merge(more)
        .merge(guarded)
        .merge(state.service.open.clone())
        .layer(DefaultBodyLimit::max(settings.body_limit_bytes.get()))
        .layer(middleware::from_fn_with_state(settings.request_timeout(), shell::around))
}

/// Answers other methods in the shape of every other refusal.
pub(crate) fn only<S: Clone + Send + Sync + 'static>(
    methods: MethodRouter<S>,
    allowed: &'static str,
) -> MethodRouter<S> {
    methods.fallback(move || async move {
        let message = format!("this path answers to {allowed} only");
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, code::BAD_REQUEST, message)
            .with_header(header::ALLOW, allowed)
    })
}
