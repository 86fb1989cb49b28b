//! Following what changes.
//!
//! Every drain gives the profiles that it writes one revision, greater than any before; only one drains at a
//! time. So reading on from the last place seen misses nothing, and what changes again is seen again.

use std::collections::HashMap;

use entities::{
    profile::{self, Column as C},
    resolution_state, source_identity,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{Profiles, error::Result, store::chunks};

/// A profile that changed, and where in the order of changes that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The drain that wrote it.
    pub revision: i64,
    /// The profile.
    pub profile: Uuid,
    /// Its members: among them every id that ever was this profile's.
    pub members: Vec<Uuid>,
}

impl Profiles {
    /// The greatest revision that any profile may have.
    pub async fn latest_revision(&self) -> Result<i64> {
        let state = resolution_state::Entity::find_by_id(1).one(self.db()).await?;
        Ok(state.map_or(0, |state| state.revision))
    }

    /// The next changes after a revision, or after a profile within it, in order; at most `limit`.
    pub async fn changed_since(
        &self,
        revision: i64,
        profile: Option<Uuid>,
        limit: u64,
    ) -> Result<Vec<Change>> {
        let mut beyond = Condition::any().add(C::Revision.gt(revision));
        if let Some(profile) = profile {
            beyond = beyond.add(Condition::all().add(C::Revision.eq(revision)).add(C::Id.gt(profile)));
        }
        let places: Vec<(i64, Uuid)> = profile::Entity::find()
            .select_only()
            .columns([C::Revision, C::Id])
            .filter(beyond)
            .order_by_asc(C::Revision)
            .order_by_asc(C::Id)
            .limit(limit)
            .into_tuple()
            .all(self.db())
            .await?;
        let mut members: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for ids in chunks(self.db(), places.iter().map(|(_, id)| *id)) {
            let rows: Vec<(Uuid, Uuid)> = source_identity::Entity::find()
                .select_only()
                .columns([source_identity::Column::ProfileId, source_identity::Column::Id])
                .filter(ids.of(source_identity::Column::ProfileId))
                .into_tuple()
                .all(self.db())
                .await?;
            for (profile, member) in rows {
                members.entry(profile).or_default().push(member);
            }
        }
        Ok(places
            .into_iter()
            .map(|(revision, profile)| Change {
                revision,
                profile,
                members: members.remove(&profile).unwrap_or_default(),
            })
            .collect())
    }
}
