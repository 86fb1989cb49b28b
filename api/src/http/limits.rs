//! Limits that keep one query from taking the server for itself.
//!
//! A query is measured before anything walks it. Only what needs the schema, the points of each field, is left to
//! async-graphql. This is no async-graphql extension, because one extension makes every field of every answer slower.

use async_graphql::parser::{self, types::ExecutableDocument};
use async_graphql::{ObjectType, Request, SchemaBuilder, ServerError, ServerResult, SubscriptionType};

use super::errors::{code, coded};
use super::shape::{MAX_LEVELS, Shapeless, measure, nested_beyond_parsing};
use crate::config::GraphqlLimits;

/// Puts the limits on a schema, and the limits themselves into its data, for resolvers that page. Every schema that
/// [`mod@super::router`] serves is built with this.
pub fn apply<Q, M, S>(schema: SchemaBuilder<Q, M, S>, limits: &GraphqlLimits) -> SchemaBuilder<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let schema = schema
        .limit_recursive_depth(MAX_LEVELS)
        .limit_complexity(limits.max_complexity.get())
        .data(limits.clone());
    // Suggestions ("did you mean …") would tell the schema name by name.
    if limits.introspection { schema } else { schema.disable_introspection().disable_suggestions() }
}

/// Parses a query, leaves it parsed in the request, and refuses one that is too large to be walked.
///
/// # Errors
/// An error with a code, for the client.
pub(super) fn parse<'a>(
    request: &'a mut Request,
    limits: &GraphqlLimits,
) -> ServerResult<&'a ExecutableDocument> {
    if nested_beyond_parsing(&request.query) {
        return Err(too_deep());
    }
    let document = parser::parse_query(&request.query).map_err(|error| match error {
        parser::Error::RecursionLimitExceeded => too_deep(),
        error => coded(error.into(), code::PARSE_FAILED),
    })?;
    check(&document, limits)?;
    request.set_parsed_query(document);
    request.parsed_query()
}

fn check(document: &ExecutableDocument, limits: &GraphqlLimits) -> ServerResult<()> {
    let shape = measure(document).map_err(|shapeless| match shapeless {
        Shapeless::TooDeep => too_deep(),
        Shapeless::Cycle(name) => coded(
            ServerError::new(format!("the fragment \"{name}\" spreads itself"), None),
            code::VALIDATION_FAILED,
        ),
    })?;
    limit("nests", shape.depth, limits.max_depth.get(), "max_depth")?;
    // Every field costs a point or more, so a query of more fields cannot be within the limit of points.
    limit("selects", shape.fields, limits.max_complexity.get(), "max_complexity")
}

fn limit(verb: &str, found: usize, limit: usize, setting: &str) -> ServerResult<()> {
    if found <= limit {
        return Ok(());
    }
    let message = format!("the query {verb} {found} fields; the limit is {limit} (graphql.{setting})");
    Err(coded(ServerError::new(message, None), code::TOO_COMPLEX))
}

fn too_deep() -> ServerError {
    let message = format!("the query is nested more than {MAX_LEVELS} levels deep");
    coded(ServerError::new(message, None), code::TOO_COMPLEX)
}
