//! Derived: evidence that two source identities are one person.

use sea_orm::entity::prelude::*;

/// One rule that speaks for (or against) two source identities being one person.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link")]
pub struct Model {
    /// The lesser source identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub a: Uuid,
    /// The greater source identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub b: Uuid,
    /// What matched: `email`, `phone`, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule: String,
    /// The value that both carry.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// Fixed point, 1000 = 1.0.
    pub weight: i64,
}

impl ActiveModelBehavior for ActiveModel {}
