//! Who entered and left which segment, as it was told at the time: a journal.

use sea_orm::entity::prelude::*;

/// One passage into or out of a segment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership_change")]
pub struct Model {
    /// Its place in the order of changes.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The segment's key.
    pub segment: String,
    /// The profile.
    pub profile_id: Uuid,
    /// Entered, or left.
    pub entered: bool,
    /// When it came to be so.
    pub at: DateTimeUtc,
    /// When it was noticed.
    pub noticed_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
