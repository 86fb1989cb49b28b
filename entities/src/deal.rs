//! Derived: sales opportunities.

use sea_orm::entity::prelude::*;

/// The current version of a deal.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal")]
pub struct Model {
    /// Keyed hash of (source, external id).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its source.
    pub source_id: Uuid,
    /// Its id in the source.
    pub external_id: String,
    /// Its title.
    pub name: Option<String>,
    /// Pipeline.
    pub pipeline: Option<String>,
    /// Stage.
    pub stage: Option<String>,
    /// In millionths of the currency.
    pub amount_micros: Option<i64>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Won, lost, or still open.
    pub won: Option<bool>,
    /// When it was created.
    pub created_at: Option<DateTimeUtc>,
    /// When it was or will be closed.
    pub closes_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
