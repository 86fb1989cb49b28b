//! The application behind the HTTP server: who asks, what runs the operations, whether all is well.

use std::sync::Arc;

use async_graphql::Data;
use profiles::{
    Profiles,
    access::{ApiKey, Role},
};
use uuid::Uuid;

use crate::{
    graphql::{Schema, prepare},
    http::{AuthError, Backend},
};

/// A profile store with its schema. Cheap to clone.
#[derive(Clone)]
pub struct Application {
    profiles: Profiles,
    schema: Schema,
}

impl Application {
    /// A migrated store and the schema over it.
    pub fn new(profiles: Profiles, schema: Schema) -> Self {
        Self { profiles, schema }
    }
}

impl Backend for Application {
    type Executor = Schema;
    type Caller = Arc<ApiKey>;

    fn executor(&self) -> &Schema {
        &self.schema
    }

    async fn authenticate(&self, token: Option<&str>) -> Result<Arc<ApiKey>, AuthError> {
        let token = token.ok_or(AuthError::Missing)?;
        match self.profiles.find_key(token).await {
            Ok(Some(key)) => Ok(Arc::new(key)),
            Ok(None) => Err(AuthError::Invalid),
            Err(error) => {
                tracing::error!(%error, "API keys cannot be looked up");
                Err(AuthError::Unavailable)
            }
        }
    }

    fn knows(&self, token: &str) -> bool {
        self.profiles.knows_key(token)
    }

    fn number(&self, caller: &Arc<ApiKey>) -> Uuid {
        caller.id
    }

    fn may_read_metrics(&self, caller: &Arc<ApiKey>) -> bool {
        caller.role == Role::Admin
    }

    fn prepare(&self, caller: &Arc<ApiKey>, data: &mut Data) {
        prepare(&self.profiles, caller, data);
    }

    // The schema of the database was brought up to date before the server began to listen.
    async fn ready(&self) -> Result<(), String> {
        self.profiles.ping().await.map_err(|error| {
            tracing::error!(%error, "the database does not answer");
            "the database does not answer".to_owned()
        })
    }
}
