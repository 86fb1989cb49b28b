//! How each outside system is read.
//!
//! A connector turns a vendor's pages into [canonical](mod@canonical) records, events and consent statements, each
//! with the payload as delivered. It gets its configuration, its secrets and an HTTP client, and it keeps nothing:
//! where a stream stands is in the cursor that it hands back.
//!
//! The mirror image of connectors are [destinations](mod@destination), which tell outside systems who is in an audience.
//!
//! This crate must never know a database, read the clock, or normalise what a source said: an e-mail address
//! leaves here as it was written there.
//!
//! **To add a connector**: read `SPECIFICATION.md`; add one folder here with `config`, `api` (speaks to the
//! vendor) and `map` (pure), one line in [`registry`], one recorded conversation under the folder's `fixtures/`, and
//! one test that replays it.

pub mod canonical;
mod connector;
pub mod destination;
mod error;
pub mod event_names;
pub mod file;
pub mod http;
mod hubspot;
mod lenient;
mod mailchimp;
mod objects;
pub mod registry;
mod secrets;
mod settings;
#[cfg(test)]
mod testing;
pub mod tracking;
mod woocommerce;

pub use self::{
    connector::{Check, Connector, Cursor, Next, Page, Rejected, Stream},
    error::Error,
    http::{Http, HttpOptions, HttpStats},
    registry::{Kind, kind, kinds},
    secrets::Secrets,
};
