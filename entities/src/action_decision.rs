//! The running of the house: which actions were chosen for whom.

use sea_orm::entity::prelude::*;

/// A choice as it was made: a journal, with all that it followed from.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "action_decision")]
pub struct Model {
    /// Keyed hash of whom it was for, when, and the situation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// For whom: the source identity after which the profile was named.
    pub source_identity_id: Uuid,
    /// When.
    pub decided_at: DateTimeUtc,
    /// The channel that was asked for; none for all of them.
    pub channel: Option<String>,
    /// The version of the catalogue.
    pub catalogue: i32,
    /// The version of what was learned; none before there was any.
    pub model: Option<i32>,
    /// The key of the chosen action.
    pub action: String,
    /// JSON: `predictions::actions::Situation`.
    pub situation: String,
    /// JSON: `predictions::actions::NextBestActions`, the bytes of then.
    pub answer: String,
    /// Who asked.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
