//! What follows for one person's purchases. Pure.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use predictions::recommend::{self, Diversity, Popularity, Purpose, Request};
use uuid::Uuid;

use super::{
    super::{churn::ago, purchases::day},
    learn::time,
    lines::Bought,
    read::Recommending,
};
use crate::error::{Error, Result};

/// So many reasons are told one by one.
const REASONS: usize = 5;

/// What is asked about somebody.
#[derive(Debug, Clone)]
pub struct Asked {
    /// How many at most.
    pub first: usize,
    /// New, again, or either.
    pub purpose: Purpose,
    /// Only products of this category.
    pub category: Option<String>,
    /// How much it counts that products differ: 0, not at all, to 1.
    pub diversity: f64,
    /// For so many days after it was bought a product is not recommended again.
    pub rest: u32,
    /// Among whom products are popular; all customers unless given.
    pub among: Option<Arc<Popularity>>,
}

/// What a recommendation rests on most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The person's own purchases of the very product.
    Own,
    /// What those who bought the same buy.
    Others,
    /// What many buy.
    Popular,
}

/// One thing that makes a recommendation.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// `own`, `others`, `more` or `popularity`.
    pub factor: &'static str,
    /// What was bought.
    pub product: Option<Uuid>,
    /// What it adds to the score.
    pub contribution: f64,
    /// What it is, in words.
    pub text: String,
}

/// A recommended product.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// Which.
    pub product: Uuid,
    /// Above 0; puts the products of one answer in order.
    pub score: f64,
    /// What it rests on most.
    pub basis: Basis,
    /// How many times as often as usual it is bought lately; it is in every contribution.
    pub demand: f64,
    /// Why, the strongest first; their sum is the score.
    pub reasons: Vec<Reason>,
}

/// Why a product is not recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excluded {
    /// Nobody who is learned from has bought it, or too many others more often.
    Unknown,
    /// No source has delivered it, so that nothing is known of what is to be sold.
    NotForSale,
    /// There is none.
    OutOfStock,
    /// Of another category than was asked for.
    OtherCategory,
    /// Bought before, and new ones were asked for.
    Bought,
    /// Never bought, and those to buy again were asked for.
    NeverBought,
    /// Bought within the days of rest.
    BoughtLately,
    /// It might be, but others are better.
    OthersAreBetter,
}

/// What is recommended to one person, with what it was made of.
#[derive(Debug, Clone)]
pub struct Recommended {
    /// The best first.
    pub items: Vec<Recommendation>,
    by: Recommending,
    bought: Arc<Vec<Bought>>,
    asked: Asked,
    now: DateTime<Utc>,
}

impl Recommended {
    pub(super) fn new(
        by: Recommending,
        bought: Arc<Vec<Bought>>,
        asked: Asked,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let mut said = Self { items: Vec::new(), by, bought, asked, now };
        let recommender = &said.by.held.model.recommender;
        let answer = said.ask(|request| recommender.recommend(request))?;
        let recommendation = |one: recommend::Recommendation<Uuid>| said.told(one);
        said.items = answer.recommendations.into_iter().map(recommendation).collect();
        Ok(said)
    }

    /// Why a product is not among them; nothing where it is.
    ///
    /// # Errors
    /// What is stored cannot be asked.
    pub fn why_not(&self, product: Uuid) -> Result<Option<Excluded>> {
        if self.items.iter().any(|item| item.product == product) {
            return Ok(None);
        }
        let recommender = &self.by.held.model.recommender;
        let why = self.ask(|request| recommender.why_not(request, &product))?;
        Ok(Some(match why {
            Some(recommend::Excluded::Unknown) => Excluded::Unknown,
            Some(recommend::Excluded::Bought) => Excluded::Bought,
            Some(recommend::Excluded::NeverBought) => Excluded::NeverBought,
            Some(recommend::Excluded::BoughtLately) => Excluded::BoughtLately,
            Some(recommend::Excluded::Refused) if self.by.shelf.knows(product) => Excluded::OtherCategory,
            Some(recommend::Excluded::OutOfStock) if self.by.shelf.knows(product) => Excluded::OutOfStock,
            Some(recommend::Excluded::Refused | recommend::Excluded::OutOfStock) => Excluded::NotForSale,
            None => Excluded::OthersAreBetter,
        }))
    }

    fn ask<T>(
        &self,
        ask: impl FnOnce(&Request<'_, Uuid>) -> std::result::Result<T, recommend::BadData>,
    ) -> Result<T> {
        let history: Vec<(Uuid, f64)> =
            self.bought.iter().map(|line| (line.product, time(line.at))).collect();
        let (asked, shelf) = (&self.asked, &self.by.shelf);
        let is_other =
            |product: &Uuid| asked.category.as_ref().is_some_and(|category| !shelf.is_of(*product, category));
        let diversity = if asked.diversity > 0.0 {
            Diversity::Marginal { weight: asked.diversity }
        } else {
            Diversity::Any
        };
        let request = Request {
            among: asked.among.as_deref(),
            in_stock: &|product| shelf.offers(*product),
            refused: &is_other,
            rest: f64::from(asked.rest),
            diversity,
            ..Request::new(&history, time(self.now), asked.purpose, asked.first)
        };
        ask(&request).map_err(|error| Error::stored("prediction model", error))
    }

    fn told(&self, one: recommend::Recommendation<Uuid>) -> Recommendation {
        let recommend::Recommendation { item, score, reasons } = one;
        let of = |is: fn(bool) -> bool| -> f64 {
            let counted = reasons.contributions.iter().filter(|(product, _)| is(*product == item));
            counted.map(|(_, adds)| adds).sum()
        };
        let (own, others) = (of(|own| own), of(|own| !own));
        let basis = match (own, others) {
            (own, others) if own > 0.0 && own >= others && own >= reasons.base => Basis::Own,
            (_, others) if others > 0.0 && others >= reasons.base => Basis::Others,
            _ => Basis::Popular,
        };
        let (first, more) = reasons.contributions.split_at(reasons.contributions.len().min(REASONS));
        let mut told: Vec<Reason> = first
            .iter()
            .map(|(product, adds)| Reason {
                factor: if *product == item { "own" } else { "others" },
                product: Some(*product),
                contribution: *adds,
                text: self.words(*product),
            })
            .collect();
        if !more.is_empty() {
            let text = match more.len() {
                1 => "bought another product".to_owned(),
                more => format!("bought {more} other products"),
            };
            let contribution = more.iter().map(|(_, adds)| adds).sum();
            told.push(Reason { factor: "more", product: None, contribution, text });
        }
        if reasons.base > 0.0 {
            let among = self.asked.among.as_ref().map_or("all customers", |among| among.among());
            let text = format!("popular among {among}");
            told.push(Reason { factor: "popularity", product: None, contribution: reasons.base, text });
        }
        told.sort_by(|a, b| b.contribution.total_cmp(&a.contribution));
        Recommendation { product: item, score, basis, demand: reasons.demand, reasons: told }
    }

    /// That, how often and when a product was bought.
    fn words(&self, product: Uuid) -> String {
        let bought = || self.bought.iter().filter(|line| line.product == product);
        let name = bought().filter_map(|line| line.name.as_deref()).next_back();
        let name = name.unwrap_or("a product without a name");
        let times: BTreeSet<DateTime<Utc>> =
            bought().map(|line| line.at).filter(|at| *at <= self.now).collect();
        let last = times.last().map_or_else(String::new, |at| ago(day(self.now) - day(*at)));
        match times.len() {
            0 | 1 => format!("bought {name} {last}"),
            2 => format!("bought {name} twice, last {last}"),
            times => format!("bought {name} {times} times, last {last}"),
        }
    }
}
