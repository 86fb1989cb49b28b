//! Bringing in what outside systems know: configured connectors, their runs, their schedule.
//!
//! A run reads a stream page by page; [`commit`] writes a page's facts, its cursor and the run's counts in one
//! transaction, so that a crash loses nothing and repeats at most one page. A lease on the connector's row keeps
//! two processes from running it at once; whoever dies loses it. While the next page is on its way, the people
//! of the last one are derived.

mod commit;
mod connectors;
mod import;
mod lease;
mod run;
mod runs;
mod schedule;
mod watch;

pub(crate) use lease::holder;

pub use connectors::{ConnectorChange, ConnectorInfo, NewConnector};
pub use import::{Import, Imported};
pub use run::Trigger;
pub use runs::{RejectedRecord, Run, StreamState};
