//! What lists of ten recommendations are worth, beside lists that simple rules make.

use std::collections::HashMap;

use anyhow::bail;
use predictions::evidence::metrics::{coverage, ndcg_at_k, recall_at_k};
use predictions::evidence::{Bootstrap, Interval, Verdict};
use predictions::recommend::{Purpose, Recommender, Request};

use super::{BEFORE, Bought, Orders};
use crate::cli::predict::days::Day;

/// How long the lists are.
const LENGTH: usize = 10;
/// How many customers are judged at most.
const MOST: usize = 10_000;
/// The same file gives the same intervals.
const SEED: u64 = 1;

pub(super) struct Judged {
    /// Who bought before and since.
    pub(super) came_back: usize,
    /// How many of them are judged.
    pub(super) customers: usize,
    /// Distinct pairs of them and of items that they bought since.
    pub(super) wanted: usize,
    /// The items that were known.
    pub(super) catalogue: usize,
    pub(super) purposes: Vec<OfPurpose>,
}

/// What is asked for, and what came of it.
pub(super) struct OfPurpose {
    pub(super) purpose: Purpose,
    /// Who wanted anything of the kind.
    pub(super) customers: usize,
    /// The recommender, then the rules.
    pub(super) lists: Vec<Lists>,
    /// Against the rule with the best NDCG.
    pub(super) against: &'static str,
    pub(super) gain: Option<Interval>,
    pub(super) verdict: Verdict,
}

/// The lists of all customers.
pub(super) struct Lists {
    pub(super) by: &'static str,
    pub(super) recall: f64,
    pub(super) recall_interval: Option<Interval>,
    pub(super) ndcg: f64,
    pub(super) ndcg_interval: Option<Interval>,
    pub(super) coverage: f64,
}

/// A customer who came back.
struct Customer {
    history: Vec<(u32, f64)>,
    /// Items that they have, sorted.
    has: Vec<u32>,
    /// What they bought since, of what was known; sorted.
    wanted: Vec<u32>,
}

pub(super) fn judge(orders: &Orders, recommender: &Recommender<u32>, split: f64) -> anyhow::Result<Judged> {
    let all = customers(orders, recommender, split);
    if all.is_empty() {
        bail!(
            "{}: nobody who bought before {} has bought any of the items known then since: there is nothing to judge by",
            orders.input.file,
            Day::of(split)
        );
    }
    let came_back = all.len();
    let chosen: Vec<Customer> = all.into_iter().step_by(came_back.div_ceil(MOST)).collect();
    let popular = popular(orders, split);
    let mut purposes = Vec::new();
    for purpose in [Purpose::All, Purpose::New] {
        purposes.extend(of_purpose(recommender, &chosen, &popular, purpose, split)?);
    }
    Ok(Judged {
        came_back,
        customers: chosen.len(),
        wanted: chosen.iter().map(|customer| customer.wanted.len()).sum(),
        catalogue: recommender.items().len(),
        purposes,
    })
}

fn customers(orders: &Orders, recommender: &Recommender<u32>, split: f64) -> Vec<Customer> {
    let of = |bought: &[Bought]| {
        let (before, since) = bought.split_at(bought.partition_point(|purchase| purchase.time < split));
        let known = |item: &u32| recommender.items().binary_search(item).is_ok();
        let wanted = distinct(since.iter().map(|purchase| purchase.item).filter(known));
        let history: Vec<(u32, f64)> = before.iter().map(|purchase| (purchase.item, purchase.time)).collect();
        let has = distinct(history.iter().map(|(item, _)| *item));
        (!history.is_empty() && !wanted.is_empty()).then_some(Customer { history, has, wanted })
    };
    orders.purchases.chunk_by(|a, b| a.customer == b.customer).filter_map(of).collect()
}

fn distinct(items: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut items: Vec<u32> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The items, those first that most customers bought, with how many they are.
fn popular(orders: &Orders, split: f64) -> Vec<(u32, usize)> {
    let before = orders.purchases.iter().filter(|purchase| purchase.time < split);
    let mut pairs: Vec<(u32, u32)> = before.map(|purchase| (purchase.item, purchase.customer)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut popular: Vec<(u32, usize)> =
        pairs.chunk_by(|a, b| a.0 == b.0).map(|buyers| (buyers[0].0, buyers.len())).collect();
    popular.sort_by_key(|(item, buyers)| (std::cmp::Reverse(*buyers), *item));
    popular
}

/// Nothing if nobody wanted anything of the kind.
fn of_purpose(
    recommender: &Recommender<u32>,
    customers: &[Customer],
    popular: &[(u32, usize)],
    purpose: Purpose,
    split: f64,
) -> anyhow::Result<Option<OfPurpose>> {
    let buyers: HashMap<u32, usize> = popular.iter().copied().collect();
    let mut names = vec!["Rondom", "popularity"];
    if purpose == Purpose::All {
        names.insert(1, "own past frequency");
    }
    let mut shown: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
    let mut reached: Vec<Vec<[f64; 2]>> = vec![Vec::new(); names.len()];
    for customer in customers {
        let has = |item: &u32| customer.has.binary_search(item).is_ok();
        let asked = |item: &&u32| purpose == Purpose::All || !has(item);
        let wanted: Vec<u32> = customer.wanted.iter().filter(asked).copied().collect();
        if wanted.is_empty() {
            continue;
        }
        let request = Request::new(&customer.history, split - BEFORE, purpose, LENGTH);
        let recommended = recommender.recommend(&request)?.recommendations;
        let mut lists: Vec<Vec<u32>> = vec![recommended.into_iter().map(|one| one.item).collect()];
        if purpose == Purpose::All {
            lists.push(own_frequency(customer, popular, &buyers));
        }
        lists.push(popular.iter().map(|(item, _)| item).filter(asked).take(LENGTH).copied().collect());
        for (at, list) in lists.into_iter().enumerate() {
            let hits: Vec<bool> = list.iter().map(|item| wanted.binary_search(item).is_ok()).collect();
            let figure = |figure: Option<f64>| figure.unwrap_or_default();
            let recall = figure(recall_at_k(&hits, wanted.len(), LENGTH));
            reached[at].push([recall, figure(ndcg_at_k(&hits, wanted.len(), LENGTH))]);
            shown[at].extend(list);
        }
    }
    let judged = reached[0].len();
    if judged == 0 {
        return Ok(None);
    }
    let figures: Vec<[f64; 2]> = reached.iter().map(|of| mean(of.iter().copied(), judged)).collect();
    let best = (1..names.len()).reduce(|a, b| if figures[b][1] > figures[a][1] { b } else { a }).unwrap_or(1);
    // All means, and then how much better the recommender's NDCG is, of the same drawn customers.
    let intervals = Bootstrap::new(SEED).intervals(judged, |sample| {
        let means: Vec<[f64; 2]> =
            reached.iter().map(|of| mean(sample.iter().map(|at| of[*at]), sample.len())).collect();
        let gain = means[0][1] - means[best][1];
        means.into_iter().flatten().chain([gain]).map(Some).collect()
    });
    let interval = |at: usize| intervals.get(at).copied().flatten();
    let gain = interval(2 * names.len());
    let lists = names.iter().zip(&shown).enumerate().map(|(at, (by, shown))| Lists {
        by,
        recall: figures[at][0],
        recall_interval: interval(2 * at),
        ndcg: figures[at][1],
        ndcg_interval: interval(2 * at + 1),
        coverage: coverage(shown, recommender.items().len()).unwrap_or_default(),
    });
    let lists = lists.collect();
    Ok(Some(OfPurpose {
        purpose,
        customers: judged,
        lists,
        against: names[best],
        gain,
        verdict: Verdict::of(gain),
    }))
}

/// What the customer bought most often, then what most customers bought.
fn own_frequency(customer: &Customer, popular: &[(u32, usize)], buyers: &HashMap<u32, usize>) -> Vec<u32> {
    let mut times: HashMap<u32, usize> = HashMap::new();
    for (item, _) in &customer.history {
        *times.entry(*item).or_default() += 1;
    }
    let mut own: Vec<(u32, usize)> = times.into_iter().collect();
    own.sort_by_key(|(item, times)| (std::cmp::Reverse((*times, buyers.get(item).copied())), *item));
    let own = own.into_iter().map(|(item, _)| item);
    let others =
        popular.iter().map(|(item, _)| *item).filter(|item| customer.has.binary_search(item).is_err());
    own.chain(others).take(LENGTH).collect()
}

fn mean(of: impl Iterator<Item = [f64; 2]>, count: usize) -> [f64; 2] {
    #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
    let count = count.max(1) as f64;
    let [recall, ndcg] = of.fold([0.0, 0.0], |sum, one| [sum[0] + one[0], sum[1] + one[1]]);
    [recall / count, ndcg / count]
}
