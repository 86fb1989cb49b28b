//! Logs and metrics of the process.
//!
//! Log lines go to standard error, as text or as JSON; metrics are kept in memory and rendered by `/metrics`. No line
//! and no label may hold personal data, a secret, a query's text or its variables: names of operations, counts,
//! durations and reference ids are all that is written.

use std::io::IsTerminal;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{Config, LogFormat};

/// HTTP requests by `method`, `route` and `status` class.
pub const HTTP_REQUESTS: &str = "rondom_http_requests_total";
/// How long HTTP requests took, by `route`.
pub const HTTP_SECONDS: &str = "rondom_http_request_duration_seconds";
/// GraphQL operations by `kind` and `outcome`.
pub const GRAPHQL_OPERATIONS: &str = "rondom_graphql_operations_total";
/// How long GraphQL queries and mutations took, by `kind`.
pub const GRAPHQL_SECONDS: &str = "rondom_graphql_operation_duration_seconds";
/// GraphQL subscriptions that are open now.
pub const GRAPHQL_SUBSCRIPTIONS: &str = "rondom_graphql_subscriptions_open";
/// Messages that sites and apps sent, by `outcome`.
pub const COLLECTED: &str = "rondom_collected_messages_total";
/// Messages that were to be sent again, because they could not be stored.
pub const REFUSED: &str = "rondom_collect_refused_messages_total";

/// Upper bounds of the duration histograms, in seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0];

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter is no filter.
    #[error("log_filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Logs were set up before in this process.
    #[error("logs: {0}")]
    Logs(#[from] TryInitError),
    /// Metrics were set up before in this process.
    #[error("metrics: {0}")]
    Metrics(#[from] BuildError),
}

/// Starts logging to standard error, once in a process.
///
/// # Errors
/// If the filter is malformed or logging has been started before.
pub fn start_logs(config: &Config) -> Result<(), TelemetryError> {
    let logs = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&config.log_filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log_format {
        LogFormat::Text => logs.finish().try_init()?,
        LogFormat::Json => logs.json().flatten_event(true).with_current_span(false).finish().try_init()?,
    }
    Ok(())
}

/// Starts collecting metrics, once in a process. Without it, metrics are counted nowhere and cost nothing. The caller
/// runs [`PrometheusHandle::run_upkeep`] now and then, so that histograms do not grow between scrapes.
///
/// # Errors
/// If metrics have been started before.
pub fn start_metrics() -> Result<PrometheusHandle, TelemetryError> {
    let handle = prometheus()?.install_recorder()?;
    describe_counter!(HTTP_REQUESTS, "HTTP requests by method, route template and status class");
    describe_histogram!(HTTP_SECONDS, Unit::Seconds, "Duration of HTTP requests by route template");
    describe_counter!(GRAPHQL_OPERATIONS, "GraphQL operations by kind and outcome");
    describe_histogram!(GRAPHQL_SECONDS, Unit::Seconds, "Duration of GraphQL queries and mutations by kind");
    describe_gauge!(GRAPHQL_SUBSCRIPTIONS, "GraphQL subscriptions that are open now");
    describe_counter!(COLLECTED, "Messages that sites and apps sent, taken or rejected");
    describe_counter!(REFUSED, "Messages that were to be sent again, because they could not be stored");
    Ok(handle)
}

/// The recorder as this program wants it, not yet installed.
pub(crate) fn prometheus() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
}
