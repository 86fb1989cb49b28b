//! Where facts come from.

use sea_orm::entity::prelude::*;

/// One configured connector, import or write key: the origin of every fact. Never deleted, so that facts keep their origin.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source")]
pub struct Model {
    /// Keyed hash of `key`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Short name chosen by the administrator, unique: `hubspot-eu`.
    pub key: String,
    /// What people see.
    pub name: String,
    /// Connector kind, or `file`.
    pub kind: String,
    /// `crm`, `ecommerce`, `email` or `file`.
    pub category: String,
    /// Whose data it is: `first`, `second` or `third`.
    pub party: String,
    /// The higher, the more its values are believed where a rule asks for the most trusted source.
    pub trust: i32,
    /// When it was configured.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
