//! Jobs in which models are learned.

use sea_orm::entity::prelude::*;

/// One job: what was to be learned, how far it has come and how it ended.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "training")]
pub struct Model {
    /// Random.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `waiting`, `running`, `succeeded`, `failed` or `cancelled`.
    pub state: String,
    /// When it was asked for: what is learned is learned as of then.
    pub requested_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
    /// How far ahead the risk of churn shall be looked for, in days.
    pub horizon: Option<i32>,
    /// JSON: `insights::Step`s, what is learned one after the other.
    pub steps: String,
    /// Someone asked it to stop.
    pub cancel_requested: bool,
    /// Who is at it.
    pub lease_owner: Option<String>,
    /// Until when nobody else may take it over.
    pub lease_until: Option<DateTimeUtc>,
    /// When it last said how far it has come.
    pub updated_at: DateTimeUtc,
    /// When it ended.
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
