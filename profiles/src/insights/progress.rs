//! How far learning has come, and whether it shall go on: told across threads.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use serde::{Deserialize, Serialize};

use super::kind::Unlearned;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// What is known is read.
    Reading,
    /// The model is fitted to it.
    Fitting,
    /// It is tested on the past.
    Testing,
}

/// How far the learning of one model has come. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    phase: Mutex<Option<Phase>>,
    given_up: AtomicBool,
}

impl Progress {
    /// Says what is done next.
    ///
    /// # Errors
    /// [`Unlearned::GivenUp`] where nobody waits for it any more. Call it between the parts of long work.
    pub(super) fn at(&self, phase: Phase) -> Result<(), Unlearned> {
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner) = Some(phase);
        if self.0.given_up.load(Ordering::Relaxed) { Err(Unlearned::GivenUp) } else { Ok(()) }
    }

    /// What is being done.
    pub(super) fn phase(&self) -> Option<Phase> {
        *self.0.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has it end at the next opportunity.
    pub(super) fn give_up(&self) {
        self.0.given_up.store(true, Ordering::Relaxed);
    }
}
