//! Sessions of people who signed in.

use sea_orm::entity::prelude::*;

/// One session. What the browser keeps is a random secret; only its SHA-256 stands here.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// SHA-256 of the secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// Whose: a keyed hash of the identity provider and the person's name there.
    pub person: Uuid,
    /// What the person is called.
    pub name: String,
    /// What the person may do.
    pub role: String,
    /// When the person signed in.
    pub created_at: DateTimeUtc,
    /// When it ends at the latest.
    pub expires_at: DateTimeUtc,
    /// When it was last used, to within some minutes.
    pub last_seen: DateTimeUtc,
    /// When the person signed out.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
