//! The HTTP kit: the one door through which Rondom asks an outside system.
//!
//! A connector describes a [`Request`] and gets an [`Answer`] or an [`Error`](crate::Error) that a person can act
//! on. In between the kit limits the rate, retries with backoff, obeys `Retry-After`, times out, cuts bodies
//! that are too large, and reads the JSON. It must never
//!
//! * forward credentials to another origin, or send them unencrypted to anything but this machine;
//! * put a query, a credential or a body into an error or a log line;
//! * follow a redirect that would make something else of a write;
//! * repeat what changes something: connectors only read, so that every request of theirs may be repeated. A destination's writes go
//!   out once ([`Http::send`]) and are repeated by whoever keeps their journal. [`Once`] sends what may not be, to the identity provider.

mod answer;
mod client;
mod limit;
mod once;
pub(crate) mod paging;
mod request;
mod retry;
#[cfg(test)]
mod tests;

pub(crate) use self::client::concerns_all;
pub use self::{
    answer::Answer,
    client::{Http, HttpOptions, HttpStats},
    limit::Limit,
    once::Once,
    request::{Request, is_safe_place},
    retry::Retry,
};
