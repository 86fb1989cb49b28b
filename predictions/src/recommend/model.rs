//! A trained recommender, and what it says of every item.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::baskets::Baskets;
use super::popularity::{Popularity, demand, is_demand};
use super::purchases::{BadData, Log, Purchase, checked, decayed, place};
use super::relations::{Gram, Relations};
use super::settings::{Blend, Purpose, Settings};

/// What a recommender knows. It holds no customer: whoever asks brings their history along, so that a new order counts at
/// once, and who is forgotten leaves nothing behind but counts. The demand is that of the day of training: train daily.
///
/// It is stored with serde, whatever the format, as long as that keeps `f32` as they are: read again, it gives the same
/// scores to the last bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommender<I> {
    pub(super) learnt: Learnt<I>,
    /// The demand of each item to the power of each purpose's blend.
    factors: [Vec<f64>; 3],
}

/// What is stored of a recommender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Learnt<I> {
    /// In order.
    pub(super) items: Vec<I>,
    pub(super) settings: Settings,
    pub(super) ease: Relations,
    pub(super) cosine: Relations,
    pub(super) popularity: Popularity,
    pub(super) demand: Vec<f32>,
}

/// An item that somebody bought, and the ages of these purchases in days.
pub(super) struct Owned {
    pub(super) item: usize,
    pub(super) ages: Vec<f64>,
}

impl Owned {
    /// How often it was bought, the longer ago the less.
    pub(super) fn times(&self, half_life: f64) -> f64 {
        self.ages.iter().map(|age| decayed(*age, half_life)).sum()
    }
}

impl<I: Ord + Clone> Recommender<I> {
    /// Learns from the purchases up to `now`; what comes later is not looked at. The same purchases in any order give the
    /// same recommender. Works on as many threads as rayon's current pool has, and does not depend on them.
    ///
    /// The time is that of EASE (see [`Settings::most_learnt`]) and the sum over customers of the square of how many
    /// different items they bought; customers with more than 2,000 count for popularity alone.
    ///
    /// # Errors
    /// No purchase, a time that is none, a setting out of range.
    pub fn train<C: Ord>(
        purchases: &[Purchase<C, I>],
        now: f64,
        settings: &Settings,
    ) -> Result<Self, BadData> {
        settings.check()?;
        let log = Log::new(purchases, now)?;
        let baskets = Baskets::new(log.customers.len(), log.items.len(), log.pairs());
        let ease = Gram::of(&baskets, settings.most_learnt).ease(settings.ridge, settings.neighbours);
        Ok(Self::new(&log, &baskets, ease, *settings))
    }

    pub(super) fn new<C: Ord>(
        log: &Log<'_, C, I>,
        baskets: &Baskets,
        ease: Relations,
        settings: Settings,
    ) -> Self {
        let items = log.items.len();
        Self::of(Learnt {
            items: log.items.iter().map(|item| (*item).clone()).collect(),
            settings,
            ease,
            cosine: Relations::cosine(baskets, settings.neighbours),
            popularity: Popularity::of_all(log.customers.len(), items, &log.pairs()),
            demand: demand(items, &log.rows, settings.demand_half_life),
        })
    }

    /// The popularity of the items among some customers, say those of a segment, each with all they bought. Where the
    /// group is small, everybody's taste fills in.
    pub fn popularity<'a>(
        &self,
        among: impl Into<String>,
        customers: impl IntoIterator<Item = &'a [I]>,
    ) -> Popularity
    where
        I: 'a,
    {
        let known = |items: &[I]| {
            let mut known: Vec<u32> =
                items.iter().filter_map(|item| place(&self.learnt.items, item)).collect();
            known.sort_unstable();
            known.dedup();
            known
        };
        self.learnt.popularity.of_group(among.into(), customers.into_iter().map(known))
    }

    /// The items that are bought by the same customers as this one, with the cosine, above 0 and at most 1, greatest
    /// first. None of an item that was never bought.
    pub fn similar(&self, item: &I, first: usize) -> Vec<(&I, f64)> {
        let Some(item) = place(&self.learnt.items, item) else { return Vec::new() };
        let alike = |other: usize| (other, self.alike(item as usize, other));
        let mut similar: Vec<(usize, f64)> = (0..self.learnt.items.len()).map(alike).collect();
        similar.retain(|(other, alike)| *alike > 0.0 && *other != item as usize);
        similar.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        similar.into_iter().take(first).map(|(other, alike)| (&self.learnt.items[other], alike)).collect()
    }

    /// The items that are known.
    pub fn items(&self) -> &[I] {
        &self.learnt.items
    }

    /// With what it was trained.
    pub const fn settings(&self) -> &Settings {
        &self.learnt.settings
    }

    /// What a history says, by the places of the items; what is unknown, or after `now`, is not looked at.
    pub(super) fn owned(&self, history: &[(I, f64)], now: f64) -> Result<Vec<Owned>, BadData> {
        let now = checked(now)?;
        let mut past: Vec<(usize, f64)> = Vec::with_capacity(history.len());
        for (item, time) in history {
            let known = place(&self.learnt.items, item).filter(|_| *time <= now);
            let age = now - checked(*time)?;
            past.extend(known.map(|item| (item as usize, age)));
        }
        past.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        past.dedup();
        let same = past.chunk_by(|a, b| a.0 == b.0);
        Ok(same
            .map(|one| Owned { item: one[0].0, ages: one.iter().map(|(_, age)| *age).collect() })
            .collect())
    }
}

impl<I> Recommender<I> {
    fn of(learnt: Learnt<I>) -> Self {
        let factors = Purpose::ALL.map(|purpose| {
            let power = learnt.settings.blend(purpose).demand;
            learnt.demand.iter().map(|demand| f64::from(*demand).powf(power)).collect()
        });
        Self { learnt, factors }
    }

    /// How alike two items are: their cosine, if either is among the closest of the other.
    pub(super) fn alike(&self, a: usize, b: usize) -> f64 {
        self.learnt.cosine.weight(a, b).max(self.learnt.cosine.weight(b, a))
    }

    /// What all others are multiplied by.
    pub(super) fn factor(&self, purpose: Purpose, item: usize) -> f64 {
        self.factors[purpose as usize][item]
    }

    /// What EASE and the cosine say for each item, for somebody who has these.
    pub(super) fn signals(&self, owned: &[Owned]) -> [Vec<f64>; 2] {
        [&self.learnt.ease, &self.learnt.cosine].map(|relations| {
            let mut sums = vec![0.0; self.learnt.items.len()];
            for owned in owned {
                for (item, weight) in relations.row(owned.item) {
                    sums[item] += weight;
                }
            }
            sums
        })
    }

    /// The score of every item.
    pub(super) fn scores(&self, owned: &[Owned], purpose: Purpose, popularity: &Popularity) -> Vec<f64> {
        let blend = self.learnt.settings.blend(purpose);
        let [ease, cosine] = self.signals(owned);
        let mut scores: Vec<f64> = ease
            .iter()
            .zip(&cosine)
            .zip(&popularity.shares)
            .map(|((ease, cosine), share)| blended(blend, *ease, *cosine, f64::from(*share)))
            .collect();
        for owned in owned {
            scores[owned.item] += blend.own * owned.times(blend.half_life);
        }
        for (score, factor) in scores.iter_mut().zip(&self.factors[purpose as usize]) {
            *score *= factor;
        }
        scores
    }

    /// What having one item adds to the score of another, or of itself.
    pub(super) fn contribution(&self, owned: &Owned, to: usize, purpose: Purpose) -> f64 {
        let blend = self.learnt.settings.blend(purpose);
        let own = if owned.item == to { blend.own * owned.times(blend.half_life) } else { 0.0 };
        let (ease, cosine) = (&self.learnt.ease, &self.learnt.cosine);
        let others = blended(blend, ease.weight(owned.item, to), cosine.weight(owned.item, to), 0.0);
        self.factor(purpose, to) * (own + others)
    }
}

/// The signals that do not come from own purchases of the very item.
pub(super) fn blended(blend: &Blend, ease: f64, cosine: f64, share: f64) -> f64 {
    blend.ease * ease + blend.cosine * cosine + blend.popular * share
}

impl<I: Serialize> Serialize for Recommender<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.learnt.serialize(serializer)
    }
}

impl<'de, I: Deserialize<'de> + Ord> Deserialize<'de> for Recommender<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let learnt = Learnt::<I>::deserialize(deserializer)?;
        let items = learnt.items.len();
        let sound = learnt.items.is_sorted_by(|a, b| a < b)
            && learnt.ease.is_sound(items)
            && learnt.cosine.is_sound(items)
            && learnt.popularity.is_sound(items)
            && is_demand(items, &learnt.demand);
        if !sound {
            return Err(D::Error::custom("the parts of the recommender do not fit together"));
        }
        learnt.settings.check().map_err(D::Error::custom)?;
        Ok(Self::of(learnt))
    }
}
