use async_graphql::{InputObject, OneofObject};

use super::events::{
    SegmentAggregateCondition, SegmentDidCondition, SegmentOccasionCondition, SegmentSequenceCondition,
};
use super::orders::{SegmentBoughtCondition, SegmentOrderDateCondition, SegmentOrdersCondition};
use super::scalars::SegmentNumber;
use super::test::{SegmentKeyTest, SegmentTest};

/// A question about a person that is answered with yes or no.
#[derive(Debug, OneofObject)]
pub(crate) enum SegmentCondition {
    /// Every one holds. With none: everyone.
    All(Vec<SegmentCondition>),
    /// At least one holds. With none: nobody.
    Any(Vec<SegmentCondition>),
    /// It does not hold.
    Not(Box<SegmentCondition>),
    /// A trait passes a test.
    Trait(SegmentKeyTest),
    /// Something was done so many times.
    Did(SegmentDidCondition),
    /// Things were done, or left undone, one after the other.
    Sequence(SegmentSequenceCondition),
    /// When something was done for the first time.
    First(SegmentOccasionCondition),
    /// When something was done for the last time.
    Last(SegmentOccasionCondition),
    /// The sum of a property. Of nothing it is 0.
    Sum(SegmentAggregateCondition),
    /// The average of a property. Of nothing there is none, and no test holds.
    Average(SegmentAggregateCondition),
    /// The least of a property. Of nothing there is none, and no test holds.
    Minimum(SegmentAggregateCondition),
    /// The greatest of a property. Of nothing there is none, and no test holds.
    Maximum(SegmentAggregateCondition),
    /// How many different values a property had.
    Distinct(SegmentAggregateCondition),
    /// How many orders, or what they came to.
    Orders(SegmentOrdersCondition),
    /// When the first order was placed.
    FirstOrder(SegmentOrderDateCondition),
    /// When the last order was placed.
    LastOrder(SegmentOrderDateCondition),
    /// A product was bought, or something of a category.
    Bought(SegmentBoughtCondition),
    /// Member of another segment.
    Segment(SegmentMemberCondition),
    /// A purpose is allowed.
    Consent(SegmentConsentCondition),
    /// A prediction passes a test.
    Prediction(SegmentPredictionCondition),
    /// A place is near another.
    Near(SegmentNearCondition),
    /// On a list that people keep by hand.
    List(SegmentListCondition),
    /// Among so many of a hundred people, drawn by lot; the same people for ever.
    Sample(SegmentSampleCondition),
}

/// Being a member of another segment.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentMemberCondition {
    /// The segment's key; 1 to 200 characters.
    key: String,
}

/// Being on a list that people keep by hand.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentListCondition {
    /// The list's key; 1 to 200 characters.
    key: String,
}

/// Allowing a purpose.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentConsentCondition {
    /// The purpose's key; 1 to 200 characters.
    purpose: String,
}

/// A test of a prediction.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentPredictionCondition {
    /// The prediction's name; 1 to 200 characters.
    name: String,
    /// A test of numbers, or `exists`.
    is: SegmentTest,
}

/// A place is near another, on a sphere of the Earth's mean radius.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentNearCondition {
    /// The trait that holds `{"latitude": …, "longitude": …}`; 1 to 200 characters.
    key: String,
    /// In degrees, −90 to 90.
    latitude: SegmentNumber,
    /// In degrees, −180 to 180.
    longitude: SegmentNumber,
    /// At most so far away, in kilometres; 0 to 21,000.
    kilometres: SegmentNumber,
}

/// Some of all people, drawn by lot from the salt and who they are, and so the same for ever.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentSampleCondition {
    /// How many of a hundred people; 0 to 100 with at most two decimals.
    percent: SegmentNumber,
    /// Another salt draws other people; 1 to 200 characters.
    salt: String,
}
