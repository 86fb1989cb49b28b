//! Counts for an operator and for the first screen of a dashboard.

use entities::{
    company, deal, event, failed_key, order, product, profile, record_version, rejected_record, source,
    source_identity,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde::Serialize;

use crate::{
    Profiles,
    error::Result,
    view::{compose, document::Totals, gather},
};

/// What is in the database. Exact, so it costs a pass over each table's key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Sources of facts.
    pub sources: u64,
    /// Versions of records.
    pub records: u64,
    /// Objects that could not be understood.
    pub rejected_records: u64,
    /// Person-like keys of sources.
    pub source_identities: u64,
    /// People with at least one member that is not deleted at its source.
    pub profiles: u64,
    /// Orders.
    pub orders: u64,
    /// Deals.
    pub deals: u64,
    /// Companies.
    pub companies: u64,
    /// Products.
    pub products: u64,
    /// Events.
    pub events: u64,
    /// Keys whose facts changed and that wait to be derived again.
    pub waiting: u64,
    /// Keys that could not be derived: their profiles show what was known before.
    pub failed: u64,
}

impl Profiles {
    /// Counts what is there.
    pub async fn status(&self) -> Result<Status> {
        let db = self.db();
        Ok(Status {
            sources: source::Entity::find().count(db).await?,
            records: record_version::Entity::find().count(db).await?,
            rejected_records: rejected_record::Entity::find().count(db).await?,
            source_identities: source_identity::Entity::find().count(db).await?,
            profiles: profile::Entity::find().filter(profile::Column::Active.eq(true)).count(db).await?,
            orders: order::Entity::find().count(db).await?,
            deals: deal::Entity::find().count(db).await?,
            companies: company::Entity::find().count(db).await?,
            products: product::Entity::find().count(db).await?,
            events: event::Entity::find().count(db).await?,
            waiting: self.waiting().await?,
            failed: failed_key::Entity::find().count(db).await?,
        })
    }
}

/// What all orders come to, those of no person included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commerce {
    /// Orders that name no person.
    pub orders_without_person: u64,
    /// Sums by currency.
    pub totals: Totals,
}

impl Profiles {
    /// Sums up all orders.
    pub async fn commerce(&self) -> Result<Commerce> {
        let nobody = order::Entity::find().filter(order::Column::SourceIdentityId.is_null());
        Ok(Commerce {
            orders_without_person: nobody.count(self.db()).await?,
            totals: compose::totals(&gather::all_orders(self.db()).await?),
        })
    }
}
