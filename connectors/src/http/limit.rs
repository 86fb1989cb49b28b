//! The client-side rate limit: better to wait here than to be refused there.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

/// How fast a vendor may be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Requests per second in the long run, above 0.
    pub per_second: f64,
    /// How many requests may go out at once after a pause, at least 1.
    pub burst: u32,
    /// How many requests may be under way at the same time, at least 1.
    pub concurrency: usize,
}

/// Keeps a [`Limit`]. It remembers one instant (the generic cell rate algorithm), so it costs nothing.
#[derive(Debug)]
pub(super) struct Limiter {
    interval: Duration,
    allowance: Duration,
    /// When everything admitted so far will have been paid for at the long-run rate.
    paid_until: Mutex<Instant>,
    slots: Semaphore,
}

impl Limiter {
    pub(super) fn new(limit: Limit) -> Self {
        let interval = Duration::from_secs_f64(1.0 / limit.per_second.clamp(0.001, 1_000_000.0));
        Self {
            interval,
            allowance: interval * limit.burst.max(1),
            paid_until: Mutex::new(Instant::now()),
            slots: Semaphore::new(limit.concurrency.max(1)),
        }
    }

    /// Waits until a request of this weight may go; the permit is held while the request is under way.
    /// Says how long it waited.
    pub(super) async fn admit(&self, weight: u32) -> (Option<SemaphorePermit<'_>>, Duration) {
        let asked = Instant::now();
        // The semaphore is never closed, so this is always a permit.
        let permit = self.slots.acquire().await.ok();
        let go = {
            let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            *paid_until = (*paid_until).max(now) + self.interval * weight;
            paid_until.checked_sub(self.allowance).map_or(now, |go| go.max(now))
        };
        sleep_until(go).await;
        (permit, asked.elapsed())
    }

    /// Lets nobody go before `pause` is over: the vendor has asked for quiet.
    pub(super) fn hold(&self, pause: Duration) {
        let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paid_until = (*paid_until).max(Instant::now() + pause + self.allowance - self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_second: f64, burst: u32) -> Limiter {
        Limiter::new(Limit { per_second, burst, concurrency: 4 })
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_of_ten_seconds_holds_more_than_the_burst_and_ten_seconds_of_rate() {
        let limiter = limiter(8.0, 20);
        let start = Instant::now();
        let mut admitted = Vec::new();
        for _ in 0..300 {
            limiter.admit(1).await;
            admitted.push(start.elapsed());
        }
        for (first, at) in admitted.iter().enumerate() {
            let end = *at + Duration::from_secs(10);
            let inside = admitted[first..].iter().take_while(|t| **t < end).count();
            assert!(inside <= 101, "{inside} requests within ten seconds");
        }
        let whole = admitted[299].as_secs_f64();
        assert!((34.0..36.0).contains(&whole), "300 requests took {whole} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_heavy_request_uses_up_more_of_the_allowance() {
        let limiter = limiter(10.0, 1);
        limiter.admit(1).await;
        let (_, waited) = limiter.admit(2).await;
        assert_eq!(waited.as_millis(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_stops_every_request_for_its_length() {
        let limiter = limiter(10.0, 5);
        limiter.hold(Duration::from_secs(7));
        let (_, waited) = limiter.admit(1).await;
        assert_eq!(waited.as_secs(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_are_under_way_than_the_limit_allows() {
        let limiter = Limiter::new(Limit { per_second: 1000.0, burst: 10, concurrency: 1 });
        let first = limiter.admit(1).await;
        let second = tokio::time::timeout(Duration::from_secs(5), limiter.admit(1));
        assert!(second.await.is_err());
        drop(first);
        limiter.admit(1).await;
    }
}
