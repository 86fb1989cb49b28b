//! What two people have in common, in words: of the first the one who was asked about, of the second the one who was found.

use std::collections::BTreeMap;

use super::{
    alike::{Factor, Part, Portrait},
    portraits::Bought,
};
use crate::audiences::Segments;

/// So many of many things are named.
const NAMED: usize = 3;

/// Whatever names things.
pub(super) struct Names<'a> {
    pub(super) bought: &'a Bought,
    pub(super) segments: &'a Segments,
}

impl Names<'_> {
    /// What they have in common in one thing.
    pub(super) fn tell(&self, part: &Part, asked: &Portrait, found: &Portrait) -> String {
        let amounts = || [asked, found].map(|one| one.amounts.get(&part.factor).copied().unwrap_or_default());
        match part.factor {
            Factor::Products => {
                let both = shared(&asked.products, &found.products);
                let named = both.iter().filter_map(|id| self.bought.goods.get(id)?.name.clone()).collect();
                format!("both bought {}", some(named, both.len(), "product", "products"))
            }
            Factor::Categories => {
                let both = shared(&asked.categories, &found.categories);
                let named = both.iter().filter_map(|key| self.bought.categories.get(*key).cloned());
                format!("both buy of {}", some(named.collect(), both.len(), "category", "categories"))
            }
            Factor::Segments => {
                let both: Vec<&String> = asked.segments.intersection(&found.segments).collect();
                let named = both.iter().filter_map(|key| Some(self.segments.get(key)?.name.clone()));
                format!("both are in {}", some(named.collect(), both.len(), "segment", "segments"))
            }
            Factor::Orders => match amounts() {
                [a, b] if a == 0.0 && b == 0.0 => "neither has ordered".to_owned(),
                [a, b] => format!("ordered {a:.0} and {b:.0} times"),
            },
            Factor::Spent => {
                let both = asked.spent.iter().filter_map(|(currency, a)| {
                    let b = found.spent.get(currency)?;
                    Some(format!("{a:.2} and {b:.2} {currency}").trim_end().to_owned())
                });
                format!("spent {}", both.collect::<Vec<_>>().join(", "))
            }
            Factor::LastOrder => ago("last ordered", amounts()),
            Factor::FirstSeen => ago("first seen", amounts()),
            Factor::LastSeen => ago("last seen", amounts()),
            Factor::Company
            | Factor::Industry
            | Factor::JobTitle
            | Factor::LifecycleStage
            | Factor::Language
            | Factor::City
            | Factor::Country
            | Factor::Tags => {
                let nothing = BTreeMap::new();
                let [a, b] = [asked, found].map(|one| one.said.get(&part.factor).unwrap_or(&nothing));
                let both: Vec<String> =
                    a.iter().filter(|(key, _)| b.contains_key(*key)).map(|(_, text)| text.clone()).collect();
                let what = part.factor.name().replace('_', " ");
                let count = both.len();
                format!("same {what}: {}", some(both, count, "value", "values"))
            }
        }
    }
}

/// What is in both, the most frequent of the first one first.
fn shared<'a, K: Ord>(a: &'a BTreeMap<K, f64>, b: &BTreeMap<K, f64>) -> Vec<&'a K> {
    let mut both: Vec<(&K, f64)> =
        a.iter().filter(|(key, _)| b.contains_key(*key)).map(|(key, count)| (key, *count)).collect();
    both.sort_by(|a, b| b.1.total_cmp(&a.1));
    both.into_iter().map(|(key, _)| key).collect()
}

/// The names of some of so many things.
fn some(mut named: Vec<String>, count: usize, one: &str, many: &str) -> String {
    named.truncate(NAMED);
    let rest = count - named.len();
    let what = if rest == 1 { one } else { many };
    match (named.is_empty(), rest) {
        (true, _) => format!("the same {rest} {what}"),
        (false, 0) => named.join(", "),
        (false, _) => format!("{} and {rest} more {what}", named.join(", ")),
    }
}

fn ago(what: &str, [a, b]: [f64; 2]) -> String {
    format!("{what} {a:.0} and {b:.0} days ago")
}
