//! Tools that are told who is in an audience.

use sea_orm::entity::prelude::*;

/// One configured destination.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "destination")]
pub struct Model {
    /// Keyed hash of `key` and `created_at`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Short name chosen by the administrator, unique.
    pub key: String,
    /// What people see.
    pub name: String,
    /// Kind of destination.
    pub kind: String,
    /// JSON; never a secret.
    pub config: String,
    /// JSON, encrypted.
    pub secrets: Option<Vec<u8>>,
    /// The key of the segment whose members it is told.
    pub segment: String,
    /// The key of the purpose for which it is told them.
    pub purpose: String,
    /// JSON: the tool's fields, and what of the profile goes there.
    pub mapping: String,
    /// `active`, `paused` or `leaving`: everybody is being taken out, and then it is no more.
    pub state: String,
    /// Counts up whenever what people are told may be another.
    pub version: i64,
    /// The number of the last delivery.
    pub sequence: i64,
    /// JSON: up to where what happened has been considered.
    pub position: String,
    /// While everybody is derived anew nobody is taken out: until this place in `touched`.
    pub held_until: Option<i64>,
    /// How often in a row nothing could be delivered.
    pub failures: i32,
    /// Until when nothing is sent.
    pub resume_at: Option<DateTimeUtc>,
    /// Why the last call failed; `None` since one has worked. No personal data.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<DateTimeUtc>,
    /// The process that works on it now.
    pub lease_owner: Option<String>,
    /// Until when that process may be believed alive.
    pub lease_until: Option<DateTimeUtc>,
    /// When it was configured.
    pub created_at: DateTimeUtc,
    /// When its configuration last changed.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
