use async_graphql::{InputObject, OneofObject};

use super::scalars::{SegmentDate, SegmentDuration};

/// When something happened.
#[derive(Debug, OneofObject)]
pub(crate) enum SegmentWindow {
    /// Less than this time ago, 1 second to 36,500 days: what happened at an instant leaves the window exactly this time later.
    Last(SegmentDuration),
    /// From the beginning of one to the end of the other.
    Between(SegmentDateRange),
    /// From its beginning on.
    Since(SegmentDate),
    /// Before it begins.
    Before(SegmentDate),
}

/// From … to …, both included.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentDateRange {
    /// The first day, or the first instant.
    from: SegmentDate,
    /// The last day, or the last instant; not before `from`.
    to: SegmentDate,
}
