use async_graphql::{InputObject, OneofObject};

use super::scalars::{SegmentAmount, SegmentBound, SegmentDate, SegmentDuration, SegmentValue};

/// A test of a trait, or of a property of an event.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentKeyTest {
    /// Which; 1 to 200 characters. Dots lead into objects: `address.city`. Lists on the way stand for each of their elements.
    key: String,
    /// The test. Of properties dates are tested with fixed dates alone.
    is: SegmentTest,
    /// Whether texts are compared without regard to upper and lower case; false unless given.
    ignore_case: Option<bool>,
}

/// A test of one value.
///
/// A value of another type than the test is made for never passes, nor does one that is not there; so who has no trait `x`
/// passes neither `equals` nor `notEquals`. A list passes if any of its elements does, but what must not be equal must not
/// be equal to any of them.
#[derive(Debug, OneofObject)]
pub(crate) enum SegmentTest {
    /// It is this.
    Equals(SegmentValue),
    /// It is of the same type, and not this.
    NotEquals(SegmentValue),
    /// It is one of these; 1 to 1,000.
    OneOf(Vec<SegmentValue>),
    /// It is of a type that is among these, and none of them; 1 to 1,000.
    NoneOf(Vec<SegmentValue>),
    /// The text contains this; 1 to 1,000 characters.
    Contains(String),
    /// The text begins with this; 1 to 1,000 characters.
    StartsWith(String),
    /// The text ends with this; 1 to 1,000 characters.
    EndsWith(String),
    /// Greater than this.
    Above(SegmentAmount),
    /// This or greater.
    AtLeast(SegmentAmount),
    /// Less than this.
    Below(SegmentAmount),
    /// This or less.
    AtMost(SegmentAmount),
    /// Of numbers: not less than one and not greater than the other. Of dates: from the beginning of one to the end of the
    /// other.
    Between(SegmentRange),
    /// On this day, or at this instant.
    On(SegmentDate),
    /// Before this day begins, or before this instant.
    Before(SegmentDate),
    /// When this day is over, or after this instant.
    After(SegmentDate),
    /// Less than this time ago, or now; 1 second to 36,500 days.
    WithinLast(SegmentDuration),
    /// This time ago or more; 1 second to 36,500 days.
    MoreThanAgo(SegmentDuration),
    /// Not yet, but in this time or less; 1 second to 36,500 days.
    WithinNext(SegmentDuration),
    /// The day of the year comes round today or within so many days; 0 to 365 whole days, in UTC. Who is born on 29 February
    /// has the 28th in other years.
    AnniversaryWithin(SegmentDuration),
    /// Whether there is a value.
    Exists(bool),
    /// The list contains each of these; 1 to 1,000.
    ContainsAll(Vec<SegmentValue>),
    /// How many elements the list has: a test of numbers.
    Size(Box<SegmentTest>),
}

/// From … to …, both included: two numbers, two amounts of money in one currency, or two dates.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentRange {
    /// The least.
    from: SegmentBound,
    /// The greatest; not less than `from`.
    to: SegmentBound,
}
