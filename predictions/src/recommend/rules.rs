//! What is bought together with an item, and what better one instead.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::baskets::{Baskets, Together};
use super::purchases::{number, place};

/// What a rule must have to be one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Least {
    /// In so many baskets both items stand: what happened once may be chance.
    pub count: u32,
    /// The least confidence, 0 to 1.
    pub confidence: f64,
    /// The least lift; above 1 the items attract each other.
    pub lift: f64,
    /// Of each item so many rules are kept at most, the most confident ones.
    pub rules: usize,
}

impl Default for Least {
    fn default() -> Self {
        Self { count: 5, confidence: 0.01, lift: 1.0, rules: 100 }
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

/// The association rules of a base, by the item that one has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules<I> {
    items: Vec<I>,
    rules: Vec<Vec<Rule<I>>>,
}

impl<I: Ord + Clone> Rules<I> {
    /// Counts baskets, each with the items in it. What is a basket is the caller's choice: orders for what goes together at
    /// once, all that a customer ever bought for what they change to. Baskets of more than 2,000 items are left out.
    /// Costs the sum of the squares of the baskets' sizes.
    pub fn of<B: IntoIterator<Item = I>>(baskets: impl IntoIterator<Item = B>, least: &Least) -> Self {
        let baskets: Vec<Vec<I>> = baskets.into_iter().map(|basket| basket.into_iter().collect()).collect();
        let mut items: Vec<I> = baskets.iter().flatten().cloned().collect();
        items.sort_unstable();
        items.dedup();
        let mut pairs: Vec<(u32, u32)> = (0_u32..)
            .zip(&baskets)
            .flat_map(|(at, basket)| {
                basket.iter().filter_map(|item| place(&items, item)).map(move |item| (at, item))
            })
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let all = number(baskets.len());
        let baskets = Baskets::new(baskets.len(), items.len(), pairs);
        let mut together = Together::default();
        let rules = (0..items.len()).map(|item| {
            baskets.count(item, &mut together);
            let others = together.items.iter().filter(|other| **other as usize != item);
            let rule = |other: usize| {
                let count = together.counts[other];
                let confidence = f64::from(count) / number(baskets.holders(item));
                let lift = confidence * all / number(baskets.holders(other));
                Rule { item: other, count, support: f64::from(count) / all, confidence, lift }
            };
            let mut rules: Vec<Rule<usize>> = others.map(|other| rule(*other as usize)).collect();
            rules.retain(|rule| {
                rule.count >= least.count && rule.confidence >= least.confidence && rule.lift >= least.lift
            });
            rules.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.item.cmp(&b.item)));
            rules.truncate(least.rules);
            let named = |rule: Rule<usize>| {
                let Rule { item, count, support, confidence, lift } = rule;
                Rule { item: items[item].clone(), count, support, confidence, lift }
            };
            rules.into_iter().map(named).collect()
        });
        let rules = rules.collect();
        Self { items, rules }
    }

    /// The rules of who has an item, the most confident first; none of an item that is not known.
    pub fn of_item(&self, item: &I) -> &[Rule<I>] {
        let rules = place(&self.items, item).and_then(|at| self.rules.get(at as usize));
        rules.map_or(&[], Vec::as_slice)
    }

    /// What to offer beside the items of a basket: each other item with the rule that is most confident of it, the most
    /// confident first.
    pub fn cross_sell(&self, basket: &[I], first: usize) -> Vec<&Rule<I>> {
        let mut best: BTreeMap<&I, &Rule<I>> = BTreeMap::new();
        for rule in
            basket.iter().flat_map(|item| self.of_item(item)).filter(|rule| !basket.contains(&rule.item))
        {
            let kept = best.entry(&rule.item).or_insert(rule);
            if rule.confidence > kept.confidence {
                *kept = rule;
            }
        }
        let mut best: Vec<&Rule<I>> = best.into_values().collect();
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
    ) -> Vec<&Rule<I>> {
        let Some((category, price)) = shelf(item) else { return Vec::new() };
        let better = |other: &I| shelf(other).is_some_and(|(its, costs)| its == category && costs > price);
        self.of_item(item).iter().filter(|rule| better(&rule.item)).take(first).collect()
    }
}
