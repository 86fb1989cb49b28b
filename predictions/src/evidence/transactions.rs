//! What customers bought and when, cut at any day into what was known then and what came.

use std::ops::Range;

use crate::btyd::{History, Spend};

/// One purchase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transaction {
    /// Whose: any number that stands for the customer.
    pub customer: usize,
    /// When, in days from wherever one likes; 3.7 is on day 3.
    pub time: f64,
    /// How much was paid, in one currency; 0 or more.
    pub amount: f64,
}

/// Why a purchase is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BadTransaction {
    /// A time that is no time.
    #[error("transaction {at}: a time in days must lie between −1e9 and 1e9, and is {time}")]
    NoTime {
        /// Which, from 0.
        at: usize,
        /// What it was.
        time: f64,
    },
    /// An amount that nobody pays.
    #[error(
        "transaction {at}: an amount must be 0 or more and at most 1e15, and is {amount}: leave out returns"
    )]
    NoAmount {
        /// Which, from 0.
        at: usize,
        /// What it was.
        amount: f64,
    },
}

/// A day on which a customer bought, and what they paid on it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Bought {
    customer: usize,
    day: i64,
    amount: f64,
}

/// All purchases of a base, by customer and day. Several on one day are one, as is usual for models of purchases.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transactions {
    bought: Vec<Bought>,
    /// Where each customer's begin and end.
    customers: Vec<Range<usize>>,
}

/// What is known of a customer on the morning of a day, and what simple rules make of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Who.
    pub customer: usize,
    /// What they bought, in days, up to the end of the day before.
    pub history: History,
    /// What they spend when they come again.
    pub spend: Option<Spend>,
    /// What they paid in the year before, the first purchase included.
    pub last_year: f64,
}

/// What a model says of a customer and a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// The probability that they buy at all.
    pub active: f64,
    /// On how many days they are expected to.
    pub purchases: f64,
    /// What they are expected to spend; nothing if the model does not say.
    pub value: Option<f64>,
}

/// What a customer did in a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// On how many days they bought.
    pub purchases: f64,
    /// What they paid.
    pub paid: f64,
}

/// Days that count as a year.
const YEAR: i64 = 365;

impl Transactions {
    /// Sorts purchases that come in any order.
    ///
    /// # Errors
    /// A purchase that is none.
    pub fn new(transactions: impl IntoIterator<Item = Transaction>) -> Result<Self, BadTransaction> {
        let checked = transactions.into_iter().enumerate().map(|(at, transaction)| {
            let Transaction { customer, time, amount } = transaction;
            if !(-1e9..=1e9).contains(&time) {
                return Err(BadTransaction::NoTime { at, time });
            }
            if !(0.0..=1e15).contains(&amount) {
                return Err(BadTransaction::NoAmount { at, amount });
            }
            Ok(Bought { customer, day: day(time), amount })
        });
        let mut bought = checked.collect::<Result<Vec<_>, _>>()?;
        // By amount too, so that the sum of a day does not depend on the order they came in.
        bought.sort_unstable_by(|a, b| {
            (a.customer, a.day).cmp(&(b.customer, b.day)).then(a.amount.total_cmp(&b.amount))
        });
        bought.dedup_by(|next, kept| {
            let same = (next.customer, next.day) == (kept.customer, kept.day);
            if same {
                kept.amount += next.amount;
            }
            same
        });
        Ok(Self::of(bought))
    }

    fn of(bought: Vec<Bought>) -> Self {
        let mut end = 0;
        let one = |of_one: &[Bought]| {
            end += of_one.len();
            end - of_one.len()..end
        };
        let customers = bought.chunk_by(|a, b| a.customer == b.customer).map(one).collect();
        Self { bought, customers }
    }

    /// The first and the last day on which anybody bought.
    pub fn days(&self) -> Option<(i64, i64)> {
        let days = || self.bought.iter().map(|bought| bought.day);
        days().min().zip(days().max())
    }

    /// What had happened by the morning of a day.
    pub fn before(&self, at: i64) -> Past {
        let bought = self.bought.iter().copied().filter(|bought| bought.day < at).collect();
        Past { transactions: Self::of(bought), at }
    }

    /// What the customers of the cases did, from the morning of day `from` to that of day `to`.
    pub fn outcomes(&self, cases: &[Case], from: i64, to: i64) -> Vec<Outcome> {
        let of = |case: &Case| {
            let whose = |one: &Range<usize>| self.bought[one.start].customer;
            let found = self.customers.binary_search_by_key(&case.customer, whose);
            let bought = found.map_or(&[][..], |at| &self.bought[self.customers[at].clone()]);
            let within = bought.iter().filter(|bought| (from..to).contains(&bought.day));
            within.fold(Outcome { purchases: 0.0, paid: 0.0 }, |sum, one| Outcome {
                purchases: sum.purchases + 1.0,
                paid: sum.paid + one.amount,
            })
        };
        cases.iter().map(of).collect()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "within what was checked")]
fn day(time: f64) -> i64 {
    time.floor() as i64
}

/// What had happened by the morning of a day, and nothing else: all that a model may learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// All of them, from before that day.
    pub transactions: Transactions,
    /// The day.
    pub at: i64,
}

impl Past {
    /// All who had bought, in the order of their numbers.
    pub fn cases(&self) -> Vec<Case> {
        let Transactions { bought, customers } = &self.transactions;
        customers.iter().filter_map(|one| self.case(&bought[one.clone()])).collect()
    }

    fn case(&self, bought: &[Bought]) -> Option<Case> {
        let end = self.at.saturating_sub(1);
        let days: Vec<i64> = bought.iter().map(|bought| bought.day).collect();
        let purchases: Vec<(i64, f64)> = bought.iter().map(|bought| (bought.day, bought.amount)).collect();
        let of_last_year = bought.iter().filter(|bought| bought.day >= self.at.saturating_sub(YEAR));
        Some(Case {
            customer: bought.first()?.customer,
            history: History::of_days(&days, end)?,
            spend: Spend::of_purchases(&purchases, end).ok().flatten(),
            last_year: of_last_year.map(|bought| bought.amount).sum(),
        })
    }

    /// How many days of the year before are known at all.
    pub(super) fn known_of_last_year(&self) -> f64 {
        let known = self.transactions.days().map_or(1, |(first, _)| self.at.saturating_sub(first));
        f64::from(i32::try_from(known.clamp(1, YEAR)).unwrap_or(1))
    }
}
