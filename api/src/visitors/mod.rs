//! Visitors of a customer's pages: a browser asks with a token and never with a key.
//!
//! [`token`] says what is believed of a token that the customer's server signed; one for an anonymous visitor is made here,
//! at `POST /visitors/anonymous`. This room must never take a token of another algorithm than its key's, or tell of
//! anybody but whom a token names.

mod token;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use profiles::Profiles;
use profiles::access::{ANONYMOUS, Caller};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::config::VisitorSettings;
use crate::http::{AuthError, cors, only};

/// Whose tokens are taken; by default nobody's.
#[derive(Clone, Default)]
pub struct Visitors {
    signers: Option<Arc<token::Signers>>,
    anonymous: bool,
}

impl Visitors {
    /// Those of the settings, with the secret and the public key that they name.
    ///
    /// # Errors
    /// Where one of the two is no key.
    pub fn new(
        settings: &VisitorSettings,
        secret: Option<&SecretString>,
        public_key: Option<&SecretString>,
    ) -> anyhow::Result<Self> {
        let public_key = public_key.map(ExposeSecret::expose_secret);
        let signers =
            token::Signers::new(secret, public_key, &settings.audience).map_err(anyhow::Error::msg)?;
        let taken = secret.is_some() || public_key.is_some();
        Ok(Self { signers: taken.then(|| Arc::new(signers)), anonymous: settings.anonymous })
    }

    /// The caller of a token.
    pub(crate) fn read(&self, profiles: &Profiles, token: &str) -> Result<Caller, AuthError> {
        let visitor = if token.starts_with(ANONYMOUS) {
            let opened = profiles.open_anonymous(token).filter(|_| self.anonymous);
            let (visitor, end) = opened.ok_or(AuthError::Visitor("it was not made here"))?;
            if end <= profiles.now() {
                return Err(AuthError::Visitor("it has expired"));
            }
            visitor
        } else {
            let signers = self.signers.as_ref();
            let signers = signers.ok_or(AuthError::Visitor("no key of a signer is known here"))?;
            signers.read(token, profiles.now()).map_err(AuthError::Visitor)?
        };
        Ok(profiles.visitor(visitor))
    }

    /// Whether a token was made by somebody who may make them, whatever it says: it is then no guess.
    pub(crate) fn knows(&self, profiles: &Profiles, token: &str) -> bool {
        if token.starts_with(ANONYMOUS) {
            return self.anonymous && profiles.open_anonymous(token).is_some();
        }
        self.signers.as_ref().is_some_and(|signers| signers.is_signed(token))
    }
}

/// The path at which a page gets a token for a visitor whom nobody knows; none unless the settings say so.
pub fn router(profiles: Profiles, settings: &VisitorSettings, origins: &[String]) -> Router {
    if !settings.anonymous {
        return Router::new();
    }
    let mut anonymous = only(post(make), "POST");
    if let Some(cors) = cors(origins) {
        anonymous = anonymous.layer(cors);
    }
    Router::new().route("/visitors/anonymous", anonymous).with_state(profiles)
}

/// A new visitor, or the one of a token that is shown, also of one that has ended.
async fn make(State(profiles): State<Profiles>, headers: HeaderMap) -> Response {
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.split_once(' ')).map(|(_, token)| token.trim());
    let renewed = shown.and_then(|token| profiles.renewed_visitor(token));
    match renewed.unwrap_or_else(|| profiles.anonymous_visitor()) {
        Ok(made) => {
            let body = json!({
                "visitorId": made.visitor,
                "token": made.token.expose_secret(),
                "expiresAt": made.expires_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            });
            let mut response = (StatusCode::CREATED, Json(body)).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "no token can be made for a visitor");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
