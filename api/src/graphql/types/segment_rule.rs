//! For now.
use async_graphql::OneofObject;
use segments::{Problems, Rule};

use crate::graphql::error::{ErrorCode, UserError};

/// A rule.
#[derive(OneofObject)]
pub(crate) enum SegmentRuleInput {
    /// In words.
    Text(String),
}

impl SegmentRuleInput {
    pub(in crate::graphql) fn read(self) -> Result<Rule, Problems> {
        let Self::Text(text) = self;
        Rule::parse(&text)
    }
}

pub(in crate::graphql) fn errors(problems: Problems, root: &[&str]) -> Vec<UserError> {
    problems
        .0
        .into_iter()
        .map(|problem| UserError::new(ErrorCode::Invalid, &problem.to_string(), root))
        .collect()
}
