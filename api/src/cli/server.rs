//! Serving: what `serve` and `demo` have in common.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;
use profiles::{Profiles, collect::Collector};
use secrecy::SecretString;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use super::connectors;
use crate::{
    application::Application,
    archive, collect,
    config::Config,
    graphql::{self, Background},
    http::{Browser, Service, router, serve},
    login,
    preferences::{self, Address},
    telemetry,
    visitors::{self, Visitors},
};

/// How long requests under way may take to end at a shutdown.
const DRAIN: Duration = Duration::from_secs(10);
/// How often metrics are put in order.
const UPKEEP: Duration = Duration::from_secs(5);

/// A server that has its address and does not answer yet.
pub(super) struct Server {
    listener: TcpListener,
    address: SocketAddr,
    metrics: PrometheusHandle,
    /// What this server proves itself with at the identity provider.
    client_secret: Option<SecretString>,
    visitors: Visitors,
}

impl Server {
    /// Takes the configured address.
    pub(super) async fn bind(config: &Config) -> anyhow::Result<Self> {
        let client_secret =
            connectors::secret_setting("oidc.client_secret", config.oidc.client_secret.as_ref())?;
        let named = |name, value: Option<&SecretString>| connectors::secret_setting(name, value);
        let secret = named("visitors.secret", config.visitors.secret.as_ref())?;
        let public_key = config.visitors.public_key.clone().map(SecretString::from);
        let public_key = named("visitors.public_key", public_key.as_ref())?;
        let visitors = Visitors::new(&config.visitors, secret.as_ref(), public_key.as_ref())?;
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("cannot listen on {}; choose another address or port", config.listen))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, metrics: telemetry::start_metrics()?, client_secret, visitors })
    }

    /// Where it listens: `http://127.0.0.1:4020`.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers, runs the schedule and derives what changes, until `stop` turns true; then ends what is under way.
    pub(super) async fn run(
        self,
        profiles: Profiles,
        config: &Config,
        stop: watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let background = Background::new(stop.clone());
        let address = Address(config.public_url.clone());
        let schema = graphql::schema(&profiles, &config.graphql, background.clone(), address);
        let shutdown = CancellationToken::new();
        let public_url = config.public_url.as_ref();
        let sign_in = login::router(&profiles, &config.oidc, public_url, self.client_secret)?;
        let browser = public_url.filter(|_| sign_in.is_some()).map(Browser::new);
        let anonymous = visitors::router(profiles.clone(), &config.visitors, &config.http.allowed_origins);
        let (collector, collecting) = Collector::start(profiles.clone());
        let open = collect::router(profiles.clone(), collector, config.public_url.clone());
        let more = sign_in.unwrap_or_default().merge(preferences::pages(profiles.clone())).merge(anonymous);
        let router = router(Service {
            backend: Application::new(profiles.clone(), schema, config.privacy.clone())
                .with_visitors(self.visitors),
            settings: config.http.clone(),
            limits: config.graphql.clone(),
            browser,
            more,
            open,
            guarded: archive::paths(profiles.clone()),
            metrics: self.metrics.clone(),
            shutdown: shutdown.clone(),
        });
        let schedule = tokio::spawn({
            let stop = stop.clone();
            async move { Box::pin(profiles.run_in_background(stop)).await }
        });
        let upkeep = tokio::spawn({
            let metrics = self.metrics;
            async move {
                loop {
                    tokio::time::sleep(UPKEEP).await;
                    metrics.run_upkeep();
                }
            }
        });
        let stopping = tokio::spawn(stopped(stop, shutdown.clone()));

        let served = serve(self.listener, router, shutdown, DRAIN).await;
        upkeep.abort();
        if served.is_ok() {
            // Nobody sends any more: what was sent is written.
            if tokio::time::timeout(DRAIN, collecting).await.is_err() {
                tracing::warn!("a connection that has not ended still may send");
            }
            // Runs come to the end of their page.
            background.finished().await;
            schedule.await?;
        }
        stopping.abort();
        served.context("the HTTP server failed")
    }
}

async fn stopped(mut stop: watch::Receiver<bool>, shutdown: CancellationToken) {
    // An error means that nobody is left who could stop it.
    let _ = stop.wait_for(|stop| *stop).await;
    shutdown.cancel();
}
