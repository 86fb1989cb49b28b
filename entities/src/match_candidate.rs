//! Derived: profiles that may be one person after all.

use sea_orm::entity::prelude::*;

/// Two profiles that are apart and somebody should look at.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_candidate")]
pub struct Model {
    /// Keyed hash of the two source identities.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The source identity of the one profile that agrees best with one of the other.
    pub one: Uuid,
    /// That one.
    pub other: Uuid,
    /// The one profile.
    pub a: Uuid,
    /// The other profile.
    pub b: Uuid,
    /// The mean weight between their source identities, in thousandths of a bit.
    pub weight: i64,
    /// How far the odds are from even: the weight without its sign.
    pub uncertainty: i64,
}

impl ActiveModelBehavior for ActiveModel {}
