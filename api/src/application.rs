//! The application behind the HTTP server: who asks, what runs the operations, whether all is well.

use std::sync::Arc;

use async_graphql::Data;
use profiles::{
    Profiles,
    access::{Caller, CallerKind, Role},
};
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::{
    config::PrivacySettings,
    graphql::{Schema, prepare},
    http::{AuthError, Backend, Credential},
    visitors::Visitors,
};

/// A profile store with its schema. Cheap to clone.
#[derive(Clone)]
pub struct Application {
    profiles: Profiles,
    schema: Schema,
    privacy: Arc<PrivacySettings>,
    visitors: Visitors,
}

impl Application {
    /// A migrated store, the schema over it, and how much of people is shown to whom.
    pub fn new(profiles: Profiles, schema: Schema, privacy: PrivacySettings) -> Self {
        Self { profiles, schema, privacy: Arc::new(privacy), visitors: Visitors::default() }
    }

    /// Takes tokens of visitors as well.
    #[must_use]
    pub fn with_visitors(self, visitors: Visitors) -> Self {
        Self { visitors, ..self }
    }
}

impl Backend for Application {
    type Executor = Schema;
    type Caller = Arc<Caller>;

    fn executor(&self) -> &Schema {
        &self.schema
    }

    async fn authenticate(&self, credential: Option<&Credential>) -> Result<Arc<Caller>, AuthError> {
        let (found, otherwise) = match credential.ok_or(AuthError::Missing)? {
            Credential::Key(key) => {
                let found = self.profiles.find_key(key.expose_secret()).await;
                (found.map(|key| key.map(Caller::from)), AuthError::Invalid)
            }
            Credential::Visitor(token) => {
                return self.visitors.read(&self.profiles, token.expose_secret()).map(Arc::new);
            }
            Credential::Session(session) => {
                (self.profiles.find_session(session.expose_secret()).await, AuthError::Ended)
            }
        };
        match found {
            Ok(caller) => caller.map(Arc::new).ok_or(otherwise),
            Err(error) => {
                tracing::error!(%error, "callers cannot be looked up");
                Err(AuthError::Unavailable)
            }
        }
    }

    fn knows(&self, credential: &Credential) -> bool {
        match credential {
            Credential::Key(key) => self.profiles.knows_key(key.expose_secret()),
            Credential::Visitor(token) => self.visitors.knows(&self.profiles, token.expose_secret()),
            Credential::Session(session) => self.profiles.knows_session(session.expose_secret()),
        }
    }

    fn number(&self, caller: &Arc<Caller>) -> Uuid {
        caller.id
    }

    fn is_visitor(&self, caller: &Arc<Caller>) -> bool {
        matches!(caller.kind, CallerKind::Visitor(_))
    }

    fn may_read_metrics(&self, caller: &Arc<Caller>) -> bool {
        caller.role == Role::Admin && !self.is_visitor(caller)
    }

    fn prepare(&self, caller: &Arc<Caller>, data: &mut Data) {
        prepare(&self.profiles, &self.privacy, caller, data);
    }

    // The schema of the database was brought up to date before the server began to listen.
    async fn ready(&self) -> Result<(), String> {
        self.profiles.ping().await.map_err(|error| {
            tracing::error!(%error, "the database does not answer");
            "the database does not answer".to_owned()
        })
    }
}
