//! Facts: what people decided about identity.

use sea_orm::entity::prelude::*;

/// A person's word that two source identities are, or are not, the same human being.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    /// Hash of its content.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The lesser source identity.
    pub a: Uuid,
    /// The greater source identity.
    pub b: Uuid,
    /// `same` or `different`.
    pub verdict: String,
    /// When; the newest on a pair holds.
    pub decided_at: DateTimeUtc,
    /// Who: the name of the key or person.
    pub actor: String,
    /// Why.
    pub note: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
