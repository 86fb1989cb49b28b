//! Whom a segment means, as clients say it: a rule of the crate `segments`, in words or typed.
//!
//! The typed form is the JSON form of a rule, name by name, so that either can be pasted as the other. `condition.rs` has
//! the conditions, `events.rs` and `orders.rs` what those about events and orders hold, `test.rs` the tests, `time.rs`
//! windows, `scalars.rs` the values that may be of several kinds, `whole.rs` sees to it that nothing gets lost.
//!
//! This room must never decide what a rule means or whether it makes sense: it hands the JSON form to the crate, and what
//! is wrong comes back as data with the place in the argument.

mod condition;
mod events;
mod orders;
mod scalars;
mod test;
mod time;
mod whole;

use async_graphql::OneofObject;
use segments::{Problem, Problems, Rule};

use crate::graphql::error::{ErrorCode, UserError};
use condition::SegmentCondition;
pub(in crate::graphql) use scalars::SegmentDuration;
use whole::Whole;

/// Whom a segment means.
#[derive(Debug, OneofObject)]
pub(crate) enum SegmentRuleInput {
    /// The rule in words, such as `total of orders in EUR >= 500 within the last 365 days`.
    Text(String),
    /// The rule as conditions: its JSON form. At most 500 conditions, 20 levels deep.
    Condition(Whole<SegmentCondition>),
}

impl SegmentRuleInput {
    /// Reads and checks the rule. The paths of problems begin in this input: `condition.all[1].did.times`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(in crate::graphql) fn read(self) -> Result<Rule, Problems> {
        match self {
            Self::Text(text) => Rule::parse(&text).map_err(|Problems(problems)| {
                // Where in the text it is, the position says.
                Problems(problems.into_iter().map(|problem| at("text", problem)).collect())
            }),
            Self::Condition(condition) => {
                let problems = |problems: Vec<Problem>| {
                    let within = |problem: Problem| at(&joined("condition", &problem.path), problem);
                    Problems(problems.into_iter().map(within).collect())
                };
                let json = condition.into_value().into_json().map_err(|error| {
                    problems(vec![Problem {
                        path: String::new(),
                        message: error.to_string(),
                        position: None,
                    }])
                })?;
                Rule::from_value(&json).map_err(|Problems(found)| problems(found))
            }
        }
    }
}

fn at(path: &str, problem: Problem) -> Problem {
    Problem { path: path.to_owned(), ..problem }
}

fn joined(above: &str, path: &str) -> String {
    if path.is_empty() { above.to_owned() } else { format!("{above}.{path}") }
}

/// What is wrong with a rule, as data. `root` is the argument that holds the [`SegmentRuleInput`], from the outside in.
pub(in crate::graphql) fn errors(problems: Problems, root: &[&str]) -> Vec<UserError> {
    let error = |Problem { path, message, position }: Problem| {
        let parts = path.split(['.', '[', ']']).filter(|part| !part.is_empty());
        let path: Vec<&str> = root.iter().copied().chain(parts).collect();
        let message = match position {
            Some(position) => format!("line {}, column {}: {message}", position.line, position.column),
            None => message,
        };
        UserError::new(ErrorCode::Invalid, message, &path)
    };
    problems.0.into_iter().map(error).collect()
}

#[cfg(test)]
mod tests;
