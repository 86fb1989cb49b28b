//! What a failure looks like to a client.
//!
//! An expected failure of a mutation is data: a [`UserError`] in its payload. Everything else is a top-level error with
//! `extensions.code`, or without one if nobody foresaw it; the HTTP shell hides and logs those.

use std::borrow::Borrow;

use async_graphql::{Enum, Error, ErrorExtensions, SimpleObject};
use profiles::Error as Failure;

use crate::http::code;

/// A top-level error with a code.
pub(super) fn refused(code: &str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// A top-level error about an argument.
pub(super) fn bad_input(message: impl Into<String>) -> Error {
    refused(code::BAD_USER_INPUT, message)
}

/// The top-level error of a failure below.
pub(super) fn top(failure: impl Borrow<Failure>) -> Error {
    match failure.borrow() {
        failure @ Failure::Invalid { .. } => bad_input(failure.to_string()),
        failure @ Failure::NotFound { .. } => refused(code::NOT_FOUND, failure.to_string()),
        failure @ Failure::Erased { .. } => refused(code::ERASED, failure.to_string()),
        failure => unforeseen(failure),
    }
}

/// A failure that is the server's. It carries no code, so the HTTP shell hides it.
pub(super) fn unforeseen(failure: &impl ToString) -> Error {
    Error::new_with_source(failure.to_string())
}

/// Why a mutation did not do what it was asked to. It changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub(crate) struct UserError {
    /// What sort of failure it is.
    code: ErrorCode,
    /// What went wrong, for a person.
    message: String,
    /// The part of the arguments that it is about, from the outside in: `["input", "schedule"]`. Empty if it is about
    /// none.
    path: Vec<String>,
}

/// The sorts of failure of a mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ErrorCode {
    /// An argument cannot be used; `path` says which.
    Invalid,
    /// There is no such object.
    NotFound,
    /// There was such an object, and the person whose it was has been erased.
    Erased,
    /// Something else is in the way, such as a sync under way. Later it may work.
    Conflict,
    /// The source refused the credentials.
    UnauthorizedAtSource,
    /// The source answered with something that cannot be used.
    UnusableAnswer,
    /// The source does not answer, or asks to wait. Trying again later may help.
    Unavailable,
}

impl UserError {
    /// The failure as data, if it is one that is foreseen. `root` is the argument that holds the fields.
    ///
    /// # Errors
    /// A top-level error for the others.
    pub(super) fn of(failure: &Failure, root: &str) -> Result<Self, Error> {
        use connectors::Error as AtSource;
        let (code, path) = match failure {
            Failure::Invalid { path, .. } => (ErrorCode::Invalid, within(root, path)),
            Failure::Connector(AtSource::Configuration { path, .. }) => {
                (ErrorCode::Invalid, within(root, &in_input(path)))
            }
            Failure::NotFound { .. } => (ErrorCode::NotFound, vec!["id".to_owned()]),
            Failure::Erased { .. } => (ErrorCode::Erased, vec!["id".to_owned()]),
            Failure::Conflict(_) => (ErrorCode::Conflict, Vec::new()),
            Failure::Connector(AtSource::Unauthorized { .. }) => {
                (ErrorCode::UnauthorizedAtSource, Vec::new())
            }
            Failure::Connector(AtSource::Exhausted { .. }) => (ErrorCode::Unavailable, Vec::new()),
            Failure::Connector(_) => (ErrorCode::UnusableAnswer, Vec::new()),
            failure => return Err(unforeseen(failure)),
        };
        let message = match failure {
            // The path stands beside it.
            Failure::Invalid { message, .. }
            | Failure::Connector(AtSource::Configuration { message, .. }) => message.clone(),
            failure => failure.to_string(),
        };
        Ok(Self { code, message, path })
    }

    /// A failure that a resolver found itself.
    pub(super) fn new(code: ErrorCode, message: impl Into<String>, path: &[&str]) -> Self {
        Self { code, message: message.into(), path: path.iter().map(|&part| part.to_owned()).collect() }
    }
}

fn within(root: &str, path: &str) -> Vec<String> {
    std::iter::once(root).chain(path.split('.')).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Where a field of a connector's settings stands in the input: a bare name is one of the configuration's.
fn in_input(path: &str) -> String {
    match path.split('.').next() {
        Some("kind" | "config" | "mapping" | "secrets") => path.to_owned(),
        _ => format!("config.{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(failure: &Failure) -> Vec<String> {
        UserError::of(failure, "input").unwrap().path
    }

    #[test]
    fn a_path_leads_to_the_argument() {
        let settings = |path: &str| {
            Failure::Connector(connectors::Error::Configuration {
                path: path.to_owned(),
                message: String::new(),
            })
        };
        assert_eq!(path(&Failure::invalid("schedule", "")), ["input", "schedule"]);
        assert_eq!(path(&settings("base_url")), ["input", "config", "base_url"]);
        assert_eq!(path(&settings("secrets.token")), ["input", "secrets", "token"]);
        assert_eq!(path(&settings("kind")), ["input", "kind"]);
        assert_eq!(path(&Failure::Conflict("busy".to_owned())), [""; 0]);
    }

    #[test]
    fn a_failure_of_the_server_is_not_data() {
        assert!(UserError::of(&Failure::Key("wrong".to_owned()), "input").is_err());
    }
}
