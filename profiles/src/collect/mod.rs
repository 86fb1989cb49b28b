//! What sites and apps send as it happens.
//!
//! A write key ([`keys`](self)) says which source it is of. What arrives goes through one [`Collector`] into
//! [`intake`](crate::intake), many deliveries in one transaction, and whoever sent it is told that it was taken once that
//! transaction is committed. What finds no room in the queue is refused while it can still be sent again.
//!
//! This room must never say that something was taken which is not in the database.

mod keys;
mod queue;

pub(crate) use keys::WriteKeys;
pub use keys::{SOURCE_KIND, WriteKey};
pub use queue::{Collected, Collector, Refusal};
