//! What belongs to this database as a whole.

use sea_orm::entity::prelude::*;

/// One row, written when the database is created.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Tells whether the secret key is the one that this database was made with.
    pub key_check: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
