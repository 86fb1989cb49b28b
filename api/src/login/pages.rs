//! The pages of signing in and out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, Html, IntoResponse, Redirect, Response};
use profiles::access::Caller;
use profiles::audit::Deed;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::Login;
use super::pending::{LIMIT, Pending};
use super::place::on_this_server;
use super::provider::Failure;
use crate::http::Cookie;

/// Where a browser's connection comes from.
type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// What a person is told when there is no way on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    NoSuchPlace,
    NotBegun,
    Declined,
    Unproven,
    NoRole,
    Foreign,
    Unavailable,
    Broken,
}

impl Stop {
    fn words(self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchPlace => (StatusCode::BAD_REQUEST, "The link names no place of this server."),
            Self::NotBegun => (
                StatusCode::BAD_REQUEST,
                "This sign-in was begun in another browser, was begun anew, or took more than ten minutes.",
            ),
            Self::Declined => (StatusCode::FORBIDDEN, "The identity provider did not sign you in."),
            Self::Unproven => (
                StatusCode::FORBIDDEN,
                "The identity provider's answer does not prove who you are. The server's log says why.",
            ),
            Self::NoRole => (
                StatusCode::FORBIDDEN,
                "You are in no group that may do anything here. Ask whoever administers this server.",
            ),
            Self::Foreign => (StatusCode::FORBIDDEN, "Only a page of this server may ask for this."),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The identity provider cannot be reached at the moment. Try again shortly.",
            ),
            Self::Broken => {
                (StatusCode::SERVICE_UNAVAILABLE, "Nobody can be signed in at the moment. Try again shortly.")
            }
        }
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let (status, text) = self.words();
        let page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Signing in</title>\n\
             <h1>Not signed in</h1>\n<p>{text}</p>\n<p><a href=\"/auth/login\">Sign in</a></p>\n"
        );
        let mut response = (status, Html(page)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable => Self::Unavailable,
            Failure::Unproven => Self::Unproven,
        }
    }
}

/// The database or the installation's secret failed.
fn broken(error: impl std::fmt::Display) -> Stop {
    tracing::error!(%error, "nobody can be signed in");
    Stop::Broken
}

/// How a sign-in begins.
#[derive(Deserialize)]
pub(super) struct Begin {
    return_to: Option<String>,
}

/// `GET /auth/login`: off to the identity provider.
pub(super) async fn login(
    State(login): State<Arc<Login>>,
    begin: Result<Query<Begin>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let begun = async {
        let Query(begin) = begin.map_err(|_| Stop::NoSuchPlace)?;
        let path = begin.return_to.as_deref().unwrap_or("/");
        let return_to = on_this_server(&login.public_url, path).ok_or(Stop::NoSuchPlace)?;
        let (url, pending) = login.provider.begin(return_to, login.profiles.now()).await?;
        let seconds = u32::try_from(LIMIT.num_seconds()).unwrap_or(u32::MAX);
        let sealed = pending.seal(&login.profiles).map_err(broken)?;
        let cookie = login.browser.set_cookie(Cookie::SignIn, &sealed, Some(seconds));
        Ok::<_, Stop>(([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())))
    };
    begun.await.into_response()
}

/// What the identity provider sends the browser back with.
#[derive(Deserialize)]
pub(super) struct Back {
    code: Option<String>,
    state: Option<String>,
}

/// `GET /auth/callback`: back from the identity provider.
pub(super) async fn callback(
    State(login): State<Arc<Login>>,
    peer: Peer,
    headers: HeaderMap,
    back: Result<Query<Back>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let kept = login.browser.cookie(&headers, Cookie::SignIn);
    let come_back = async {
        let pending = kept.and_then(|kept| Pending::open(&login.profiles, kept)).ok_or(Stop::NotBegun)?;
        let Query(back) = back.map_err(|_| Stop::NotBegun)?;
        if back.state.as_deref() != Some(&pending.state) {
            return Err(Stop::NotBegun);
        }
        let code = back.code.ok_or(Stop::Declined)?;
        let session = login.admit(&pending, code, peer).await?;
        let cookie = login.browser.set_cookie(Cookie::Session, &session, None);
        Ok(([(header::SET_COOKIE, cookie)], Redirect::to(pending.return_to.as_str())))
    };
    // A sign-in is good for one answer.
    let over = [(header::SET_COOKIE, login.browser.set_cookie(Cookie::SignIn, "", Some(0)))];
    (AppendHeaders(over), come_back.await).into_response()
}

impl Login {
    /// Lets in whoever a code stands for; the session's secret.
    async fn admit(&self, pending: &Pending, code: String, peer: Peer) -> Result<String, Stop> {
        let person = self.provider.finish(pending, code, self.profiles.now()).await?;
        let groups = person.groups.iter().map(String::as_str);
        let role = self.settings.role(groups).ok_or_else(|| {
            tracing::warn!("somebody whose groups have no role here was turned away");
            Stop::NoRole
        })?;
        let person = self.profiles.person(self.provider.issuer(), &person.subject, &person.name, role);
        self.write_down(&person, "sign in", peer).await?;
        let session = self.profiles.open_session(&person).await.map_err(broken)?;
        Ok(session.expose_secret().to_owned())
    }

    /// Ends a session.
    async fn dismiss(&self, session: &str, peer: Peer) -> Result<(), Stop> {
        if let Some(person) = self.profiles.find_session(session).await.map_err(broken)? {
            self.write_down(&person, "sign out", peer).await?;
            self.profiles.end_session(session).await.map_err(broken)?;
        }
        Ok(())
    }

    async fn write_down(&self, person: &Caller, action: &str, peer: Peer) -> Result<(), Stop> {
        let origin = peer.map(|Extension(ConnectInfo(peer))| peer.ip().to_string());
        let deed = Deed { actor: person.actor(), action: action.to_owned(), origin, ..Deed::default() };
        self.profiles.audit(deed).await.map(drop).map_err(broken)
    }
}

/// `POST /auth/logout`: the session ends, for whoever holds a copy of its cookie.
pub(super) async fn logout(State(login): State<Arc<Login>>, peer: Peer, headers: HeaderMap) -> Response {
    if !login.browser.is_own_page(&headers) {
        return Stop::Foreign.into_response();
    }
    if let Some(session) = login.browser.cookie(&headers, Cookie::Session)
        && let Err(stop) = login.dismiss(session, peer).await
    {
        return stop.into_response();
    }
    let gone = login.browser.set_cookie(Cookie::Session, "", Some(0));
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response()
}
