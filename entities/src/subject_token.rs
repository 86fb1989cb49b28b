//! Which person a random name in a journal stands for.

use sea_orm::entity::prelude::*;

/// What journals call something of a person. Erasing the person erases this row, and nobody knows any more.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subject_token")]
pub struct Model {
    /// The name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token: Uuid,
    /// The id of a source identity, an order, a deal.
    pub subject_id: Uuid,
    /// What to show for it.
    pub word: String,
    /// What the name was made with.
    pub salt: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
