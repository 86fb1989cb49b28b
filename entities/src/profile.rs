//! Derived: the read model, one row a person.

use sea_orm::entity::prelude::*;

/// One group of source identities with its surviving traits: written whole, read whole.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "profile")]
pub struct Model {
    /// The id of its eldest source identity.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What to call the person.
    pub display_name: Option<String>,
    /// Folded name, given name first: prefix search.
    pub search_name: String,
    /// Folded name, family name first: prefix search.
    pub search_family: String,
    /// When the eldest member was created.
    pub created_at: Option<DateTimeUtc>,
    /// When this profile last changed here.
    pub updated_at: DateTimeUtc,
    /// Earliest creation, event or order.
    pub first_seen: Option<DateTimeUtc>,
    /// Latest update, event or order.
    pub last_seen: Option<DateTimeUtc>,
    /// False when every member is deleted at its source.
    pub active: bool,
    /// A merge was refused because the group would have become too large.
    pub limited: bool,
    /// Keyed hash of family name and address: all who have it are one household.
    pub household_id: Option<Uuid>,
    /// Sales that count, over all currencies.
    pub order_count: i64,
    /// Counts up with every change of any profile; what subscribers follow.
    pub revision: i64,
    /// JSON: `view::document::Trait`s, as somebody said them.
    pub traits: String,
    /// JSON: `view::document::Trait`s, as they follow from campaigns.
    pub inferred: String,
    /// JSON: `view::document::ProfileIdentifier`s.
    pub identifiers: String,
    /// JSON: `view::document::Totals`.
    pub totals: String,
    /// JSON: `consent::Statement`s, those that count.
    pub consents: String,
}

impl ActiveModelBehavior for ActiveModel {}
