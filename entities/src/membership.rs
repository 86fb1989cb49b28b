//! Who is, and was, in which segment. Derived.

use sea_orm::entity::prelude::*;

/// One stay of a profile in a segment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    /// The profile.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Uuid,
    /// The segment's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub segment: String,
    /// 0 for the first stay, 1 for the second, …
    #[sea_orm(primary_key, auto_increment = false)]
    pub stay: i32,
    /// When it began; `None`: always.
    pub entered_at: Option<DateTimeUtc>,
    /// When it ended; `None`: it has not.
    pub left_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
