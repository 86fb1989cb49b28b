//! What changed, told to all who follow it: one poller a feed for the whole process, and only while somebody listens.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use profiles::audiences::MembershipChange;
use profiles::view::changes::Change;
use profiles::{Profiles, Result};
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

/// The most changes told at once.
const STEP: u64 = 500;
/// How many steps a follower may lag behind before it is left behind.
const BACKLOG: usize = 64;
/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(5);

/// A kind of change that has an order.
pub(super) trait Followed: Send + Sync + Sized + 'static {
    /// Where in that order something is.
    type Place: Send;

    /// The place of the last one.
    fn last(profiles: &Profiles) -> impl Future<Output = Result<Self::Place>> + Send;
    /// The next ones after a place, at most `limit`.
    fn after(
        profiles: &Profiles,
        place: &Self::Place,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<Self>>> + Send;
    /// The place of this one.
    fn place(&self) -> Self::Place;
}

impl Followed for Change {
    type Place = (i64, Option<Uuid>);

    async fn last(profiles: &Profiles) -> Result<Self::Place> {
        Ok((profiles.latest_revision().await?, None))
    }

    async fn after(profiles: &Profiles, place: &Self::Place, limit: u64) -> Result<Vec<Self>> {
        profiles.changed_since(place.0, place.1, limit).await
    }

    fn place(&self) -> Self::Place {
        (self.revision, Some(self.profile))
    }
}

impl Followed for MembershipChange {
    type Place = i64;

    async fn last(profiles: &Profiles) -> Result<i64> {
        profiles.latest_membership_change().await
    }

    async fn after(profiles: &Profiles, place: &i64, limit: u64) -> Result<Vec<Self>> {
        profiles.membership_changes(*place, limit).await
    }

    fn place(&self) -> i64 {
        self.id
    }
}

/// One step of changes, in their order.
pub(super) type Step<T> = Arc<Vec<T>>;

/// The feed of one kind of change of one process.
pub(super) struct Feed<T>(Arc<Inner<T>>);

impl<T> Clone for Feed<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Inner<T> {
    profiles: Profiles,
    every: Duration,
    /// Present while a poller runs.
    sender: Mutex<Option<Sender<Step<T>>>>,
}

impl<T: Followed> Feed<T> {
    pub(super) fn new(profiles: Profiles, every: Duration) -> Self {
        Self(Arc::new(Inner { profiles, every, sender: Mutex::new(None) }))
    }

    /// Follows every change from now on.
    pub(super) async fn follow(&self) -> Result<Receiver<Step<T>>> {
        if let Some(sender) = &*self.sender() {
            return Ok(sender.subscribe());
        }
        let start = T::last(&self.0.profiles).await?;
        let mut running = self.sender();
        // Somebody else may have started one meanwhile; it tells whatever happens from here on.
        if let Some(sender) = &*running {
            return Ok(sender.subscribe());
        }
        let (sender, receiver) = broadcast::channel(BACKLOG);
        *running = Some(sender.clone());
        tokio::spawn(self.clone().poll(sender, start));
        Ok(receiver)
    }

    fn sender(&self) -> std::sync::MutexGuard<'_, Option<Sender<Step<T>>>> {
        self.0.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn poll(self, sender: Sender<Step<T>>, mut place: T::Place) {
        let mut tick = interval(self.0.every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.left_alone(&sender) {
            tick.tick().await;
            loop {
                let step = match T::after(&self.0.profiles, &place, STEP).await {
                    Ok(step) => step,
                    Err(error) => {
                        tracing::warn!(%error, "changes cannot be followed; trying again");
                        sleep(PAUSE).await;
                        break;
                    }
                };
                let Some(last) = step.last() else { break };
                place = last.place();
                let full = step.len() as u64 == STEP;
                // Nobody listening is no failure: it is found out above.
                let _ = sender.send(Arc::new(step));
                if !full {
                    break;
                }
            }
        }
    }

    /// Whether nobody listens any more; then the next follower starts a new poller.
    fn left_alone(&self, sender: &Sender<Step<T>>) -> bool {
        let mut running = self.sender();
        let alone = sender.receiver_count() == 0;
        if alone {
            *running = None;
        }
        alone
    }
}
