//! A small identity provider, which can be made to lie.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use url::form_urlencoded;

pub(super) const CLIENT: &str = "rondom";
pub(super) const SECRET: &str = "a secret, with : and %";

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    /// As it should be.
    Es256,
    /// Not at all: `alg: none`.
    None,
    /// With the public key, passed off as a shared secret.
    Hs256WithPublicKey,
    /// With the client's secret, which the standard knows and this server does not take.
    Hs256WithClientSecret,
    /// With a key that the provider does not own up to.
    ForeignKey,
}

/// What it does and has done.
pub(super) struct Provider {
    pub(super) issuer: String,
    pub(super) signing: Signing,
    /// Laid over the claims of the next tokens.
    pub(super) claims: Value,
    pub(super) now: DateTime<Utc>,
    pub(super) key_fetches: usize,
    pub(super) discoveries: usize,
    pub(super) scope: String,
    kid: String,
    key: EcdsaKeyPair,
    codes: HashMap<String, (String, String)>,
}

pub(super) type Shared = Arc<Mutex<Provider>>;

fn new_key() -> EcdsaKeyPair {
    let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap()
}

/// Starts one at this address.
pub(super) fn start(listener: TcpListener, now: DateTime<Utc>) -> Shared {
    let shared = Arc::new(Mutex::new(Provider {
        issuer: format!("http://{}", listener.local_addr().unwrap()),
        signing: Signing::Es256,
        claims: json!({}),
        now,
        key_fetches: 0,
        discoveries: 0,
        scope: String::new(),
        kid: "1".to_owned(),
        key: new_key(),
        codes: HashMap::new(),
    }));
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(configuration))
        .route("/keys", get(keys))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .with_state(Arc::clone(&shared));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    shared
}

impl Provider {
    /// Signs with a new key from now on.
    pub(super) fn rotate(&mut self) {
        self.key = new_key();
        self.kid += "+";
    }

    fn token(&self, nonce: &str) -> String {
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "248289761001", "nonce": nonce,
            "iat": self.now.timestamp(), "exp": self.now.timestamp() + 300,
            "name": "Anna Jansen", "email": "anna@example.org", "groups": ["everybody", "cdp-admins"],
        });
        for (name, value) in self.claims.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let alg = match self.signing {
            Signing::Es256 | Signing::ForeignKey => "ES256",
            Signing::None => "none",
            Signing::Hs256WithPublicKey | Signing::Hs256WithClientSecret => "HS256",
        };
        let header = json!({ "alg": alg, "typ": "JWT", "kid": self.kid });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(&claims));
        let mac = |key: &[u8]| {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
            ring::hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
        };
        let sign =
            |key: &EcdsaKeyPair| key.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec();
        let signature = match self.signing {
            Signing::Es256 => sign(&self.key),
            Signing::ForeignKey => sign(&new_key()),
            Signing::None => Vec::new(),
            Signing::Hs256WithPublicKey => mac(self.key.public_key().as_ref()),
            Signing::Hs256WithClientSecret => mac(SECRET.as_bytes()),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, Provider> {
    shared.lock().unwrap()
}

async fn configuration(State(shared): State<Shared>) -> Json<Value> {
    let mut provider = lock(&shared);
    provider.discoveries += 1;
    let at = |path: &str| format!("{}{path}", provider.issuer);
    Json(json!({
        "issuer": provider.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(shared): State<Shared>) -> Json<Value> {
    let mut provider = lock(&shared);
    provider.key_fetches += 1;
    let point = provider.key.public_key().as_ref().to_vec();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    Json(json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": provider.kid, "x": x, "y": y },
    ]}))
}

async fn authorize(State(shared): State<Shared>, Query(asked): Query<HashMap<String, String>>) -> Redirect {
    let mut provider = lock(&shared);
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], CLIENT);
    assert_eq!(asked["code_challenge_method"], "S256");
    provider.scope.clone_from(&asked["scope"]);
    let code = format!("code-{}", provider.codes.len());
    provider.codes.insert(code.clone(), (asked["nonce"].clone(), asked["code_challenge"].clone()));
    Redirect::to(&format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]))
}

async fn token(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let provider = lock(&shared);
    let form: HashMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let expected = format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(SECRET))));
    assert_eq!(headers[header::AUTHORIZATION], expected);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"]));
    match provider.codes.get(&form["code"]) {
        Some((nonce, asked)) if *asked == challenge => Json(json!({
            "access_token": "never used", "token_type": "Bearer", "id_token": provider.token(nonce),
        }))
        .into_response(),
        _ => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}
