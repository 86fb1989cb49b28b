//! Facts: what people decided about identity.

use sea_orm::entity::prelude::*;

/// A person's word about who is who, or that such a word shall not count any more.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    /// Keyed hash of its content, so that the same decision twice is one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `merge`, `split`, `verdict` or `undo`.
    pub kind: String,
    /// When; the newest on a pair holds.
    pub decided_at: DateTimeUtc,
    /// Who: the name of the key or person.
    pub actor: String,
    /// Why.
    pub note: Option<String>,
    /// The decision that an `undo` takes back.
    pub undoes: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
