//! The command line flags. Their help texts are the meaning of each setting, here and in the README's table.
#![expect(
    clippy::doc_markdown,
    reason = "doc comments here are help texts, where a name in backticks looks odd"
)]

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use clap::{ArgAction, Args};
use serde::Serialize;
use url::Url;

use super::LogFormat;

/// Flags of every command that reads the configuration. A flag that is not given leaves the setting to the
/// environment, the file and the default. Commands add [`super::settings_help`] below their flags.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub struct ConfigArgs {
    /// Flags of every command that opens the database.
    #[command(flatten)]
    #[serde(flatten)]
    pub store: StoreArgs,

    /// The address and port to listen on. An address other than loopback needs an API key to exist before the start
    #[arg(long, value_name = "ADDRESS:PORT", help_heading = "HTTP")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,

    /// The address under which people and other servers reach this one, such as `https://cdp.example`: scheme, host and
    /// port, no path. Needed where people sign in; links to the preference centre begin with it, and without it are paths
    #[arg(long, value_name = "URL", help_heading = "HTTP")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<Url>,

    /// Flags of the HTTP server.
    #[command(flatten)]
    pub http: HttpArgs,

    /// Flags of the GraphQL endpoint.
    #[command(flatten)]
    pub graphql: GraphqlArgs,
}

impl From<StoreArgs> for ConfigArgs {
    fn from(store: StoreArgs) -> Self {
        Self { store, ..Self::default() }
    }
}

/// Flags of every command that opens the database.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "Configuration")]
pub struct StoreArgs {
    /// The TOML file to read settings from [default: rondom.toml, if it exists] [env: RONDOM_CONFIG]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Where facts and profiles are kept: `sqlite://PATH` (the file is made at the first start) or
    /// `postgres://USER:PASSWORD@HOST/DATABASE` (version 15 or later). A password is better set by environment
    /// variable, where the list of processes does not show it; `DATABASE_URL` is read as well
    #[arg(long, value_name = "URL", help_heading = "Storage")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,

    /// Connections this process opens to the database, at most
    #[arg(long, value_name = "N", help_heading = "Storage")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_connections: Option<NonZeroU32>,

    /// The file with the key that encrypts connector credentials and derives ids; made with mode 0600 if it is
    /// missing. Keep a copy: without it credentials are lost and ids change. By default `rondom.key` beside the
    /// SQLite file, or in the working directory
    #[arg(long, value_name = "FILE", help_heading = "Storage")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_file: Option<PathBuf>,

    /// Which log lines are written: a level (`error`, `warn`, `info`, `debug`, `trace`), or levels by module such as
    /// `info,profiles=debug`; only warnings by default, unless serving. No level logs personal data, queries, variables
    /// or keys
    #[arg(long, value_name = "FILTER", help_heading = "Logs")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_filter: Option<String>,

    /// How log lines are written to standard error: `text` for people, `json` for log collectors
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Logs")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_format: Option<LogFormat>,
}

/// Flags of the settings under `http`.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "HTTP")]
pub struct HttpArgs {
    /// Largest request body in bytes; a larger one is refused with status 413
    #[arg(long, value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_limit_bytes: Option<NonZeroUsize>,

    /// Longest time a request may take, in seconds; then it ends with status 504. Subscriptions are not bound by it
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_timeout_seconds: Option<NonZeroU64>,

    /// Origins whose pages may ask from a browser, such as `https://shop.example`; none by default. They ask with a key of
    /// their own: session cookies are not sent along. Several are separated by commas
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,

    /// Operations a second that one API key or person may ask for in the long run, over HTTP and WebSockets; more are
    /// refused with status 429 (`RATE_LIMITED`) and `Retry-After`. 0 switches this off, as a load test needs
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<u32>,

    /// Operations that one API key or person may ask for at once, after a pause; at least 1
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_burst: Option<NonZeroU32>,

    /// Requests a minute from one network address (of version 6: from a network of 64 bits) without a key or session that
    /// this process has seen to work; more are refused with status 429, and nothing is looked up for them. 0 switches this
    /// off
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strangers_per_minute: Option<u32>,

    /// Operations a minute that one visitor of a page may ask for with a token, and as many at once; more are refused with
    /// status 429. 0 switches this off
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitor_requests_per_minute: Option<u32>,

    /// GraphQL subscriptions open at once in this process; one more is refused with `TOO_MANY_SUBSCRIPTIONS`
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_subscriptions: Option<NonZeroU32>,

    /// Serve the GraphiQL page at `/graphiql`. It holds no data by itself: queries need an API key there too
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graphiql: Option<bool>,

    /// Answer `/metrics` to anybody. Otherwise it answers to loopback and to keys of the role admin
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics_public: Option<bool>,
}

/// Flags of the settings under `graphql`.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[command(next_help_heading = "GraphQL")]
pub struct GraphqlArgs {
    /// Let clients read the schema. Switched off, GraphiQL loses completion and documentation
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introspection: Option<bool>,

    /// Fields nested in one another, at most; the standard introspection query needs 15
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_depth: Option<NonZeroUsize>,

    /// Points a query may cost: each selected field one, lists times their page size
    #[arg(long, value_name = "POINTS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_complexity: Option<NonZeroUsize>,

    /// Largest `first` or `last` of a list
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_page_size: Option<NonZeroU32>,
}
