//! Subscriptions over a WebSocket, in the protocol `graphql-transport-ws`.
//!
//! The key comes in the payload of `connection_init`, since browsers cannot set headers on a WebSocket, or in the
//! headers of the handshake, where a page of this server has its session. Either is looked up again at every heartbeat,
//! so that a revoked key or a session that was ended ends what it began.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_graphql::http::{WebSocket as Protocol, WebSocketProtocols, WsMessage};
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response as Answer, ServerError, ServerResult};
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, BoxStream, SplitSink, StreamExt};
use futures_util::{FutureExt, SinkExt, future};
use metrics::gauge;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval_at, sleep, timeout};

use super::errors::{code, coded, finish};
use super::operation::{Operation, Summary};
use super::problem::Problem;
use super::router::State;
use super::shell::too_long;
use super::{AuthError, Backend, Credential, RequestId, door, graphql, token};
use crate::telemetry::GRAPHQL_SUBSCRIPTIONS;

/// The name of the protocol.
const PROTOCOL: &str = "graphql-transport-ws";
/// How long a client may take to say who it is.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// How often the other end and its key are asked whether they are still good.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// How long a client may take to take a message.
const SEND_LIMIT: Duration = Duration::from_secs(30);

/// Close codes of the protocol, and of RFC 6455 where it has none.
mod close {
    pub(super) const GOING_AWAY: u16 = 1001;
    pub(super) const TRY_AGAIN_LATER: u16 = 1013;
    pub(super) const BAD_REQUEST: u16 = 4400;
    pub(super) const UNAUTHORIZED: u16 = 4401;
    pub(super) const INIT_TIMEOUT: u16 = 4408;
}

/// Opens a WebSocket.
pub(super) fn open<B: Backend>(
    state: State<B>,
    upgrade: WebSocketUpgrade,
    headers: &HeaderMap,
    address: Option<IpAddr>,
    id: RequestId,
) -> Result<Response, Problem> {
    let limit = state.service.settings.body_limit_bytes.get();
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(limit).max_frame_size(limit);
    if upgrade.selected_protocol() != Some(&HeaderValue::from_static(PROTOCOL)) {
        return Err(Problem::bad_request(format!("open the WebSocket with the subprotocol `{PROTOCOL}`")));
    }
    // A session that the handshake of a foreign page brought along is as good as none.
    let in_headers = door::credential(&state, headers).unwrap_or_default();
    let session = Arc::new(Session { in_headers, address, admission: OnceLock::new(), state, id });
    Ok(upgrade.on_upgrade(move |socket| converse(session, socket)).into_response())
}

/// One open WebSocket.
struct Session<B: Backend> {
    state: State<B>,
    id: RequestId,
    address: Option<IpAddr>,
    /// What came with the handshake.
    in_headers: Option<Credential>,
    /// What became of `connection_init`, once it came.
    admission: OnceLock<Result<Admitted<B::Caller>, AuthError>>,
}

/// Who is at the other end, and by what.
struct Admitted<C> {
    caller: C,
    credential: Option<Credential>,
}

impl<B: Backend> Session<B> {
    /// Checks the key of `connection_init`.
    async fn admit(&self, payload: serde_json::Value) -> async_graphql::Result<Data> {
        let key = token::in_payload(&payload).map(Credential::shown);
        let credential = key.or_else(|| self.in_headers.clone());
        let caller = door::identify(&self.state, credential.as_ref(), self.address).await;
        let admission = caller.map(|caller| Admitted { caller, credential });
        match self.admission.get_or_init(|| admission) {
            Ok(_) => Ok(Data::default()),
            Err(error) => Err(async_graphql::Error::new(error.to_string())),
        }
    }

    /// Who is there, once it is known.
    fn caller(&self) -> Option<&B::Caller> {
        self.admission.get()?.as_ref().ok().map(|admitted| &admitted.caller)
    }

    /// Whether what was shown is still good.
    async fn still_admitted(&self) -> Result<(), AuthError> {
        match self.admission.get() {
            Some(Ok(Admitted { credential, .. })) => {
                self.state.service.backend.authenticate(credential.as_ref()).await.map(drop)
            }
            Some(Err(error)) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// How this connection is closed when the protocol wants it closed with `code`.
    fn closing(&self, code: u16, reason: String) -> Message {
        match (self.admission.get(), code) {
            (Some(Err(error)), _) => refusal(error),
            // async-graphql says 1011 for an operation before `connection_init`, and 1002 for a message it cannot read.
            (_, 1011) => closed(close::UNAUTHORIZED, "say connection_init first"),
            (_, 1002) => closed(close::BAD_REQUEST, "this is no message of the protocol"),
            (_, code) => closed(code, reason),
        }
    }
}

/// Serves a WebSocket until either end closes it, its key is revoked or the server shuts down.
async fn converse<B: Backend>(session: Arc<Session<B>>, socket: WebSocket) {
    let heard = Arc::new(AtomicBool::new(true));
    let (mut sink, stream) = socket.split();
    let incoming = {
        let heard = Arc::clone(&heard);
        stream
            .take_while(|message| future::ready(message.is_ok()))
            .inspect(move |_| heard.store(true, Ordering::Relaxed))
            .filter_map(|message| {
                let text = matches!(message, Ok(Message::Text(_) | Message::Binary(_)));
                future::ready(message.ok().filter(|_| text).map(Message::into_data))
            })
    };
    let admit = {
        let session = Arc::clone(&session);
        move |payload| async move { session.admit(payload).await }
    };
    let protocol = Protocol::new(Operations(Arc::clone(&session)), incoming, WebSocketProtocols::GraphQLWS)
        .on_connection_init(admit);
    tokio::pin!(protocol);
    let init_limit = sleep(INIT_LIMIT);
    tokio::pin!(init_limit);
    let mut heartbeat = heartbeat();

    loop {
        let message = tokio::select! {
            () = session.state.service.shutdown.cancelled() => closed(close::GOING_AWAY, "the server shuts down"),
            () = &mut init_limit, if session.admission.get().is_none() => {
                closed(close::INIT_TIMEOUT, "connection_init did not come in time")
            }
            _ = heartbeat.tick() => {
                if !heard.swap(false, Ordering::Relaxed) {
                    return;
                }
                match session.still_admitted().await {
                    // A database that is away for a moment is no reason to cut off those it admitted before.
                    Ok(()) | Err(AuthError::Unavailable) => Message::Ping(Bytes::new()),
                    Err(error) => refusal(&error),
                }
            }
            message = protocol.next() => match message {
                Some(WsMessage::Text(text)) => Message::Text(text.into()),
                Some(WsMessage::Close(code, reason)) => session.closing(code, reason),
                None => return,
            }
        };
        let last = matches!(message, Message::Close(_));
        if !send(&mut sink, message).await || last {
            return;
        }
    }
}

fn heartbeat() -> Interval {
    let mut heartbeat = interval_at(tokio::time::Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat
}

/// Sends a message; `false` if the other end is gone or does not take it.
async fn send(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> bool {
    matches!(timeout(SEND_LIMIT, sink.send(message)).await, Ok(Ok(())))
}

fn refusal(error: &AuthError) -> Message {
    let code = match error {
        AuthError::Missing
        | AuthError::Invalid
        | AuthError::Foreign
        | AuthError::Visitor(_)
        | AuthError::Ended => close::UNAUTHORIZED,
        AuthError::TooMany(_) | AuthError::Unavailable => close::TRY_AGAIN_LATER,
    };
    closed(code, error.to_string())
}

fn closed(code: u16, reason: impl Into<String>) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into().into() }))
}

/// Runs the operations of one session.
struct Operations<B: Backend>(Arc<Session<B>>);

impl<B: Backend> Clone for Operations<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> Executor for Operations<B> {
    async fn execute(&self, request: Request) -> Answer {
        let first = self.execute_stream(request, None).next().await;
        first.unwrap_or_else(|| refused(error(code::INTERNAL, "the operation gave no answer")))
    }

    fn execute_stream(&self, request: Request, _: Option<Arc<Data>>) -> BoxStream<'static, Answer> {
        let operations = self.clone();
        let started =
            async move { operations.start(request).await.unwrap_or_else(|error| once(refused(error))) };
        started.flatten_stream().boxed()
    }
}

impl<B: Backend> Operations<B> {
    /// Opens a subscription, or runs another operation to its one answer.
    async fn start(&self, request: Request) -> ServerResult<BoxStream<'static, Answer>> {
        let (session, service) = (&self.0, &self.0.state.service);
        let caller =
            session.caller().ok_or_else(|| error(code::UNAUTHENTICATED, "say connection_init first"))?;
        let counted = door::count(&session.state, caller);
        counted.map_err(|refusal| error(code::RATE_LIMITED, &refusal.to_string()))?;
        let operation = Operation::read(graphql::from(session.address, request), &service.limits)?;
        if operation.kind != OperationType::Subscription {
            return Ok(once(self.run(operation, caller).await));
        }
        let place = Arc::clone(&session.state.subscriptions).try_acquire_owned().map_err(|_| {
            let message = "as many subscriptions are open as this server allows (http.max_subscriptions)";
            error(code::TOO_MANY_SUBSCRIPTIONS, message)
        })?;
        let (request, summary) = operation.prepare(&service.backend, caller, &session.id);
        let mut open = Open::new(place, summary, session.id.clone());
        let limits = service.limits.clone();
        let answers = service.backend.executor().execute_stream(request, None);
        Ok(answers
            .map(move |mut answer| {
                finish(&mut answer, &open.id, &limits);
                open.ok &= answer.errors.is_empty();
                answer
            })
            .boxed())
    }

    async fn run(&self, operation: Operation, caller: &B::Caller) -> Answer {
        let (session, service) = (&self.0, &self.0.state.service);
        let run = operation.run(&service.backend, caller, &session.id, &service.limits);
        let limit = service.settings.request_timeout();
        timeout(limit, run).await.unwrap_or_else(|_| refused(error(code::TIMEOUT, &too_long(limit))))
    }
}

fn once(answer: Answer) -> BoxStream<'static, Answer> {
    stream::once(future::ready(answer)).boxed()
}

fn error(code: &str, message: &str) -> ServerError {
    coded(ServerError::new(message, None), code)
}

fn refused(error: ServerError) -> Answer {
    Answer::from_errors(vec![error])
}

/// A subscription that is open: holds its place, and counts and logs its end however it comes.
struct Open {
    _place: OwnedSemaphorePermit,
    summary: Summary,
    id: RequestId,
    ok: bool,
}

impl Open {
    fn new(place: OwnedSemaphorePermit, summary: Summary, id: RequestId) -> Self {
        gauge!(GRAPHQL_SUBSCRIPTIONS).increment(1);
        Self { _place: place, summary, id, ok: true }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        gauge!(GRAPHQL_SUBSCRIPTIONS).decrement(1);
        self.summary.record(self.ok, &self.id);
    }
}
