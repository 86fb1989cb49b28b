//! The running of the house: what came of the actions that were chosen.

use sea_orm::entity::prelude::*;

/// A report. Of one action of a decision the last one counts.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "action_outcome")]
pub struct Model {
    /// Surrogate key.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The decision, which may be gone by now.
    pub decision_id: Uuid,
    /// For whom the decision was made.
    pub source_identity_id: Uuid,
    /// The key of the action that was done.
    pub action: String,
    /// The channel through which it is done; none where it contacts nobody.
    pub channel: Option<String>,
    /// `taken`, `accepted`, `declined` or `refused`.
    pub outcome: String,
    /// What it brought, in millionths of the catalogue's currency.
    pub value_micros: Option<i64>,
    /// When it was reported.
    pub at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
