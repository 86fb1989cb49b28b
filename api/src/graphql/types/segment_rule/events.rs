use async_graphql::{InputObject, OneofObject};

use super::scalars::SegmentDuration;
use super::test::{SegmentKeyTest, SegmentTest};
use super::time::SegmentWindow;

/// Something was done so many times.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentDidCondition {
    /// The events' name, 1 to 200 characters; whatever they are called unless given.
    event: Option<String>,
    /// Tests that all their properties must pass.
    #[graphql(name = "where")]
    conditions: Option<Vec<SegmentKeyTest>>,
    /// How often; at least once unless given.
    times: Option<SegmentTimes>,
    /// When; at any time unless given.
    window: Option<SegmentWindow>,
}

/// How often.
#[derive(Debug, OneofObject)]
pub(crate) enum SegmentTimes {
    /// So many or more; 1 or more.
    AtLeast(u32),
    /// So many or fewer; 0 or more.
    AtMost(u32),
    /// Just so many; 0 or more.
    Exactly(u32),
}

/// Things that happened, or did not, one after the other.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentSequenceCondition {
    /// The steps; 2 to 10, of which the first is done.
    steps: Vec<SegmentSequenceStep>,
    /// When all that is done was done; at any time unless given.
    window: Option<SegmentWindow>,
}

/// A step of a sequence.
///
/// A step that is done happens later than the one before it, not at the same instant. A step that must not be done within a
/// time is known when the time is over, and the next step follows from then on; without a time it must not be done before
/// the next step, or, as the last step, not until now.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentSequenceStep {
    /// The events' name, 1 to 200 characters; whatever they are called unless given.
    event: Option<String>,
    /// Tests that all their properties must pass.
    #[graphql(name = "where")]
    conditions: Option<Vec<SegmentKeyTest>>,
    /// Whether it must not happen; false unless given.
    not: Option<bool>,
    /// In less than this time after the step before, 1 second to 36,500 days; whenever unless given.
    within: Option<SegmentDuration>,
}

/// When events happened for the first or the last time.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentOccasionCondition {
    /// The events' name, 1 to 200 characters; whatever they are called unless given.
    event: Option<String>,
    /// Tests that all their properties must pass.
    #[graphql(name = "where")]
    conditions: Option<Vec<SegmentKeyTest>>,
    /// A test of dates.
    is: SegmentTest,
}

/// What the values of a property of events come to.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentAggregateCondition {
    /// The events' name, 1 to 200 characters; whatever they are called unless given.
    event: Option<String>,
    /// Tests that all their properties must pass.
    #[graphql(name = "where")]
    conditions: Option<Vec<SegmentKeyTest>>,
    /// The property; 1 to 200 characters. Compared with money, only what is in that currency counts: money as
    /// `{"amount": …, "currency": …}`, or a number beside a property `currency`.
    of: String,
    /// When; at any time unless given.
    window: Option<SegmentWindow>,
    /// A test of numbers or money; of `distinct` a test of numbers.
    is: SegmentTest,
}
