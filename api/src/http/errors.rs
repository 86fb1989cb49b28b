//! The codes of top-level errors, and the veil over unexpected ones.
//!
//! A resolver that refuses says so with a code of its own. An error without one is a fault of the server: its text
//! is logged under the request's id, and the client gets that id instead.

use async_graphql::indexmap::IndexMap;
use async_graphql::{ErrorExtensionValues, Name, PathSegment, Response, ServerError, Value};

use super::RequestId;
use crate::config::GraphqlLimits;

/// The values of `extensions.code`, on every top-level error.
pub mod code {
    /// The query is not GraphQL.
    pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
    /// The query does not fit the schema, or the variables do not fit the query.
    pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
    /// The query is nested deeper, or costs more, than the limits allow.
    pub const TOO_COMPLEX: &str = "QUERY_TOO_COMPLEX";
    /// The request around the query cannot be understood.
    pub const BAD_REQUEST: &str = "BAD_REQUEST";
    /// No API key, or not a valid one.
    pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
    /// The role of the API key does not allow this.
    pub const FORBIDDEN: &str = "FORBIDDEN";
    /// There is no such thing.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// There was such a thing, and the person whose it was has been erased.
    pub const ERASED: &str = "ERASED";
    /// An argument has a value that cannot be used.
    pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
    /// More requests came than one caller, or one network address, may make; later ones are answered again.
    pub const RATE_LIMITED: &str = "RATE_LIMITED";
    /// As many subscriptions are open as the server allows.
    pub const TOO_MANY_SUBSCRIPTIONS: &str = "TOO_MANY_SUBSCRIPTIONS";
    /// A subscription was too slow for what it follows, and ends.
    pub const LAGGED: &str = "LAGGED";
    /// The request took longer than the server allows.
    pub const TIMEOUT: &str = "TIMEOUT";
    /// Something the server needs is not there for the moment.
    pub const UNAVAILABLE: &str = "SERVICE_UNAVAILABLE";
    /// A fault of the server; `extensions.reference` finds it in the logs.
    pub const INTERNAL: &str = "INTERNAL_SERVER_ERROR";
}

/// Gives an error a code.
pub(super) fn coded(mut error: ServerError, code: &str) -> ServerError {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}

/// The code of an error.
pub(super) fn code_of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code") {
        Some(Value::String(code)) => Some(code),
        Some(Value::Enum(code)) => Some(code.as_str()),
        _ => None,
    }
}

/// Whether the request failed before anything was run, so that the response has no `data`.
pub(super) fn failed_before_execution(response: &Response) -> bool {
    let early = [code::PARSE_FAILED, code::VALIDATION_FAILED, code::TOO_COMPLEX, code::BAD_REQUEST];
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| code_of(error).is_some_and(|code| early.contains(&code)))
}

/// Makes a response fit to go out: a code on every error, the unforeseen ones hidden, and a null where each stands.
pub(super) fn finish(response: &mut Response, id: &RequestId, limits: &GraphqlLimits) {
    if response.errors.is_empty() {
        return;
    }
    // Parsing is over by now, so what failed outside any field failed in validation. An error that wraps another one
    // comes from a resolver, wherever it stands.
    let early = response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty() && error.source.is_none());
    for error in &mut response.errors {
        if code_of(error).is_some() {
            continue;
        }
        let bare = std::mem::replace(error, ServerError::new("", None));
        *error = if early {
            rejected(bare, limits)
        } else if is_bad_argument(&bare) {
            coded(bare, code::BAD_USER_INPUT)
        } else {
            veiled(bare, id)
        };
    }
    if !early {
        for error in &response.errors {
            restore_null(&mut response.data, &error.path);
        }
    }
}

/// An error of validation. async-graphql tells that a limit was passed by this text alone.
fn rejected(mut error: ServerError, limits: &GraphqlLimits) -> ServerError {
    if error.message != "Query is too complex." {
        return coded(error, code::VALIDATION_FAILED);
    }
    error.message = format!(
        "the query costs more points than the limit of {} (graphql.max_complexity); ask for fewer fields or smaller \
         pages",
        limits.max_complexity
    );
    coded(error, code::TOO_COMPLEX)
}

/// Whether async-graphql itself refused an argument's value. It has no code for that, only these two phrases.
fn is_bad_argument(error: &ServerError) -> bool {
    error.source.is_none()
        && ["Failed to parse \"", "Expected input type \""]
            .iter()
            .any(|start| error.message.starts_with(start))
}

/// Logs an error that nobody foresaw, and puts its reference in its place.
fn veiled(error: ServerError, id: &RequestId) -> ServerError {
    let path: Vec<String> = error
        .path
        .iter()
        .map(|segment| match segment {
            PathSegment::Field(name) => name.clone(),
            PathSegment::Index(index) => index.to_string(),
        })
        .collect();
    tracing::error!(reference = %id, path = path.join("."), error = error.message, "unexpected error in a resolver");
    let message = format!("something went wrong on the server; quote the reference {id} when you report it");
    let mut hidden = coded(ServerError { source: None, message, extensions: None, ..error }, code::INTERNAL);
    if let Some(extensions) = &mut hidden.extensions {
        extensions.set("reference", id.to_string());
    }
    hidden
}

/// Puts null where a field failed. async-graphql leaves the field out, and an object with no field left is null, while
/// the specification (6.4.4) has the null in the field.
fn restore_null(mut value: &mut Value, path: &[PathSegment]) {
    for segment in path {
        if *value == Value::Null && matches!(segment, PathSegment::Field(_)) {
            *value = Value::Object(IndexMap::new());
        }
        let next = match (segment, value) {
            (PathSegment::Field(name), Value::Object(fields)) => {
                Some(fields.entry(Name::new(name)).or_default())
            }
            (PathSegment::Index(index), Value::List(items)) => items.get_mut(*index),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    fn restored(mut data: Value, path: &[&str]) -> Value {
        let segment = |part: &&str| {
            part.parse().map_or_else(|_| PathSegment::Field((*part).to_owned()), PathSegment::Index)
        };
        restore_null(&mut data, &path.iter().map(segment).collect::<Vec<_>>());
        data
    }

    #[test]
    fn a_field_that_failed_is_null_and_its_siblings_stay() {
        assert_eq!(restored(value!({"a": 1}), &["b"]), value!({"a": 1, "b": null}));
        assert_eq!(
            restored(value!({"a": [{"x": 1}, {}]}), &["a", "1", "x"]),
            value!({"a": [{"x": 1}, {"x": null}]})
        );
    }

    #[test]
    fn an_object_whose_fields_all_failed_is_an_object_of_nulls() {
        assert_eq!(restored(value!(null), &["a"]), value!({"a": null}));
        assert_eq!(restored(value!({"a": [null]}), &["a", "0", "x"]), value!({"a": [{"x": null}]}));
    }

    #[test]
    fn what_is_there_is_left_alone() {
        assert_eq!(restored(value!({"a": 1}), &["a", "b"]), value!({"a": 1}));
        assert_eq!(restored(value!({"a": [1]}), &["a", "7"]), value!({"a": [1]}));
        assert_eq!(restored(value!({"a": null}), &["a", "3", "x"]), value!({"a": null}));
    }
}
