//! What an answer of a tool comes to.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::contract::{Change, Outcome};
use crate::{error::Error, http::concerns_all};

/// Statuses by which a tool says that it is the change that is wrong, and no setting and no moment.
const FINAL: [u16; 5] = [400, 410, 413, 415, 422];

impl Outcome {
    /// What a failure comes to. Wrong credentials or a wrong address are put right by somebody, and nothing is lost until then.
    pub(super) fn of(error: &Error) -> Self {
        match error {
            Error::Status { status, .. } if FINAL.contains(status) => {
                Self::Refused { why: error.to_string() }
            }
            Error::Exhausted { url, last, retry_after, .. } => {
                let after = concerns_all(error).then(|| retry_after.unwrap_or_default());
                Self::Retry { after, why: format!("{url}: {last}") }
            }
            error => Self::Retry {
                after: concerns_all(error).then_some(std::time::Duration::ZERO),
                why: error.to_string(),
            },
        }
    }

    /// Whether nothing else is to be sent now.
    fn ends_the_call(&self) -> bool {
        matches!(self, Self::Retry { after: Some(_), .. })
    }

    /// What an answer comes to whose body says nothing more.
    pub(super) fn told<T>(answer: &Result<T, Error>) -> Self {
        match answer {
            Ok(_) => Self::Delivered,
            Err(error) => Self::of(error),
        }
    }
}

/// Calls of which each is about one change: once the tool is to be left alone, the others are not made.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls {
    ended: Arc<AtomicBool>,
}

impl Calls {
    pub(super) async fn make(self, call: impl Future<Output = Outcome>) -> Outcome {
        if self.ended.load(Ordering::Relaxed) {
            return Outcome::Unsent;
        }
        let outcome = call.await;
        if outcome.ends_the_call() {
            self.ended.store(true, Ordering::Relaxed);
        }
        outcome
    }
}

/// Tells many changes in parts, one after the other. A part of which several are refused is told in halves, until whatever is
/// wrong stands alone and takes nobody else with it. Once the tool is to be left alone, the other parts are not told.
pub(super) struct Parts<'a> {
    waiting: Vec<&'a [Change]>,
    outcomes: Vec<Outcome>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(changes: &'a [Change]) -> Self {
        Self { waiting: vec![changes], outcomes: Vec::with_capacity(changes.len()) }
    }

    /// The next part to be told; none where all are.
    pub(super) fn next(&mut self) -> Option<&'a [Change]> {
        if self.outcomes.iter().any(Outcome::ends_the_call) {
            let unsent = self.waiting.drain(..).map(<[Change]>::len).sum::<usize>();
            self.outcomes.extend(vec![Outcome::Unsent; unsent]);
        }
        self.waiting.pop().filter(|part| !part.is_empty())
    }

    /// A part is too large to be told at once. False where it is only one.
    pub(super) fn halve(&mut self, part: &'a [Change]) -> bool {
        let (first, second) = part.split_at(part.len() / 2);
        let halved = !first.is_empty();
        if halved {
            self.waiting.extend([second, first]);
        }
        halved
    }

    /// What came of a part: of each change, or the same of all.
    pub(super) fn came_to(&mut self, part: &'a [Change], outcomes: Vec<Outcome>) {
        let refused = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Refused { .. })).count();
        if refused < 2 || !self.halve(part) {
            self.outcomes.extend(outcomes);
        }
    }

    /// Of all of them, in their order.
    pub(super) fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }
}
