//! Who asks, and whether they may ask now.

use std::net::{IpAddr, SocketAddr};

use axum::Extension;
use axum::extract::ConnectInfo;
use axum::http::HeaderMap;

use super::router::State;
use super::{AuthError, Backend, token};

/// The address that a connection comes from, as axum hands it to handlers; `None` where there is no network.
pub(super) type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// The client, or the proxy before it.
pub(super) fn address(peer: Peer) -> Option<IpAddr> {
    peer.map(|Extension(ConnectInfo(peer))| peer.ip())
}

/// The caller behind the headers of a request, whose one operation is counted.
pub(super) async fn admit<B: Backend>(
    state: &State<B>,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<B::Caller, AuthError> {
    let caller = identify(state, token::in_headers(headers), address).await?;
    state.rates.count(state.service.backend.number(&caller))?;
    Ok(caller)
}

/// The caller of a key. Whoever comes with none, or with one that this process does not know, is counted first.
pub(super) async fn identify<B: Backend>(
    state: &State<B>,
    key: Option<&str>,
    address: Option<IpAddr>,
) -> Result<B::Caller, AuthError> {
    let backend = &state.service.backend;
    if !key.is_some_and(|key| backend.knows(key)) {
        state.rates.count_stranger(address)?;
    }
    backend.authenticate(key).await
}
