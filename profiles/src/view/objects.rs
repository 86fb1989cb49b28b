//! Asking for objects by their ids.

use std::collections::HashMap;

use entities::{company, deal, deal_person, order, product, source_identity};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter};
use uuid::Uuid;

use super::catalogue::Group;
use crate::{Profiles, consent::Reader, error::Result, store::chunks};

impl Profiles {
    /// Orders by id, except those of people whose orders the reader may not see.
    pub async fn orders_by_id(&self, reader: &Reader, ids: &[Uuid]) -> Result<HashMap<Uuid, order::Model>> {
        let all = |row: &order::Model| row.id;
        let mut found = self.by_id::<order::Entity, _>(order::Column::Id, ids, all).await?;
        let gate = self.gate(reader).await?;
        let buyers = found.values().filter_map(|row| row.source_identity_id);
        let admitted = gate.admitted(self.db(), Group::Quantitative, buyers).await?;
        found.retain(|_, row| row.source_identity_id.is_none_or(|buyer| admitted.contains(&buyer)));
        gate.note_all(self.db(), admitted).await?;
        Ok(found)
    }

    /// Source identities by id, except those of people of whom the reader may not see who they are.
    pub async fn identities_by_id(
        &self,
        reader: &Reader,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, source_identity::Model>> {
        use source_identity::{Column, Entity, Model};
        let mut found = self.by_id::<Entity, _>(Column::Id, ids, |row: &Model| row.id).await?;
        let gate = self.gate(reader).await?;
        let admitted = gate.admitted(self.db(), Group::Identity, found.keys().copied()).await?;
        found.retain(|id, _| admitted.contains(id));
        for row in found.values() {
            gate.note(row.profile_id);
        }
        Ok(found)
    }

    /// Deals by id, except those that concern people alone of whom the reader may not see them.
    pub async fn deals_by_id(&self, reader: &Reader, ids: &[Uuid]) -> Result<HashMap<Uuid, deal::Model>> {
        let id = |row: &deal::Model| row.id;
        let mut found = self.by_id::<deal::Entity, _>(deal::Column::Id, ids, id).await?;
        let mut concerned: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for chunk in chunks(self.db(), found.keys().copied()) {
            let those = deal_person::Entity::find().filter(chunk.of(deal_person::Column::DealId));
            for row in those.all(self.db()).await? {
                concerned.entry(row.deal_id).or_default().push(row.source_identity_id);
            }
        }
        let gate = self.gate(reader).await?;
        let people = concerned.values().flatten().copied();
        let admitted = gate.admitted(self.db(), Group::Quantitative, people).await?;
        found.retain(|id, _| {
            concerned.get(id).is_none_or(|people| people.iter().any(|person| admitted.contains(person)))
        });
        gate.note_all(self.db(), admitted).await?;
        Ok(found)
    }

    /// Companies by id.
    pub async fn companies_by_id(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, company::Model>> {
        self.by_id::<company::Entity, _>(company::Column::Id, ids, |row: &company::Model| row.id).await
    }

    /// Products by id.
    pub async fn products_by_id(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, product::Model>> {
        self.by_id::<product::Entity, _>(product::Column::Id, ids, |row: &product::Model| row.id).await
    }

    async fn by_id<E, M>(
        &self,
        column: E::Column,
        ids: &[Uuid],
        id: fn(&M) -> Uuid,
    ) -> Result<HashMap<Uuid, M>>
    where
        E: EntityTrait<Model = M>,
        M: FromQueryResult + Send,
    {
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in chunks(self.db(), ids.iter().copied()) {
            let rows = E::find().filter(chunk.of(column)).all(self.db()).await?;
            found.extend(rows.into_iter().map(|row| (id(&row), row)));
        }
        Ok(found)
    }
}
