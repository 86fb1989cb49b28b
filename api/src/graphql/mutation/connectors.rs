//! Configuring connectors, and running them.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use profiles::sync::{ConnectorChange, NewConnector};
use profiles::{Error, Profiles};
use serde_json::Value;
use uuid::Uuid;

use crate::graphql::access;
use crate::graphql::background::Background;
use crate::graphql::error::{ErrorCode, UserError, top, unforeseen};
use crate::graphql::ids::{self, Kind};
use crate::graphql::loaders::loaders;
use crate::graphql::scalars::Json;
use crate::graphql::types::{Connector, SyncRun};

/// A connector that is to be configured.
#[derive(InputObject)]
struct CreateConnectorInput {
    /// Its kind, as in `connectorKinds`.
    kind: String,
    /// The short unique name of its source: 1 to 64 lower-case letters, digits, `-` and `_`. The kind unless given.
    key: Option<String>,
    /// What people see. The title of its kind unless given.
    name: Option<String>,
    /// Its configuration, as the `configSchema` of its kind says. Never secrets.
    config: Option<Json>,
    /// Its secrets, as the `secretsSchema` of its kind says. They are stored encrypted and never shown again.
    #[graphql(secret)]
    secrets: Option<Json>,
    /// When it runs: a cron expression of five fields, or six with seconds first. The kind's default unless given.
    schedule: Option<String>,
    /// The IANA time zone in which the schedule is read. UTC unless given.
    time_zone: Option<String>,
    /// Each run starts up to so many seconds late, 0..86400.
    #[graphql(default)]
    jitter_seconds: i32,
    /// How far its values are believed where the most trusted one survives, 0..100. By its category unless given.
    trust: Option<i32>,
    /// Whether the schedule runs it. If so, its first run is due at once.
    #[graphql(default = true)]
    enabled: bool,
}

/// What is to change about a connector. What is not given stays.
#[derive(InputObject)]
struct UpdateConnectorInput {
    /// What people see.
    name: Option<String>,
    /// The whole configuration.
    config: Option<Json>,
    /// The whole set of secrets.
    #[graphql(secret)]
    secrets: Option<Json>,
    /// When it runs: a cron expression of five fields, or six with seconds first.
    schedule: Option<String>,
    /// The IANA time zone in which the schedule is read.
    time_zone: Option<String>,
    /// Each run starts up to so many seconds late, 0..86400.
    jitter_seconds: Option<i32>,
    /// How far its values are believed where the most trusted one survives, 0..100.
    trust: Option<i32>,
    /// Whether the schedule runs it.
    enabled: Option<bool>,
}

/// What became of a connector.
#[derive(SimpleObject)]
struct ConnectorPayload {
    /// The connector as it is now; null if there is none.
    connector: Option<Connector>,
    /// Why it is not as was wished; empty if it is.
    errors: Vec<UserError>,
}

/// What became of a connector that was to be deleted.
#[derive(SimpleObject)]
struct DeleteConnectorPayload {
    /// The id of the connector that is no more; null if nothing was deleted.
    deleted_id: Option<ID>,
    /// Why nothing was deleted.
    errors: Vec<UserError>,
}

/// What a source answered.
#[derive(SimpleObject)]
struct CheckConnectorPayload {
    /// The connector.
    connector: Option<Connector>,
    /// Which account answered, in words; null if none did.
    account: Option<String>,
    /// Why the connector cannot work.
    errors: Vec<UserError>,
}

/// A sync that was asked for.
#[derive(SimpleObject)]
struct SyncConnectorPayload {
    /// The connector.
    connector: Option<Connector>,
    /// The run that began; follow it with `syncProgress`.
    run: Option<SyncRun>,
    /// Why no run began.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(super) struct ConnectorMutation;

#[Object(guard = "access::Audited")]
impl ConnectorMutation {
    /// Configures a connector. Its settings are checked; the source is not asked, which `checkConnector` does.
    async fn create_connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The connector.")] input: CreateConnectorInput,
    ) -> Result<ConnectorPayload> {
        let new = NewConnector {
            kind: input.kind,
            key: input.key,
            name: input.name,
            config: json(input.config)?.unwrap_or(Value::Null),
            secrets: json(input.secrets)?.unwrap_or(Value::Null),
            schedule: input.schedule,
            time_zone: input.time_zone,
            jitter_seconds: input.jitter_seconds,
            trust: input.trust,
            enabled: input.enabled,
        };
        match loaders(ctx).profiles.create_connector(new).await {
            Ok(info) => Ok(ConnectorPayload { connector: Some(Connector(info)), errors: Vec::new() }),
            Err(error) => {
                Ok(ConnectorPayload { connector: None, errors: vec![UserError::of(&error, "input")?] })
            }
        }
    }

    /// Changes a connector. A run under way goes on as it began.
    async fn update_connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the connector.")] id: ID,
        #[graphql(desc = "What is to change.")] input: UpdateConnectorInput,
    ) -> Result<ConnectorPayload> {
        let id = ids::expect("id", &id, &[Kind::Connector])?;
        let profiles = &loaders(ctx).profiles;
        let change = ConnectorChange {
            name: input.name,
            config: json(input.config)?,
            secrets: json(input.secrets)?,
            schedule: input.schedule,
            time_zone: input.time_zone,
            jitter_seconds: input.jitter_seconds,
            trust: input.trust,
            enabled: input.enabled,
        };
        match profiles.update_connector(id, change).await {
            Ok(info) => Ok(ConnectorPayload { connector: Some(Connector(info)), errors: Vec::new() }),
            Err(error) => Ok(ConnectorPayload {
                errors: vec![UserError::of(&error, "input")?],
                connector: present(profiles, id).await?,
            }),
        }
    }

    /// Forgets a connector's configuration, secrets and cursors, and ends its run. What it delivered stays, under its
    /// source.
    async fn delete_connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the connector.")] id: ID,
    ) -> Result<DeleteConnectorPayload> {
        let key = ids::expect("id", &id, &[Kind::Connector])?;
        Ok(if loaders(ctx).profiles.delete_connector(key).await.map_err(top)? {
            DeleteConnectorPayload { deleted_id: Some(id), errors: Vec::new() }
        } else {
            DeleteConnectorPayload { deleted_id: None, errors: vec![missing()] }
        })
    }

    /// Asks the source once, with the connector's settings and secrets, whether it answers. Takes up to 20 seconds.
    async fn check_connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the connector.")] id: ID,
    ) -> Result<CheckConnectorPayload> {
        let id = ids::expect("id", &id, &[Kind::Connector])?;
        let profiles = &loaders(ctx).profiles;
        let checked = profiles.check_connector(id).await;
        let connector = present(profiles, id).await?;
        match checked {
            Ok(check) => {
                Ok(CheckConnectorPayload { connector, account: Some(check.account), errors: Vec::new() })
            }
            Err(error) => {
                let errors = vec![UserError::of(&error, "id")?];
                Ok(CheckConnectorPayload { connector, account: None, errors })
            }
        }
    }

    /// Begins a run of a connector, now, whatever its schedule says, and does not wait for its end.
    async fn sync_connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the connector.")] id: ID,
    ) -> Result<SyncConnectorPayload> {
        let id = ids::expect("id", &id, &[Kind::Connector])?;
        let profiles = &loaders(ctx).profiles;
        let begun = ctx.data::<Background>()?.sync(profiles, id).await;
        let connector = present(profiles, id).await?;
        match begun {
            Ok(run) => Ok(SyncConnectorPayload { connector, run: Some(SyncRun(run)), errors: Vec::new() }),
            Err(error) => {
                let errors = vec![UserError::of(&error, "id")?];
                Ok(SyncConnectorPayload { connector, run: None, errors })
            }
        }
    }

    /// Asks the run of a connector to stop. What it has read so far is kept, and the next run goes on from there.
    async fn cancel_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the connector.")] id: ID,
    ) -> Result<ConnectorPayload> {
        let id = ids::expect("id", &id, &[Kind::Connector])?;
        let profiles = &loaders(ctx).profiles;
        let asked = profiles.cancel_run(id).await.map_err(top)?;
        let connector = present(profiles, id).await?;
        let errors = match (&connector, asked) {
            (Some(_), true) => Vec::new(),
            (Some(_), false) => {
                vec![UserError::new(ErrorCode::Conflict, "no run of this connector is under way", &[])]
            }
            (None, _) => vec![missing()],
        };
        Ok(ConnectorPayload { connector, errors })
    }
}

/// The connector as it is now.
async fn present(profiles: &Profiles, id: Uuid) -> Result<Option<Connector>> {
    match profiles.connector(id).await {
        Ok(info) => Ok(Some(Connector(info))),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(top(error)),
    }
}

fn missing() -> UserError {
    UserError::new(ErrorCode::NotFound, "there is no such connector", &["id"])
}

pub(super) fn json(given: Option<Json>) -> Result<Option<Value>> {
    given.map(|json| json.0.into_json().map_err(|error| unforeseen(&error))).transpose()
}
