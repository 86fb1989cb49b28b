//! How long what is kept, and how far its removal has come.

use sea_orm::entity::prelude::*;

/// The one row of retention.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_state")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The rules that were configured last, as JSON.
    pub rules: String,
    /// The rules by which something is removed, as JSON: never stricter than those that are configured.
    pub in_force: String,
    /// When it was announced what the configured rules will remove, where they are not in force yet.
    pub announced_at: Option<DateTimeUtc>,
    /// When everything was last looked at.
    pub ran_at: Option<DateTimeUtc>,
    /// Who wants everything looked at now.
    pub wanted_by: Option<String>,
    /// Until when a process is at it.
    pub lease_until: Option<DateTimeUtc>,
    /// What was removed since everything was last looked at, as JSON.
    pub progress: String,
}

impl ActiveModelBehavior for ActiveModel {}
