//! A server with an identity provider, and a browser.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use migration::MigratorTrait;
use profiles::store::{ConnectOptions, connect};
use profiles::{Clock, Keys, Profiles};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};
use url::Url;

use super::idp;
use crate::application::Application;
use crate::config::{GraphqlLimits, HttpSettings, OidcSettings, PersonRole, PrivacySettings};
use crate::graphql::{Background, schema};
use crate::http::{Browser, Service, router, serve};
use crate::telemetry;

/// A clock that is put forward by hand.
pub(super) struct Hand(Mutex<DateTime<Utc>>);

impl Clock for Hand {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

pub(super) struct World {
    pub(super) profiles: Profiles,
    pub(super) provider: idp::Shared,
    pub(super) url: Url,
    clock: Arc<Hand>,
    client: reqwest::Client,
    jar: Mutex<BTreeMap<String, String>>,
    _shutdown: DropGuard,
    _stop: watch::Sender<bool>,
    _directory: tempfile::TempDir,
}

/// What the server answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }

    pub(super) fn cookies(&self) -> BTreeSet<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl World {
    /// Everything is there and in order.
    pub(super) async fn new() -> Self {
        Self::with_provider_at(TcpListener::bind("127.0.0.1:0").await.unwrap()).await
    }

    pub(super) async fn with_provider_at(listener: TcpListener) -> Self {
        let now = "2026-11-21T09:00:00Z".parse().unwrap();
        let provider = idp::start(listener, now);
        let issuer = provider.lock().unwrap().issuer.clone();
        Self::build(issuer, provider, now).await
    }

    async fn build(issuer: String, provider: idp::Shared, now: DateTime<Utc>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", directory.path().join("test.db").display());
        let db = connect(&ConnectOptions { url: database, pool: 4 }).await.unwrap();
        migration::Migrator::up(&db, None).await.unwrap();
        let clock = Arc::new(Hand(Mutex::new(now)));
        let profiles = Profiles::open(db, Keys::new(&[7; 32]), clock.clone()).await.unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let roles = [("cdp-admins", PersonRole::Admin), ("cdp-readers", PersonRole::Analyst)];
        let settings = OidcSettings {
            issuer: Some(issuer),
            client_id: Some(idp::CLIENT.to_owned()),
            roles: roles.into_iter().map(|(group, role)| (group.to_owned(), role)).collect(),
            ..OidcSettings::default()
        };
        let login = crate::login::router(&profiles, &settings, Some(&url), Some(idp::SECRET.into())).unwrap();
        let (stop, stopped) = watch::channel(false);
        let limits = GraphqlLimits::default();
        let schema =
            schema(&profiles, &limits, Background::new(stopped), crate::preferences::Address::default());
        let shutdown = CancellationToken::new();
        let router: Router = router(Service {
            backend: Application::new(profiles.clone(), schema, PrivacySettings::default()),
            settings: HttpSettings::default(),
            limits,
            browser: Some(Browser::new(&url)),
            more: login.unwrap(),
            open: axum::Router::new(),
            guarded: crate::archive::paths(profiles.clone()),
            metrics: telemetry::prometheus().unwrap().build_recorder().handle(),
            shutdown: shutdown.clone(),
        });
        tokio::spawn(serve(listener, router, shutdown.clone(), Duration::from_secs(1)));
        Self {
            profiles,
            provider,
            url,
            clock,
            client: client(),
            jar: Mutex::default(),
            _shutdown: shutdown.drop_guard(),
            _stop: stop,
            _directory: directory,
        }
    }

    /// Time goes on, for the server and the identity provider.
    pub(super) fn pass(&self, time: TimeDelta) {
        *self.clock.0.lock().unwrap() += time;
        self.provider.lock().unwrap().now += time;
    }

    /// As the browser would: with its cookies, and keeping what it is given.
    pub(super) async fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let url = self.url.join(url).unwrap();
        let own = url.origin() == self.url.origin();
        let mut request = self.client.request(method, url);
        if own {
            let jar = self.jar.lock().unwrap();
            let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer { status, headers, body: response.text().await.unwrap() };
        if own {
            self.keep(&answer);
        }
        answer
    }

    fn keep(&self, answer: &Answer) {
        let mut jar = self.jar.lock().unwrap();
        for cookie in answer.cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(super) fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    pub(super) fn set_cookie(&self, name: &str, value: &str) {
        self.jar.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(super) async fn get(&self, url: &str) -> Answer {
        self.send(Method::GET, url, &[], None).await
    }

    /// Follows the redirects to the identity provider and back; the address of the way back.
    pub(super) async fn way_back(&self, path: &str) -> String {
        let off = self.get(path).await;
        assert_eq!(off.status, StatusCode::SEE_OTHER, "{}", off.body);
        let back = self.get(off.location()).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER);
        back.location().to_owned()
    }

    /// Signs in; what the server says in the end.
    pub(super) async fn sign_in(&self) -> Answer {
        let back = self.way_back("/auth/login").await;
        self.get(&back).await
    }

    /// Asks GraphQL as a page would.
    pub(super) async fn ask_with(&self, headers: &[(&str, &str)], query: &str) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        self.send(Method::POST, "/graphql", &all, Some(&json!({ "query": query }))).await
    }

    /// Asks GraphQL as a page of this server.
    pub(super) async fn ask(&self, query: &str) -> Answer {
        self.ask_with(&[("sec-fetch-site", "same-origin")], query).await
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the browser, not the client that asks vendors")]
fn client() -> reqwest::Client {
    // Err: installed before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}
