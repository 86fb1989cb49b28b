//! The identity provider: where it is, which keys it signs with, and the exchange of a code for a person.
//!
//! It is asked when somebody signs in, and not before: the server starts without it. What it says of itself is kept for
//! an hour; a failure for some seconds, so that nobody waits for what is known to be away.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use connectors::http::Once;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenFields, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::pending::Pending;
use super::token::{self, Expected, Further, Person, Token};
use crate::config::OidcSettings;

/// How long what the provider says of itself is believed.
const FRESH: Duration = Duration::from_hours(1);
/// How long a provider that did not answer is left alone.
const PAUSE: Duration = Duration::from_secs(5);
/// How long after its keys were fetched for one unknown key they may be fetched for another.
const ROTATION: Duration = Duration::from_secs(10);

/// Why nobody can be let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The provider does not answer, or not as one.
    Unavailable,
    /// The provider's answer does not prove who this is.
    Unproven,
}

type Fields = IdTokenFields<
    Further,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Asking = Client<
    Further,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The identity provider.
pub(super) struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: Option<SecretString>,
    redirect: RedirectUrl,
    scopes: Vec<String>,
    groups_claim: String,
    http: Caller,
    known: Mutex<Known>,
}

/// How it is asked.
struct Caller(Once);

impl<'c> AsyncHttpClient<'c> for Caller {
    type Error = connectors::Error;
    type Future = BoxFuture<'c, Result<HttpResponse, Self::Error>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.0.call(request).boxed()
    }
}

/// What is known of it. Held locked while it is asked, so that many who come at once ask once.
#[derive(Default)]
struct Known {
    metadata: Option<(Instant, Arc<CoreProviderMetadata>)>,
    failed: Option<Instant>,
    rotated: Option<Instant>,
}

impl Provider {
    /// Asks for nothing yet.
    pub(super) fn new(
        settings: &OidcSettings,
        public_url: &Url,
        secret: Option<SecretString>,
    ) -> anyhow::Result<Self> {
        let client = settings.client_id.clone().unwrap_or_default();
        Ok(Self {
            issuer: IssuerUrl::new(settings.issuer.clone().unwrap_or_default())?,
            client: ClientId::new(client),
            secret,
            redirect: RedirectUrl::from_url(public_url.join("/auth/callback")?),
            scopes: settings.scopes.clone(),
            groups_claim: settings.groups_claim.clone(),
            http: Caller(Once::new()?),
            known: Mutex::default(),
        })
    }

    /// Its name.
    pub(super) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Where the browser is to be sent, and what it keeps meanwhile.
    pub(super) async fn begin(&self, return_to: Url, now: DateTime<Utc>) -> Result<(Url, Pending), Failure> {
        let metadata = self.metadata().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let asking = self.asking(&metadata);
        let mut request = asking.authorize_url(
            AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        );
        for scope in &self.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
        let pending = Pending {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            return_to,
            began: now,
        };
        Ok((url, pending))
    }

    /// The person whom a code stands for.
    pub(super) async fn finish(
        &self,
        pending: &Pending,
        code: String,
        now: DateTime<Utc>,
    ) -> Result<Person, Failure> {
        let metadata = self.metadata().await?;
        let answer = self
            .asking(&metadata)
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| unavailable("it names no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(error) => unavailable(&error.to_string()),
                RequestTokenError::ServerResponse(refusal) => {
                    unproven(&format!("it refused the code: {}", refusal.error()))
                }
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                    unproven("its answer to the code is none")
                }
            })?;
        let token = answer.id_token().ok_or_else(|| unproven("it sent no ID token"))?;
        let nonce = Nonce::new(pending.nonce.clone());
        let read = match self.read(token, metadata.jwks(), &nonce, now) {
            Err(error) if token::is_key_unknown(&error) => match self.newer_keys().await {
                Some(keys) => self.read(token, &keys, &nonce, now),
                None => Err(error),
            },
            read => read,
        };
        read.map_err(|error| unproven(&format!("its ID token is not valid: {error}")))
    }

    fn read(
        &self,
        token: &Token,
        keys: &CoreJsonWebKeySet,
        nonce: &Nonce,
        now: DateTime<Utc>,
    ) -> Result<Person, openidconnect::ClaimsVerificationError> {
        let (issuer, client, groups_claim) = (&self.issuer, &self.client, self.groups_claim.as_str());
        token::read(token, &Expected { issuer, client, keys, nonce, groups_claim, now })
    }

    fn asking(&self, metadata: &CoreProviderMetadata) -> Asking {
        let secret = self.secret.as_ref().map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let methods = metadata.token_endpoint_auth_methods_supported().map(Vec::as_slice).unwrap_or_default();
        let asking = Client::from_provider_metadata(metadata.clone(), self.client.clone(), secret)
            .set_redirect_uri(self.redirect.clone());
        let takes = |method| methods.contains(&method);
        // The standard's default, unless the provider takes the other way alone.
        if takes(CoreClientAuthMethod::ClientSecretPost) && !takes(CoreClientAuthMethod::ClientSecretBasic) {
            return asking.set_auth_type(AuthType::RequestBody);
        }
        asking
    }

    /// What the provider says of itself.
    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, Failure> {
        let mut known = self.known.lock().await;
        if let Some((asked, metadata)) = &known.metadata
            && asked.elapsed() < FRESH
        {
            return Ok(Arc::clone(metadata));
        }
        if known.failed.is_some_and(|failed| failed.elapsed() < PAUSE) {
            return Err(Failure::Unavailable);
        }
        match CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                known.metadata = Some((Instant::now(), Arc::clone(&metadata)));
                known.failed = None;
                Ok(metadata)
            }
            Err(error) => {
                known.failed = Some(Instant::now());
                Err(unavailable(&chain(&error)))
            }
        }
    }

    /// The keys as they are now, unless they were fetched for this reason a moment ago.
    async fn newer_keys(&self) -> Option<CoreJsonWebKeySet> {
        let mut known = self.known.lock().await;
        if known.rotated.is_some_and(|rotated| rotated.elapsed() < ROTATION) {
            return None;
        }
        known.rotated = Some(Instant::now());
        let (asked, metadata) = known.metadata.clone()?;
        let keys = CoreJsonWebKeySet::fetch_async(metadata.jwks_uri(), &self.http).await;
        let keys = keys.map_err(|error| unavailable(&chain(&error))).ok()?;
        known.metadata = Some((asked, Arc::new((*metadata).clone().set_jwks(keys.clone()))));
        Some(keys)
    }
}

fn unavailable(reason: &str) -> Failure {
    tracing::warn!(reason, "the identity provider cannot be asked");
    Failure::Unavailable
}

fn unproven(reason: &str) -> Failure {
    tracing::warn!(reason, "the identity provider did not prove who somebody is");
    Failure::Unproven
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
