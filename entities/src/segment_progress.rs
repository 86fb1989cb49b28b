//! How far a segment has been worked out for everybody.

use sea_orm::entity::prelude::*;

/// The version of a segment that memberships are of, or become of.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "segment_progress")]
pub struct Model {
    /// The segment's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Its version.
    pub version: i32,
    /// Everybody up to this profile has been asked; `None` before the first.
    pub after: Option<Uuid>,
    /// How many have been asked.
    pub asked: i64,
    /// When everybody had been asked.
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
