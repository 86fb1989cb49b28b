//! The contract between a connector and whoever drives it. `SPECIFICATION.md` says what each part must do.

use std::fmt;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    canonical::{ConsentStatement, Event, Record},
    error::Error,
    http::Http,
};

/// One configured outside system. A connector holds its configuration and secrets and no other state:
/// where a stream stands is in the cursor, so any page can be read again by any process.
pub trait Connector: Send + Sync {
    /// The streams of this connector, in the order in which they should be read.
    fn streams(&self) -> Vec<Stream>;

    /// Calls the cheapest authenticated end point and says what it found.
    fn check<'a>(&'a self, http: &'a Http) -> BoxFuture<'a, Result<Check, Error>>;

    /// Reads one page of `stream`. `cursor` is `None` on the very first page, afterwards the cursor that
    /// the page before returned, in whichever run that was. `now` is the instant of this call.
    fn read<'a>(
        &'a self,
        http: &'a Http,
        stream: &'a str,
        cursor: Option<&'a Cursor>,
        now: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Page, Error>>;
}

/// One kind of object of a connector that is read on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stream {
    /// Its name: `contacts`, `orders`.
    pub name: &'static str,
    /// What is in it, for a person.
    pub description: &'static str,
    /// Whether a later run reads only what changed.
    pub incremental: bool,
}

/// Where a stream stands. Opaque to everyone but the connector; stored in one transaction with the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub Value);

impl Cursor {
    /// Stores a connector's own cursor type.
    pub fn encode<T: Serialize>(position: &T) -> Result<Self, Error> {
        serde_json::to_value(position).map(Self).map_err(|error| Error::Cursor(error.to_string()))
    }

    /// Reads it back. A cursor of another shape (an older version's) is an [`Error::Cursor`].
    pub fn decode<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Error> {
        T::deserialize(&self.0).map_err(|error| Error::Cursor(error.to_string()))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What one call of [`Connector::read`] found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Versions of objects.
    pub records: Vec<Record>,
    /// Things that happened.
    pub events: Vec<Event>,
    /// What people said about the use of their data.
    pub consents: Vec<ConsentStatement>,
    /// What could not be understood; it does not stop the run.
    pub rejected: Vec<Rejected>,
    /// How the stream goes on.
    pub next: Next,
    /// How many objects the source says this run will read in this stream, where it says so.
    pub total: Option<u64>,
}

/// How a stream goes on after a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// There is more: read again with this cursor.
    More(Cursor),
    /// This run has read everything; the next run begins with this cursor.
    Done(Cursor),
}

impl Default for Next {
    fn default() -> Self {
        Self::Done(Cursor(Value::Null))
    }
}

/// An object that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Which object, where that much could be read.
    pub external_id: Option<String>,
    /// Why, with the field and what was expected; no personal data.
    pub reason: String,
    /// The object as delivered.
    pub payload: Vec<u8>,
}

/// The answer of [`Connector::check`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which account answered, for a person: `portal 62515 (eu1)`.
    pub account: String,
}
