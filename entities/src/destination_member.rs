//! Whom a destination has been told of.

use sea_orm::entity::prelude::*;

/// What one destination knows, or may know, of one person.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "destination_member")]
pub struct Model {
    /// The destination.
    #[sea_orm(primary_key, auto_increment = false)]
    pub destination_id: Uuid,
    /// The profile, which may be none any more.
    #[sea_orm(primary_key, auto_increment = false)]
    pub profile_id: Uuid,
    /// The number of the last delivery about the person.
    pub sequence: i64,
    /// SHA-256 of what it is to know; `None` where it is to know nobody.
    pub wanted: Option<Vec<u8>>,
    /// Whether it may know the person: it was tried.
    pub told: bool,
    /// The name by which it knows the person, encrypted; `None` for the profile's id.
    pub handle: Option<Vec<u8>>,
    /// Keyed hash of that name.
    pub handle_key: Option<Uuid>,
    /// Another person has that name, and this one waits.
    pub behind: bool,
    /// When to consider the person again, whatever happens.
    pub review_at: Option<DateTimeUtc>,
    /// The person was erased: what is left of them here goes once they are taken out.
    pub erased: bool,
}

impl ActiveModelBehavior for ActiveModel {}
