//! The settings, their defaults and the few rules between them.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use profiles::retention::Rules;
use profiles::rules::{Identity, Ruleset, Survivorship};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{ActivationSettings, OidcSettings, PrivacySettings, VisitorSettings};

/// All settings of the program. What each is for stands in the help text of its flag ([`super::ConfigArgs`]).
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where facts and profiles are kept: `sqlite://PATH` or `postgres://…`. May hold a password.
    pub database_url: String,
    /// Connections in the database pool, at least 1.
    pub database_connections: NonZeroU32,
    /// The installation's secret key, if it is given directly.
    #[serde(serialize_with = "hidden")]
    pub secret_key: Option<SecretString>,
    /// The file that holds the secret key, if not the default place; see [`Config::secret_key_path`].
    pub secret_key_file: Option<PathBuf>,
    /// The address the HTTP server listens on.
    pub listen: SocketAddr,
    /// Where people and other servers reach this one.
    pub public_url: Option<Url>,
    /// Which log lines are written, as `tracing` filter directives.
    pub log_filter: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// The HTTP server.
    pub http: HttpSettings,
    /// The GraphQL endpoint.
    pub graphql: GraphqlLimits,
    /// How people sign in.
    pub oidc: OidcSettings,
    /// How much of people is shown to whom.
    pub privacy: PrivacySettings,
    /// Whose tokens are taken from browsers.
    pub visitors: VisitorSettings,
    /// What destinations may do on this machine.
    pub activation: ActivationSettings,
    /// Who is the same person; see [`Config::ruleset`].
    pub identity: Identity,
    /// How long what is kept.
    pub retention: Rules,
    /// Which value of a trait survives; see [`Config::ruleset`].
    pub survivorship: Survivorship,
}

/// Settings of the HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Largest request body, and largest WebSocket message, in bytes.
    pub body_limit_bytes: NonZeroUsize,
    /// Longest time a request may take, in seconds; see [`HttpSettings::request_timeout`].
    pub request_timeout_seconds: NonZeroU64,
    /// Origins of other pages that may ask from a browser.
    pub allowed_origins: Vec<String>,
    /// Operations a second that one API key or person may ask for in the long run; 0 for any number.
    pub requests_per_second: u32,
    /// Operations that one API key or person may ask for at once.
    pub request_burst: NonZeroU32,
    /// Requests a minute that one network address may make without a known key; 0 for any number.
    pub strangers_per_minute: u32,
    /// Operations a minute that one visitor of a page may ask for; 0 for any number.
    pub visitor_requests_per_minute: u32,
    /// GraphQL subscriptions that may be open at once in this process.
    pub max_subscriptions: NonZeroU32,
    /// Whether the GraphiQL page is served.
    pub graphiql: bool,
    /// Whether `/metrics` answers anybody, and not only loopback and administrators.
    pub metrics_public: bool,
}

/// Limits that keep one GraphQL request from taking the server for itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphqlLimits {
    /// Whether the schema may be queried.
    pub introspection: bool,
    /// Fields nested in one another, at most. The standard introspection query needs 15.
    pub max_depth: NonZeroUsize,
    /// Points a query may cost: each selected field one, lists times their page size.
    pub max_complexity: NonZeroUsize,
    /// Largest `first` or `last` of a connection.
    pub max_page_size: NonZeroU32,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for log collectors.
    Json,
}

/// A default that cannot be zero.
macro_rules! non_zero {
    ($kind:ty, $value:expr) => {
        const { <$kind>::new($value).expect("a default is not zero") }
    };
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite://rondom.db".to_owned(),
            database_connections: non_zero!(NonZeroU32, 16),
            secret_key: None,
            secret_key_file: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4020)),
            public_url: None,
            log_filter: "info".to_owned(),
            log_format: LogFormat::Text,
            http: HttpSettings::default(),
            graphql: GraphqlLimits::default(),
            oidc: OidcSettings::default(),
            privacy: PrivacySettings::default(),
            visitors: VisitorSettings::default(),
            activation: ActivationSettings::default(),
            identity: Identity::default(),
            retention: Rules::default(),
            survivorship: Survivorship::default(),
        }
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit_bytes: non_zero!(NonZeroUsize, 1024 * 1024),
            request_timeout_seconds: non_zero!(NonZeroU64, 30),
            allowed_origins: Vec::new(),
            requests_per_second: 500,
            request_burst: non_zero!(NonZeroU32, 1_000),
            strangers_per_minute: 300,
            visitor_requests_per_minute: 120,
            max_subscriptions: non_zero!(NonZeroU32, 1_000),
            graphiql: true,
            metrics_public: false,
        }
    }
}

impl Default for GraphqlLimits {
    fn default() -> Self {
        Self {
            introspection: true,
            max_depth: non_zero!(NonZeroUsize, 15),
            max_complexity: non_zero!(NonZeroUsize, 20_000),
            max_page_size: non_zero!(NonZeroU32, 500),
        }
    }
}

impl HttpSettings {
    /// Longest time a request may take.
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds.get())
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("database_url", &without_password(&self.database_url))
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// The rules under which profiles are derived.
    pub fn ruleset(&self) -> Ruleset {
        Ruleset { identity: self.identity.clone(), survivorship: self.survivorship.clone() }
    }

    /// The file of the secret key: the one that is set, else `rondom.key` beside the SQLite database, else in the
    /// working directory.
    pub fn secret_key_path(&self) -> PathBuf {
        self.secret_key_file.clone().unwrap_or_else(|| match self.sqlite_file() {
            Some(file) => file.with_file_name("rondom.key"),
            None => PathBuf::from("rondom.key"),
        })
    }

    /// The path of the SQLite file, or `None` for a database in memory and for PostgreSQL.
    pub fn sqlite_file(&self) -> Option<&Path> {
        let rest = self.database_url.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default();
        (!path.is_empty() && path != ":memory:").then(|| Path::new(path))
    }

    /// The rules that types alone do not state, as (setting, what is wrong). A message never repeats the database's
    /// address, which may hold a password.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|kind| self.database_url.starts_with(kind))
        {
            return Err((
                "database_url",
                "begins neither with `sqlite:` nor with `postgres://`; examples: `sqlite://rondom.db`, \
                 `postgres://user:password@host/database`"
                    .to_owned(),
            ));
        }
        EnvFilter::try_new(&self.log_filter)
            .map_err(|error| ("log_filter", format!("is no filter like `info,api=debug`: {error}")))?;
        if let Some(wrong) = self.http.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            let reason = format!("names `{wrong}`, which is no origin such as `https://shop.example`");
            return Err(("http.allowed_origins", reason));
        }
        if self.public_url.as_ref().is_some_and(|url| !url.as_str().strip_suffix('/').is_some_and(is_origin))
        {
            let reason = "is no address such as `https://cdp.example`, without a path".to_owned();
            return Err(("public_url", reason));
        }
        self.oidc.check(self.public_url.as_ref())?;
        self.identity.validate().map_err(|error| ("identity", format!("cannot be used: {error}")))?;
        self.retention.check().map_err(|error| ("retention", format!("cannot be used: {error}")))?;
        Ok(())
    }
}

/// Whether this is scheme, host and port exactly as a browser writes them. `*` is none.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

/// Stands for a secret wherever settings are written out: present as a name, never as a value.
#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
pub(super) fn hidden<S: Serializer>(_: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

/// A database address whose password is starred out.
pub(super) fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => {
            let (start, user_and_password) = (scheme + 3, &url[scheme + 3..at]);
            let user = user_and_password.split(':').next().unwrap_or_default();
            let hidden = if user.len() < user_and_password.len() { ":***" } else { "" };
            format!("{}{user}{hidden}{}", &url[..start], &url[at..])
        }
        _ => url.to_owned(),
    }
}
