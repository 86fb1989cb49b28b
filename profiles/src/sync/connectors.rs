//! Configured connectors: making, changing, checking and listing them.

use chrono::{DateTime, Utc};
use connectors::{Check, Connector, Http, Secrets};
use entities::{connector, source, stream_state};
use sea_orm::{
    ActiveValue::{NotSet, Unchanged},
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set,
};
use serde_json::Value;
use uuid::Uuid;

use super::schedule;
use crate::{
    Profiles,
    error::{Error, Result},
    sources::{self, NewSource, Source, default_trust},
    store::begin_write,
    view::read::json,
};

/// How long a check may take before it says so: less than a caller's patience.
const CHECK_SECONDS: u64 = 20;

/// A connector that is about to be configured.
#[derive(Debug, Clone, Default)]
pub struct NewConnector {
    /// Connector kind: `hubspot`.
    pub kind: String,
    /// The source's short unique name; the kind unless given.
    pub key: Option<String>,
    /// What people see; the kind's title unless given.
    pub name: Option<String>,
    /// Its configuration, as its kind's JSON Schema says.
    pub config: Value,
    /// Its secrets, as its kind's JSON Schema says.
    pub secrets: Value,
    /// Cron expression; the kind's default unless given.
    pub schedule: Option<String>,
    /// IANA time zone; UTC unless given.
    pub time_zone: Option<String>,
    /// Each run starts up to so many seconds late, 0..86400.
    pub jitter_seconds: i32,
    /// How much its values are believed, 0..100; by category unless given.
    pub trust: Option<i32>,
    /// Whether the scheduler runs it.
    pub enabled: bool,
}

/// What should change about a connector; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ConnectorChange {
    /// What people see.
    pub name: Option<String>,
    /// The whole configuration.
    pub config: Option<Value>,
    /// The whole set of secrets.
    pub secrets: Option<Value>,
    /// Cron expression.
    pub schedule: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// Seconds, 0..86400.
    pub jitter_seconds: Option<i32>,
    /// 0..100.
    pub trust: Option<i32>,
    /// Whether the scheduler runs it.
    pub enabled: Option<bool>,
}

/// A connector as it can be shown: without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectorInfo {
    /// Its source.
    pub source: Source,
    /// Connector kind.
    pub kind: String,
    /// Its configuration.
    pub config: Value,
    /// Whether secrets are stored.
    pub has_secrets: bool,
    /// Whether the scheduler runs it.
    pub enabled: bool,
    /// Cron expression.
    pub schedule: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Seconds.
    pub jitter_seconds: i32,
    /// When the scheduler will run it; `None` while it is disabled.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Whether a process holds its lease.
    pub running: bool,
    /// When it was configured.
    pub created_at: DateTime<Utc>,
    /// When its configuration last changed.
    pub updated_at: DateTime<Utc>,
}

impl Profiles {
    /// Configures a connector. Its first run is due at once.
    pub async fn create_connector(&self, new: NewConnector) -> Result<ConnectorInfo> {
        let kind = connectors::kind(&new.kind)?;
        let schedule = new.schedule.unwrap_or_else(|| kind.default_schedule.to_owned());
        let time_zone = new.time_zone.unwrap_or_else(|| "UTC".to_owned());
        schedule::check(&schedule, &time_zone)?;
        check_jitter(new.jitter_seconds)?;
        check_trust(new.trust)?;
        check_config(kind, &new.config, &new.secrets)?;
        let category =
            serde_json::to_value(kind.category).map_err(|error| Error::stored("category", error))?;
        let category = category.as_str().unwrap_or_default().to_owned();
        let now = self.now();

        let txn = begin_write(self.db()).await?;
        let key = new.key.unwrap_or_else(|| new.kind.clone());
        let id = sources::insert(
            &txn,
            self,
            NewSource {
                name: new.name.unwrap_or_else(|| kind.title.to_owned()),
                kind: new.kind.clone(),
                trust: new.trust.unwrap_or_else(|| default_trust(&category)),
                category,
                key: key.clone(),
            },
        )
        .await?;
        if source::Entity::find_by_id(id).one(&txn).await?.is_some_and(|source| source.kind != kind.name) {
            let message = format!("the source {key:?} is of another kind; choose another key");
            return Err(Error::Conflict(message));
        }
        if connector::Entity::find_by_id(id).one(&txn).await?.is_some() {
            return Err(Error::Conflict(format!("there is already a connector with the key {key:?}")));
        }
        let row = connector::Model {
            source_id: id,
            kind: new.kind,
            config: new.config.to_string(),
            secrets: self.seal(id, &new.secrets)?,
            enabled: new.enabled,
            schedule,
            time_zone,
            jitter_seconds: new.jitter_seconds,
            next_run_at: new.enabled.then_some(now),
            lease_owner: None,
            lease_until: None,
            created_at: now,
            updated_at: now,
        };
        connector::Entity::insert(row.into_active_model()).exec_without_returning(&txn).await?;
        txn.commit().await?;
        self.source_cache().clear();
        self.connector(id).await
    }

    /// Changes a connector. A new configuration is checked before anything is written.
    pub async fn update_connector(&self, id: Uuid, change: ConnectorChange) -> Result<ConnectorInfo> {
        let row = self.connector_row(id).await?;
        let kind = connectors::kind(&row.kind)?;
        let config = match change.config {
            Some(config) => config,
            None => json("connector configuration", &row.config)?,
        };
        let secrets = match change.secrets {
            Some(secrets) => secrets,
            None => self.unseal(&row)?,
        };
        check_config(kind, &config, &secrets)?;
        let schedule = change.schedule.unwrap_or_else(|| row.schedule.clone());
        let time_zone = change.time_zone.unwrap_or_else(|| row.time_zone.clone());
        schedule::check(&schedule, &time_zone)?;
        let jitter_seconds = change.jitter_seconds.unwrap_or(row.jitter_seconds);
        check_jitter(jitter_seconds)?;
        check_trust(change.trust)?;
        let enabled = change.enabled.unwrap_or(row.enabled);
        let rescheduled = enabled != row.enabled
            || schedule != row.schedule
            || time_zone != row.time_zone
            || jitter_seconds != row.jitter_seconds;
        let mut after = connector::Model {
            config: config.to_string(),
            secrets: self.seal(id, &secrets)?,
            enabled,
            schedule,
            time_zone,
            jitter_seconds,
            updated_at: self.now(),
            ..row
        };
        if rescheduled {
            after.next_run_at = if enabled { Some(schedule::next_run(&after, self.now())?) } else { None };
        }

        let txn = begin_write(self.db()).await?;
        // Not the whole row: the lease belongs to whoever runs it.
        connector::Entity::update(connector::ActiveModel {
            source_id: Unchanged(id),
            config: Set(after.config),
            secrets: Set(after.secrets),
            enabled: Set(after.enabled),
            schedule: Set(after.schedule),
            time_zone: Set(after.time_zone),
            jitter_seconds: Set(after.jitter_seconds),
            next_run_at: if rescheduled { Set(after.next_run_at) } else { NotSet },
            updated_at: Set(after.updated_at),
            ..Default::default()
        })
        .exec(&txn)
        .await?;
        source::Entity::update(source::ActiveModel {
            id: Unchanged(id),
            name: change.name.map_or(NotSet, Set),
            trust: change.trust.map_or(NotSet, Set),
            ..Default::default()
        })
        .exec(&txn)
        .await?;
        if change.trust.is_some() {
            crate::resolution::rebuild::touch_source(&txn, id).await?;
        }
        txn.commit().await?;
        self.source_cache().clear();
        self.facts().notify_one();
        self.connector(id).await
    }

    /// Forgets a connector's configuration, secrets and cursors. Its facts stay. False where there is none.
    pub async fn delete_connector(&self, id: Uuid) -> Result<bool> {
        self.cancel_run(id).await?;
        let txn = begin_write(self.db()).await?;
        let gone = connector::Entity::delete_by_id(id).exec(&txn).await?.rows_affected;
        stream_state::Entity::delete_many().filter(stream_state::Column::SourceId.eq(id)).exec(&txn).await?;
        txn.commit().await?;
        Ok(gone > 0)
    }

    /// Calls the outside system once and says who answered.
    pub async fn check_connector(&self, id: Uuid) -> Result<Check> {
        let row = self.connector_row(id).await?;
        let (connector, http) = self.build_connector(&row)?;
        let limit = std::time::Duration::from_secs(CHECK_SECONDS);
        match tokio::time::timeout(limit, connector.check(&http)).await {
            Ok(check) => Ok(check?),
            Err(_) => Err(Error::Connector(connectors::Error::Exhausted {
                url: row.kind,
                attempts: 1,
                last: format!("no answer within {CHECK_SECONDS} s"),
                retry_after: None,
            })),
        }
    }

    /// All connectors by key.
    pub async fn connectors(&self) -> Result<Vec<ConnectorInfo>> {
        let sources = self.sources().await?;
        let now = self.now();
        let rows = connector::Entity::find().order_by_asc(connector::Column::SourceId).all(self.db()).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let source = match sources.get(&row.source_id) {
                Some(source) => Source::clone(source),
                None => self.need_source(row.source_id).await?,
            };
            all.push(info(source, row, now)?);
        }
        all.sort_by(|a, b| a.source.key.cmp(&b.source.key));
        Ok(all)
    }

    /// The connector of that id.
    pub async fn connector(&self, id: Uuid) -> Result<ConnectorInfo> {
        let row = self.connector_row(id).await?;
        info(self.need_source(id).await?, row, self.now())
    }

    async fn need_source(&self, id: Uuid) -> Result<Source> {
        self.source(id).await?.ok_or_else(|| Error::NotFound { what: "source", id: id.to_string() })
    }

    pub(super) async fn connector_row(&self, id: Uuid) -> Result<connector::Model> {
        let row = connector::Entity::find_by_id(id).one(self.db()).await?;
        row.ok_or_else(|| Error::NotFound { what: "connector", id: id.to_string() })
    }

    pub(super) fn build_connector(&self, row: &connector::Model) -> Result<(Box<dyn Connector>, Http)> {
        let kind = connectors::kind(&row.kind)?;
        let config: Value = json("connector configuration", &row.config)?;
        let connector = (kind.build)(&config, &Secrets::from_json(self.unseal(row)?)?)?;
        let mut seed = [0; 8];
        getrandom::fill(&mut seed)
            .map_err(|error| Error::Key(format!("no randomness from the system: {error}")))?;
        let http = Http::new(kind.http_options(&config, u64::from_be_bytes(seed))?)?;
        Ok((connector, http))
    }

    fn seal(&self, id: Uuid, secrets: &Value) -> Result<Option<Vec<u8>>> {
        match secrets {
            Value::Null => Ok(None),
            secrets => self.keys().seal(id.as_bytes(), secrets.to_string().as_bytes()).map(Some),
        }
    }

    fn unseal(&self, row: &connector::Model) -> Result<Value> {
        let Some(sealed) = &row.secrets else { return Ok(Value::Object(serde_json::Map::new())) };
        let opened = self.keys().open(row.source_id.as_bytes(), sealed)?;
        serde_json::from_slice(&opened).map_err(|_| Error::Key("a stored secret is damaged".to_owned()))
    }
}

fn check_config(kind: &connectors::Kind, config: &Value, secrets: &Value) -> Result<()> {
    let secrets = match secrets {
        Value::Null => Secrets::default(),
        secrets => Secrets::from_json(secrets.clone())?,
    };
    (kind.build)(config, &secrets)?;
    kind.http_options(config, 0)?;
    Ok(())
}

fn check_jitter(seconds: i32) -> Result<()> {
    if (0..=86_400).contains(&seconds) {
        Ok(())
    } else {
        Err(Error::invalid("jitterSeconds", "expected 0 to 86400"))
    }
}

fn check_trust(trust: Option<i32>) -> Result<()> {
    match trust {
        Some(trust) if !(0..=100).contains(&trust) => Err(Error::invalid("trust", "expected 0 to 100")),
        _ => Ok(()),
    }
}

fn info(source: Source, row: connector::Model, now: DateTime<Utc>) -> Result<ConnectorInfo> {
    Ok(ConnectorInfo {
        source,
        config: json("connector configuration", &row.config)?,
        has_secrets: row.secrets.is_some(),
        enabled: row.enabled,
        schedule: row.schedule,
        time_zone: row.time_zone,
        jitter_seconds: row.jitter_seconds,
        next_run_at: row.next_run_at.filter(|_| row.enabled),
        running: row.lease_until.is_some_and(|until| until >= now),
        created_at: row.created_at,
        updated_at: row.updated_at,
        kind: row.kind,
    })
}
