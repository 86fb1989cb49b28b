//! What changed, told to all who follow it: one poller for the whole process, and only while somebody listens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use profiles::view::changes::Change;
use profiles::{Profiles, Result};
use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// The most changes told at once.
const STEP: u64 = 500;
/// How many steps a follower may lag behind before it is left behind.
const BACKLOG: usize = 64;
/// How long to wait after the database failed.
const PAUSE: Duration = Duration::from_secs(5);

/// One step of changes, in their order.
pub(super) type Step = Arc<Vec<Change>>;

/// The feed of changes of one process.
#[derive(Clone)]
pub(super) struct Feed(Arc<Inner>);

struct Inner {
    profiles: Profiles,
    every: Duration,
    /// Present while a poller runs.
    sender: Mutex<Option<Sender<Step>>>,
}

impl Feed {
    pub(super) fn new(profiles: Profiles, every: Duration) -> Self {
        Self(Arc::new(Inner { profiles, every, sender: Mutex::new(None) }))
    }

    /// Follows every change from now on.
    pub(super) async fn follow(&self) -> Result<Receiver<Step>> {
        if let Some(sender) = &*self.sender() {
            return Ok(sender.subscribe());
        }
        let start = self.0.profiles.latest_revision().await?;
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

    fn sender(&self) -> std::sync::MutexGuard<'_, Option<Sender<Step>>> {
        self.0.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn poll(self, sender: Sender<Step>, mut revision: i64) {
        let mut profile = None;
        let mut tick = interval(self.0.every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.left_alone(&sender) {
            tick.tick().await;
            loop {
                let step = match self.0.profiles.changed_since(revision, profile, STEP).await {
                    Ok(step) => step,
                    Err(error) => {
                        tracing::warn!(%error, "changes cannot be followed; trying again");
                        sleep(PAUSE).await;
                        break;
                    }
                };
                let Some(last) = step.last() else { break };
                (revision, profile) = (last.revision, Some(last.profile));
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
    fn left_alone(&self, sender: &Sender<Step>) -> bool {
        let mut running = self.sender();
        let alone = sender.receiver_count() == 0;
        if alone {
            *running = None;
        }
        alone
    }
}
