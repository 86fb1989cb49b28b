//! What `rondom predict recommend` tells.

use predictions::recommend::{Blend, Judged, Lists, OfPurpose, Purpose};
use serde::Serialize;

use super::customer::Offered;
use super::{Orders, Recommend, Studied};
use crate::cli::out;
use crate::cli::predict::days::Day;
use crate::cli::predict::figures::{Beats, Between, between, count};
use crate::cli::predict::rows::Input;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    input: Input,
    customers: usize,
    items: usize,
    /// Distinct customer, item and instant.
    purchases: usize,
    first: Day,
    last: Day,
    split: Day,
    tuned: Tuning,
    #[serde(skip_serializing_if = "Option::is_none")]
    judged: Option<Evidence>,
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    offered: Option<Offered>,
}

/// How signals came to be blended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tuning {
    /// Days before the split that chose.
    days: f64,
    /// Customers who came back within them; 0 where the blends are those from the house.
    customers: usize,
    ridge: f64,
    all: Blend,
    new: Blend,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Evidence {
    came_back: usize,
    customers: usize,
    wanted: usize,
    catalogue: usize,
    purposes: Vec<Asked>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    /// `all` items, or those `new` to the customer.
    purpose: &'static str,
    customers: usize,
    lists: Vec<Reached>,
    against: &'static str,
    ndcg_gain: Option<Between>,
    beats_baseline: Beats,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reached {
    by: &'static str,
    recall: f64,
    recall_interval: Option<Between>,
    ndcg: f64,
    ndcg_interval: Option<Between>,
    coverage: f64,
}

impl Report {
    pub(super) fn new(args: &Recommend, orders: &Orders, studied: Studied) -> Self {
        let settings = &studied.tuned.settings;
        Self {
            input: orders.input.clone(),
            customers: orders.customers.len(),
            items: orders.items.len(),
            purchases: orders.purchases.len(),
            first: Day::of(orders.first),
            last: Day::of(orders.last),
            split: Day::of(args.split),
            tuned: Tuning {
                days: studied.window,
                customers: studied.tuned.customers,
                ridge: settings.ridge,
                all: settings.all,
                new: settings.new,
            },
            judged: studied.judged.map(Evidence::from),
            offered: studied.offered,
        }
    }

    pub(super) fn print(&self) -> anyhow::Result<()> {
        out::line(format!(
            "{}: {} of {} by {}, from {} to {}",
            self.input.file,
            count(self.purchases, "purchase"),
            count(self.items, "item"),
            count(self.customers, "customer"),
            self.first,
            self.last
        ))?;
        self.input.print()?;
        let Tuning { days, customers, .. } = &self.tuned;
        out::line(match customers {
            0 => "signals are blended as is usual, as nobody came back in the last part before the split:"
                .to_owned(),
            _ => format!(
                "signals are blended as suits {} who came back in the last {days:.0} days before {}:",
                count(*customers, "customer"),
                self.split
            ),
        })?;
        let mut rows = vec![
            ["for", "own past", "half-life", "EASE", "cosine", "popularity", "demand"].map(str::to_owned),
        ];
        rows.extend([("all items", &self.tuned.all), ("new items", &self.tuned.new)].map(|(of, blend)| {
            let weights = [blend.own, blend.half_life, blend.ease, blend.cosine, blend.popular, blend.demand];
            let [own, half_life, ease, cosine, popular, demand] = weights.map(|weight| weight.to_string());
            [of.to_owned(), own, format!("{half_life} days"), ease, cosine, popular, demand]
        }));
        out::indented(&rows)?;
        if let Some(judged) = &self.judged {
            self.print_evidence(judged)?;
        } else {
            out::line("\nNothing is judged: nothing is known since the split")?;
        }
        match &self.offered {
            Some(offered) => offered.print(self.judged.is_some()),
            None => Ok(()),
        }
    }

    fn print_evidence(&self, judged: &Evidence) -> anyhow::Result<()> {
        out::line(format!(
            "\nHow good: lists of 10 of {} for {} who bought before {} and since, {} in all",
            count(judged.catalogue, "item"),
            if judged.customers == judged.came_back {
                count(judged.customers, "customer")
            } else {
                format!(
                    "{} of {}",
                    out::thousands(judged.customers as u64),
                    count(judged.came_back, "customer")
                )
            },
            self.split,
            count(judged.wanted, "wanted item"),
        ))?;
        for asked in &judged.purposes {
            let told = if asked.purpose == "new" { "items new to the customer" } else { "all items" };
            out::line("")?;
            let mut rows = vec![
                [told, "NDCG@10", "95 % interval", "recall@10", "95 % interval", "coverage"]
                    .map(str::to_owned),
            ];
            rows.extend(asked.lists.iter().map(|list| {
                let interval = |interval: Option<Between>| interval.map_or_else(String::new, between);
                [
                    list.by.to_owned(),
                    format!("{:.4}", list.ndcg),
                    interval(list.ndcg_interval),
                    format!("{:.4}", list.recall),
                    interval(list.recall_interval),
                    format!("{:.1} %", 100.0 * list.coverage),
                ]
            }));
            out::indented(&rows)?;
            out::line(format!(
                "  better than {}? {}{}; {} wanted any",
                asked.against,
                asked.beats_baseline.as_str(),
                asked.ndcg_gain.map(|gain| format!(" (NDCG@10 by {})", between(gain))).unwrap_or_default(),
                count(asked.customers, "customer"),
            ))?;
        }
        Ok(())
    }
}

impl From<Judged> for Evidence {
    fn from(judged: Judged) -> Self {
        Self {
            came_back: judged.came_back,
            customers: judged.customers,
            wanted: judged.wanted,
            catalogue: judged.catalogue,
            purposes: judged.purposes.into_iter().map(Asked::from).collect(),
        }
    }
}

impl From<OfPurpose> for Asked {
    fn from(of: OfPurpose) -> Self {
        Self {
            purpose: if of.purpose == Purpose::New { "new" } else { "all" },
            customers: of.customers,
            lists: of.lists.into_iter().map(Reached::from).collect(),
            against: of.against,
            ndcg_gain: of.gain.map(Between::from),
            beats_baseline: of.verdict.into(),
        }
    }
}

impl From<Lists> for Reached {
    fn from(lists: Lists) -> Self {
        Self {
            by: lists.by,
            recall: lists.recall,
            recall_interval: lists.recall_interval.map(Between::from),
            ndcg: lists.ndcg,
            ndcg_interval: lists.ndcg_interval.map(Between::from),
            coverage: lists.coverage,
        }
    }
}
