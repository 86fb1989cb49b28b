//! Predictions of profiles, past the gate.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use predictions::btyd::{History, Spend};

use super::{
    churn::Churn,
    model::Learned,
    profiling,
    purchases::{self, Purchase},
    told::Told,
    training::LONGEST,
    value::Value,
    versions::Version,
};
use crate::{
    Profiles,
    consent::{Admitted, Statement, decide},
    error::{Error, Result},
};

/// After how long without learning anew predictions are stale.
pub(super) const STALE: TimeDelta = TimeDelta::days(90);

/// Whether there is a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is.
    Ok,
    /// There is, by a model that was learned more than 90 days ago.
    Stale,
    /// There is none: nothing has been learned, a category is not known, or the person has bought nothing, or has paid in other currencies than the model's.
    LowData,
    /// There is none: it is not asked of this person. A lead score of who has bought something.
    NotApplicable,
    /// There is none: the person's data may not be used for profiling.
    NoConsent,
}

/// What is said of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// Whether there is anything.
    pub status: Status,
    /// When it was worked out.
    pub computed_at: DateTime<Utc>,
    /// The model that says it.
    pub model: Option<Arc<Version>>,
    /// What it says.
    pub said: Option<T>,
}

/// What is known of somebody of whom something is predicted.
struct Known<'a> {
    learned: &'a Learned,
    history: History,
    ago: [i64; 2],
    spend: Option<Spend>,
    adds_up: bool,
}

impl Profiles {
    /// What these people have bought, in order.
    pub async fn purchases(&self, people: &[Admitted]) -> Result<HashMap<Admitted, Vec<Purchase>>> {
        let found = purchases::of(self.db(), &Admitted::ids(people), self.now()).await?;
        Ok(found.into_iter().map(|(id, bought)| (Admitted::again(id), bought)).collect())
    }

    /// The risk that a person who bought this, and said this, buys nothing within so many days (1 to 1,825); the model's horizon unless given.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another number of days.
    pub async fn churn_risk(
        &self,
        bought: &[Purchase],
        said: &[Statement],
        horizon: Option<u32>,
    ) -> Result<Answer<Churn>> {
        self.predict(bought, said, horizon, |known| {
            Churn::of(known.learned, known.history, known.ago, horizon).map(Some)
        })
        .await
    }

    /// What a person who bought this, and said this, will pay within so many days (1 to 1,825), a year unless given.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another number of days.
    pub async fn lifetime_value(
        &self,
        bought: &[Purchase],
        said: &[Statement],
        horizon: Option<u32>,
    ) -> Result<Answer<Value>> {
        self.predict(bought, said, horizon, |known| {
            if !known.adds_up {
                return Ok(None);
            }
            Value::of(known.learned, known.history, known.ago, known.spend, horizon)
        })
        .await
    }

    async fn predict<T>(
        &self,
        bought: &[Purchase],
        said: &[Statement],
        horizon: Option<u32>,
        say: impl Fn(&Known<'_>) -> Result<Option<T>>,
    ) -> Result<Answer<T>> {
        if horizon.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
            return Err(Error::invalid("horizon", format!("expected 1 to {LONGEST} days")));
        }
        let now = self.now();
        let nothing = |status| Answer { status, computed_at: now, model: None, said: None };
        let purposes = self.purposes().await?;
        let allowed =
            profiling(&purposes).is_some_and(|purpose| decide(purpose, said, None, now).is_allowed());
        if !allowed {
            return Ok(nothing(Status::NoConsent));
        }
        let Some(held) = self.in_force::<Learned>().await? else { return Ok(nothing(Status::LowData)) };
        let learned = &held.model;
        let told = Told::new(bought, &learned.currency);
        let said = match told.history(now).zip(told.ago(now)) {
            Some((history, ago)) => {
                say(&Known { learned, history, ago, spend: told.spend(now), adds_up: told.adds_up(now) })?
            }
            None => None,
        };
        let status = match said {
            None => Status::LowData,
            Some(_) if now - held.version.trained_at > STALE => Status::Stale,
            Some(_) => Status::Ok,
        };
        Ok(Answer { status, computed_at: now, model: Some(Arc::clone(&held.version)), said })
    }
}
