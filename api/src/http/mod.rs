//! The HTTP server: GraphQL over HTTP and WebSocket, GraphiQL, health, readiness and metrics.
//!
//! The rooms: `router` lays the paths; `graphql` answers `POST` and `GET` as the GraphQL-over-HTTP specification says;
//! `socket` speaks `graphql-transport-ws`; every operation goes through `operation`, between `limits` and `errors`;
//! `door` says who asks, `browser` whether a session cookie counts, `rates` how often they may and `cors` from which
//! other pages; `shell` is around every request (id, time limit, headers, log line). What stands behind it all is one
//! [`Backend`], so that nothing here knows the GraphQL types, the database or the roles. Further paths come
//! ready-made from outside, for strangers or for callers.
//!
//! This room must never answer `/graphql` without a caller, log a query or its variables, or let an unexpected
//! error's text out.

mod accept;
mod assets;
mod backend;
mod browser;
mod cors;
mod door;
mod errors;
mod graphql;
mod limits;
mod operation;
mod probes;
mod problem;
mod rates;
mod request_id;
mod router;
mod serve;
mod shape;
mod shell;
mod socket;
mod token;

pub(crate) use assets::takes_gzip;
pub use backend::{AuthError, Backend, Credential};
pub use browser::{Browser, Cookie};
pub(crate) use cors::layer as cors;
pub use errors::code;
pub use graphql::Origin;
pub use limits::apply;
pub(crate) use problem::Problem;
pub use request_id::RequestId;
pub(crate) use router::only;
pub use router::{Service, router};
pub use serve::{serve, terminated};

#[cfg(test)]
mod tests;
