//! A server while it runs: its shared state and the handle on it.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize},
    },
};

use axum::middleware;
use chrono::{DateTime, SubsecRound, Utc};
use tokio::{net::TcpListener, sync::oneshot};

use super::{
    attend::attend,
    damage::Stored,
    faults::Faults,
    limit::Bucket,
    log::{Log, Request},
    vendor::Vendor,
};
use crate::clock::Clock;

/// A vendor's server on a loopback port. It stops when dropped.
#[derive(Debug)]
pub struct Server<V: Vendor> {
    address: SocketAddr,
    shared: Shared<V>,
    /// Dropping this ends the server.
    _running: oneshot::Sender<()>,
}

/// When a change says that it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Now, by the server's clock.
    Now,
    /// The update time stays as it was, as after a change behind the vendor's back.
    Keep,
    /// At that instant.
    At(DateTime<Utc>),
}

/// What handlers, middleware and the handle of one server share.
#[derive(Debug)]
#[doc(hidden)]
pub struct Shared<V>(Arc<Inner<V>>);

impl<V> Clone for Shared<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Inner<V> {
    origin: String,
    data: Mutex<V>,
    clock: Clock,
    faults: Mutex<Faults>,
    log: Mutex<Log>,
    bucket: Mutex<Bucket>,
    stored: Mutex<HashMap<String, Stored>>,
    under_way: AtomicUsize,
    served: AtomicU64,
}

impl<V: Vendor> Server<V> {
    /// Binds a free port of the loopback interface and serves there.
    pub(super) async fn start(data: V, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Shared(Arc::new(Inner {
            origin: format!("http://{address}"),
            data: Mutex::new(data),
            clock,
            faults: Mutex::default(),
            log: Mutex::default(),
            bucket: Mutex::new(Bucket::new(V::RATE_LIMIT)),
            stored: Mutex::default(),
            under_way: AtomicUsize::new(0),
            served: AtomicU64::new(0),
        }));
        let router = V::routes()
            .layer(middleware::from_fn_with_state(shared.clone(), attend::<V>))
            .with_state(shared.clone());
        let (running, dropped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stop = async move {
                // Nothing is ever sent: an error means that the handle is gone.
                let _ = dropped.await;
            };
            // The listener is bound and axum retries a failed accept: there is no error to pass on.
            let _ = axum::serve(listener, router).with_graceful_shutdown(stop).await;
        });
        Ok(Self { address, shared, _running: running })
    }

    /// Where it listens: `http://127.0.0.1:PORT`, without a path.
    pub fn base_url(&self) -> String {
        self.shared.0.origin.clone()
    }

    /// The root of the vendor's interface: [`Server::base_url`] with `/wp-json/wc/v3` for the shop, `/3.0` for
    /// Mailchimp, and nothing for HubSpot.
    pub fn api_url(&self) -> String {
        format!("{}{}", self.shared.0.origin, V::API_PATH)
    }

    /// Address and port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The newest requests (at most 10,000), oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log().newest()
    }

    /// How many requests came since the start or the last [`Server::forget_requests`].
    pub fn request_count(&self) -> u64 {
        self.shared.log().total()
    }

    /// Empties the log.
    pub fn forget_requests(&self) {
        self.shared.log().clear();
    }

    /// Replaces the faults; counting begins anew.
    pub fn set_faults(&self, faults: Faults) {
        *self.shared.faults() = faults;
        self.shared.stored().clear();
    }

    /// Sets the rate limit, in requests per ten seconds.
    pub fn set_rate_limit(&self, per_ten_seconds: u32) {
        *self.shared.bucket() = Bucket::new(per_ten_seconds);
    }

    /// The server's time, wrong by the skew that its faults give it.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.now()
    }

    /// Reads the data.
    pub fn read<T>(&self, look: impl FnOnce(&V) -> T) -> T {
        look(&self.shared.data())
    }

    /// Changes the data in a way for which there is no method.
    pub fn change<T>(&self, change: impl FnOnce(&mut V) -> T) -> T {
        change(&mut self.shared.data())
    }

    /// The update time that a change leaves behind.
    pub(crate) fn stamp(&self, stamp: Stamp, before: DateTime<Utc>) -> DateTime<Utc> {
        match stamp {
            Stamp::Now => self.now(),
            Stamp::Keep => before,
            Stamp::At(instant) => instant,
        }
    }
}

impl<V> Shared<V> {
    pub(crate) fn data(&self) -> MutexGuard<'_, V> {
        open(&self.0.data)
    }

    pub(crate) fn origin(&self) -> &str {
        &self.0.origin
    }

    /// To the millisecond, as vendors stamp.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.0.clock.now() + self.faults().clock_skew).trunc_subsecs(3)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        open(&self.0.faults)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        open(&self.0.log)
    }

    pub(super) fn bucket(&self) -> MutexGuard<'_, Bucket> {
        open(&self.0.bucket)
    }

    pub(super) fn stored(&self) -> MutexGuard<'_, HashMap<String, Stored>> {
        open(&self.0.stored)
    }

    pub(super) fn under_way(&self) -> &AtomicUsize {
        &self.0.under_way
    }

    pub(super) fn served(&self) -> &AtomicU64 {
        &self.0.served
    }
}

/// A panic of one request must not take the server down.
fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
