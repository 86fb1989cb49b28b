//! How often one may ask.
//!
//! Three meters: each caller has a rate of its own, each visitor of a page one that crowds out no other caller, and each network address has one for requests without a key that
//! this process knows. A known key is never measured by its address, so that nobody behind the same proxy is locked out
//! by a neighbour who guesses; a guess beyond the rate is refused without being looked up.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;
use uuid::Uuid;

use super::AuthError;
use crate::config::HttpSettings;

/// How often those who are back at their full allowance are forgotten.
const SWEEP: Duration = Duration::from_secs(1);
/// Who are measured at once, at most; beyond, whoever it is has to wait. Only an attack comes near.
const MOST: usize = 1 << 16;

/// The meters of a server.
pub(super) struct Rates {
    callers: Option<Meter<Uuid>>,
    visitors: Option<Meter<Uuid>>,
    strangers: Option<Meter<IpAddr>>,
}

impl Rates {
    pub(super) fn new(settings: &HttpSettings) -> Self {
        let callers = NonZeroU32::new(settings.requests_per_second);
        let visitors = NonZeroU32::new(settings.visitor_requests_per_minute);
        let strangers = NonZeroU32::new(settings.strangers_per_minute);
        Self {
            callers: callers
                .map(|rate| Meter::new(Quota::per_second(rate).allow_burst(settings.request_burst))),
            visitors: visitors.map(|rate| Meter::new(Quota::per_minute(rate))),
            strangers: strangers.map(|rate| Meter::new(Quota::per_minute(rate))),
        }
    }

    /// Counts one operation of a caller.
    pub(super) fn count(&self, caller: Uuid) -> Result<(), AuthError> {
        self.callers.as_ref().map_or(Ok(()), |meter| meter.count(&caller))
    }

    /// Counts one operation of a visitor.
    pub(super) fn count_visitor(&self, visitor: Uuid) -> Result<(), AuthError> {
        self.visitors.as_ref().map_or(Ok(()), |meter| meter.count(&visitor))
    }

    /// Counts one request by somebody who is not known, from an address.
    pub(super) fn count_stranger(&self, address: Option<IpAddr>) -> Result<(), AuthError> {
        let address = address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        self.strangers.as_ref().map_or(Ok(()), |meter| meter.count(&subscriber(address)))
    }
}

/// What one subscriber of the Internet has: an address of version 4, a network of 64 bits of version 6.
fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// One rate, kept apart for every key, by the generic cell rate algorithm.
struct Meter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, Ticking>,
    swept: Mutex<Instant>,
}

impl<K: Hash + Eq + Clone> Meter<K> {
    fn new(quota: Quota) -> Self {
        Self { limiter: RateLimiter::hashmap_with_clock(quota, Ticking), swept: Mutex::new(Instant::now()) }
    }

    fn count(&self, key: &K) -> Result<(), AuthError> {
        self.sweep();
        if self.limiter.len() >= MOST {
            return Err(AuthError::TooMany(1));
        }
        self.limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(Ticking.now());
            AuthError::TooMany(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        })
    }

    /// Forgets who is back at the full allowance, which is as good as never having come.
    fn sweep(&self) {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.elapsed() >= SWEEP {
            *swept = Instant::now();
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}

/// The clock of tokio: it never goes back, and tests move it by hand.
#[derive(Clone)]
struct Ticking;

impl Clock for Ticking {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        Instant::now().into_std()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn rates(requests_per_second: u32, burst: u32, strangers_per_minute: u32) -> Rates {
        let request_burst = NonZeroU32::new(burst).unwrap();
        let settings = HttpSettings::default();
        Rates::new(&HttpSettings { requests_per_second, request_burst, strangers_per_minute, ..settings })
    }

    fn come(rates: &Rates, address: &str) -> Result<(), AuthError> {
        rates.count_stranger(Some(address.parse().unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_has_a_burst_and_then_a_rate_that_others_do_not_use_up() {
        let (rates, one, other) = (rates(2, 3, 1), Uuid::from_u128(1), Uuid::from_u128(2));
        for _ in 0..3 {
            assert_eq!(rates.count(one), Ok(()));
        }
        assert_eq!(rates.count(one), Err(AuthError::TooMany(1)));
        assert_eq!(rates.count(other), Ok(()));
        advance(Duration::from_millis(499)).await;
        assert!(rates.count(one).is_err());
        advance(Duration::from_millis(1)).await;
        assert_eq!(rates.count(one), Ok(()));
        assert!(rates.count(one).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_is_measured_by_the_minute_and_told_how_long_to_wait() {
        let rates = rates(1, 1, 2);
        for _ in 0..2 {
            assert_eq!(come(&rates, "192.0.2.1"), Ok(()));
        }
        assert_eq!(come(&rates, "192.0.2.1"), Err(AuthError::TooMany(30)));
        assert_eq!(come(&rates, "192.0.2.2"), Ok(()));
        advance(Duration::from_secs(30)).await;
        assert_eq!(come(&rates, "192.0.2.1"), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_addresses_of_one_subscriber_count_as_one() {
        let rates = rates(1, 1, 1);
        assert_eq!(come(&rates, "2001:db8::1"), Ok(()));
        assert!(come(&rates, "2001:db8::ffff:2").is_err());
        assert_eq!(come(&rates, "2001:db8:0:1::1"), Ok(()));
        assert_eq!(come(&rates, "::ffff:192.0.2.1"), Ok(()));
        assert!(come(&rates, "192.0.2.1").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn zero_switches_off() {
        let rates = rates(0, 1, 0);
        for _ in 0..1_000 {
            assert_eq!(rates.count(Uuid::nil()), Ok(()));
            assert_eq!(rates.count_stranger(None), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_quiet_is_forgotten_and_memory_is_bounded() {
        let rates = rates(1, 1, 60);
        let meter = rates.strangers.as_ref().unwrap();
        let come =
            |count: u32| (0..count).filter(|n| meter.count(&IpAddr::from(n.to_be_bytes())).is_err()).count();
        assert_eq!(come(1_000), 0);
        assert_eq!(meter.limiter.len(), 1_000);
        advance(Duration::from_mins(2)).await;
        assert_eq!(come(1), 0);
        assert_eq!(meter.limiter.len(), 1);
        let most = u32::try_from(MOST).unwrap();
        assert_eq!(come(most + 100), 100);
        assert_eq!(meter.limiter.len(), MOST);
        advance(Duration::from_mins(2)).await;
        assert_eq!(come(1), 0);
    }
}
