//! A client of the server under test.

use std::sync::OnceLock;

#[expect(clippy::disallowed_methods, reason = "the server is tested without the client that reads vendors")]
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
