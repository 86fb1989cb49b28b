//! What lists of ten recommendations are worth, beside lists that simple rules make.

use rayon::prelude::*;

use super::answer::Request;
use super::model::Recommender;
use super::purchases::{BadData, Purchase, checked, number, place};
use super::settings::Purpose;
use crate::evidence::metrics::{coverage, ndcg_at_k, recall_at_k};
use crate::evidence::{Bootstrap, Interval, Verdict};

/// How long the lists are.
const LENGTH: usize = 10;
/// The same purchases give the same intervals.
const SEED: u64 = 1;

/// What came of recommendations to customers who came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// How many bought before, and since then any item that was known.
    pub came_back: usize,
    /// How many of them are judged.
    pub customers: usize,
    /// Distinct pairs of them and of items that they bought since.
    pub wanted: usize,
    /// The items that were known.
    pub catalogue: usize,
    /// Of [`Purpose::All`] and [`Purpose::New`], where anybody wanted anything of the kind.
    pub purposes: Vec<OfPurpose>,
}

/// What is asked for, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct OfPurpose {
    /// What is asked for.
    pub purpose: Purpose,
    /// Who wanted anything of the kind.
    pub customers: usize,
    /// The recommender, then the rules.
    pub lists: Vec<Lists>,
    /// The rule with the best NDCG.
    pub against: &'static str,
    /// By how much the recommender's NDCG is greater than that rule's, of the same drawn customers.
    pub gain: Option<Interval>,
    /// Whether the recommender beats it.
    pub verdict: Verdict,
}

/// The lists of all customers.
#[derive(Debug, Clone, PartialEq)]
pub struct Lists {
    /// `Rondom`, `own past frequency` (then what most bought) or `popularity`.
    pub by: &'static str,
    /// [`recall_at_k`] at 10, the mean over customers.
    pub recall: f64,
    /// Its interval at 95 percent.
    pub recall_interval: Option<Interval>,
    /// [`ndcg_at_k`] at 10, the mean over customers.
    pub ndcg: f64,
    /// Its interval at 95 percent.
    pub ndcg_interval: Option<Interval>,
    /// The share of the known items that stand in any list.
    pub coverage: f64,
}

/// A customer who came back. Items are places.
struct Customer<I> {
    history: Vec<(I, f64)>,
    /// Items that they have, sorted.
    has: Vec<u32>,
    /// How often they bought each of these.
    times: Vec<usize>,
    /// What they bought since, of what was known; sorted.
    wanted: Vec<u32>,
}

/// Judges a recommender that was trained with the purchases up to `now` by those that came since. Of more than `most` customers
/// who came back, as many are chosen evenly. Nothing where nobody did.
///
/// # Errors
/// A time that is none.
pub fn judge<C: Ord + Sync, I: Ord + Clone + Send + Sync>(
    purchases: &[Purchase<C, I>],
    recommender: &Recommender<I>,
    now: f64,
    most: usize,
) -> Result<Option<Judged>, BadData> {
    let now = checked(now)?;
    let mut sorted: Vec<&Purchase<C, I>> = purchases.iter().collect();
    sorted.sort_by(|a, b| {
        a.customer.cmp(&b.customer).then(a.time.total_cmp(&b.time)).then_with(|| a.item.cmp(&b.item))
    });
    let items = recommender.items();
    let of = |bought: &[&Purchase<C, I>]| Customer::of(bought, items, now);
    let all: Vec<Customer<I>> = sorted.chunk_by(|a, b| a.customer == b.customer).filter_map(of).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let came_back = all.len();
    let chosen: Vec<Customer<I>> = all.into_iter().step_by(came_back.div_ceil(most.max(1))).collect();
    let mut buyers = vec![0_usize; items.len()];
    for bought in sorted.chunk_by(|a, b| a.customer == b.customer) {
        let past = bought.iter().filter(|purchase| purchase.time <= now);
        for item in distinct(past.filter_map(|purchase| place(items, &purchase.item))) {
            buyers[item as usize] += 1;
        }
    }
    let rules = Rules::new(buyers);
    let mut purposes = Vec::new();
    for purpose in [Purpose::All, Purpose::New] {
        purposes.extend(of_purpose(recommender, &chosen, &rules, purpose, now)?);
    }
    Ok(Some(Judged {
        came_back,
        customers: chosen.len(),
        wanted: chosen.iter().map(|customer| customer.wanted.len()).sum(),
        catalogue: items.len(),
        purposes,
    }))
}

impl<I: Ord + Clone> Customer<I> {
    /// Of what somebody bought, by time; nothing unless before and since.
    fn of<C>(bought: &[&Purchase<C, I>], items: &[I], now: f64) -> Option<Self> {
        let (before, since) = bought.split_at(bought.partition_point(|purchase| purchase.time <= now));
        let wanted = distinct(since.iter().filter_map(|purchase| place(items, &purchase.item)));
        let mut bought: Vec<u32> =
            before.iter().filter_map(|purchase| place(items, &purchase.item)).collect();
        bought.sort_unstable();
        let (has, times) = bought.chunk_by(|a, b| a == b).map(|same| (same[0], same.len())).unzip();
        let history = before.iter().map(|purchase| (purchase.item.clone(), purchase.time)).collect();
        (!before.is_empty() && !wanted.is_empty()).then_some(Self { history, has, times, wanted })
    }
}

fn distinct(items: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut items: Vec<u32> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// What simple rules go by.
struct Rules {
    /// How many customers bought each item.
    buyers: Vec<usize>,
    /// The items, those first that most customers bought.
    popular: Vec<u32>,
}

impl Rules {
    fn new(buyers: Vec<usize>) -> Self {
        let mut popular: Vec<u32> = (0..).take(buyers.len()).collect();
        popular.sort_by_key(|item| (std::cmp::Reverse(buyers[*item as usize]), *item));
        Self { buyers, popular }
    }

    /// What most customers bought, of what is asked for.
    fn popularity(&self, asked: impl Fn(u32) -> bool) -> Vec<u32> {
        self.popular.iter().copied().filter(|item| asked(*item)).take(LENGTH).collect()
    }

    /// What the customer bought most often, then what most customers bought.
    fn own_frequency<I>(&self, customer: &Customer<I>) -> Vec<u32> {
        let mut own: Vec<(u32, usize)> =
            customer.has.iter().copied().zip(customer.times.iter().copied()).collect();
        own.sort_by_key(|(item, times)| (std::cmp::Reverse((*times, self.buyers[*item as usize])), *item));
        let own = own.into_iter().map(|(item, _)| item);
        let others = self.popular.iter().copied().filter(|item| customer.has.binary_search(item).is_err());
        own.chain(others).take(LENGTH).collect()
    }
}

/// What one customer is shown by each, with recall and NDCG.
type Shown = Vec<(Vec<u32>, [f64; 2])>;

/// Nothing if nobody wanted anything of the kind.
fn of_purpose<I: Ord + Clone + Send + Sync>(
    recommender: &Recommender<I>,
    customers: &[Customer<I>],
    rules: &Rules,
    purpose: Purpose,
    now: f64,
) -> Result<Option<OfPurpose>, BadData> {
    let mut names = vec!["Rondom", "popularity"];
    if purpose == Purpose::All {
        names.insert(1, "own past frequency");
    }
    let show = |customer: &Customer<I>| -> Result<Option<Shown>, BadData> {
        let asked = |item: u32| purpose == Purpose::All || customer.has.binary_search(&item).is_err();
        let wanted: Vec<u32> = customer.wanted.iter().copied().filter(|item| asked(*item)).collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        let answer = recommender.recommend(&Request::new(&customer.history, now, purpose, LENGTH))?;
        let recommended = answer.recommendations.into_iter();
        let mut lists: Vec<Vec<u32>> =
            vec![recommended.filter_map(|one| place(recommender.items(), &one.item)).collect()];
        if purpose == Purpose::All {
            lists.push(rules.own_frequency(customer));
        }
        lists.push(rules.popularity(asked));
        let reached = |list: Vec<u32>| {
            let hits: Vec<bool> = list.iter().map(|item| wanted.binary_search(item).is_ok()).collect();
            let figures =
                [recall_at_k, ndcg_at_k].map(|of| of(&hits, wanted.len(), LENGTH).unwrap_or_default());
            (list, figures)
        };
        Ok(Some(lists.into_iter().map(reached).collect()))
    };
    let shown: Result<Vec<Option<Shown>>, BadData> = customers.par_iter().map(show).collect();
    let shown: Vec<Shown> = shown?.into_iter().flatten().collect();
    let judged = shown.len();
    if judged == 0 {
        return Ok(None);
    }
    let means = |sample: &[usize]| -> Vec<[f64; 2]> {
        let mean = |list: usize, figure: usize| {
            sample.iter().map(|at| shown[*at][list].1[figure]).sum::<f64>() / number(sample.len().max(1))
        };
        (0..names.len()).map(|list| [mean(list, 0), mean(list, 1)]).collect()
    };
    let figures = means(&(0..judged).collect::<Vec<_>>());
    let best = (1..names.len()).reduce(|a, b| if figures[b][1] > figures[a][1] { b } else { a }).unwrap_or(1);
    // All means, and then how much better the recommender's NDCG is, of the same drawn customers.
    let intervals = Bootstrap::new(SEED).intervals(judged, |sample| {
        let means = means(sample);
        let gain = means[0][1] - means[best][1];
        means.into_iter().flatten().chain([gain]).map(Some).collect()
    });
    let interval = |at: usize| intervals.get(at).copied().flatten();
    let gain = interval(2 * names.len());
    let lists = names.iter().enumerate().map(|(at, by)| {
        let items = shown.iter().flat_map(|lists| lists[at].0.iter().copied());
        Lists {
            by,
            recall: figures[at][0],
            recall_interval: interval(2 * at),
            ndcg: figures[at][1],
            ndcg_interval: interval(2 * at + 1),
            coverage: coverage(items, recommender.items().len()).unwrap_or_default(),
        }
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
