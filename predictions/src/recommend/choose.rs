//! Which of the best to show, so that they are not all the same.

use super::model::Recommender;

/// Whether much of the same may be recommended at once.
#[derive(Clone, Copy)]
pub enum Diversity<'a, I> {
    /// The best, whatever they are.
    Any,
    /// Maximal marginal relevance (Carbonell & Goldstein, *The use of MMR*, SIGIR 1998): next comes the item with the
    /// greatest `(1 − weight) · score / best score − weight · greatest cosine to one chosen before`. Of 10 times as many
    /// items as are asked for, the best ones, are chosen from; the time grows with the square of how many are
    /// asked for.
    Marginal {
        /// How much it counts that items differ: 0, not at all, to 1.
        weight: f64,
    },
    /// So many of one category at most.
    PerCategory {
        /// How many.
        most: usize,
        /// The number of an item's category; items without one are not limited.
        category: &'a dyn Fn(&I) -> Option<u64>,
    },
}

/// Chooses some of the candidates, the best first.
pub(super) fn choose<I>(
    recommender: &Recommender<I>,
    mut candidates: Vec<(usize, f64)>,
    first: usize,
    diversity: &Diversity<'_, I>,
) -> Vec<(usize, f64)> {
    match diversity {
        Diversity::Any => rank(&mut candidates, first),
        Diversity::Marginal { weight } => {
            rank(&mut candidates, first.saturating_mul(10));
            return marginal(recommender, candidates, first, weight.clamp(0.0, 1.0));
        }
        Diversity::PerCategory { most, category } => {
            rank(&mut candidates, usize::MAX);
            let mut taken = std::collections::BTreeMap::<u64, usize>::new();
            candidates.retain(|(item, _)| {
                category(&recommender.learnt.items[*item]).is_none_or(|category| {
                    let taken = taken.entry(category).or_default();
                    *taken += 1;
                    *taken <= *most
                })
            });
            candidates.truncate(first);
        }
    }
    candidates
}

/// Leaves so many of the best, the greatest score first; of equal scores the first item.
fn rank(candidates: &mut Vec<(usize, f64)>, most: usize) {
    let order = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if candidates.len() > most {
        candidates.select_nth_unstable_by(most, order);
        candidates.truncate(most);
    }
    candidates.sort_unstable_by(order);
}

fn marginal<I>(
    recommender: &Recommender<I>,
    candidates: Vec<(usize, f64)>,
    first: usize,
    weight: f64,
) -> Vec<(usize, f64)> {
    let Some(best) = candidates.first().map(|(_, score)| *score) else { return candidates };
    // A weight that is no number is one of 0.
    let weight = if weight.is_nan() { 0.0 } else { weight };
    let mut left: Vec<((usize, f64), f64)> =
        candidates.into_iter().map(|candidate| (candidate, 0.0)).collect();
    let mut chosen = Vec::new();
    while chosen.len() < first && !left.is_empty() {
        let value =
            |((_, score), alike): &((usize, f64), f64)| (1.0 - weight) * score / best - weight * alike;
        let values = left.iter().map(value).enumerate();
        let next = values.fold((0, f64::NEG_INFINITY), |top, at| if at.1 > top.1 { at } else { top }).0;
        let (candidate, _) = left.remove(next);
        for ((item, _), alike) in &mut left {
            *alike = alike.max(recommender.alike(candidate.0, *item));
        }
        chosen.push(candidate);
    }
    chosen
}
