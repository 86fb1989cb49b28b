//! The propensity to buy: how likely somebody is to buy a certain product, or something of a category. One score for all of them: it knows of the
//! person, of the thing, and of what the person had to do with it.
//!
//! It is learned from whatever people had to do with, and from a few other things of each, half of them drawn from what is bought most and half from
//! all alike. What is drawn never depends on what is bought later, so the probabilities hold for all things.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, StreamTrait};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    super::{
        kind::{Draft, Kind, Model, Unlearned},
        model::About,
        progress::Progress,
    },
    demand::{self, Demand, drawn},
    features::{Facts, Feature, count, features},
    fit::{self, Column, Rows, Score, Scored},
    gather::{Asked, chance, everybody, over},
    pairs::{FEATURES, Pair, touched},
    story::{Story, Thing},
    words,
};
use crate::{
    Profiles,
    error::{Error, Result},
    view::catalogue::Group,
};

/// Of more people so many are learned from, drawn by a hash of their ids.
const MOST: u32 = 20_000;
/// Of each, so many products and so many categories that they had to do with, the latest.
const TOUCHED: usize = 10;
/// And so many others of each kind drawn from all alike, and as many from what is bought most.
const OTHERS: u8 = 2;

/// How likely people are to buy things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Propensity {
    scored: Scored,
    currency: String,
    /// In how many of 1,000 orders of 90 days each thing was.
    demand: Vec<(Thing, f64)>,
}

fn columns() -> (Vec<&'static Feature>, Rows) {
    let features = features(true);
    let of_person = features.iter().map(|one| Column::new(one.name, one.unit, one.direction));
    let of_pair = FEATURES.iter().map(|one| Column::new(one.name, one.unit, one.direction));
    let rows = Rows::new(of_person.chain(of_pair));
    (features, rows)
}

/// The things that somebody is asked about, and whether they were drawn from all alike.
fn asked_about(id: Uuid, story: &Story, at: DateTime<Utc>, demand: &Demand) -> Vec<(Thing, bool)> {
    let mut fair: BTreeSet<Thing> = BTreeSet::new();
    let mut all: BTreeSet<Thing> = touched(story, at, TOUCHED).into_iter().collect();
    for (kind, things) in (0_u8..).zip(demand.things()) {
        for n in 0..OTHERS {
            let seed = |front: u8| [&at.timestamp().to_be_bytes()[..], &[kind, n, front]].concat();
            fair.extend(drawn(things, chance(id, &seed(0)), false).cloned());
            all.extend(drawn(things, chance(id, &seed(1)), true).cloned());
        }
    }
    all.extend(fair.iter().cloned());
    all.into_iter().map(|thing| (thing.clone(), fair.contains(&thing))).collect()
}

/// What was known of people and things at three instants, and what of them was bought.
pub(in crate::insights) struct Pairs {
    windows: [Rows; 3],
    features: Vec<&'static Feature>,
    asked: Asked,
    people: u64,
    /// At the three instants, and now.
    demand: [Demand; 4],
}

/// Reads what is known of everybody who does not refuse.
pub(in crate::insights) async fn pairs<C: ConnectionTrait + StreamTrait>(
    db: &C,
    profiles: &Profiles,
    now: DateTime<Utc>,
) -> Result<Pairs> {
    let asked = Asked::new(db, profiles, now).await?;
    let [first, middle, last] = asked.instants();
    let demand = demand::at(db, [first, middle, last, over(last)], &asked.refusing).await?;
    let mut pairs = Pairs::new(asked.clone(), demand);
    everybody(db, profiles, &asked, MOST, |id, story| pairs.take(id, story)).await?;
    Ok(pairs)
}

impl Pairs {
    pub(super) fn new(asked: Asked, demand: [Demand; 4]) -> Self {
        let (features, empty) = columns();
        Self { windows: [(); 3].map(|()| empty.clone()), features, asked, people: 0, demand }
    }

    /// Adds what is known of somebody.
    pub(super) fn take(&mut self, id: Uuid, story: &Story) {
        self.people += 1;
        for ((rows, at), demand) in self.windows.iter_mut().zip(self.asked.instants()).zip(&self.demand) {
            if story.known_since(at).is_none() {
                continue;
            }
            let facts = Facts::at(story, at, &self.asked.currency).row(&self.asked.groups, &self.features);
            for (thing, fair) in asked_about(id, story, at, demand) {
                let pair = Pair::at(story, at, &thing, demand.share(&thing));
                let comes = story.buys(at, over(at), Some(&thing));
                rows.push(facts.iter().cloned().chain(pair.row()), comes, count(pair.times), fair);
            }
        }
    }

    /// Learns from it.
    pub(in crate::insights) fn learn(self, progress: &Progress) -> Result<Draft, Unlearned> {
        let (model, about) = self.fit(progress)?;
        Draft::new(about, &model)
    }

    pub(super) fn fit(self, progress: &Progress) -> Result<(Propensity, About), Unlearned> {
        let of = ["pairs of people and things", "came to a purchase"];
        let (scored, about) = fit::learn(&self.windows, &self.asked, self.people, of, progress)?;
        let [_, _, _, newest] = self.demand;
        Ok((Propensity { scored, currency: self.asked.currency, demand: newest.shares().collect() }, about))
    }
}

impl Model for Propensity {
    const KIND: Kind = Kind::Propensity;

    fn check(&self) -> Result<()> {
        let known = self.demand.iter().all(|(_, share)| share.is_finite());
        if known && self.demand.is_sorted_by(|a, b| a.0 < b.0) {
            self.scored.check()
        } else {
            Err(Error::stored("prediction model", "what is bought how often is not in order"))
        }
    }
}

impl Propensity {
    /// Nothing for a category that is not known: nobody bought anything of it in a year, and the person has not looked at it.
    pub(super) fn of(
        &self,
        story: &Story,
        thing: &Thing,
        now: DateTime<Utc>,
        groups: &BTreeSet<Group>,
    ) -> Result<Option<Score>> {
        let known = self.demand.binary_search_by(|(one, _)| one.cmp(thing)).ok();
        if known.is_none() && !thing.is_product() && !touched(story, now, usize::MAX).contains(thing) {
            return Ok(None);
        }
        let facts = Facts::at(story, now, &self.currency);
        let pair = Pair::at(story, now, thing, known.map_or(0.0, |at| self.demand[at].1));
        let (features, mut row) = columns();
        row.push(facts.row(groups, &features).into_iter().chain(pair.row()), false, 0.0, false);
        let words =
            |factor| words::of_pair(factor, &pair).unwrap_or_else(|| words::of_person(factor, &facts));
        self.scored.say(&row, words).map(Some)
    }
}
