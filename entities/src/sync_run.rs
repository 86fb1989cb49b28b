//! Runs of connectors and imports.

use sea_orm::entity::prelude::*;

/// One run: what it did and how it ended.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_run")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The source.
    pub source_id: Uuid,
    /// `schedule`, `manual` or `import`.
    pub trigger: String,
    /// `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// The process.
    pub owner: String,
    /// The stream being read.
    pub stream: Option<String>,
    /// Someone asked it to stop.
    pub cancel_requested: bool,
    /// When it began.
    pub started_at: DateTimeUtc,
    /// When it last committed a page.
    pub updated_at: DateTimeUtc,
    /// When it ended.
    pub finished_at: Option<DateTimeUtc>,
    /// Objects read.
    pub read: i64,
    /// Objects never seen before.
    pub created: i64,
    /// New versions of known objects.
    pub changed: i64,
    /// Versions known already.
    pub unchanged: i64,
    /// Objects that could not be understood.
    pub rejected: i64,
    /// Objects of people who were erased.
    pub dropped: i64,
    /// Pages committed.
    pub pages: i64,
    /// HTTP calls.
    pub calls: i64,
    /// Of these, repeated ones.
    pub retries: i64,
    /// Time spent waiting for limits and retries, in ms.
    pub waited_ms: i64,
    /// Bytes received.
    pub bytes: i64,
    /// How many objects the source announced for this run.
    pub expected: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
