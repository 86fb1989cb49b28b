//! Who asks, and whether they may ask now.

use std::net::{IpAddr, SocketAddr};

use axum::Extension;
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Problem;
use super::router::State;
use super::{AuthError, Backend, Cookie, Credential, token};

/// The address that a connection comes from, as axum hands it to handlers; `None` where there is no network.
pub(super) type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// The client, or the proxy before it.
pub(super) fn address(peer: Peer) -> Option<IpAddr> {
    peer.map(|Extension(ConnectInfo(peer))| peer.ip())
}

/// Counts a request to a path at which nobody can be known yet: whoever signs in is a stranger.
pub(super) async fn count_stranger<B: Backend>(
    Shared(state): Shared<State<B>>,
    peer: Peer,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    state.rates.count_stranger(address(peer))?;
    Ok(next.run(request).await)
}

/// The caller behind the headers of a request, whose one operation is counted.
pub(super) async fn admit<B: Backend>(
    state: &State<B>,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<B::Caller, AuthError> {
    let credential = credential(state, headers)?;
    let caller = identify(state, credential.as_ref(), address).await?;
    count(state, &caller)?;
    Ok(caller)
}

/// Counts one operation of a caller.
pub(super) fn count<B: Backend>(state: &State<B>, caller: &B::Caller) -> Result<(), AuthError> {
    let backend = &state.service.backend;
    let number = backend.number(caller);
    if backend.is_visitor(caller) { state.rates.count_visitor(number) } else { state.rates.count(number) }
}

/// What the headers of a request show: a key or a visitor's token, else the session of a browser whose page is of this server.
pub(super) fn credential<B: Backend>(
    state: &State<B>,
    headers: &HeaderMap,
) -> Result<Option<Credential>, AuthError> {
    if let Some(key) = token::in_headers(headers) {
        return Ok(Some(Credential::shown(key)));
    }
    let Some(browser) = &state.service.browser else { return Ok(None) };
    let Some(session) = browser.cookie(headers, Cookie::Session) else { return Ok(None) };
    if !browser.is_own_page(headers) {
        return Err(AuthError::Foreign);
    }
    Ok(Some(Credential::Session(session.into())))
}

/// The caller of a credential. Whoever comes with none, or with one that this process does not know, is counted first.
pub(super) async fn identify<B: Backend>(
    state: &State<B>,
    credential: Option<&Credential>,
    address: Option<IpAddr>,
) -> Result<B::Caller, AuthError> {
    let backend = &state.service.backend;
    if !credential.is_some_and(|credential| backend.knows(credential)) {
        state.rates.count_stranger(address)?;
    }
    backend.authenticate(credential).await
}
