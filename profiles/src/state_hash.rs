//! One digest of the whole derived state, equal on SQLite and PostgreSQL and for any order of arrival.
//!
//! It covers source identities, identifiers, links, profiles with their traits and households, orders, deals,
//! companies with their accounts, products, timelines, consent and memberships at an instant; not arrival times, surrogate keys,
//! journals or update stamps.
//! Every table contributes its name and its rows as JSON arrays, sorted by their keys' bytes.

use chrono::{DateTime, Utc};
use entities::{
    company, company_person, compared, consent_statement, deal, deal_person, event, identifier,
    identifier_past, link, match_candidate, match_key, membership, order, product, profile, source_identity,
};
use futures_util::TryStreamExt;
use sea_orm::{DatabaseTransaction, EntityTrait, QueryOrder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Profiles, error::Result, store::snapshot};

fn at(instant: Option<DateTime<Utc>>) -> Option<i64> {
    instant.map(|instant| instant.timestamp_micros())
}

/// The digest so far.
struct Canon<'a> {
    db: &'a DatabaseTransaction,
    digest: Sha256,
}

impl Canon<'_> {
    /// Adds a table: its name and its rows, sorted by `keys`. A row that is null does not count.
    async fn table<E: EntityTrait>(
        &mut self,
        name: &str,
        keys: &[E::Column],
        row: impl Fn(E::Model) -> Value,
    ) -> Result<()> {
        self.digest.update(format!("# {name}\n"));
        let mut query = E::find();
        for key in keys {
            query = query.order_by_asc(*key);
        }
        let mut rows = query.stream(self.db).await?;
        while let Some(model) = rows.try_next().await? {
            let row = row(model);
            if !row.is_null() {
                self.digest.update(row.to_string());
                self.digest.update("\n");
            }
        }
        Ok(())
    }

    async fn people(&mut self) -> Result<()> {
        use source_identity::Column as C;
        self.table::<source_identity::Entity>("source_identity", &[C::Id], |r| {
            let dates = [at(r.created_at), at(r.updated_at)];
            json!([r.id, r.source_id, r.external_id, dates, r.deleted, r.known, r.profile_id])
        })
        .await?;
        use identifier::Column as I;
        self.table::<identifier::Entity>("identifier", &[I::SourceIdentityId, I::Kind, I::Value], |r| {
            json!([r.source_identity_id, r.kind, r.value])
        })
        .await?;
        use identifier_past::Column as P;
        let keys = [P::SourceIdentityId, P::Kind, P::Value];
        self.table::<identifier_past::Entity>("identifier_past", &keys, |r| {
            json!([r.source_identity_id, r.kind, r.value])
        })
        .await?;
        self.table::<compared::Entity>("compared", &[compared::Column::SourceIdentityId], |r| {
            json!([r.source_identity_id, r.details, r.shared, r.keys, r.former_keys])
        })
        .await?;
        use match_key::Column as K;
        self.table::<match_key::Entity>("match_key", &[K::Key, K::Former, K::SourceIdentityId], |r| {
            json!([r.key, r.former, r.source_identity_id])
        })
        .await?;
        use match_candidate::Column as M;
        self.table::<match_candidate::Entity>("match_candidate", &[M::Id], |r| {
            json!([r.id, r.one, r.other, r.a, r.b, r.weight])
        })
        .await?;
        use link::Column as L;
        self.table::<link::Entity>("link", &[L::A, L::B, L::Rule, L::Value], |r| {
            json!([r.a, r.b, r.rule, r.value, r.weight])
        })
        .await?;
        self.table::<profile::Entity>("profile", &[profile::Column::Id], |r| {
            let names = [r.display_name.unwrap_or_default(), r.search_name, r.search_family];
            let dates = [at(r.created_at), at(r.first_seen), at(r.last_seen)];
            let flags = json!([r.active, r.limited, r.household_id]);
            json!([r.id, names, dates, flags, r.order_count, r.traits, r.inferred, r.identifiers, r.totals])
        })
        .await
    }

    async fn commerce(&mut self) -> Result<()> {
        self.table::<order::Entity>("order", &[order::Column::Id], |r| {
            let key = json!([r.id, r.source_id, r.external_id, r.source_identity_id]);
            let money = json!([r.currency, r.total_micros, r.refunded_micros]);
            json!([key, r.number, r.order_type, r.status, at(r.placed_at), money, r.line_count, r.details])
        })
        .await?;
        self.table::<deal::Entity>("deal", &[deal::Column::Id], |r| {
            let key = json!([r.id, r.source_id, r.external_id]);
            let dates = [at(r.created_at), at(r.closes_at)];
            json!([key, r.name, r.pipeline, r.stage, r.amount_micros, r.currency, r.won, dates])
        })
        .await?;
        use deal_person::Column as D;
        self.table::<deal_person::Entity>("deal_person", &[D::DealId, D::SourceIdentityId], |r| {
            json!([r.deal_id, r.source_identity_id])
        })
        .await?;
        self.table::<company::Entity>("company", &[company::Column::Id], |r| {
            let key = json!([r.id, r.source_id, r.external_id, at(r.created_at), r.account_id]);
            let register = [r.domain, r.domain_key, r.register_number, r.register_key];
            json!([key, r.name, register, r.industry, r.country, r.city, r.phone, r.employees])
        })
        .await?;
        use company_person::Column as P;
        self.table::<company_person::Entity>("company_person", &[P::CompanyId, P::SourceIdentityId], |r| {
            json!([r.company_id, r.source_identity_id])
        })
        .await?;
        self.table::<product::Entity>("product", &[product::Column::Id], |r| {
            let key = json!([r.id, r.source_id, r.external_id]);
            let price = json!([r.price_micros, r.currency]);
            json!([key, r.name, r.sku, r.url, r.image_url, price, r.categories, r.in_stock])
        })
        .await
    }

    async fn behaviour(&mut self, instant: DateTime<Utc>) -> Result<()> {
        use event::Column as E;
        self.table::<event::Entity>("event", &[E::SourceId, E::MessageId], |r| {
            let key = json!([r.source_id, r.message_id, r.source_identity_id]);
            json!([key, r.name, r.occurred_at.timestamp_micros(), r.properties, r.context])
        })
        .await?;
        use consent_statement::Column as S;
        self.table::<consent_statement::Entity>("consent", &[S::SourceId, S::ContentHash], |r| {
            let expired = r.expires_at.is_some_and(|expiry| expiry <= instant);
            let about = json!([r.source_identity_id, r.purpose, r.contact_kind, r.contact_value]);
            json!([about, r.status, at(r.stated_at), expired])
        })
        .await
    }
}

impl Canon<'_> {
    /// Who was in which segment by then.
    async fn memberships(&mut self, instant: DateTime<Utc>) -> Result<()> {
        use membership::Column as M;
        self.table::<membership::Entity>("membership", &[M::ProfileId, M::Segment, M::Stay], |r| {
            if r.entered_at.is_some_and(|entered| entered > instant) {
                return json!(null);
            }
            let left = r.left_at.filter(|left| *left <= instant);
            json!([r.profile_id, r.segment, at(r.entered_at), at(left)])
        })
        .await
    }
}

impl Profiles {
    /// The digest of the derived state, consent being decided at `instant`: 64 hexadecimal digits.
    pub async fn state_hash(&self, instant: DateTime<Utc>) -> Result<String> {
        let snapshot = snapshot(self.db()).await?;
        let mut canon = Canon { db: &snapshot, digest: Sha256::new() };
        canon.people().await?;
        canon.commerce().await?;
        canon.behaviour(instant).await?;
        canon.memberships(instant).await?;
        Ok(hex::encode(canon.digest.finalize()))
    }
}
