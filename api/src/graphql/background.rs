//! What a request begins and does not wait for: syncs and trainings that somebody asked for.

use std::sync::{Mutex, PoisonError};

use profiles::sync::{Run, Trigger};
use profiles::{Error, Profiles, Result};
use tokio::sync::{oneshot, watch};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Works beyond the request that asked for it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Background {
    stop: watch::Receiver<bool>,
    tasks: TaskTracker,
}

impl Background {
    /// Runs end, at their last committed page, once `stop` is true.
    pub fn new(stop: watch::Receiver<bool>) -> Self {
        Self { stop, tasks: TaskTracker::new() }
    }

    /// Waits for the runs under way; to be called once `stop` is true.
    pub async fn finished(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Begins to learn. What this process does not end, another one does.
    pub(super) fn train(&self, profiles: &Profiles, training: Uuid) {
        let (profiles, stop) = (profiles.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            if let Err(error) = profiles.work_on_training(training, stop).await {
                tracing::error!(%training, %error, "models cannot be learned; trying again within a minute");
            }
        });
    }

    /// Starts a run of a connector and returns it as soon as it has begun.
    pub(super) async fn sync(&self, profiles: &Profiles, connector: Uuid) -> Result<Run> {
        let (begun, beginning) = oneshot::channel();
        let (profiles, stop) = (profiles.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let begun = Mutex::new(Some(begun));
            let tell = |outcome: Result<Run>| {
                let waiting = begun.lock().unwrap_or_else(PoisonError::into_inner).take();
                match (waiting, outcome) {
                    (Some(waiting), outcome) => drop(waiting.send(outcome)),
                    (None, Err(error)) => tracing::error!(%connector, %error, "sync failed"),
                    (None, Ok(_)) => {}
                }
            };
            let outcome =
                profiles.run_connector(connector, Trigger::Manual, stop, |run| tell(Ok(run.clone()))).await;
            tell(outcome);
        });
        beginning.await.unwrap_or_else(|_| Err(Error::Conflict("the sync ended before it began".to_owned())))
    }
}
