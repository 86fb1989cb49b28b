//! Rate limit of a server: a token bucket on tokio's clock.

use tokio::time::{Duration, Instant};

/// The span in which a full bucket may be spent, as HubSpot counts.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);

/// So many requests in ten seconds, refilled evenly.
#[derive(Debug)]
pub(super) struct Bucket {
    capacity: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(super) fn new(capacity: u32) -> Self {
        let capacity = f64::from(capacity);
        Self { capacity, tokens: capacity, filled: Instant::now() }
    }

    /// Takes a token; what remains, or `None` if there was none to take.
    pub(super) fn take(&mut self) -> Option<u64> {
        let now = Instant::now();
        let refill = now.duration_since(self.filled).as_secs_f64() / INTERVAL.as_secs_f64() * self.capacity;
        self.tokens = (self.tokens + refill).min(self.capacity);
        self.filled = now;
        if self.tokens < 1.0 {
            return None;
        }
        self.tokens -= 1.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and a u32")]
        let remaining = self.tokens as u64;
        Some(remaining)
    }

    pub(super) fn capacity(&self) -> f64 {
        self.capacity
    }
}
