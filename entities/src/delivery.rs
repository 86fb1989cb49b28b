//! What destinations were told, and what is to be told: a journal.

use sea_orm::entity::prelude::*;

/// One change of one person at one destination. Holds nothing that was sent.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    /// Keyed hash of destination and sequence: the idempotency key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The destination.
    pub destination_id: Uuid,
    /// 1, 2, 3, … for each destination.
    pub sequence: i64,
    /// The profile.
    pub profile_id: Uuid,
    /// `enter`, `update` or `remove`.
    pub deed: String,
    /// SHA-256 of what is sent.
    pub payload_hash: Option<Vec<u8>>,
    /// Of a removal: by which name the destination knows the person, encrypted.
    pub handle: Option<Vec<u8>>,
    /// Keyed hash of that name.
    pub handle_key: Option<Uuid>,
    /// `pending`, `retrying`, `delivered`, `dead` or `superseded`.
    pub state: String,
    /// How often it was sent.
    pub attempts: i32,
    /// When it is sent, again or for the first time.
    pub next_attempt_at: DateTimeUtc,
    /// Why it was not taken. No personal data.
    pub last_error: Option<String>,
    /// When it came to be so.
    pub created_at: DateTimeUtc,
    /// When nothing was left to do about it.
    pub done_at: Option<DateTimeUtc>,
    /// The person was erased: this goes once it is delivered.
    pub erased: bool,
}

impl ActiveModelBehavior for ActiveModel {}
