//! Repeating a decision: the same policy about the same situation gives the same bytes.

use entities::{
    action_decision::{Entity, Model},
    action_outcome,
};
use predictions::actions::Situation;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use uuid::Uuid;

use super::{
    catalogue::channel_of,
    decide::{Chosen, unfit},
    outcomes::Reported,
};
use crate::{
    Profiles,
    consent::Reader,
    error::{Error, Result},
    view::{
        catalogue::Group,
        read::{Profile, ProfileRef, json},
    },
};

/// A decision that was repeated.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// It, as it was made.
    pub chosen: Chosen,
    /// All that was known then.
    pub situation: Value,
    /// Whether the same policy answers the same situation with the same bytes.
    pub same: bool,
    /// Whose it is.
    pub profile: Profile,
    /// Who asked.
    pub actor: String,
    /// What was reported to have come of it, the oldest first.
    pub outcomes: Vec<Reported>,
}

impl Profiles {
    /// Repeats the decision of that id; `None` where there is none, or none any more, and where the reader may not see what follows
    /// from orders and visits.
    ///
    /// # Errors
    /// [`Error::Stored`] for a decision that cannot be read.
    pub async fn action_decision(&self, reader: &Reader, id: Uuid) -> Result<Option<Replayed>> {
        let Some(row) = Entity::find_by_id(id).one(self.db()).await? else { return Ok(None) };
        let whose = ProfileRef::Id(row.source_identity_id);
        let profile = self.profile(reader, &whose).await?;
        let Some(profile) = profile.filter(|profile| profile.admitted(Group::Quantitative).is_ok()) else {
            return Ok(None);
        };
        use action_outcome::Column as C;
        let outcomes = action_outcome::Entity::find().filter(C::DecisionId.eq(id)).order_by_asc(C::Id);
        let outcomes = outcomes.all(self.db()).await?.into_iter().map(Reported::of);
        let outcomes = outcomes.collect::<Result<_>>()?;
        let Model { situation, answer, decided_at, channel, catalogue, model, actor, .. } = row;
        let deciding = self.decided_by(catalogue, model).await?;
        let again =
            deciding.policy.decide(&json::<Situation>("action decision", &situation)?).map_err(unfit)?;
        let again = serde_json::to_string(&again).map_err(|error| Error::stored("action decision", error))?;
        let chosen = Chosen {
            id,
            person: row.source_identity_id,
            decided_at,
            channel: channel.as_deref().and_then(channel_of),
            catalogue: deciding.catalogue,
            model,
            answer: json("action decision", &answer)?,
        };
        let situation = json("action decision", &situation)?;
        Ok(Some(Replayed { chosen, situation, same: again == answer, profile, actor, outcomes }))
    }
}
