//! What an answer of a tool comes to.

use super::contract::{Change, Outcome};
use crate::error::Error;

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
                Self::Retry { after: *retry_after, why: format!("{url}: {last}") }
            }
            error => Self::Retry { after: None, why: error.to_string() },
        }
    }

    /// What an answer comes to whose body says nothing more.
    pub(super) fn told<T>(answer: &Result<T, Error>) -> Self {
        match answer {
            Ok(_) => Self::Delivered,
            Err(error) => Self::of(error),
        }
    }
}

/// Tells many changes in parts, one after the other. A part of which several are refused is told in halves, until whatever is
/// wrong stands alone and takes nobody else with it.
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
