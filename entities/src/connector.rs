//! Configured connectors.

use sea_orm::entity::prelude::*;

/// How one source is read. Its id is its source's.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connector")]
pub struct Model {
    /// Its source.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    /// Connector kind.
    pub kind: String,
    /// JSON; never a secret.
    pub config: String,
    /// JSON, encrypted.
    pub secrets: Option<Vec<u8>>,
    /// Whether the scheduler runs it.
    pub enabled: bool,
    /// Cron expression.
    pub schedule: String,
    /// IANA name; the schedule is read in it.
    pub time_zone: String,
    /// Each run starts up to so many seconds late.
    pub jitter_seconds: i32,
    /// When the scheduler will run it.
    pub next_run_at: Option<DateTimeUtc>,
    /// The process that runs it now.
    pub lease_owner: Option<String>,
    /// Until when that process may be believed alive.
    pub lease_until: Option<DateTimeUtc>,
    /// When it was configured.
    pub created_at: DateTimeUtc,
    /// When its configuration last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
