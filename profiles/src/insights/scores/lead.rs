//! The lead score: how likely somebody who has bought nothing is to buy for the first time.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use predictions::scores::Value;
use sea_orm::{ConnectionTrait, StreamTrait};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        kind::{Draft, Kind, Model, Unlearned},
        model::About,
        progress::Progress,
    },
    features::{Facts, Feature, count, features},
    fit::{self, Column, Rows, Score, Scored},
    gather::{Asked, everybody, over},
    story::Story,
    words,
};
use crate::{Profiles, error::Result, view::catalogue::Group};

/// Of more people so many are learned from, drawn by a hash of their ids.
const MOST: u32 = 200_000;

/// How likely leads are to buy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct LeadScore {
    scored: Scored,
    currency: String,
}

fn columns() -> (Vec<&'static Feature>, Rows) {
    let features = features(false);
    let columns = features.iter().map(|one| Column::new(one.name, one.unit, one.direction));
    let rows = Rows::new(columns);
    (features, rows)
}

/// Whether somebody was known and had bought nothing.
fn is_lead(story: &Story, at: DateTime<Utc>) -> bool {
    story.bought_by(at).is_empty() && story.known_since(at).is_some()
}

/// What was known of all leads at three instants, and who of them bought.
pub(in crate::insights) struct Leads {
    windows: [Rows; 3],
    features: Vec<&'static Feature>,
    asked: Asked,
    people: u64,
}

/// Reads what is known of everybody who does not refuse.
pub(in crate::insights) async fn leads<C: ConnectionTrait + StreamTrait>(
    db: &C,
    profiles: &Profiles,
    now: DateTime<Utc>,
) -> Result<Leads> {
    let mut leads = Leads::new(Asked::new(db, profiles, now).await?);
    let asked = leads.asked.clone();
    everybody(db, profiles, &asked, MOST, |_, story| leads.take(story)).await?;
    Ok(leads)
}

impl Leads {
    pub(super) fn new(asked: Asked) -> Self {
        let (features, empty) = columns();
        Self { windows: [(); 3].map(|()| empty.clone()), features, asked, people: 0 }
    }

    /// Adds what is known of somebody.
    pub(super) fn take(&mut self, story: &Story) {
        self.people += 1;
        for (rows, at) in self.windows.iter_mut().zip(self.asked.instants()) {
            if is_lead(story, at) {
                let facts = Facts::at(story, at, &self.asked.currency);
                let rule = facts.visits.map_or(0.0, |visits| count(visits[1]));
                let known = facts.row(&self.asked.groups, &self.features);
                rows.push(known, story.buys(at, over(at), None), rule, true);
            }
        }
    }

    /// Learns from it.
    pub(in crate::insights) fn learn(self, progress: &Progress) -> Result<Draft, Unlearned> {
        let (model, about) = self.fit(progress)?;
        Draft::new(about, &model)
    }

    pub(super) fn fit(self, progress: &Progress) -> Result<(LeadScore, About), Unlearned> {
        let (scored, about) =
            fit::learn(&self.windows, &self.asked, self.people, ["leads", "bought something"], progress)?;
        Ok((LeadScore { scored, currency: self.asked.currency }, about))
    }
}

impl Model for LeadScore {
    const KIND: Kind = Kind::LeadScore;

    fn check(&self) -> Result<()> {
        self.scored.check()
    }
}

impl LeadScore {
    /// Of somebody who has bought nothing.
    pub(super) fn of(&self, story: &Story, now: DateTime<Utc>, groups: &BTreeSet<Group>) -> Result<Score> {
        let facts = Facts::at(story, now, &self.currency);
        let (features, mut row) = columns();
        let values: Vec<Value> = facts.row(groups, &features);
        row.push(values, false, 0.0, false);
        self.scored.say(&row, |factor| words::of_person(factor, &facts))
    }
}
