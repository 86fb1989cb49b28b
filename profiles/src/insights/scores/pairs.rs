//! What is known of somebody and a thing at an instant. Pure.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use chrono::{DateTime, TimeDelta, Utc};
use predictions::scores::{Direction, Value};

use super::{
    super::purchases::day,
    features::{count, of_days, of_number},
    story::{Story, Thing, What},
};

/// In how many days a thing is looked at, or put in the cart, to count.
const LATELY: i64 = 30;
/// In how many days, so that it is among what somebody has to do with.
const TOUCHED: i64 = 90;

/// One of the things that count.
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) meaning: &'static str,
    pub(super) factor: &'static str,
    pub(super) direction: Option<Direction>,
    pub(super) of: fn(&Pair) -> Value,
}

/// What somebody had to do with a thing by an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) is_product: bool,
    pub(super) times: usize,
    pub(super) since: Option<i64>,
    pub(super) interval: Option<f64>,
    pub(super) viewed: Option<usize>,
    pub(super) in_cart: Option<bool>,
    pub(super) share: Option<f64>,
    pub(super) popularity: f64,
}

impl Pair {
    /// Of a story and a thing that was in so many of 1,000 orders of the 90 days before.
    pub(super) fn at(story: &Story, at: DateTime<Utc>, thing: &Thing, popularity: f64) -> Self {
        let (bought, did) = (story.bought_by(at), story.did_by(at));
        let its: Vec<DateTime<Utc>> =
            bought.iter().filter(|one| one.things.contains(thing)).map(|one| one.at).collect();
        let ago = |then: DateTime<Utc>| (day(at) - day(then)).max(0);
        let days: BTreeSet<i64> = its.iter().map(|at| day(*at)).collect();
        let span = its.first().zip(its.last()).map(|(first, last)| ago(*first) - ago(*last));
        #[expect(clippy::cast_precision_loss, reason = "a day is far below 2^52")]
        let interval = span.filter(|_| days.len() > 1).map(|span| span as f64 / count(days.len() - 1));
        let lately =
            did.iter().filter(|did| did.at > at - TimeDelta::days(LATELY) && did.things.contains(thing));
        let last = |of: What| lately.clone().rev().find(|did| did.what == of).map(|did| did.at);
        let seen = did.iter().any(|did| did.what.is_visit());
        let put = last(What::Added);
        let since_put = put.is_some() && put > last(What::Removed) && put > its.last().copied();
        let views = |what: What| matches!(what, What::Page | What::ProductViewed | What::Browsed);
        Self {
            is_product: thing.is_product(),
            times: its.len(),
            since: its.last().map(|at| ago(*at)),
            interval,
            viewed: seen.then(|| lately.clone().filter(|did| views(did.what)).count()),
            in_cart: seen.then_some(since_put),
            share: (!bought.is_empty()).then(|| count(its.len()) / count(bought.len())),
            popularity,
        }
    }

    pub(super) fn row(&self) -> impl Iterator<Item = Value> {
        FEATURES.iter().map(|feature| (feature.of)(self))
    }
}

/// What somebody has bought or, in 90 days, looked at or put in the cart: of products and of categories so many at most, the latest.
pub(super) fn touched(story: &Story, at: DateTime<Utc>, most: usize) -> Vec<Thing> {
    let mut last: BTreeMap<&Thing, DateTime<Utc>> = BTreeMap::new();
    let bought = story.bought_by(at).iter().flat_map(|one| one.things.iter().map(|thing| (thing, one.at)));
    let from = at - TimeDelta::days(TOUCHED);
    let did = story.did_by(at).iter().filter(|did| did.at > from);
    let did = did.flat_map(|did| did.things.iter().map(|thing| (thing, did.at)));
    for (thing, at) in bought.chain(did) {
        last.entry(thing).and_modify(|last| *last = at.max(*last)).or_insert(at);
    }
    let mut all: Vec<(&Thing, DateTime<Utc>)> = last.into_iter().collect();
    all.sort_by_key(|(thing, at)| (Reverse(*at), *thing));
    let of = |product: bool| {
        all.iter().map(|(thing, _)| *thing).filter(move |thing| thing.is_product() == product).take(most)
    };
    of(true).chain(of(false)).cloned().collect()
}

const fn feature(
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
    factor: &'static str,
    of: fn(&Pair) -> Value,
) -> Feature {
    Feature { name, unit, meaning, factor, direction: None, of }
}

impl Feature {
    const fn rising(self) -> Self {
        Self { direction: Some(Direction::Up), ..self }
    }
}

/// All of them.
pub(super) static FEATURES: [Feature; 8] = [
    feature("its_kind", "name", "whether it is a product or a category", "kind", |pair| {
        Value::Level((if pair.is_product { "product" } else { "category" }).to_owned())
    }),
    feature("its_orders", "count", "orders that had it", "bought", |pair| Value::Number(count(pair.times))),
    feature("its_days_since", "days", "since the last of them", "bought", |pair| of_days(pair.since)),
    feature(
        "its_lateness",
        "ratio",
        "of the days since the last of them to the mean days between two of them",
        "bought",
        |pair| {
            let since = of_days(pair.since);
            match (since, pair.interval) {
                (Value::Number(since), Some(interval)) if interval > 0.0 => of_number(Some(since / interval)),
                _ => Value::Missing,
            }
        },
    ),
    feature("its_views_30", "count", "times it was looked at in 30 days", "viewed", |pair| {
        of_number(pair.viewed.map(count))
    })
    .rising(),
    feature(
        "its_in_cart",
        "0 or 1",
        "whether it was put in the cart in 30 days and is still there",
        "in_cart",
        |pair| of_number(pair.in_cart.map(|is| if is { 1.0 } else { 0.0 })),
    )
    .rising(),
    feature("its_share", "share", "of the person's orders that had it", "share", |pair| {
        of_number(pair.share)
    }),
    feature(
        "its_popularity",
        "ln(1 + count)",
        "of 1,000 orders of the last 90 days that had it",
        "popularity",
        |pair| of_number(Some(pair.popularity.ln_1p())),
    )
    .rising(),
];
