//! Recommendations to one customer, with their reasons.

use super::choose::{Diversity, choose};
use super::model::{Owned, Recommender};
use super::popularity::Popularity;
use super::purchases::{BadData, place};
use super::settings::Purpose;

/// What is asked about one customer.
#[derive(Clone, Copy)]
pub struct Request<'a, I> {
    /// What the customer bought and when, in any order, in the days that the recommender was trained with. Items that it
    /// does not know say nothing, and so does what was bought after `now`.
    pub history: &'a [(I, f64)],
    /// The present, in these days.
    pub now: f64,
    /// New, again, or either.
    pub purpose: Purpose,
    /// How many recommendations at most.
    pub first: usize,
    /// The popularity to start from, instead of that among all customers: say, in the customer's segment.
    pub among: Option<&'a Popularity>,
    /// What is there to be sold.
    pub in_stock: &'a dyn Fn(&I) -> bool,
    /// What the customer does not want.
    pub refused: &'a dyn Fn(&I) -> bool,
    /// For so many days after they bought it, an item is not offered again.
    pub rest: f64,
    /// Whether much of the same may be offered.
    pub diversity: Diversity<'a, I>,
}

impl<'a, I> Request<'a, I> {
    /// Asks for the best, whatever is in stock.
    pub const fn new(history: &'a [(I, f64)], now: f64, purpose: Purpose, first: usize) -> Self {
        Self {
            history,
            now,
            purpose,
            first,
            among: None,
            in_stock: &|_| true,
            refused: &|_| false,
            rest: 0.0,
            diversity: Diversity::Any,
        }
    }
}

/// Why an item is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Excluded {
    /// Nobody ever bought it, so that nothing is known of it.
    Unknown,
    /// Bought before, and new items were asked for.
    Bought,
    /// Never bought, and items to buy again were asked for.
    NeverBought,
    /// Bought within the days of rest.
    BoughtLately,
    /// There is none.
    OutOfStock,
    /// The customer does not want it.
    Refused,
}

/// What the answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// What the customer bought.
    History,
    /// Popularity alone, because no item is known that the customer bought.
    Popular {
        /// Among whom.
        among: String,
    },
}

/// The recommendations to one customer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<I> {
    /// What they rest on.
    pub basis: Basis,
    /// The best first. They may be fewer than asked for, or none.
    pub recommendations: Vec<Recommendation<I>>,
}

/// A recommended item.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation<I> {
    /// Which.
    pub item: I,
    /// Above 0. It puts the items of one answer in order; it is no probability.
    pub score: f64,
    /// Why.
    pub reasons: Reasons<I>,
}

/// A score, taken apart: `base + Σ contributions = score`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons<I> {
    /// What its popularity adds, which is the same for everybody who is compared with the same group.
    pub base: f64,
    /// What having bought an item adds, greatest first; the item itself where it was bought before. None is 0.
    pub contributions: Vec<(I, f64)>,
    /// How many times as often as usual the item is bought lately; it is multiplied into the base and the contributions,
    /// to the power that the blend says.
    pub demand: f64,
}

impl<I: Ord + Clone> Recommender<I> {
    /// The best items for one customer. Costs a look at each item, and at the neighbours of what was bought.
    ///
    /// # Errors
    /// A time that is none, the popularity of a group of another recommender.
    pub fn recommend(&self, request: &Request<'_, I>) -> Result<Answer<I>, BadData> {
        let owned = self.owned(request.history, request.now)?;
        let all = &self.learnt.popularity;
        let popularity = request.among.unwrap_or(all);
        if !popularity.is_sound(all.shares.len()) {
            return Err(BadData::OtherItems { among: popularity.among.clone() });
        }
        let scores = self.scores(&owned, request.purpose, popularity);
        let offered = |item: &usize| scores[*item] > 0.0 && self.excluded(request, &owned, *item).is_none();
        let candidates = (0..scores.len()).filter(offered).map(|item| (item, scores[item])).collect();
        let recommendations = choose(self, candidates, request.first, &request.diversity)
            .into_iter()
            .map(|(item, score)| Recommendation {
                item: self.learnt.items[item].clone(),
                score,
                reasons: self.reasons(&owned, item, request.purpose, popularity),
            })
            .collect();
        let basis = if owned.is_empty() {
            Basis::Popular { among: popularity.among.clone() }
        } else {
            Basis::History
        };
        Ok(Answer { basis, recommendations })
    }

    /// Why an item is not offered to a customer, if that is because of the history, the purpose or a filter; an item that
    /// is offered may still score too little to be among the first.
    ///
    /// # Errors
    /// A time that is none.
    pub fn why_not(&self, request: &Request<'_, I>, item: &I) -> Result<Option<Excluded>, BadData> {
        let owned = self.owned(request.history, request.now)?;
        let Some(item) = place(&self.learnt.items, item) else { return Ok(Some(Excluded::Unknown)) };
        Ok(self.excluded(request, &owned, item as usize))
    }

    fn excluded(&self, request: &Request<'_, I>, owned: &[Owned], item: usize) -> Option<Excluded> {
        let found = owned.binary_search_by(|owned| owned.item.cmp(&item)).ok().map(|at| &owned[at]);
        let name = &self.learnt.items[item];
        match (request.purpose, found) {
            (Purpose::New, Some(_)) => Some(Excluded::Bought),
            (Purpose::Again, None) => Some(Excluded::NeverBought),
            (_, Some(owned)) if owned.ages.first().is_some_and(|age| *age < request.rest) => {
                Some(Excluded::BoughtLately)
            }
            _ if (request.refused)(name) => Some(Excluded::Refused),
            _ if !(request.in_stock)(name) => Some(Excluded::OutOfStock),
            _ => None,
        }
    }

    fn reasons(&self, owned: &[Owned], item: usize, purpose: Purpose, popularity: &Popularity) -> Reasons<I> {
        let blend = self.learnt.settings.blend(purpose);
        let of =
            |owned: &Owned| (self.learnt.items[owned.item].clone(), self.contribution(owned, item, purpose));
        let mut contributions: Vec<(I, f64)> =
            owned.iter().map(of).filter(|(_, contribution)| *contribution > 0.0).collect();
        contributions.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let base = self.factor(purpose, item) * blend.popular * f64::from(popularity.shares[item]);
        Reasons { base, contributions, demand: f64::from(self.learnt.demand[item]) }
    }
}
