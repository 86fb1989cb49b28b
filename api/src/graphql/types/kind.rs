//! The kinds of connector that there are.

use async_graphql::{Enum, Object, SimpleObject};
use connectors::registry::{Authentication, Category};

use crate::graphql::scalars::{Json, copy};

/// What sort of system a connector reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Category")]
pub(crate) enum ConnectorCategory {
    /// Customer relationship management.
    Crm,
    /// A shop.
    Ecommerce,
    /// E-mail marketing.
    Email,
}

/// How a connector proves who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Authentication")]
pub(crate) enum ConnectorAuthentication {
    /// One token that is sent as it is.
    BearerToken,
    /// One key.
    ApiKey,
    /// A key and its secret.
    KeyAndSecret,
}

/// A stream that connectors of a kind read.
#[derive(Debug, SimpleObject)]
#[graphql(crate = "crate::graphql::quick")]
pub(crate) struct StreamKind {
    /// Its name, such as `contacts`.
    name: &'static str,
    /// What is in it.
    description: &'static str,
    /// Whether a later run reads only what changed.
    incremental: bool,
}

/// A kind of connector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectorKind(pub(in crate::graphql) &'static connectors::Kind);

/// A kind of connector: what a form needs to draw itself.
#[Object(crate = "crate::graphql::quick")]
impl ConnectorKind {
    /// Its name in configurations, such as `hubspot`.
    async fn kind(&self) -> &str {
        self.0.name
    }

    /// Its name for a person.
    async fn title(&self) -> &str {
        self.0.title
    }

    /// What sort of system it reads.
    async fn category(&self) -> ConnectorCategory {
        self.0.category.into()
    }

    /// What it reads, in a sentence or two.
    async fn description(&self) -> &str {
        self.0.description
    }

    /// How it proves who asks.
    async fn authentication(&self) -> ConnectorAuthentication {
        self.0.authentication.into()
    }

    /// The JSON Schema (draft 2020-12) of its configuration.
    async fn config_schema(&self) -> Json {
        Json(copy(&(self.0.config_schema)()))
    }

    /// The JSON Schema (draft 2020-12) of its secrets; every field is write-only.
    async fn secrets_schema(&self) -> Json {
        Json(copy(&(self.0.secrets_schema)()))
    }

    /// Its streams, in the order in which they are read.
    async fn streams(&self) -> Vec<StreamKind> {
        let streams = (self.0.streams)().into_iter();
        streams
            .map(|stream| StreamKind {
                name: stream.name,
                description: stream.description,
                incremental: stream.incremental,
            })
            .collect()
    }

    /// When it runs unless the administrator says otherwise: a cron expression of five fields.
    async fn default_schedule(&self) -> &str {
        self.0.default_schedule
    }
}
