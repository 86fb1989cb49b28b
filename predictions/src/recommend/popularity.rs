//! What is bought by many, and what is bought lately.

use serde::{Deserialize, Serialize};

use super::purchases::{Row, decayed, number};

/// How many customers of everybody's taste are added to a group: what few people like is hardly known.
const BORROWED: f64 = 20.0;

/// Between these the demand for an item lies, whatever happens: powers of it are numbers.
const DEMAND: (f64, f64) = (1e-6, 1e6);

/// The share of a group of customers who bought each item of a recommender. Made by
/// [`Recommender::popularity`](super::Recommender::popularity).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Popularity {
    pub(super) among: String,
    pub(super) shares: Vec<f32>,
}

impl Popularity {
    /// Among whom: "all customers", or as the group was called.
    pub fn among(&self) -> &str {
        &self.among
    }

    /// Among all customers; the pairs of customer and item are distinct.
    pub(super) fn of_all(customers: usize, items: usize, pairs: &[(u32, u32)]) -> Self {
        let mut buyers = vec![0_u32; items];
        for (_, item) in pairs {
            buyers[*item as usize] += 1;
        }
        let shares = buyers.into_iter().map(|buyers| narrow(f64::from(buyers) / number(customers))).collect();
        Self { among: "all customers".to_owned(), shares }
    }

    /// Among some: each with the distinct items they bought.
    pub(super) fn of_group(&self, among: String, customers: impl Iterator<Item = Vec<u32>>) -> Self {
        let mut buyers = vec![0_u32; self.shares.len()];
        let mut size = 0.0;
        for items in customers {
            size += 1.0;
            for item in items {
                buyers[item as usize] = buyers[item as usize].saturating_add(1);
            }
        }
        let share = |(buyers, all): (u32, &f32)| {
            narrow((f64::from(buyers) + BORROWED * f64::from(*all)) / (size + BORROWED))
        };
        Self { among, shares: buyers.into_iter().zip(&self.shares).map(share).collect() }
    }

    /// Whether it is about so many items, and every share is one.
    pub(super) fn is_sound(&self, items: usize) -> bool {
        self.shares.len() == items && self.shares.iter().all(|share| (0.0..=1.0).contains(share))
    }
}

/// How many times as often as usual each item is bought lately, above 0: its share of recent purchases divided by its
/// share of all, with one purchase of everybody's taste added to both, so that rare items stay near 1. What came into
/// season has more than 1; what is no longer sold has little.
pub(super) fn demand(items: usize, rows: &[Row], half_life: f64) -> Vec<f32> {
    let mut counts = vec![(0.0, 0.0); items];
    for row in rows {
        let (ever, lately) = &mut counts[row.item as usize];
        *ever += 1.0;
        *lately += decayed(row.age, half_life);
    }
    let (ever, lately) = counts.iter().fold((0.0, 0.0), |(a, b), (ever, lately)| (a + ever, b + lately));
    let usual = lately / ever;
    counts
        .into_iter()
        .map(|(ever, lately)| narrow(((lately + 1.0) / (ever * usual + 1.0)).clamp(DEMAND.0, DEMAND.1)))
        .collect()
}

/// Whether it is a demand for each of so many items.
pub(super) fn is_demand(items: usize, demand: &[f32]) -> bool {
    demand.len() == items
        && demand.iter().all(|demand| (0.9 * DEMAND.0..=1.1 * DEMAND.1).contains(&f64::from(*demand)))
}

#[expect(clippy::cast_possible_truncation, reason = "7 digits are plenty, and half the size")]
fn narrow(value: f64) -> f32 {
    value as f32
}
