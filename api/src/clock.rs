//! The wall clock: the one place in the program that reads it.
//!
//! Everything below takes the instant as an argument, so that tests move time by hand and a rebuild gives the same
//! result on another day.

use chrono::{DateTime, SubsecRound, Utc};

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The present instant in UTC, cut to microseconds, which is what both databases keep.
    #[expect(clippy::disallowed_methods, reason = "this is the room that owns the wall clock")]
    pub fn now(self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

impl profiles::Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        (*self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_carry_no_more_than_the_databases_keep() {
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
    }
}
