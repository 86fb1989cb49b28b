//! What was, is and will be said of somebody, day by day, for rules that ask for a prediction.
//!
//! A rule sees a prediction as it is made each midnight (UTC) and with each purchase, by the model that was in force then, and
//! those of the coming days as they will be if nothing happens: so it is known in advance at which midnight an answer changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use predictions::evidence;
use sea_orm::ConnectionTrait;
use segments::Timeline;
use uuid::Uuid;

use super::{
    model::Learned,
    purchases::{self, Purchase, day, midnight},
    told::Told,
    value::{YEAR, worth},
    versions::promoted,
};
use crate::{
    Profiles,
    error::{Error, Result},
};

/// How far ahead is looked: beyond, it must be asked again.
pub(crate) const AHEAD: TimeDelta = TimeDelta::days(60);

/// What rules may ask for.
const CHURN_RISK: &str = "churn_risk";
const LIFETIME_VALUE: &str = "lifetime_value";

/// # Errors
/// [`Error::Invalid`] where a rule asks for a prediction that nobody makes.
pub(crate) fn refuse_unknown(wanted: &BTreeSet<String>) -> Result<()> {
    let unknown = wanted.iter().find(|name| ![CHURN_RISK, LIFETIME_VALUE].contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| {
        let known =
            format!("there is no prediction `{name}`; there are `{CHURN_RISK}` and `{LIFETIME_VALUE}`");
        Err(Error::invalid("rule", known))
    })
}

/// The predictions of these names of these people through time, since the first model was promoted: of those of whom `allowed`
/// tells that their data may be used for it now, and none for the times at which they might not. Of whoever says no there is
/// nothing any more, as if nobody had ever predicted anything.
pub(crate) async fn through_time<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    wanted: &BTreeSet<String>,
    allowed: &BTreeMap<Uuid, Timeline<bool>>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, BTreeMap<String, Timeline<f64>>>> {
    let mut all = BTreeMap::new();
    let versions = promoted(db, profiles).await?;
    let Some((begin, _)) = versions.first() else { return Ok(all) };
    let mut models = Vec::new();
    for (from, held) in versions.iter() {
        models.push((*from, &held.model, held.model.predicting()?));
    }
    let promotions: Vec<DateTime<Utc>> = versions.iter().map(|(from, _)| *from).collect();
    let (begin, end) = (*begin, now + AHEAD);
    let wanted: Vec<&str> =
        [CHURN_RISK, LIFETIME_VALUE].into_iter().filter(|name| wanted.contains(*name)).collect();
    let is_allowed_now = |(_, allowed): &(&Uuid, &Timeline<bool>)| allowed.at(now) == Some(&true);
    let ids: Vec<Uuid> = allowed.iter().filter(is_allowed_now).map(|(id, _)| *id).collect();
    // Orders that are dated ahead come of age when their time comes.
    for (id, bought) in purchases::of(db, &ids, end).await? {
        let allowed = &allowed[&id];
        let changes = allowed.entries().iter().filter_map(|(from, _)| *from);
        let instants: BTreeSet<DateTime<Utc>> = midnights(begin, end)
            .chain(promotions.iter().copied())
            .chain(bought.iter().map(|purchase| purchase.at))
            .chain(changes)
            .filter(|at| (begin..=end).contains(at))
            .collect();
        let course = Course { models: &models, bought: &bought, allowed };
        let told = wanted.iter().map(|name| ((*name).to_owned(), course.of(name, &instants)));
        all.insert(id, told.collect());
    }
    Ok(all)
}

/// One person.
struct Course<'a> {
    /// From when which model holds, oldest first.
    models: &'a [(DateTime<Utc>, &'a Learned, evidence::Learned)],
    bought: &'a [Purchase],
    allowed: &'a Timeline<bool>,
}

impl Course<'_> {
    fn of(&self, name: &str, instants: &BTreeSet<DateTime<Utc>>) -> Timeline<f64> {
        let mut entries: Vec<(Option<DateTime<Utc>>, Option<f64>)> = Vec::new();
        let mut told: Option<(&str, Told)> = None;
        for at in instants {
            let value = self.model(*at).and_then(|(learned, predicting)| {
                let currency = learned.currency.as_str();
                let told = match &mut told {
                    Some((known, told)) if *known == currency => told,
                    other => &mut other.insert((currency, Told::new(self.bought, currency))).1,
                };
                let history = told.history(*at)?;
                match name {
                    CHURN_RISK => Some(1.0 - predicting.active(history, f64::from(learned.horizon))),
                    _ if told.adds_up(*at) => worth(predicting, history, told.spend(*at), YEAR),
                    _ => None,
                }
            });
            if entries.last().is_none_or(|(_, before)| *before != value) {
                entries.push((Some(*at), value));
            }
        }
        Timeline::new(entries)
    }

    /// Who predicted at an instant, if anybody might.
    fn model(&self, at: DateTime<Utc>) -> Option<(&Learned, &evidence::Learned)> {
        if self.allowed.at(at) != Some(&true) {
            return None;
        }
        let held = self.models.partition_point(|(from, ..)| *from <= at);
        self.models[..held].last().map(|(_, learned, predicting)| (*learned, predicting))
    }
}

fn midnights(begin: DateTime<Utc>, end: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    (day(begin)..=day(end)).map(midnight)
}
