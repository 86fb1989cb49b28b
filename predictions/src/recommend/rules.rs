//! What is bought together with an item, and what better one instead.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::{Deserialize, Serialize};

use super::baskets::{Baskets, Together};
use super::purchases::place;

/// What a rule must have to be one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Least {
    /// In so many baskets both items stand: what happened once may be chance.
    pub count: u32,
    /// So many different owners have these baskets: what one does again and again is their own affair.
    pub owners: u32,
    /// The least confidence, 0 to 1.
    pub confidence: f64,
    /// The least lift; above 1 the items attract each other.
    pub lift: f64,
    /// Of each item so many rules are kept at most, the most confident ones.
    pub rules: usize,
}

impl Default for Least {
    fn default() -> Self {
        Self { count: 5, owners: 1, confidence: 0.01, lift: 1.0, rules: 100 }
    }
}

/// Who has one item has another: an association rule (Agrawal, Imieliński & Swami, *Mining association rules between sets
/// of items in large databases*, SIGMOD 1993) with one item on each side. The lift is that of Brin, Motwani, Ullman &
/// Tsur 1997, who call it interest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rule<I> {
    /// The other item.
    pub item: I,
    /// In how many baskets both stand.
    pub count: u32,
    /// The share of all baskets with both, 0 to 1.
    pub support: f64,
    /// The share of the baskets with the one that have the other too, 0 to 1.
    pub confidence: f64,
    /// How many times as often the other stands in baskets with the one as in all.
    pub lift: f64,
}

/// The association rules of a base, by the item that one has. It holds counts alone, so that it is small where it is
/// stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Counted<I>", bound(deserialize = "I: Ord + Deserialize<'de>"))]
pub struct Rules<I> {
    /// In order.
    items: Vec<I>,
    /// How many baskets there are.
    baskets: u32,
    /// How many of them each item stands in.
    holders: Vec<u32>,
    /// Of each item, in how many baskets others stand with it; the most confident first.
    others: Vec<Vec<(u32, u32)>>,
}

/// What is read of rules, which may be anything.
#[derive(Deserialize)]
struct Counted<I> {
    items: Vec<I>,
    baskets: u32,
    holders: Vec<u32>,
    others: Vec<Vec<(u32, u32)>>,
}

impl<I: Ord> TryFrom<Counted<I>> for Rules<I> {
    type Error = &'static str;

    fn try_from(counted: Counted<I>) -> Result<Self, Self::Error> {
        let Counted { items, baskets, holders, others } = counted;
        let fits = |(item, others): (usize, &Vec<(u32, u32)>)| {
            others.iter().all(|(other, count)| {
                let holder = |item: usize| holders.get(item).copied().unwrap_or_default();
                (1..=holder(item).min(holder(*other as usize))).contains(count)
            })
        };
        let sound = items.is_sorted_by(|a, b| a < b)
            && holders.len() == items.len()
            && holders.iter().all(|holders| *holders <= baskets)
            && others.len() == items.len()
            && others.iter().enumerate().all(fits);
        if sound {
            Ok(Self { items, baskets, holders, others })
        } else {
            Err("the parts of the rules do not fit together")
        }
    }
}

impl<I: Ord + Clone> Rules<I> {
    /// Counts baskets, each with its owner and the items in it. What is a basket is the caller's choice: orders for what goes
    /// together at once, all that a customer ever bought for what they change to. Baskets of more than 2,000 items are left out.
    /// Costs twice the sum of the squares of the baskets' sizes.
    pub fn of<O: Ord, B: IntoIterator<Item = I>>(
        baskets: impl IntoIterator<Item = (O, B)>,
        least: &Least,
    ) -> Self {
        let mut baskets: Vec<(O, Vec<I>)> =
            baskets.into_iter().map(|(owner, basket)| (owner, basket.into_iter().collect())).collect();
        baskets.sort_by(|a, b| a.0.cmp(&b.0));
        let mut items: Vec<I> = baskets.iter().flat_map(|(_, basket)| basket).cloned().collect();
        items.sort_unstable();
        items.dedup();
        let mut pairs: Vec<(u32, u32)> = (0_u32..)
            .zip(&baskets)
            .flat_map(|(at, (_, basket))| {
                basket.iter().filter_map(|item| place(&items, item)).map(move |item| (at, item))
            })
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let all = whole(baskets.len());
        // The first basket of each one's owner stands for them.
        let mut owners: Vec<u32> = Vec::with_capacity(baskets.len());
        for (at, (owner, _)) in baskets.iter().enumerate() {
            let same = at.checked_sub(1).filter(|before| baskets[*before].0 == *owner);
            let first = same.map_or_else(|| whole(at), |before| owners[before]);
            owners.push(first);
        }
        let baskets = Baskets::new(baskets.len(), items.len(), pairs);
        let holders: Vec<u32> = (0..items.len()).map(|item| whole(baskets.holders(item))).collect();
        let (mut together, mut people) = (Together::default(), Together::default());
        let rules = (0..items.len()).map(|item| {
            baskets.count(item, &mut together);
            baskets.count_owners(item, |basket| owners[basket as usize], &mut people);
            let is_rule = |other: &u32| {
                let Counts { count, confidence, lift, .. } = Counts::of(
                    together.counts[*other as usize],
                    holders[item],
                    holders[*other as usize],
                    all,
                );
                *other as usize != item
                    && count >= least.count
                    && people.counts[*other as usize] >= least.owners
                    && confidence >= least.confidence
                    && lift >= least.lift
            };
            let mut others: Vec<(u32, u32)> = together
                .items
                .iter()
                .filter(|other| is_rule(other))
                .map(|other| (*other, together.counts[*other as usize]))
                .collect();
            // Of the same item those are the most confident that are counted most.
            others.sort_by_key(|(other, count)| (std::cmp::Reverse(*count), *other));
            others.truncate(least.rules);
            others
        });
        let others = rules.collect();
        Self { items, baskets: all, holders, others }
    }

    /// The rules of who has an item, the most confident first; none of an item that is not known.
    pub fn of_item(&self, item: &I) -> Vec<Rule<I>> {
        let Some(item) = place(&self.items, item).map(|item| item as usize) else { return Vec::new() };
        let rule = |(other, count): &(u32, u32)| {
            let other = *other as usize;
            let Counts { count, support, confidence, lift } =
                Counts::of(*count, self.holders[item], self.holders[other], self.baskets);
            Rule { item: self.items[other].clone(), count, support, confidence, lift }
        };
        self.others[item].iter().map(rule).collect()
    }

    /// What to offer beside the items of a basket: each other item with the rule that is most confident of it, the most
    /// confident first.
    pub fn cross_sell(&self, basket: &[I], first: usize) -> Vec<Rule<I>> {
        let mut best: BTreeMap<I, Rule<I>> = BTreeMap::new();
        for rule in
            basket.iter().flat_map(|item| self.of_item(item)).filter(|rule| !basket.contains(&rule.item))
        {
            match best.entry(rule.item.clone()) {
                Entry::Vacant(vacant) => {
                    vacant.insert(rule);
                }
                Entry::Occupied(mut kept) if rule.confidence > kept.get().confidence => {
                    kept.insert(rule);
                }
                Entry::Occupied(_) => (),
            }
        }
        let mut best: Vec<Rule<I>> = best.into_values().collect();
        best.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.item.cmp(&b.item)));
        best.truncate(first);
        best
    }

    /// What to offer instead of an item: those of the same category that cost more, the most confident first. `shelf` says
    /// the category and the price of an item, if it is known; a price that is no number is not higher than another.
    pub fn up_sell<K: PartialEq>(
        &self,
        item: &I,
        shelf: impl Fn(&I) -> Option<(K, f64)>,
        first: usize,
    ) -> Vec<Rule<I>> {
        let Some((category, price)) = shelf(item) else { return Vec::new() };
        let better = |other: &I| shelf(other).is_some_and(|(its, costs)| its == category && costs > price);
        self.of_item(item).into_iter().filter(|rule| better(&rule.item)).take(first).collect()
    }
}

/// What is said of two items.
struct Counts {
    count: u32,
    support: f64,
    confidence: f64,
    lift: f64,
}

impl Counts {
    /// Of how many baskets have both, the one, the other, and how many there are.
    fn of(count: u32, one: u32, other: u32, all: u32) -> Self {
        let (both, all) = (f64::from(count), f64::from(all));
        let confidence = both / f64::from(one);
        Self { count, support: both / all, confidence, lift: confidence * all / f64::from(other) }
    }
}

/// Baskets are numbered in 32 bits.
fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
