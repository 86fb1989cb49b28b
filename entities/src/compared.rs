//! Derived: what is compared of source identities, where the rules name a model.

use sea_orm::entity::prelude::*;

/// What a source identity says of a person, as far as it is compared.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "compared")]
pub struct Model {
    /// Who says it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_identity_id: Uuid,
    /// JSON: fields and values.
    pub details: String,
    /// JSON: those of the values that too many share to be anybody's own.
    pub shared: String,
    /// The match keys, 8 bytes each, in order.
    pub keys: Vec<u8>,
    /// The match keys that only older versions of the record had.
    pub former_keys: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
