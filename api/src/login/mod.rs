//! People sign in at an identity provider of their own, by OpenID Connect.
//!
//! `/auth/login` sends the browser to the provider, `/auth/callback` receives it back and opens a session,
//! `/auth/logout` ends that session. The rooms: `pages` answers the three paths; `pending` is what a browser keeps in
//! between; `provider` knows the identity provider and its keys; `token` is what is believed of an ID token; `place`
//! says where a person may be sent back to.
//!
//! Believed is only what the provider signed for this server. This room must never log or keep a token, a code, a
//! group or an e-mail address, or send a browser to an address that a link has named.

mod pages;
mod pending;
mod place;
mod provider;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use profiles::Profiles;
use secrecy::SecretString;
use url::Url;

use crate::config::OidcSettings;
use crate::http::{Browser, only};
use provider::Provider;

/// What the three pages have at hand.
struct Login {
    profiles: Profiles,
    settings: OidcSettings,
    browser: Browser,
    public_url: Url,
    provider: Provider,
}

/// The paths under `/auth`; `None` if no identity provider is set.
///
/// # Errors
/// If this machine's certificate store cannot be used, or the settings are not those that were checked.
pub fn router(
    profiles: &Profiles,
    settings: &OidcSettings,
    public_url: Option<&Url>,
    secret: Option<SecretString>,
) -> anyhow::Result<Option<Router>> {
    let (Some(_), Some(public_url)) = (&settings.issuer, public_url) else { return Ok(None) };
    let login = Login {
        profiles: profiles.clone(),
        settings: settings.clone(),
        browser: Browser::new(public_url),
        public_url: public_url.clone(),
        provider: Provider::new(settings, public_url, secret)?,
    };
    let paths = Router::new()
        .route("/auth/login", only(get(pages::login), "GET"))
        .route("/auth/callback", only(get(pages::callback), "GET"))
        .route("/auth/logout", only(post(pages::logout), "POST"));
    Ok(Some(paths.with_state(Arc::new(login))))
}
#[cfg(test)]
mod tests;
