//! Where each stream of a connector stands.

use sea_orm::entity::prelude::*;

/// The cursor of one stream; committed together with the page that it follows.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stream_state")]
pub struct Model {
    /// The connector.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    /// The stream.
    #[sea_orm(primary_key, auto_increment = false)]
    pub stream: String,
    /// JSON, opaque.
    pub cursor: Option<String>,
    /// False while a run is in the middle of this stream.
    pub finished: bool,
    /// When it last moved.
    pub updated_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
