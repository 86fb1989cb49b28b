//! Where a stream of HubSpot stands.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::http::paging::Guard;

/// The cursor of every stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Position {
    /// Between two runs.
    Rest {
        /// When the run before began, by the vendor's clock. Older changes have been read.
        since: DateTime<Utc>,
    },
    /// Within a run.
    Run(Step),
}

/// The steps of a run: `List` the first time and `Search` afterwards, then `Archived`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Step {
    /// Everything that is not archived.
    List {
        /// When this run began; unknown before its first answer.
        started: Option<DateTime<Utc>>,
        /// The vendor's token for the next page.
        after: Option<String>,
        guard: Guard,
    },
    /// What changed.
    Search {
        /// Where the window of time begins.
        since: DateTime<Utc>,
        /// Where the window ends, and when this run began; unknown before its first answer.
        started: Option<DateTime<Utc>>,
        /// The greatest object id read so far; 0 before the first page.
        last_id: u64,
        /// Objects read so far.
        read: u64,
    },
    /// The archived objects.
    Archived { started: DateTime<Utc>, after: Option<String>, guard: Guard },
}

impl Step {
    /// The first step of the first run.
    pub(super) fn list() -> Self {
        Self::List { started: None, after: None, guard: Guard::default() }
    }

    /// The first step of a later run.
    pub(super) fn search(since: DateTime<Utc>) -> Self {
        Self::Search { since, started: None, last_id: 0, read: 0 }
    }

    /// The last step of a run that began then.
    pub(super) fn archived(started: DateTime<Utc>) -> Self {
        Self::Archived { started, after: None, guard: Guard::default() }
    }
}
