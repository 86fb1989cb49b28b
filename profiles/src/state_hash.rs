//! One digest of the whole derived state, equal on SQLite and PostgreSQL and for any order of arrival.
//!
//! It covers source identities, identifiers, links, profiles with their traits, orders, deals, companies,
//! products, timelines and consent at an instant; not arrival times, surrogate keys, journals or update stamps.
//! Every table contributes its name and its rows as JSON arrays, sorted by their keys' bytes.

use chrono::{DateTime, Utc};
use entities::{
    company, company_person, consent_statement, deal, deal_person, event, identifier, link, order, product,
    profile, source_identity,
};
use futures_util::TryStreamExt;
use sea_orm::{EntityTrait, QueryOrder};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    Profiles,
    error::{Error, Result},
};

struct Canon(Sha256);

impl Canon {
    fn table(&mut self, name: &str) {
        self.0.update(format!("# {name}\n"));
    }

    fn row<T: Serialize>(&mut self, row: &T) -> Result<()> {
        let line = serde_json::to_vec(row).map_err(|error| Error::stored("row", error))?;
        self.0.update(&line);
        self.0.update(b"\n");
        Ok(())
    }
}

fn at(instant: Option<DateTime<Utc>>) -> Option<i64> {
    instant.map(|instant| instant.timestamp_micros())
}

impl Profiles {
    /// The digest of the derived state, consent being decided at `instant`: 64 hexadecimal digits.
    pub async fn state_hash(&self, instant: DateTime<Utc>) -> Result<String> {
        let db = self.db();
        let mut canon = Canon(Sha256::new());

        canon.table("source_identity");
        let mut rows =
            source_identity::Entity::find().order_by_asc(source_identity::Column::Id).stream(db).await?;
        while let Some(r) = rows.try_next().await? {
            let (created, updated) = (at(r.created_at), at(r.updated_at));
            canon.row(&json!([
                r.id,
                r.source_id,
                r.external_id,
                created,
                updated,
                r.deleted,
                r.known,
                r.profile_id
            ]))?;
        }
        drop(rows);

        canon.table("identifier");
        let mut rows = identifier::Entity::find()
            .order_by_asc(identifier::Column::SourceIdentityId)
            .order_by_asc(identifier::Column::Kind)
            .order_by_asc(identifier::Column::Value)
            .stream(db)
            .await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([r.source_identity_id, r.kind, r.value]))?;
        }
        drop(rows);

        canon.table("link");
        let mut rows = link::Entity::find()
            .order_by_asc(link::Column::A)
            .order_by_asc(link::Column::B)
            .order_by_asc(link::Column::Rule)
            .order_by_asc(link::Column::Value)
            .stream(db)
            .await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([r.a, r.b, r.rule, r.value, r.weight]))?;
        }
        drop(rows);

        canon.table("profile");
        let mut rows = profile::Entity::find().order_by_asc(profile::Column::Id).stream(db).await?;
        while let Some(r) = rows.try_next().await? {
            let dates = [at(r.created_at), at(r.first_seen), at(r.last_seen)];
            canon.row(&json!([
                r.id,
                r.display_name,
                r.search_name,
                r.search_family,
                dates,
                r.active,
                r.limited,
                r.order_count,
                r.traits,
                r.identifiers,
                r.totals
            ]))?;
        }
        drop(rows);

        canon.table("order");
        let mut rows = order::Entity::find().order_by_asc(order::Column::Id).stream(db).await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([
                r.id,
                r.source_id,
                r.external_id,
                r.source_identity_id,
                r.number,
                r.order_type,
                r.status,
                at(r.placed_at),
                r.currency,
                r.total_micros,
                r.refunded_micros,
                r.line_count,
                r.details
            ]))?;
        }
        drop(rows);

        canon.table("deal");
        let mut rows = deal::Entity::find().order_by_asc(deal::Column::Id).stream(db).await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([
                r.id,
                r.source_id,
                r.external_id,
                r.name,
                r.pipeline,
                r.stage,
                r.amount_micros,
                r.currency,
                r.won,
                at(r.created_at),
                at(r.closes_at)
            ]))?;
        }
        drop(rows);

        canon.table("deal_person");
        let mut rows = deal_person::Entity::find()
            .order_by_asc(deal_person::Column::DealId)
            .order_by_asc(deal_person::Column::SourceIdentityId)
            .stream(db)
            .await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([r.deal_id, r.source_identity_id]))?;
        }
        drop(rows);

        canon.table("company");
        let mut rows = company::Entity::find().order_by_asc(company::Column::Id).stream(db).await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([
                r.id,
                r.source_id,
                r.external_id,
                r.name,
                r.domain,
                r.industry,
                r.country,
                r.city,
                r.phone,
                r.employees
            ]))?;
        }
        drop(rows);

        canon.table("company_person");
        let mut rows = company_person::Entity::find()
            .order_by_asc(company_person::Column::CompanyId)
            .order_by_asc(company_person::Column::SourceIdentityId)
            .stream(db)
            .await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([r.company_id, r.source_identity_id]))?;
        }
        drop(rows);

        canon.table("product");
        let mut rows = product::Entity::find().order_by_asc(product::Column::Id).stream(db).await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([
                r.id,
                r.source_id,
                r.external_id,
                r.name,
                r.sku,
                r.url,
                r.image_url,
                r.price_micros,
                r.currency,
                r.categories,
                r.in_stock
            ]))?;
        }
        drop(rows);

        canon.table("event");
        let mut rows = event::Entity::find()
            .order_by_asc(event::Column::SourceId)
            .order_by_asc(event::Column::MessageId)
            .stream(db)
            .await?;
        while let Some(r) = rows.try_next().await? {
            canon.row(&json!([
                r.source_id,
                r.message_id,
                r.source_identity_id,
                r.name,
                r.occurred_at.timestamp_micros(),
                r.properties,
                r.context
            ]))?;
        }
        drop(rows);

        canon.table("consent");
        let mut rows = consent_statement::Entity::find()
            .order_by_asc(consent_statement::Column::SourceId)
            .order_by_asc(consent_statement::Column::ContentHash)
            .stream(db)
            .await?;
        while let Some(r) = rows.try_next().await? {
            let expired = r.expires_at.is_some_and(|expiry| expiry <= instant);
            canon.row(&json!([
                r.source_identity_id,
                r.purpose,
                r.contact_kind,
                r.contact_value,
                r.status,
                at(r.stated_at),
                expired
            ]))?;
        }
        drop(rows);
        Ok(hex::encode(canon.0.finalize()))
    }
}
