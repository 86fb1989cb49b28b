//! What a model is told of somebody's purchases, at any instant.

use chrono::{DateTime, Utc};
use predictions::btyd::{History, Spend};

use super::{
    learn::{days, units},
    purchases::{Purchase, day},
};

/// What was known of somebody once they had bought so often.
#[derive(Debug, Clone, Copy)]
struct Known {
    since: DateTime<Utc>,
    first: i64,
    last: i64,
    /// On how many days after the first.
    again: u32,
    /// What was paid on those.
    paid_again: f64,
    /// Whether everything was paid in the currency of the model.
    adds_up: bool,
}

/// What is known of somebody through time.
#[derive(Debug)]
pub(super) struct Told(Vec<Known>);

impl Told {
    /// Of purchases in order, and a model of this currency.
    pub(super) fn new(bought: &[Purchase], currency: &str) -> Self {
        let mut known: Vec<Known> = Vec::with_capacity(bought.len());
        for purchase in bought {
            let (day, paid) = (purchase.day(), units(purchase.micros));
            let adds_up = purchase.currency == currency;
            let next = match known.last() {
                None => {
                    Known { since: purchase.at, first: day, last: day, again: 0, paid_again: 0.0, adds_up }
                }
                Some(before) => Known {
                    since: purchase.at,
                    first: before.first,
                    last: day,
                    again: before.again.saturating_add(u32::from(day > before.last)),
                    paid_again: before.paid_again + if day > before.first { paid } else { 0.0 },
                    adds_up: before.adds_up && adds_up,
                },
            };
            known.push(next);
        }
        Self(known)
    }

    fn at(&self, at: DateTime<Utc>) -> Option<&Known> {
        self.0[..self.0.partition_point(|known| known.since <= at)].last()
    }

    /// The days that are over, as models learn them, and today if there was a purchase.
    pub(super) fn history(&self, at: DateTime<Utc>) -> Option<History> {
        let known = self.at(at)?;
        let end = (day(at) - 1).max(known.last);
        History::new(known.again, days(known.last - known.first), days(end - known.first)).ok()
    }

    /// How many days ago the first purchase was, and the last, as people count them: today is 0.
    pub(super) fn ago(&self, at: DateTime<Utc>) -> Option<[i64; 2]> {
        let known = self.at(at)?;
        Some([day(at) - known.first, day(at) - known.last])
    }

    /// Whether all that was paid can be added up.
    pub(super) fn adds_up(&self, at: DateTime<Utc>) -> bool {
        self.at(at).is_some_and(|known| known.adds_up)
    }

    /// What is spent in a purchase, where somebody came again and it adds up.
    pub(super) fn spend(&self, at: DateTime<Utc>) -> Option<Spend> {
        let known = self.at(at).filter(|known| known.adds_up && known.again > 0 && known.paid_again > 0.0)?;
        Spend::new(known.again, known.paid_again / f64::from(known.again)).ok()
    }
}
