//! Facts: the pairs that decisions about identity speak of.

use sea_orm::entity::prelude::*;

/// That two source identities are, or are not, the same human being, as one decision has it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decision_pair")]
pub struct Model {
    /// The decision.
    #[sea_orm(primary_key, auto_increment = false)]
    pub decision_id: Uuid,
    /// The lesser source identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub a: Uuid,
    /// The greater source identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub b: Uuid,
    /// `same` or `different`.
    pub verdict: String,
}

impl ActiveModelBehavior for ActiveModel {}
