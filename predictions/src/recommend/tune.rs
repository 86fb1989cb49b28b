//! Settings that suit a base, found within its past.

use rayon::prelude::*;

use super::baskets::Baskets;
use super::model::{Owned, Recommender, blended};
use super::purchases::{BadData, Log, Purchase, Row, checked, number, place};
use super::relations::Gram;
use super::settings::{Blend, Purpose, Settings};
use crate::evidence::metrics::ndcg_at_k;

/// How long the lists are that are judged.
const LENGTH: usize = 10;
/// At most so many scores are worked out at once: of more customers, some are chosen evenly.
const SCORES: usize = 10_000_000;
/// What a change of a setting must bring to be made.
const WORTHWHILE: f64 = 5e-4;
/// How many times all settings are gone through.
const ROUNDS: usize = 2;

const RIDGES: [f64; 3] = [300.0, 1000.0, 3000.0];
const EASE: &[f64] = &[0.0, 1.0, 2.0, 3.0, 5.0, 10.0];
const COSINE: &[f64] = &[0.0, 0.01, 0.03, 0.1, 0.3, 1.0];
const POPULAR: &[f64] = &[0.01, 0.1, 1.0, 3.0, 10.0, 30.0];
const DEMAND: &[f64] = &[0.0, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.3];
const HALF_LIVES: &[f64] = &[60.0, 120.0, 240.0, 480.0, 10_000.0];

/// What came out of tuning.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuned {
    /// The settings.
    pub settings: Settings,
    /// How many customers came back within the window and were looked at; with none, the settings are those given.
    pub customers: usize,
    /// The NDCG@10 of each purpose within the window, with the settings as given and with those found; nothing where nobody
    /// bought what the purpose asks for. The window has chosen the settings, so this flatters them: judge them on a later
    /// one.
    pub ndcg: [(Purpose, Option<f64>, Option<f64>); 3],
}

/// Finds the settings with which recommendations made `window` days before `now` agree best with what was bought since.
/// First the λ of EASE is chosen of a few, then the blend of each purpose, one weight after another. What comes after
/// `now` is not looked at, and what is chosen does not depend on chance.
///
/// It takes the time of four trainings, and some 150 times that of scoring the customers who came back (of which at most 10
/// million scores are made at once, by looking at some customers only).
///
/// # Errors
/// No purchase, a time that is none, a setting out of range.
pub fn tune<C: Ord, I: Ord + Clone + Sync>(
    purchases: &[Purchase<C, I>],
    now: f64,
    window: f64,
    settings: &Settings,
) -> Result<Tuned, BadData> {
    settings.check()?;
    Log::new(purchases, now)?;
    let past = now - checked(window)?.max(0.0);
    let log = match Log::new(purchases, past) {
        Ok(log) => log,
        Err(BadData::NoPurchases) => return Ok(untouched(settings)),
        Err(error) => return Err(error),
    };
    let later = later(purchases, &log, past, now);
    if later.is_empty() {
        return Ok(untouched(settings));
    }
    let baskets = Baskets::new(log.customers.len(), log.items.len(), log.pairs());
    let gram = Gram::of(&baskets, settings.most_learnt);
    let rows = &log.rows;
    let trained = |ridge: f64| {
        let settings = Settings { ridge, ..*settings };
        let ease = gram.clone().ease(ridge, settings.neighbours);
        let recommender = Recommender::new(&log, &baskets, ease, settings);
        let customers =
            later.par_iter().map(|(customer, wanted)| Trial::new(&recommender, rows, *customer, wanted));
        Trials { customers: customers.collect(), recommender }
    };
    let mut trials = trained(settings.ridge);
    let before = Purpose::ALL.map(|purpose| trials.ndcg(purpose, settings.blend(purpose)));
    let total = |trials: &Trials<I>| {
        let ndcg = |purpose| trials.ndcg(purpose, settings.blend(purpose)).unwrap_or(0.0);
        Purpose::ALL.into_iter().map(ndcg).sum::<f64>()
    };
    let mut best = total(&trials);
    for ridge in RIDGES.into_iter().filter(|ridge| (ridge - settings.ridge).abs() > 0.0) {
        let others = trained(ridge);
        let found = total(&others);
        if found > best + WORTHWHILE {
            (trials, best) = (others, found);
        }
    }
    let mut chosen = *trials.recommender.settings();
    for purpose in Purpose::ALL {
        *chosen.blend_mut(purpose) = trials.search(purpose, *settings.blend(purpose));
    }
    let after = Purpose::ALL.map(|purpose| trials.ndcg(purpose, chosen.blend(purpose)));
    let ndcg = std::array::from_fn(|at| (Purpose::ALL[at], before[at], after[at]));
    Ok(Tuned { settings: chosen, customers: trials.customers.len(), ndcg })
}

fn untouched(settings: &Settings) -> Tuned {
    Tuned { settings: *settings, customers: 0, ndcg: Purpose::ALL.map(|purpose| (purpose, None, None)) }
}

/// Of customers known by the past, or of some of them, what they bought since, as far as it was known.
fn later<C: Ord, I: Ord>(
    purchases: &[Purchase<C, I>],
    log: &Log<'_, C, I>,
    past: f64,
    now: f64,
) -> Vec<(u32, Vec<usize>)> {
    let since = purchases.iter().filter(|purchase| purchase.time > past && purchase.time <= now);
    let mut pairs: Vec<(u32, usize)> = since
        .filter_map(|purchase| {
            let customer = place(&log.customers, &&purchase.customer)?;
            Some((customer, place(&log.items, &&purchase.item)? as usize))
        })
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let customers = pairs.chunk_by(|a, b| a.0 == b.0);
    let all: Vec<(u32, Vec<usize>)> =
        customers.map(|one| (one[0].0, one.iter().map(|(_, item)| *item).collect())).collect();
    let step = all.len().div_ceil((SCORES / log.items.len()).max(1)).max(1);
    all.into_iter().step_by(step).collect()
}

/// A customer of the past, and what they bought since.
struct Trial {
    owned: Vec<Owned>,
    wanted: Vec<usize>,
    /// What EASE and the cosine say of each item.
    signals: [Vec<f32>; 2],
}

impl Trial {
    fn new<I>(recommender: &Recommender<I>, rows: &[Row], customer: u32, wanted: &[usize]) -> Self {
        let from = rows.partition_point(|row| row.customer < customer);
        let to = rows.partition_point(|row| row.customer <= customer);
        let items = rows[from..to].chunk_by(|a, b| a.item == b.item);
        let owned: Vec<Owned> = items
            .map(|rows| Owned { item: rows[0].item as usize, ages: rows.iter().map(|row| row.age).collect() })
            .collect();
        #[expect(clippy::cast_possible_truncation, reason = "half the memory, and close enough to choose by")]
        let signals = recommender.signals(&owned).map(|sums| sums.iter().map(|sum| *sum as f32).collect());
        Self { owned, wanted: wanted.to_vec(), signals }
    }

    fn has(&self, item: usize) -> bool {
        self.owned.binary_search_by(|owned| owned.item.cmp(&item)).is_ok()
    }

    fn ndcg(&self, purpose: Purpose, blend: &Blend, shares: &[f32], factors: &[f64]) -> Option<f64> {
        let asked = |item: usize| match purpose {
            Purpose::All => true,
            Purpose::New => !self.has(item),
            Purpose::Again => self.has(item),
        };
        let wanted = self.wanted.iter().filter(|item| asked(**item)).count();
        if wanted == 0 {
            return None;
        }
        let [ease, cosine] = &self.signals;
        let score = |item: usize, own: f64| {
            let (ease, cosine) = (f64::from(ease[item]), f64::from(cosine[item]));
            factors[item] * (own + blended(blend, ease, cosine, f64::from(shares[item])))
        };
        let mut list = Vec::with_capacity(LENGTH + 1);
        if purpose != Purpose::Again {
            let mut owned = self.owned.iter().map(|owned| owned.item).peekable();
            for item in 0..shares.len() {
                // Those that the customer has follow, or are not asked for.
                if owned.next_if_eq(&item).is_none() {
                    insert(&mut list, item, score(item, 0.0));
                }
            }
        }
        if purpose != Purpose::New {
            for owned in &self.owned {
                let own = blend.own * owned.times(blend.half_life);
                insert(&mut list, owned.item, score(owned.item, own));
            }
        }
        let hits: Vec<bool> = list.iter().map(|(item, _)| self.wanted.binary_search(item).is_ok()).collect();
        ndcg_at_k(&hits, wanted, LENGTH)
    }
}

/// Puts an item into a list of the best, if it is one of them.
fn insert(list: &mut Vec<(usize, f64)>, item: usize, score: f64) {
    if list.len() == LENGTH && list[LENGTH - 1].1 >= score {
        return;
    }
    let at = list.partition_point(|(_, other)| *other >= score);
    list.insert(at, (item, score));
    list.truncate(LENGTH);
}

struct Trials<I> {
    customers: Vec<Trial>,
    recommender: Recommender<I>,
}

impl<I: Sync> Trials<I> {
    /// The mean over the customers who bought what the purpose asks for.
    fn ndcg(&self, purpose: Purpose, blend: &Blend) -> Option<f64> {
        let learnt = &self.recommender.learnt;
        let (shares, demand) = (&learnt.popularity.shares, &learnt.demand);
        let factors: Vec<f64> = demand.iter().map(|demand| f64::from(*demand).powf(blend.demand)).collect();
        let each: Vec<Option<f64>> =
            self.customers.par_iter().map(|trial| trial.ndcg(purpose, blend, shares, &factors)).collect();
        let all: Vec<f64> = each.into_iter().flatten().collect();
        if all.is_empty() { None } else { Some(all.iter().sum::<f64>() / number(all.len())) }
    }

    /// One weight after another, as long as it helps.
    fn search(&self, purpose: Purpose, mut blend: Blend) -> Blend {
        type Weight = fn(&mut Blend) -> &mut f64;
        let weights: [(Weight, &[f64]); 5] = [
            (|blend| &mut blend.demand, DEMAND),
            (|blend| &mut blend.ease, EASE),
            (|blend| &mut blend.cosine, COSINE),
            (|blend| &mut blend.popular, POPULAR),
            (|blend| &mut blend.half_life, HALF_LIVES),
        ];
        // Nobody has purchases of their own among what is new to them.
        let weights = if purpose == Purpose::New { &weights[..4] } else { &weights };
        let Some(mut best) = self.ndcg(purpose, &blend) else { return blend };
        for _ in 0..ROUNDS {
            let round = best;
            for (weight, values) in weights {
                for value in *values {
                    let mut other = blend;
                    *weight(&mut other) = *value;
                    let found = if other == blend { None } else { self.ndcg(purpose, &other) };
                    if let Some(found) = found.filter(|found| *found > best + WORTHWHILE) {
                        (blend, best) = (other, found);
                    }
                }
            }
            if best <= round {
                break;
            }
        }
        blend
    }
}
