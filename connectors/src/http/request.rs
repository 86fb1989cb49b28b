//! What is asked: an address below a base, credentials, and for a search or a write a JSON body.

use ::http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::{Host, Url};

use crate::error::Error;

/// One read at a vendor, or one write at a destination.
#[derive(Debug, Clone)]
pub struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) credentials: Credentials,
    pub(super) body: Option<Vec<u8>>,
    pub(super) weight: u32,
    /// Parts of the path that tell who somebody is.
    hidden: Vec<String>,
}

/// How a request proves who asks.
#[derive(Debug, Clone, Default)]
pub(super) enum Credentials {
    #[default]
    None,
    Bearer(SecretString),
    Basic(SecretString, SecretString),
    /// Names and values that are added to the query at the last moment.
    Query(Vec<(&'static str, SecretString)>),
}

impl Request {
    /// A GET of `segments` below `base`. Each segment is one step of the path and is percent-encoded, so an
    /// id that a vendor made up cannot lead anywhere else.
    pub fn get(base: &Url, segments: &[&str]) -> Self {
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        let (method, headers) = (Method::GET, Vec::new());
        Self {
            method,
            url,
            headers,
            credentials: Credentials::None,
            body: None,
            weight: 1,
            hidden: Vec::new(),
        }
    }

    /// A POST that only reads (a search, a batch read) of `segments` below `base`.
    pub fn post(base: &Url, segments: &[&str], body: &impl Serialize) -> Result<Self, Error> {
        let request = Self::get(base, segments);
        let body = serde_json::to_vec(body)
            .map_err(|error| Error::Malformed { url: request.place(), message: error.to_string() })?;
        Ok(Self { method: Method::POST, body: Some(body), ..request })
    }

    /// A write of these bytes, which are JSON, to `segments` below `base`. For [`Http::send`](super::Http::send), which
    /// sends it once.
    pub(crate) fn write(method: Method, base: &Url, segments: &[&str], body: Vec<u8>) -> Self {
        Self { method, body: Some(body), ..Self::get(base, segments) }
    }

    /// Adds a header. Not for credentials.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Keeps a part of the path out of errors and logs.
    #[must_use]
    pub(crate) fn hiding(mut self, part: &str) -> Self {
        self.hidden.extend((!part.is_empty()).then(|| part.to_owned()));
        self
    }

    /// Adds a query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.url.query_pairs_mut().append_pair(name, value.as_ref());
        self
    }

    /// Sends a bearer token.
    #[must_use]
    pub fn bearer(mut self, token: &SecretString) -> Self {
        self.credentials = Credentials::Bearer(token.clone());
        self
    }

    /// Sends a user name and a password (HTTP Basic).
    #[must_use]
    pub fn basic(mut self, user: &SecretString, password: &SecretString) -> Self {
        self.credentials = Credentials::Basic(user.clone(), password.clone());
        self
    }

    /// Sends credentials as query parameters, for servers that drop the `Authorization` header.
    #[must_use]
    pub fn query_credentials(mut self, pairs: Vec<(&'static str, SecretString)>) -> Self {
        self.credentials = Credentials::Query(pairs);
        self
    }

    /// How many ordinary requests this one counts for against the rate limit (default 1).
    #[must_use]
    pub fn weight(mut self, weight: u32) -> Self {
        self.weight = weight;
        self
    }

    /// The address without query, fragment and user: what may stand in an error or a log.
    pub(crate) fn place(&self) -> String {
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        // Refused only by addresses that have no user part to begin with.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        self.hidden.iter().fold(url.into(), |place: String, part| place.replace(part.as_str(), "…"))
    }

    /// Takes credentials and e-mail addresses out of a text that comes from outside.
    pub(super) fn redact(&self, text: &str) -> String {
        let secrets: Vec<&SecretString> = match &self.credentials {
            Credentials::None => vec![],
            Credentials::Bearer(token) => vec![token],
            Credentials::Basic(user, password) => vec![user, password],
            Credentials::Query(pairs) => pairs.iter().map(|(_, value)| value).collect(),
        };
        let mut text = text.to_owned();
        let secrets = secrets.into_iter().map(ExposeSecret::expose_secret);
        let hidden = self.hidden.iter().map(String::as_str);
        for secret in secrets.chain(hidden).filter(|secret| secret.len() > 3) {
            text = text.replace(secret, "…");
        }
        let words: Vec<&str> =
            text.split_whitespace().map(|word| if word.contains('@') { "…@…" } else { word }).collect();
        words.join(" ")
    }
}

/// Whether credentials may travel to this address: over TLS, or without leaving this machine.
pub fn is_safe_place(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}
