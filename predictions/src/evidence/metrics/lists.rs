//! Lists of items, best first, beside what was wanted. The figures of a list are those of one customer; the mean over all
//! who wanted anything is the figure of a recommender.

use std::collections::HashSet;
use std::hash::Hash;

use super::{figure, number};

/// Of what was wanted, the share that stands among the first k of a list. `hits` says of each place of the list, best
/// first, whether what stands there was wanted; `wanted` is how many items were. Nothing if none were, or fewer than hits.
pub fn recall_at_k(hits: &[bool], wanted: usize, k: usize) -> Option<f64> {
    let found = hits.iter().filter(|hit| **hit).count();
    let found_at_k = hits.iter().take(k).filter(|hit| **hit).count();
    if wanted == 0 || found > wanted { None } else { figure(number(found_at_k) / number(wanted)) }
}

/// The discounted gain of the first k of a list, in parts of what the best list has: a hit at place i counts
/// 1 / log₂(i + 1), and the best list has min(k, wanted) hits in front. The arguments are those of [`recall_at_k`].
/// (Järvelin & Kekäläinen, *Cumulated gain-based evaluation of IR techniques*, ACM TOIS 20, 2002, in the form of Burges et
/// al. 2005, where all gains are 1.) Nothing for k = 0.
pub fn ndcg_at_k(hits: &[bool], wanted: usize, k: usize) -> Option<f64> {
    recall_at_k(hits, wanted, k)?;
    let gain = |place: usize| 1.0 / number(place + 2).log2();
    let gained: f64 = hits.iter().take(k).enumerate().filter(|(_, hit)| **hit).map(|(at, _)| gain(at)).sum();
    figure(gained / (0..k.min(wanted)).map(gain).sum::<f64>())
}

/// The share of a catalogue of so many items that is recommended to anybody at all. `recommended` goes through all lists.
/// (Ge, Delgado-Battenfeld & Jannach, *Beyond accuracy: evaluating recommender systems by coverage and serendipity*, 2010.)
/// Nothing if the catalogue is smaller than what was recommended, or empty.
pub fn coverage<Item: Hash + Eq>(
    recommended: impl IntoIterator<Item = Item>,
    catalogue: usize,
) -> Option<f64> {
    let distinct = recommended.into_iter().collect::<HashSet<_>>().len();
    if catalogue == 0 || distinct > catalogue { None } else { figure(number(distinct) / number(catalogue)) }
}
