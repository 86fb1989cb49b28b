//! Recommendation: the products that a customer is most interested in, new and again.
//!
//! 1. [`Recommender::train`] learns from [`Purchase`]s which items belong together, which are popular, and which are in
//!    demand now. [`tune()`] finds [`Settings`] for a base, within its past alone.
//! 2. [`Recommender::recommend`] answers a [`Request`] for one customer, who brings their history along: a new order counts
//!    at once. Filters say what may be offered, [`Diversity`] that not all is the same, and [`Recommender::why_not`]
//!    why an item is missing.
//! 3. Each recommendation has its [`Reasons`]: what the customer bought before, and how much each of it adds. Who is new
//!    gets what is popular among all, or among those of a group ([`Popularity`]).
//! 4. [`Rules`] say what is bought together with an item, and what better one instead.
//! 5. [`judge()`] says what recommendations were worth, beside simple rules, by what was bought since.
//!
//! **Two questions.** In retail most purchases are repeats, and the customer's own past frequency beats all that is learnt
//! from others; but it can say nothing of what they never bought. So each [`Purpose`] has its own [`Blend`] of signals: own
//! past purchases, EASE, the cosine of items, popularity, and the demand of the season, which is worth more than any of
//! the refinements of the others. Every signal is a sum over past purchases, so that reasons add up to the score exactly.
//!
//! Left out, because it was measured to bring nothing beside the others on Online Retail's training part: quantities, time
//! decay of what a past purchase says for other items, BM25 in place of the cosine. Factorisation of the matrix (ALS; Hu,
//! Koren & Volinsky 2008) was not tried beside them: alone it is weaker than EASE for new items and weaker than the own
//! frequency for all, its factors change with every training, and its reasons do not add up.

mod answer;
mod baskets;
mod choose;
mod invert;
mod judge;
mod model;
mod popularity;
mod purchases;
mod relations;
mod rules;
mod settings;
mod tune;

pub use answer::{Answer, Basis, Excluded, Reasons, Recommendation, Request};
pub use choose::Diversity;
pub use judge::{Judged, Lists, OfPurpose, judge};
pub use model::Recommender;
pub use popularity::Popularity;
pub use purchases::{BadData, Purchase};
pub use rules::{Least, Rule, Rules};
pub use settings::{Blend, Purpose, Settings};
pub use tune::{Tuned, tune};

#[cfg(test)]
mod tests;
