//! What the HTTP server needs from the application behind it.

use std::future::Future;

use async_graphql::{Data, Executor};
use secrecy::SecretString;
use uuid::Uuid;

/// What somebody shows in order to be let in.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An API key.
    Key(SecretString),
    /// The secret of a session, from the cookie of a browser.
    Session(SecretString),
    /// The token of a visitor of a page.
    Visitor(SecretString),
}

impl Credential {
    /// What stands where a key is expected: a key, or the token of a visitor, which cannot be taken for one.
    pub(super) fn shown(text: &str) -> Self {
        let is_token = text.starts_with(profiles::access::ANONYMOUS) || text.contains('.');
        if is_token { Self::Visitor(text.into()) } else { Self::Key(text.into()) }
    }
}

/// The application behind the HTTP server. Cheap to clone.
pub trait Backend: Clone + Send + Sync + 'static {
    /// What runs operations: the schema, built with [`super::apply`].
    type Executor: Executor;
    /// Who asks, once a credential has told.
    type Caller: Clone + Send + Sync + 'static;

    /// The schema.
    fn executor(&self) -> &Self::Executor;

    /// Finds the caller of a credential. Asked once a request, and again now and then for an open WebSocket, so that
    /// a revoked key ends its subscriptions.
    ///
    /// # Errors
    /// An [`AuthError`]; the request is then answered without being read.
    fn authenticate(
        &self,
        credential: Option<&Credential>,
    ) -> impl Future<Output = Result<Self::Caller, AuthError>> + Send;

    /// Whether this was good when this process last saw it. It is then not counted as a guess.
    fn knows(&self, credential: &Credential) -> bool;

    /// What tells this caller from all others; each has a rate of its own.
    fn number(&self, caller: &Self::Caller) -> Uuid;

    /// Whether this caller is a visitor of a page, of whom there are many, and each has a rate of a visitor.
    fn is_visitor(&self, caller: &Self::Caller) -> bool;

    /// Whether this caller may read `/metrics`.
    fn may_read_metrics(&self, caller: &Self::Caller) -> bool;

    /// Puts what belongs to one operation into its data: the caller and fresh `DataLoader`s. Loaders must batch but not
    /// cache, because a subscription is one operation for as long as it lives.
    fn prepare(&self, caller: &Self::Caller, data: &mut Data);

    /// Whether requests can be served now: the database is reachable and migrated.
    ///
    /// # Errors
    /// The reason why not, for an operator; without secrets, since `/readyz` shows it to anybody.
    fn ready(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// Why a request has no caller. The words are for the client; they do not tell which part of a key was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No key was sent.
    #[error("an API key is required: send it as `Authorization: Bearer rk_…`")]
    Missing,
    /// The key is unknown, malformed or revoked.
    #[error("this API key is not valid")]
    Invalid,
    /// Whoever asks has asked too often; so many seconds later they may ask again.
    #[error("too many requests; try again in {0} seconds")]
    TooMany(u64),
    /// A browser sent its session for a page of another origin.
    #[error(
        "this request was not made by a page of this server, so the session that came with it does not count"
    )]
    Foreign,
    /// The token of a visitor is not believed.
    #[error("this visitor token is not valid: {0}")]
    Visitor(&'static str),
    /// The session has ended.
    #[error("this session has ended: sign in at /auth/login")]
    Ended,
    /// Nobody can be checked now.
    #[error("who asks cannot be checked at the moment; try again shortly")]
    Unavailable,
}
