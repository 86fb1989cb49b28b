//! The vendors' common time.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// The time that the servers of a fleet show in their `Date` header and stamp changes with.
///
/// It starts at [`crate::Seed::now`] and runs with tokio's clock, so that it pauses with it; a test can also
/// hold it at an instant. Clones share one time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    at: DateTime<Utc>,
    /// When `at` was set; `None` while the clock is held.
    running_since: Option<Instant>,
}

impl Clock {
    pub(crate) fn starting_at(at: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(Hands { at, running_since: Some(Instant::now()) })))
    }

    /// The time by this clock.
    pub fn now(&self) -> DateTime<Utc> {
        let hands = self.hands();
        let run = hands.running_since.map_or(TimeDelta::zero(), |since| {
            TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::zero())
        });
        hands.at + run
    }

    /// Sets the clock and lets it run on from there.
    pub fn set(&self, at: DateTime<Utc>) {
        *self.hands() = Hands { at, running_since: Some(Instant::now()) };
    }

    /// Sets the clock and holds it there.
    pub fn hold(&self, at: DateTime<Utc>) {
        *self.hands() = Hands { at, running_since: None };
    }

    /// Moves the clock on by that span, running or held as it is.
    pub fn advance(&self, by: TimeDelta) {
        self.hands().at += by;
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_moves_only_when_told() {
        let start = DateTime::UNIX_EPOCH;
        let clock = Clock::starting_at(start);
        clock.hold(start);
        assert_eq!(clock.now(), start);
        clock.clone().advance(TimeDelta::hours(2));
        assert_eq!(clock.now(), start + TimeDelta::hours(2));
    }
}
