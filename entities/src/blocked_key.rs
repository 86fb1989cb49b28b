//! What may not come back.

use sea_orm::entity::prelude::*;

/// A key of an erased person. Says nothing of the person without the installation's secret.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blocked_key")]
pub struct Model {
    /// Keyed hash of the kind and the value in its coarsest form, cut to 128 bits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Uuid,
    /// The request for erasure that it belongs to; several people may share it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: Uuid,
    /// `identity`, `email`, `phone`, `national`, `user_id`, `device` or `anonymous_id`.
    pub kind: String,
    /// Since when.
    pub blocked_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
