//! The contract between a destination and whoever drives it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::{connector::Check, error::Error, http::Http};

/// One configured tool that is told who is in an audience. Holds its configuration and secrets and no other state.
pub trait Destination: Send + Sync {
    /// Under which name the tool will know this person: what must be kept in order to take the person out again. `None` where
    /// it knows people by the id that we give them. Two people of one handle are one to the tool.
    ///
    /// # Errors
    /// Why the tool cannot know this person.
    fn handle(&self, person: &Person) -> Result<Option<String>, Unfit>;

    /// Calls the cheapest authenticated end point, or looks at the place, and says what it found. `now` is the instant of the
    /// call.
    fn check<'a>(&'a self, http: &'a Http, now: DateTime<Utc>) -> BoxFuture<'a, Result<Check, Error>>;

    /// Tells the tool these changes, of different people, and says in the same order what came of each.
    fn deliver<'a>(&'a self, http: &'a Http, batch: Batch<'a>) -> BoxFuture<'a, Vec<Outcome>>;

    /// A place that no other destination may write to as well.
    fn claims(&self) -> Option<&str> {
        None
    }

    /// Looks whether that place is free: whoever begins there would write into what is somebody else's.
    ///
    /// # Errors
    /// What is there, and what to do about it.
    fn vacant(&self) -> Result<(), Error> {
        Ok(())
    }

    /// How long to wait until the next call after one that took so long, so that more changes come together: for what writes
    /// everything anew whatever has changed.
    fn rest(&self, _took: Duration) -> Duration {
        Duration::ZERO
    }
}

/// What a destination is told at once.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The changes, of different people.
    pub changes: &'a [Change],
    /// The instant of this call.
    pub now: DateTime<Utc>,
}

impl Batch<'_> {
    /// A clock that goes on from the instant of the call, which may last for minutes.
    pub(super) fn clock(&self) -> impl Fn() -> DateTime<Utc> + Copy + use<> {
        let (now, began) = (self.now, tokio::time::Instant::now());
        move || now + TimeDelta::from_std(began.elapsed()).unwrap_or_default()
    }
}

/// One change of an audience.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Names this change, and no other, however often it is sent: the idempotency key.
    pub id: String,
    /// The id that we give the person.
    pub person: String,
    /// When it came to be so. The same however often it is sent.
    pub at: DateTime<Utc>,
    /// What is to be done.
    pub deed: Deed,
}

/// What is to be done about a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// The person is in the audience and this is all that is known of them.
    Upsert {
        /// Whether the person comes in, rather than is in already.
        enters: bool,
        /// What is known.
        person: Person,
    },
    /// The person is not in the audience any more.
    Remove {
        /// The handle under which they went in.
        handle: Option<String>,
        /// The handle under which they are in all the same, where it is another one now.
        stays: Option<String>,
    },
}

/// What a tool may know of a person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// Normalised values by which the person is recognised, by kind (`email`, `phone` in E.164, `user_id`, …); the one to be
    /// used first stands first.
    pub identifiers: BTreeMap<String, Vec<String>>,
    /// The tool's fields and their values. A field without a value is null.
    pub fields: Map<String, Value>,
}

impl Person {
    /// The identifier of a kind to be used first.
    pub(super) fn first(&self, kind: &str) -> Option<&str> {
        self.identifiers.get(kind)?.first().map(String::as_str)
    }
}

/// Why a tool cannot know a person; says nothing of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit(pub &'static str);

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The tool has it.
    Delivered,
    /// It may work later.
    Retry {
        /// How long the tool is to be left alone, whatever else there is to tell it: what it asked for, or nothing where it does
        /// not answer. None where it is this change alone that failed.
        after: Option<Duration>,
        /// What happened.
        why: String,
    },
    /// It was not sent, because the tool is to be left alone since another change of the same call.
    Unsent,
    /// The tool does not take it, however often it is asked.
    Refused {
        /// What it said.
        why: String,
    },
}

/// What a destination knows of where it is.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The audience's name.
    pub audience: &'a str,
    /// The tool's fields, in the order of the mapping.
    pub fields: &'a [String],
    /// The folder below which files may be written; `None` where none may.
    pub folder: Option<&'a Path>,
}
