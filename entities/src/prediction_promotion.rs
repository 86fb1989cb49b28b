//! Facts: which models predict, and since when.

use sea_orm::entity::prelude::*;

/// The word that a model predicts from now on. Of each kind the greatest id holds.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "prediction_promotion")]
pub struct Model {
    /// In the order in which they were given.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it predicts.
    pub kind: String,
    /// The number of the model.
    pub version: i32,
    /// When.
    pub promoted_at: DateTimeUtc,
    /// By whom.
    pub actor: String,
}

impl ActiveModelBehavior for ActiveModel {}
