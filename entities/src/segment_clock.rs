//! When time alone moves somebody into or out of a segment. Derived.

use sea_orm::entity::prelude::*;

/// The first instant at which the answer of some segment about a profile changes by itself.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segment_clock")]
pub struct Model {
    /// The profile.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Uuid,
    /// The instant. Nothing changes by itself before it.
    pub due_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
