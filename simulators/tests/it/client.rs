//! A small client, and the small world that most tests ask.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use simulators::{
    Fleet, Seed, Server, Vendor, World, hubspot::Portal, mailchimp::Account, woocommerce::Shop,
};

pub(crate) fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn world() -> World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::generate(Seed { seed: 42, people: 400, now: now() })).clone()
}

/// The fleet of [`world`], its clock held.
pub(crate) async fn fleet() -> Fleet {
    let fleet = Fleet::start(world()).await.unwrap();
    fleet.clock.hold(now());
    fleet
}

#[expect(
    clippy::disallowed_methods,
    reason = "the servers are tested without the client that is to read them"
)]
pub(crate) fn http() -> reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let build = || {
        // Without a provider no client is built, although only plain HTTP is spoken here. Err: installed before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // No connection outlives its test's runtime.
        reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap()
    };
    CLIENT.get_or_init(build).clone()
}

/// A vendor's server as its customer uses it.
pub(crate) trait Authorised {
    fn authorise(&self, request: RequestBuilder) -> RequestBuilder;
}

impl Authorised for Server<Portal> {
    fn authorise(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.token())
    }
}

impl Authorised for Server<Shop> {
    fn authorise(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(self.consumer_key(), Some(self.consumer_secret()))
    }
}

impl Authorised for Server<Account> {
    fn authorise(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth("anystring", Some(self.api_key()))
    }
}

/// GET below [`Server::api_url`], as it comes.
pub(crate) async fn get<V: Vendor>(server: &Server<V>, path: &str) -> reqwest::Response
where
    Server<V>: Authorised,
{
    server.authorise(http().get(format!("{}{path}", server.api_url()))).send().await.unwrap()
}

/// GET that must succeed, as JSON.
pub(crate) async fn json<V: Vendor>(server: &Server<V>, path: &str) -> Value
where
    Server<V>: Authorised,
{
    let response = get(server, path).await;
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.json().await.unwrap()
}

/// POST of JSON: status and answer.
pub(crate) async fn post<V: Vendor>(server: &Server<V>, path: &str, body: &Value) -> (StatusCode, Value)
where
    Server<V>: Authorised,
{
    let request = http().post(format!("{}{path}", server.api_url())).json(body);
    let response = server.authorise(request).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// The ids of the records in an array, numbers or text alike.
pub(crate) fn ids(records: &Value) -> Vec<String> {
    let id = |record: &Value| record["id"].as_str().map_or_else(|| record["id"].to_string(), str::to_owned);
    records.as_array().unwrap().iter().map(id).collect()
}
