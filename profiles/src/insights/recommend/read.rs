//! Recommendations to profiles, past the gate.

use std::{collections::HashMap, sync::Arc};

use chrono::TimeDelta;

use super::{
    super::{
        profiling,
        read::{Answer, Status},
        versions::Held,
    },
    lines::{self, Bought},
    model::Learned,
    say::{Asked, Recommended},
    shelf::Shelf,
};
use crate::{
    Profiles,
    consent::{Admitted, Statement, decide},
    error::{Error, Result},
};

/// After how long without learning anew recommendations are stale: what is in demand is another thing by then.
const STALE: TimeDelta = TimeDelta::days(7);
/// So many are asked for at most.
const MOST: usize = 50;
/// For so many days a product may rest.
const LONGEST_REST: u32 = 3_650;

/// What recommends: the model in force, and what is there to be sold. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Recommending {
    pub(super) held: Arc<Held<Learned>>,
    pub(super) shelf: Arc<Shelf>,
}

impl Profiles {
    /// What these people have bought and kept, in order.
    pub async fn bought(&self, people: &[Admitted]) -> Result<HashMap<Admitted, Vec<Bought>>> {
        let found = lines::of(self.db(), &Admitted::ids(people), self.now()).await?;
        Ok(found.into_iter().map(|(id, bought)| (Admitted::again(id), bought)).collect())
    }

    /// What recommends now, if anything was learned. Another process' model and what there is in stock are known here within five seconds.
    pub async fn recommending(&self) -> Result<Option<Recommending>> {
        let Some(held) = self.in_force::<Learned>().await? else { return Ok(None) };
        let number = held.version.version;
        if let Some((_, shelf)) = self.shelf_cache().get().filter(|(known, _)| *known == number) {
            return Ok(Some(Recommending { held, shelf }));
        }
        let shelf = Arc::new(Shelf::of(self.db(), held.model.recommender.items()).await?);
        self.shelf_cache().put((number, Arc::clone(&shelf)));
        Ok(Some(Recommending { held, shelf }))
    }

    /// What is recommended to a person who bought this, and said this.
    ///
    /// # Errors
    /// [`Error::Invalid`] where something is asked for that cannot be.
    pub async fn recommendations(
        &self,
        by: Option<Recommending>,
        bought: Arc<Vec<Bought>>,
        said: &[Statement],
        asked: Asked,
    ) -> Result<Answer<Recommended>> {
        if asked.first > MOST {
            return Err(Error::invalid("first", format!("expected 0 to {MOST}")));
        }
        if !(0.0..=1.0).contains(&asked.diversity) {
            return Err(Error::invalid("diversity", "expected 0 to 1".to_owned()));
        }
        if asked.rest > LONGEST_REST {
            return Err(Error::invalid("restDays", format!("expected 0 to {LONGEST_REST} days")));
        }
        let now = self.now();
        let nothing = |status| Answer { status, computed_at: now, model: None, said: None };
        let purposes = self.purposes().await?;
        let allowed =
            profiling(&purposes).is_some_and(|purpose| decide(purpose, said, None, now).is_allowed());
        if !allowed {
            return Ok(nothing(Status::NoConsent));
        }
        let Some(by) = by else { return Ok(nothing(Status::LowData)) };
        let status = if now - by.held.version.trained_at > STALE { Status::Stale } else { Status::Ok };
        let model = Some(Arc::clone(&by.held.version));
        let said = Recommended::new(by, bought, asked, now)?;
        Ok(Answer { status, computed_at: now, model, said: Some(said) })
    }
}
