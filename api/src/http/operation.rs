//! One GraphQL operation: which one a request means, and how it is run, timed and logged.

use std::time::Instant;

use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::{Executor, Name, Request, Response, ServerError, ServerResult};
use metrics::{counter, histogram};

use super::errors::{code, coded, finish};
use super::limits::parse;
use super::{Backend, RequestId};
use crate::config::GraphqlLimits;
use crate::telemetry::{GRAPHQL_OPERATIONS, GRAPHQL_SECONDS};

/// The operation that a request means: the named one, else the only one.
///
/// # Errors
/// Words for the client, if there is no such operation or the choice is open.
fn select<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<(Option<&'a Name>, &'a OperationDefinition), String> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok((None, &operation.node)),
        (DocumentOperations::Multiple(operations), Some(name)) => operations
            .get_key_value(name)
            .map(|(name, operation)| (Some(name), &operation.node))
            .ok_or_else(|| "the query has no operation of the name in `operationName`".to_owned()),
        (DocumentOperations::Single(_), Some(_)) => {
            Err("the query has no operation of the name in `operationName`".to_owned())
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.iter();
            match (all.next(), all.next()) {
                (Some((name, operation)), None) => Ok((Some(name), &operation.node)),
                _ => Err("the query has several operations: name one of them in `operationName`".to_owned()),
            }
        }
    }
}

/// A request whose query has been parsed and is within the limits.
pub(super) struct Operation {
    request: Request,
    /// Whether it queries, mutates or subscribes.
    pub(super) kind: OperationType,
    summary: Summary,
}

impl Operation {
    /// Reads a request.
    ///
    /// # Errors
    /// An error with a code, for the client.
    pub(super) fn read(mut request: Request, limits: &GraphqlLimits) -> ServerResult<Self> {
        let wanted = request.operation_name.clone();
        let document = parse(&mut request, limits)?;
        let (name, operation) = select(document, wanted.as_deref())
            .map_err(|message| coded(ServerError::new(message, None), code::BAD_REQUEST))?;
        let (kind, summary) = (operation.ty, Summary::new(name, operation.ty));
        Ok(Self { request, kind, summary })
    }

    /// Makes it ready for the schema, for a caller.
    pub(super) fn prepare<B: Backend>(
        mut self,
        backend: &B,
        caller: &B::Caller,
        id: &RequestId,
    ) -> (Request, Summary) {
        self.request.data.insert(id.clone());
        backend.prepare(caller, &mut self.request.data);
        (self.request, self.summary)
    }

    /// Runs it, if it is a query or a mutation.
    pub(super) async fn run<B: Backend>(
        self,
        backend: &B,
        caller: &B::Caller,
        id: &RequestId,
        limits: &GraphqlLimits,
    ) -> Response {
        let (request, summary) = self.prepare(backend, caller, id);
        let mut response = backend.executor().execute(request).await;
        finish(&mut response, id, limits);
        summary.record(response.errors.is_empty(), id);
        response
    }
}

/// What is told about an operation: never its text.
pub(super) struct Summary {
    /// Its name, which is a word of the client's code and no personal data; at most 64 characters.
    name: String,
    kind: &'static str,
    started: Instant,
}

impl Summary {
    fn new(name: Option<&Name>, kind: OperationType) -> Self {
        let kind = match kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
        let name = name.map(|name| name.chars().take(64).collect()).unwrap_or_default();
        Self { name, kind, started: Instant::now() }
    }

    /// Counts and logs the end of an operation.
    pub(super) fn record(&self, ok: bool, id: &RequestId) {
        let seconds = self.started.elapsed().as_secs_f64();
        let outcome = if ok { "ok" } else { "errors" };
        counter!(GRAPHQL_OPERATIONS, "kind" => self.kind, "outcome" => outcome).increment(1);
        histogram!(GRAPHQL_SECONDS, "kind" => self.kind).record(seconds);
        let ms = seconds * 1_000.0;
        tracing::info!(operation = self.name, kind = self.kind, outcome, ms, request = %id, "graphql");
    }
}
