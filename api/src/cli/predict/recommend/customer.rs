//! What one customer is recommended, and why.

use predictions::recommend::{Basis, Purpose, Recommender, Request};
use serde::Serialize;

use super::{BEFORE, Orders};
use crate::cli::out;

/// How many items of each kind.
const FIRST: usize = 10;
/// How many reasons are told of an item.
const REASONS: usize = 3;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offered {
    customer: String,
    /// Purchases before the split.
    purchases: usize,
    /// What it rests on: `history`, or `popularity` where no purchase before the split is known.
    basis: &'static str,
    all: Vec<Item>,
    new: Vec<Item>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    name: String,
    /// It puts items in order, and is no probability.
    score: f64,
    /// What popularity adds. With what all reasons add it is the score.
    popularity: f64,
    because_bought: Vec<Because>,
    /// How many times as often as usual it was bought before the split.
    demand: f64,
    bought_before: bool,
    bought_since: bool,
}

#[derive(Debug, Serialize)]
struct Because {
    item: String,
    adds: f64,
}

impl Offered {
    pub(super) fn new(
        orders: &Orders,
        recommender: &Recommender<u32>,
        customer: usize,
        split: f64,
    ) -> anyhow::Result<Self> {
        let number = u32::try_from(customer)?;
        let of = orders.purchases.iter().filter(|purchase| purchase.customer == number);
        let history = |wanted: fn(f64, f64) -> bool| -> Vec<(u32, f64)> {
            let wanted = of.clone().filter(|purchase| wanted(purchase.time, split));
            wanted.map(|purchase| (purchase.item, purchase.time)).collect()
        };
        let (before, since) = (history(|time, split| time < split), history(|time, split| time >= split));
        let name = |item: u32| orders.items[item as usize].to_string();
        let list = |purpose: Purpose| -> anyhow::Result<(Basis, Vec<Item>)> {
            let answer = recommender.recommend(&Request::new(&before, split - BEFORE, purpose, FIRST))?;
            let item = |one: predictions::recommend::Recommendation<u32>| Item {
                name: name(one.item),
                score: one.score,
                popularity: one.reasons.base,
                because_bought: one
                    .reasons
                    .contributions
                    .iter()
                    .map(|(item, adds)| Because { item: name(*item), adds: *adds })
                    .collect(),
                demand: one.reasons.demand,
                bought_before: before.iter().any(|(item, _)| *item == one.item),
                bought_since: since.iter().any(|(item, _)| *item == one.item),
            };
            Ok((answer.basis, answer.recommendations.into_iter().map(item).collect()))
        };
        let ((basis, all), (_, new)) = (list(Purpose::All)?, list(Purpose::New)?);
        Ok(Self {
            customer: orders.customers[customer].to_string(),
            purchases: before.len(),
            basis: match basis {
                Basis::History => "history",
                Basis::Popular { .. } => "popularity",
            },
            all,
            new,
        })
    }

    /// `judged` says whether it is known what the customer bought since.
    pub(super) fn print(&self, judged: bool) -> anyhow::Result<()> {
        let rests = match self.basis {
            "history" => format!("by {} purchases before the split", out::thousands(self.purchases as u64)),
            _ => "by popularity alone: nothing is known of them before the split".to_owned(),
        };
        out::line(format!("\nWhat customer {} is recommended at the split, {rests}", self.customer))?;
        for (told, items) in [("most interested in", &self.all), ("new to them", &self.new)] {
            let mut rows =
                vec![[told, "score", if judged { "bought since" } else { "" }, "because"].map(str::to_owned)];
            rows.extend(items.iter().map(|item| {
                let since = match (judged, item.bought_since) {
                    (false, _) => "",
                    (true, true) => "yes",
                    (true, false) => "no",
                };
                [item.name.clone(), format!("{:.3}", item.score), since.to_owned(), item.told()]
            }));
            out::indented(&rows)?;
        }
        Ok(())
    }
}

impl Item {
    fn told(&self) -> String {
        let because = |because: &Because| {
            let what =
                if because.item == self.name { "bought before" } else { &format!("bought {}", because.item) };
            format!("{what} ({:+.3})", because.adds)
        };
        let mut told: Vec<String> = self.because_bought.iter().take(REASONS).map(because).collect();
        if told.is_empty() {
            told.push(format!("popular ({:+.3})", self.popularity));
        }
        if self.demand >= 1.5 {
            told.push(format!("lately {:.1} times as often as usual", self.demand));
        }
        told.join("; ")
    }
}
