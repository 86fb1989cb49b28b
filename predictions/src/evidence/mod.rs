//! Is a model any good?
//!
//! 1. [`metrics`] are the figures that say so.
//! 2. A [`Bootstrap`] says how far a figure can be relied on, and with the same samples whether a model beats a baseline:
//!    [`Verdict`].
//! 3. [`backtest()`] asks a model again and again what was to come ([`Plan`]), having shown it nothing but the [`Past`], and
//!    puts what it said beside what came and what simple rules say ([`Case`]). [`judge()`] does so for probabilities that come
//!    from anywhere.
//! 4. [`choose()`] picks among [`Contender`]s in the same way, inside the past alone, so that what is said of the chosen
//!    one's future is still honest.

mod backtest;
mod bootstrap;
mod choose;
mod contender;
mod figures;
mod judge;
pub mod metrics;
mod transactions;

pub use backtest::{BacktestError, Origin, Plan, Point, backtest};
pub use bootstrap::{Bootstrap, Interval, Verdict};
pub use choose::{Choice, Tried, choose};
pub use contender::{Contender, Learned, Reading};
pub use judge::{Backtest, Metric, judge};
pub use transactions::{BadTransaction, Case, Forecast, Outcome, Past, Transaction, Transactions};

#[cfg(test)]
mod tests;
