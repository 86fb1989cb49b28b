//! Asking for scores, past the gate.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, Utc};

use super::{
    super::{
        kind::Model,
        profiling,
        read::{Answer, STALE, Status},
    },
    fit::Score,
    lead::LeadScore,
    load,
    propensity::Propensity,
    story::{Story, Thing},
};
use crate::{
    Profiles,
    consent::{Admitted, Statement, decide},
    error::Result,
    view::catalogue::Group,
};

/// What a model says, or why it says nothing.
type Said = Result<Result<Score, Status>>;

impl Profiles {
    /// What these people did, as far as scores go by it.
    pub async fn stories(&self, people: &[Admitted]) -> Result<HashMap<Admitted, Story>> {
        let purposes = self.purposes().await?;
        let Some(purpose) = profiling(&purposes) else { return Ok(HashMap::new()) };
        let (now, ids) = (self.now(), Admitted::ids(people));
        let found = load::stories(self.db(), self, &ids, (now, now), &purpose.data_groups).await?;
        Ok(found.into_iter().map(|(id, story)| (Admitted::again(id), story)).collect())
    }

    /// How likely a person who has bought nothing, did this and said this is to buy within 30 days.
    pub async fn lead_score(&self, story: &Story, said: &[Statement]) -> Result<Answer<Score>> {
        self.scored(said, |model: Option<&LeadScore>, groups, now| {
            if !story.bought_by(now).is_empty() {
                return Ok(Err(Status::NotApplicable));
            }
            model.map_or(Ok(Err(Status::LowData)), |model| model.of(story, now, groups).map(Ok))
        })
        .await
    }

    /// How likely a person who did this and said this is to buy a product, or something of a category, within 30 days.
    pub async fn propensity(
        &self,
        story: &Story,
        said: &[Statement],
        thing: &Thing,
    ) -> Result<Answer<Score>> {
        self.scored(said, |model: Option<&Propensity>, groups, now| {
            let said = model.map(|model| model.of(story, thing, now, groups)).transpose()?.flatten();
            Ok(said.ok_or(Status::LowData))
        })
        .await
    }

    async fn scored<M: Model>(
        &self,
        said: &[Statement],
        say: impl Fn(Option<&M>, &BTreeSet<Group>, DateTime<Utc>) -> Said,
    ) -> Result<Answer<Score>> {
        let now = self.now();
        let nothing = |status, model| Answer { status, computed_at: now, model, said: None };
        let purposes = self.purposes().await?;
        let allowed = profiling(&purposes).filter(|purpose| decide(purpose, said, None, now).is_allowed());
        let Some(purpose) = allowed else { return Ok(nothing(Status::NoConsent, None)) };
        let held = self.in_force::<M>().await?;
        let model = held.as_ref().map(|held| Arc::clone(&held.version));
        let score = match say(held.as_ref().map(|held| &held.model), &purpose.data_groups, now)? {
            Ok(score) => score,
            Err(status) => return Ok(nothing(status, model)),
        };
        let is_stale = model.as_ref().is_some_and(|model| now - model.trained_at > STALE);
        let status = if is_stale { Status::Stale } else { Status::Ok };
        Ok(Answer { status, computed_at: now, model, said: Some(score) })
    }
}
