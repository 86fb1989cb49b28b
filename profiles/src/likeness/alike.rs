//! How much two people resemble each other. Pure.
//!
//! What is known of them is compared factor by factor ([`FACTORS`]), each on its own scale from 0 to 1:
//!
//! * **Amounts** (orders, money, days) by the ratio of the smaller to the greater, each plus 1: (1 + min) / (1 + max). That
//!   is 2^-d, where d is the distance of log2(1 + x): a unit of it is *twice as much*, whatever is counted, so that 3 and 6
//!   orders are as far apart as 30 and 60.
//! * **Sets** (segments, tags, and texts as sets of one) by the Jaccard index: what both have of what either has.
//! * **Counts of many things** (products, categories) by the cosine of the angle between them.
//!
//! Their similarity is the mean of the factors, each by its weight, over those of which anything is known of either. What
//! is known of one alone counts as different. So it is the same from both sides, and 1 for whoever is compared with
//! themselves, unless nothing at all is known.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::view::catalogue::Group;

/// Something that people have in common, or have not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Factor {
    Products,
    Categories,
    Segments,
    Orders,
    Spent,
    LastOrder,
    FirstSeen,
    LastSeen,
    Company,
    Industry,
    JobTitle,
    LifecycleStage,
    Tags,
    Language,
    City,
    Country,
}

/// Every factor with its name, what it counts, and of which group of data it is.
pub(super) const FACTORS: [(Factor, &str, f64, Group); 16] = [
    (Factor::Products, "products", 2.0, Group::Quantitative),
    (Factor::Categories, "categories", 1.5, Group::Quantitative),
    (Factor::Segments, "segments", 1.5, Group::Quantitative),
    (Factor::Orders, "orders", 1.0, Group::Quantitative),
    (Factor::Spent, "spent", 1.0, Group::Quantitative),
    (Factor::LastOrder, "last_order", 1.0, Group::Quantitative),
    (Factor::FirstSeen, "first_seen", 0.5, Group::Quantitative),
    (Factor::LastSeen, "last_seen", 0.5, Group::Quantitative),
    (Factor::Company, "company", 1.0, Group::Descriptive),
    (Factor::Industry, "industry", 0.5, Group::Descriptive),
    (Factor::JobTitle, "job_title", 0.5, Group::Descriptive),
    (Factor::LifecycleStage, "lifecycle_stage", 0.5, Group::Descriptive),
    (Factor::Tags, "tags", 0.5, Group::Descriptive),
    (Factor::Language, "language", 0.5, Group::Social),
    (Factor::City, "city", 0.5, Group::Identity),
    (Factor::Country, "country", 0.5, Group::Identity),
];

impl Factor {
    /// Its line of [`FACTORS`], which are in the order of the factors.
    fn line(self) -> &'static (Self, &'static str, f64, Group) {
        &FACTORS[self as usize]
    }

    pub(super) fn name(self) -> &'static str {
        self.line().1
    }
}

/// What is compared of somebody: of data that may be used alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Portrait {
    /// How many orders there are, none included, and how many days ago things were, by factor.
    pub(super) amounts: BTreeMap<Factor, f64>,
    /// What was spent, by currency; empty where nothing was bought.
    pub(super) spent: BTreeMap<String, f64>,
    /// Texts as they are compared, with how they are written, by factor.
    pub(super) said: BTreeMap<Factor, BTreeMap<String, String>>,
    /// The keys of the segments that they are in.
    pub(super) segments: BTreeSet<String>,
    /// In how many orders they bought each product; empty where nothing was, or it was not looked at.
    pub(super) products: BTreeMap<Uuid, f64>,
    /// The same by category, as its name is compared.
    pub(super) categories: BTreeMap<String, f64>,
}

/// How much two people resemble each other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Likeness {
    /// 0 to 1.
    pub(super) similarity: f64,
    /// Every factor of which anything is known, in the order of [`FACTORS`].
    pub(super) parts: Vec<Part>,
}

/// What a factor adds to a similarity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    pub(super) factor: Factor,
    /// What it adds; all of them are the similarity.
    pub(super) contribution: f64,
    /// What it would add at most; all of them are 1.
    pub(super) most: f64,
}

/// Compares two people.
pub(super) fn compare(a: &Portrait, b: &Portrait) -> Likeness {
    let known: Vec<(Factor, f64, f64)> = FACTORS
        .iter()
        .filter_map(|(factor, _, weight, _)| Some((*factor, *weight, share(*factor, a, b)?)))
        .collect();
    let all: f64 = known.iter().map(|(_, weight, _)| weight).sum();
    let part =
        |(factor, weight, share)| Part { factor, contribution: weight * share / all, most: weight / all };
    let parts: Vec<Part> = known.into_iter().map(part).collect();
    let similarity = parts.iter().map(|part| part.contribution).sum::<f64>().clamp(0.0, 1.0);
    Likeness { similarity, parts }
}

/// How alike they are in one thing, 0 to 1; nothing where it is known of neither.
fn share(factor: Factor, a: &Portrait, b: &Portrait) -> Option<f64> {
    match factor {
        Factor::Products => cosine(&a.products, &b.products),
        Factor::Categories => cosine(&a.categories, &b.categories),
        Factor::Segments => {
            jaccard(a.segments.intersection(&b.segments).count(), a.segments.len(), b.segments.len())
        }
        Factor::Spent => spent(&a.spent, &b.spent),
        Factor::Orders | Factor::LastOrder | Factor::FirstSeen | Factor::LastSeen => {
            match (a.amounts.get(&factor), b.amounts.get(&factor)) {
                (Some(a), Some(b)) => Some(ratio(*a, *b)),
                (None, None) => None,
                _ => Some(0.0),
            }
        }
        Factor::Company
        | Factor::Industry
        | Factor::JobTitle
        | Factor::LifecycleStage
        | Factor::Tags
        | Factor::Language
        | Factor::City
        | Factor::Country => {
            let nothing = BTreeMap::new();
            let [a, b] = [a, b].map(|one| one.said.get(&factor).unwrap_or(&nothing));
            jaccard(a.keys().filter(|key| b.contains_key(*key)).count(), a.len(), b.len())
        }
    }
}

/// 1 for equal amounts, a half for twice as much.
fn ratio(a: f64, b: f64) -> f64 {
    let (a, b) = (a.max(0.0), b.max(0.0));
    (1.0 + a.min(b)) / (1.0 + a.max(b))
}

/// The mean of the ratios over the currencies; what one has spent in a currency of their own counts as different.
fn spent(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> Option<f64> {
    let currencies: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    if currencies.is_empty() {
        return None;
    }
    let both = currencies.iter().filter_map(|currency| Some(ratio(*a.get(*currency)?, *b.get(*currency)?)));
    Some(both.sum::<f64>() / count(currencies.len()))
}

fn jaccard(both: usize, a: usize, b: usize) -> Option<f64> {
    let either = a + b - both;
    (either > 0).then(|| count(both) / count(either))
}

fn cosine<K: Ord>(a: &BTreeMap<K, f64>, b: &BTreeMap<K, f64>) -> Option<f64> {
    if a.is_empty() && b.is_empty() {
        return None;
    }
    let length = |of: &BTreeMap<K, f64>| of.values().map(|count| count * count).sum::<f64>();
    let lengths = (length(a) * length(b)).sqrt();
    let shared: f64 = a.iter().filter_map(|(key, count)| Some(count * b.get(key)?)).sum();
    Some(if lengths > 0.0 { (shared / lengths).min(1.0) } else { 0.0 })
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
pub(super) fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(factor: Factor, texts: &[&str]) -> Portrait {
        let texts = texts.iter().map(|text| ((*text).to_owned(), (*text).to_owned())).collect();
        Portrait { said: [(factor, texts)].into(), ..Portrait::default() }
    }

    fn amount(factor: Factor, amount: f64) -> Portrait {
        Portrait { amounts: [(factor, amount)].into(), ..Portrait::default() }
    }

    fn bought(products: &[(u128, f64)]) -> Portrait {
        let products = products.iter().map(|(id, count)| (Uuid::from_u128(*id), *count)).collect();
        Portrait { products, ..Portrait::default() }
    }

    #[test]
    fn factors_stand_in_their_order_under_names_of_their_own() {
        for (place, (factor, ..)) in FACTORS.iter().enumerate() {
            assert_eq!(*factor as usize, place);
        }
        assert_eq!(FACTORS.iter().map(|line| line.1).collect::<BTreeSet<_>>().len(), FACTORS.len());
    }

    #[test]
    fn each_scale_is_what_its_description_says() {
        let alike = |a: &Portrait, b: &Portrait| compare(a, b).similarity;
        let days = |days| amount(Factor::LastOrder, days);
        assert!((alike(&days(1.0), &days(3.0)) - 0.5).abs() < 1e-12, "log2(4) - log2(2) = 1");
        assert!((alike(&days(0.0), &days(0.0)) - 1.0).abs() < 1e-12);
        let spent = |of: &[(&str, f64)]| Portrait {
            spent: of.iter().map(|(currency, amount)| ((*currency).to_owned(), *amount)).collect(),
            ..Portrait::default()
        };
        let (euro, both) = (spent(&[("EUR", 99.0)]), spent(&[("EUR", 49.0), ("SEK", 500.0)]));
        assert!((alike(&euro, &both) - 0.25).abs() < 1e-12, "half as much, in one of two currencies");
        let (one, other) = (said(Factor::Tags, &["a", "b"]), said(Factor::Tags, &["b", "c", "d"]));
        assert!((alike(&one, &other) - 0.25).abs() < 1e-12);
        let (one, other) = (bought(&[(1, 3.0), (2, 4.0)]), bought(&[(2, 2.0)]));
        assert!((alike(&one, &other) - 0.8).abs() < 1e-12, "4 * 2 / (5 * 2)");
        let nothing = Portrait::default();
        assert_eq!(compare(&nothing, &nothing), Likeness { similarity: 0.0, parts: Vec::new() });
        assert!(alike(&one, &nothing).abs() < 1e-12, "what is known of one alone counts as different");
    }

    fn a_portrait() -> impl Strategy<Value = Portrait> {
        let amounts = prop::collection::btree_map(
            prop::sample::select(vec![
                Factor::Orders,
                Factor::LastOrder,
                Factor::FirstSeen,
                Factor::LastSeen,
            ]),
            -5.0..1e6,
            0..5,
        );
        let spent = prop::collection::btree_map("EUR|SEK", -10.0..1e9, 0..3);
        let texts = prop::collection::btree_map("[a-c]", "[A-C]", 0..3);
        let said = prop::collection::btree_map(
            prop::sample::select(vec![Factor::City, Factor::Tags, Factor::Language]),
            texts,
            0..4,
        );
        let products = prop::collection::btree_map((0..5_u128).prop_map(Uuid::from_u128), 0.5..1e4, 0..4);
        let segments = prop::collection::btree_set("[a-d]", 0..4);
        let categories = prop::collection::btree_map("[a-d]", 0.5..1e4, 0..4);
        (amounts, spent, said, products, segments, categories).prop_map(
            |(amounts, spent, said, products, segments, categories)| Portrait {
                amounts,
                spent,
                said,
                segments,
                products,
                categories,
            },
        )
    }

    proptest! {
        #[test]
        fn likeness_is_the_same_from_both_sides_adds_up_and_is_greatest_with_oneself(
            a in a_portrait(), b in a_portrait()
        ) {
            let likeness = compare(&a, &b);
            prop_assert!((0.0..=1.0).contains(&likeness.similarity));
            prop_assert!((likeness.similarity - compare(&b, &a).similarity).abs() < 1e-9);
            let (added, most) = likeness.parts.iter().fold((0.0, 0.0), |(added, most), part| {
                (added + part.contribution, most + part.most)
            });
            prop_assert!((added - likeness.similarity).abs() < 1e-9);
            prop_assert!(likeness.parts.is_empty() || (most - 1.0).abs() < 1e-9);
            let oneself = compare(&a, &a);
            prop_assert!(oneself.parts.is_empty() || (oneself.similarity - 1.0).abs() < 1e-9);
        }
    }
}
