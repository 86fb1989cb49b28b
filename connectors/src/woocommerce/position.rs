//! Where a stream of WooCommerce stands.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::http::paging::Guard;

/// The cursor of every stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Position {
    /// Between two runs.
    Rest {
        /// When the run before began, by the shop's clock.
        since: DateTime<Utc>,
    },
    /// Within a run.
    Run(Scan),
}

/// A run: the live objects, then the trashed ones where the stream has such.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scan {
    /// Only what changed after this is read; everything when absent.
    pub(super) since: Option<DateTime<Utc>>,
    /// When this run began; unknown before its first answer.
    pub(super) started: Option<DateTime<Utc>>,
    /// Within the trash.
    pub(super) trash: bool,
    /// The page to read, from 1.
    pub(super) page: u64,
    /// How many objects there were at the page before.
    pub(super) total: Option<u64>,
    pub(super) guard: Guard,
}

impl Scan {
    pub(super) fn new(since: Option<DateTime<Utc>>) -> Self {
        Self { since, started: None, trash: false, page: 1, total: None, guard: Guard::default() }
    }

    /// The same run, at the beginning of the trash.
    pub(super) fn into_trash(self) -> Self {
        Self { trash: true, page: 1, total: None, guard: Guard::default(), ..self }
    }
}
