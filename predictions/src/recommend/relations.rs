//! Which items belong together, and how much: cosine and EASE.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::baskets::{Baskets, Together};
use super::invert::invert;
use super::purchases::number;

/// What having an item says for other items: a sparse matrix, row by row. Each item is said something for by its closest
/// items alone, so that the size is bounded by items times neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Relations {
    /// Where the row of each item begins, and where the last ends.
    starts: Vec<usize>,
    /// For what, in order within a row.
    items: Vec<u32>,
    /// How much; above 0.
    weights: Vec<f32>,
}

/// An item with a weight.
type Neighbour = (u32, f32);

impl Relations {
    /// The cosine of two items: how many have both, divided by the root of how many have either. (Sarwar, Karypis, Konstan
    /// & Riedl, *Item-based collaborative filtering*, WWW 2001; for things that are either there or not.)
    pub(super) fn cosine(baskets: &Baskets, neighbours: usize) -> Self {
        let size = |item: usize| number(baskets.holders(item));
        let closest = |together: &mut Together, item: usize| {
            baskets.count(item, together);
            let others = together.items.iter().filter(|other| **other as usize != item);
            let cosine = |other: usize| f64::from(together.counts[other]) / (size(item) * size(other)).sqrt();
            greatest(others.map(|other| (*other, narrow(cosine(*other as usize)))).collect(), neighbours)
        };
        Self::of((0..baskets.items()).into_par_iter().map_init(Together::default, closest).collect())
    }

    /// From what the closest of each item say for it.
    fn of(closest: Vec<Vec<Neighbour>>) -> Self {
        let mut starts = vec![0; closest.len() + 1];
        for (from, _) in closest.iter().flatten() {
            starts[*from as usize + 1] += 1;
        }
        for item in 0..closest.len() {
            starts[item + 1] += starts[item];
        }
        let mut next = starts.clone();
        let all = closest.iter().map(Vec::len).sum();
        let (mut items, mut weights) = (vec![0; all], vec![0.0; all]);
        for (item, closest) in (0_u32..).zip(closest) {
            for (from, weight) in closest {
                let at = &mut next[from as usize];
                items[*at] = item;
                weights[*at] = weight;
                *at += 1;
            }
        }
        Self { starts, items, weights }
    }

    /// Whether it is about so many items, and every number in it can be used.
    pub(super) fn is_sound(&self, items: usize) -> bool {
        let length = self.items.len();
        self.starts.len() == items + 1
            && self.starts.first() == Some(&0)
            && self.starts.is_sorted()
            && self.starts.last() == Some(&length)
            && self.weights.len() == length
            && self.items.iter().all(|item| (*item as usize) < items)
            && self.weights.iter().all(|weight| weight.is_finite())
    }

    fn range(&self, from: usize) -> std::ops::Range<usize> {
        self.starts[from]..self.starts[from + 1]
    }

    /// What an item says for others.
    pub(super) fn row(&self, from: usize) -> impl Iterator<Item = (usize, f64)> {
        let row = self.range(from);
        let weights = self.weights[row.clone()].iter().map(|weight| f64::from(*weight));
        self.items[row].iter().map(|item| *item as usize).zip(weights)
    }

    /// What an item says for another; 0 if nothing.
    pub(super) fn weight(&self, from: usize, to: usize) -> f64 {
        let row = self.range(from);
        let found = self.items[row.clone()].binary_search_by(|item| (*item as usize).cmp(&to));
        found.map_or(0.0, |at| f64::from(self.weights[row.start + at]))
    }
}

/// How many customers bought both of two items, for the items that are bought most: what EASE learns from.
#[derive(Clone)]
pub(super) struct Gram {
    /// Which items, most bought first.
    items: Vec<u32>,
    /// The lower triangle of the matrix, row by row.
    counts: Vec<f64>,
    /// How many items there are in all.
    all: usize,
}

impl Gram {
    pub(super) fn of(baskets: &Baskets, most: usize) -> Self {
        let mut items: Vec<u32> = (0_u32..).take(baskets.items()).collect();
        items.sort_by_key(|item| (std::cmp::Reverse(baskets.holders(*item as usize)), *item));
        items.truncate(most);
        let n = items.len();
        let mut counts = vec![0.0; n * n];
        let fill = |together: &mut Together, (row, counts): (usize, &mut [f64])| {
            baskets.count(items[row] as usize, together);
            for (count, item) in counts.iter_mut().zip(&items) {
                *count = f64::from(together.counts[*item as usize]);
            }
        };
        counts.par_chunks_mut(n.max(1)).enumerate().for_each_init(Together::default, fill);
        Self { items, counts, all: baskets.items() }
    }

    /// EASE (Steck, *Embarrassingly shallow autoencoders for sparse data*, WWW 2019): the weights B with which what a
    /// customer has best says again what they have, none for itself. With `P = (XᵀX + λI)⁻¹` it is `B_ij = −P_ij / P_jj`
    /// (equation 8). Of each item the closest are kept that speak for it; what speaks against it is dropped.
    pub(super) fn ease(self, ridge: f64, neighbours: usize) -> Relations {
        let n = self.items.len();
        let mut inverse = self.counts;
        for diagonal in inverse.iter_mut().step_by(n + 1) {
            *diagonal += ridge;
        }
        invert(&mut inverse, n);
        let closest = |item: usize| {
            let own = inverse[item * n + item];
            let others = (0..n).filter(|other| *other != item);
            let weight = |other: usize| -inverse[item.max(other) * n + item.min(other)] / own;
            greatest(others.map(|other| (self.items[other], narrow(weight(other)))).collect(), neighbours)
        };
        let learnt: Vec<Vec<Neighbour>> = (0..n).into_par_iter().map(closest).collect();
        let mut closest = vec![Vec::new(); self.all];
        for (item, learnt) in self.items.iter().zip(learnt) {
            closest[*item as usize] = learnt;
        }
        Relations::of(closest)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "7 digits are plenty, and half the size")]
fn narrow(weight: f64) -> f32 {
    weight as f32
}

/// The greatest of weights above 0, which are numbers; of equal ones the first items.
fn greatest(mut all: Vec<Neighbour>, most: usize) -> Vec<Neighbour> {
    all.retain(|(_, weight)| *weight > 0.0 && weight.is_finite());
    let order = |a: &Neighbour, b: &Neighbour| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if all.len() > most {
        all.select_nth_unstable_by(most, order);
        all.truncate(most);
    }
    all
}
