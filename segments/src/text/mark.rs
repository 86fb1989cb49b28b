use crate::problem::{Position, Problem};

/// Where a condition stands in the text, and those that it holds.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(super) at: Position,
    pub(super) inner: Vec<Mark>,
}

impl Mark {
    /// Adds to a problem where its condition begins.
    pub(crate) fn locate(&self, mut problem: Problem) -> Problem {
        let mut mark = self;
        for part in problem.path.split('.') {
            let index = match part.split_once('[') {
                Some(("all" | "any", index)) => index.trim_end_matches(']').parse().ok(),
                None if part == "not" => Some(0),
                _ => None,
            };
            match index.and_then(|index: usize| mark.inner.get(index)) {
                Some(inner) => mark = inner,
                None => break,
            }
        }
        problem.position = Some(mark.at);
        problem
    }
}
