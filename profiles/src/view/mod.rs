//! The read model: what a profile looks like, and every way of asking for it.
//!
//! [`build`] derives a profile's document from the facts of its members and writes it whole;
//! [`read`] and its neighbours answer questions. Whatever reads a person's data takes a [`Reader`](crate::consent::Reader), who says who asks
//! and for which purpose, and passes the gate of [`crate::consent`].
//!
//! This room never changes who belongs together: that is [`crate::resolution`]'s.

pub mod account;
pub(crate) mod build;
pub mod catalogue;
pub mod changes;
pub(crate) mod compose;
pub(crate) mod correction;
pub mod document;
pub(crate) mod gather;
pub mod groups;
pub mod household;
pub mod list;
pub mod money;
pub mod objects;
pub mod read;
pub mod rows;
pub mod survivorship;
pub mod timeline;
