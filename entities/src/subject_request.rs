//! What people ask for as the subjects of their data.

use sea_orm::entity::prelude::*;

/// A request with its state.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subject_request")]
pub struct Model {
    /// A random id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `access`, `rectification`, `restriction`, `objection`, `erasure`.
    pub kind: String,
    /// `received`, `running`, `done` or `refused`.
    pub state: String,
    /// A source identity of the person; nothing once erased.
    pub profile_id: Option<Uuid>,
    /// When it was received.
    pub received_at: DateTimeUtc,
    /// By when it must be answered.
    pub due_at: DateTimeUtc,
    /// Who received it.
    pub actor: String,
    /// What is asked in particular, as JSON.
    pub detail: String,
    /// When it was decided to do or to refuse it, and by whom.
    pub decided_at: Option<DateTimeUtc>,
    /// See `decided_at`.
    pub decided_by: Option<String>,
    /// When it was done or refused.
    pub closed_at: Option<DateTimeUtc>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// When what it brought about was taken back, and by whom.
    pub lifted_at: Option<DateTimeUtc>,
    /// See `lifted_at`.
    pub lifted_by: Option<String>,
    /// How far it has come, as JSON.
    pub progress: Option<String>,
    /// What came of it, as JSON: of an erasure the signed receipt.
    pub outcome: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
