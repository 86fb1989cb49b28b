//! Serving until told to stop, and stopping in good order.

use std::future::IntoFuture;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Serves until `shutdown` is cancelled; then takes no new connection and lets the requests under way end, for `drain`
/// at most.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
    drain: Duration,
) -> io::Result<()> {
    let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    tokio::select! {
        ended = server.into_future() => ended,
        () = async { shutdown.cancelled().await; tokio::time::sleep(drain).await } => {
            tracing::warn!(seconds = drain.as_secs(), "requests still under way are cut off");
            Ok(())
        }
    }
}

/// Waits for the process to be asked to end: SIGINT (Ctrl-C) or SIGTERM.
///
/// # Errors
/// If signals cannot be received.
pub async fn terminated() -> io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => tracing::info!("interrupted, shutting down"),
        _ = terminate.recv() => tracing::info!("asked to terminate, shutting down"),
    }
    Ok(())
}
