//! Asking for sessions and interests. Both are derived when they are asked for, and stored nowhere.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    doings::{self, Doing, Span, Whose},
    interest::{HALF_LIVES, Interest, interests},
    session::{Session, sessions},
};
use crate::{Profiles, consent::Admitted, error::Result, past::Past};

impl Profiles {
    /// The sessions of these people, newest first: of the newest 2,000 events of each.
    pub async fn sessions(&self, people: &[Admitted]) -> Result<HashMap<Admitted, Vec<Session>>> {
        let ids = Admitted::ids(people);
        let found = self.of_each(Whose::Profiles(&ids), Span::default(), newest).await?;
        Ok(found.into_iter().map(|(id, sessions)| (Admitted::again(id), sessions)).collect())
    }

    /// The sessions of source identities that were one person, until an instant, newest first.
    pub async fn sessions_of(&self, past: &Past, until: DateTime<Utc>) -> Result<Vec<Session>> {
        let span = Span { to: Some(after(until)), ..Span::default() };
        let found = self.of_each(Whose::Past(Uuid::nil(), &past.ids()), span, newest).await?;
        Ok(found.into_values().next().unwrap_or_default())
    }

    /// What these people care about now, most first: by the newest 2,000 events of the last 8 half-lives of each.
    pub async fn interests(
        &self,
        people: &[Admitted],
        half_life: TimeDelta,
    ) -> Result<HashMap<Admitted, Vec<Interest>>> {
        let found = self.interests_at(&Admitted::ids(people), self.now(), half_life).await?;
        Ok(found.into_iter().map(|(id, interests)| (Admitted::again(id), interests)).collect())
    }

    /// What these people care about, as of an instant: what happened after it weighs whole.
    pub(crate) async fn interests_at(
        &self,
        ids: &[Uuid],
        at: DateTime<Utc>,
        half_life: TimeDelta,
    ) -> Result<HashMap<Uuid, Vec<Interest>>> {
        let span = Span { from: Some(at - half_life * HALF_LIVES), ..Span::default() };
        self.of_each(Whose::Profiles(ids), span, |all| interests(all, at, half_life)).await
    }

    /// What source identities that were one person cared about at an instant, most first.
    pub async fn interests_of(
        &self,
        past: &Past,
        at: DateTime<Utc>,
        half_life: TimeDelta,
    ) -> Result<Vec<Interest>> {
        let span = Span { from: Some(at - half_life * HALF_LIVES), to: Some(after(at)), ..Span::default() };
        let whose = Whose::Past(Uuid::nil(), &past.ids());
        let found = self.of_each(whose, span, |all| interests(all, at, half_life)).await?;
        Ok(found.into_values().next().unwrap_or_default())
    }

    async fn of_each<T>(
        &self,
        whose: Whose<'_>,
        span: Span,
        told: impl Fn(&[Doing]) -> T,
    ) -> Result<HashMap<Uuid, T>> {
        let mut found = HashMap::new();
        doings::each(self.db(), whose, span, |id, doings| {
            found.insert(id, told(&doings));
        })
        .await?;
        Ok(found)
    }
}

fn newest(doings: &[Doing]) -> Vec<Session> {
    let mut sessions = sessions(doings);
    sessions.reverse();
    sessions
}

/// The first instant that is later.
fn after(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant + TimeDelta::microseconds(1)
}
