//! Derived: person-like keys of sources.

use sea_orm::entity::prelude::*;

/// One person-like key of one source, derived from the facts that name it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source_identity")]
pub struct Model {
    /// Keyed hash of (source, external id).
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its source.
    pub source_id: Uuid,
    /// Its key in the source.
    pub external_id: String,
    /// The earliest creation time that any version ever stated.
    pub created_at: Option<DateTimeUtc>,
    /// The update time of the current version.
    pub updated_at: Option<DateTimeUtc>,
    /// Archived or deleted at the source; it stays a member and contributes nothing.
    pub deleted: bool,
    /// Whether a record was delivered; false while only orders or events name it.
    pub known: bool,
    /// The profile that it is part of.
    pub profile_id: Uuid,
    /// Of a visitor as whom several people logged in: who they are, as a JSON array of external ids.
    pub users: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
