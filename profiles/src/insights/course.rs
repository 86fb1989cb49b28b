//! What was, is and will be said of somebody, day by day, for rules that ask for a prediction.
//!
//! A rule sees a prediction as it is made each midnight (UTC) and with each purchase, by the model that was in force then, and
//! those of the coming days as they will be if nothing happens: so it is known in advance at which midnight an answer changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use predictions::{
    btyd::{History, Spend},
    evidence,
};
use sea_orm::ConnectionTrait;
use segments::Timeline;
use uuid::Uuid;

use super::{
    churn::risk,
    learn::units,
    purchases::{self, Purchase, day},
    value::{YEAR, worth},
    versions::promoted,
};
use crate::{
    Profiles,
    error::{Error, Result},
};

/// How many days back is looked.
const BACK: TimeDelta = TimeDelta::days(400);
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

/// The predictions of these names of these people through time: of those of whom `allowed` tells when their data may be used for
/// it, and none while it may not.
pub(crate) async fn through_time<C: ConnectionTrait>(
    db: &C,
    profiles: &Profiles,
    wanted: &BTreeSet<String>,
    allowed: &BTreeMap<Uuid, Timeline<bool>>,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Uuid, BTreeMap<String, Timeline<f64>>>> {
    let mut all = BTreeMap::new();
    let versions = promoted(db, profiles).await?;
    let Some((first, _)) = versions.first() else { return Ok(all) };
    let mut predicting = Vec::new();
    for (from, version) in versions.iter() {
        predicting.push((*from, version.learned.horizon, version.learned.predicting()?));
    }
    let wanted: Vec<&str> =
        [CHURN_RISK, LIFETIME_VALUE].into_iter().filter(|name| wanted.contains(*name)).collect();
    let (begin, end) = ((now - BACK).max(*first), now + AHEAD);
    let from_then_on: Vec<DateTime<Utc>> = versions.iter().map(|(from, _)| *from).collect();
    let ids: Vec<Uuid> = allowed.keys().copied().collect();
    for (id, bought) in purchases::of(db, &ids, now).await? {
        let Some(allowed) = allowed.get(&id) else { continue };
        let changes = allowed.entries().iter().filter_map(|(from, _)| *from);
        let instants: BTreeSet<DateTime<Utc>> = midnights(begin, end)
            .chain(from_then_on.iter().copied())
            .chain(bought.iter().map(|purchase| purchase.at))
            .chain(changes)
            .filter(|at| (begin..=end).contains(at))
            .collect();
        let course = Course { predicting: &predicting, bought: &bought, allowed };
        let told = wanted.iter().map(|name| ((*name).to_owned(), course.of(name, &instants)));
        all.insert(id, told.collect());
    }
    Ok(all)
}

struct Course<'a> {
    /// From when which horizon and model holds, oldest first.
    predicting: &'a [(DateTime<Utc>, u32, evidence::Learned)],
    bought: &'a [Purchase],
    allowed: &'a Timeline<bool>,
}

impl Course<'_> {
    fn of(&self, name: &str, instants: &BTreeSet<DateTime<Utc>>) -> Timeline<f64> {
        let mut entries: Vec<(Option<DateTime<Utc>>, Option<f64>)> = Vec::new();
        for at in instants {
            let value = self.at(name, *at);
            if entries.last().is_none_or(|(_, before)| *before != value) {
                entries.push((Some(*at), value));
            }
        }
        Timeline::new(entries)
    }

    fn at(&self, name: &str, at: DateTime<Utc>) -> Option<f64> {
        if !self.allowed.at(at).copied().unwrap_or(false) {
            return None;
        }
        let held = self.predicting.partition_point(|(from, ..)| *from <= at);
        let (_, horizon, predicting) = self.predicting[..held].last()?;
        let (history, spend) =
            history(&self.bought[..self.bought.partition_point(|one| one.at <= at)], day(at))?;
        match name {
            CHURN_RISK => Some(risk(predicting, history, *horizon)),
            _ => worth(predicting, history, spend, YEAR),
        }
    }
}

/// What a model is told of purchases by the end of a day; nothing where there are none.
pub(super) fn history(bought: &[Purchase], end: i64) -> Option<(History, Option<Spend>)> {
    let mut days: Vec<i64> = bought.iter().map(Purchase::day).collect();
    days.dedup();
    let history = History::of_days(&days, end)?;
    let one_currency = bought.windows(2).all(|two| two[0].currency == two[1].currency);
    let paid: Vec<(i64, f64)> = bought.iter().map(|one| (one.day(), units(one.micros))).collect();
    let spend = if one_currency { Spend::of_purchases(&paid, end).ok().flatten() } else { None };
    Some((history, spend))
}

fn midnights(begin: DateTime<Utc>, end: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    (day(begin)..=day(end)).filter_map(|day| DateTime::from_timestamp(day.saturating_mul(86_400), 0))
}
