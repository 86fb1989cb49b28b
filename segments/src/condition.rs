//! What a rule is made of.
//!
//! The names of fields and variants are the names in the JSON form, in camelCase; every [`Condition`] has exactly one key
//! there, so that it can be an input of GraphQL as it stands.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::comparison::{Test, Window, as_number};

/// A question about a person that is answered with yes or no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Condition {
    /// Every one holds. With none: everyone.
    All(Vec<Self>),
    /// At least one holds. With none: nobody.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A trait passes a test.
    Trait(KeyTest),
    /// Something was done so many times.
    Did(Behaviour),
    /// Things were done, or left undone, one after the other.
    Sequence(Sequence),
    /// When something was done for the first time.
    First(Occasion),
    /// When something was done for the last time.
    Last(Occasion),
    /// The sum of a property. Of nothing it is 0.
    Sum(Aggregate),
    /// The average of a property. Of nothing there is none, and no test holds.
    Average(Aggregate),
    /// The least of a property. Of nothing there is none, and no test holds.
    Minimum(Aggregate),
    /// The greatest of a property. Of nothing there is none, and no test holds.
    Maximum(Aggregate),
    /// How many different values a property had.
    Distinct(Aggregate),
    /// How many orders, or what they came to.
    Orders(Orders),
    /// When the first order was placed.
    FirstOrder(OrderDate),
    /// When the last order was placed.
    LastOrder(OrderDate),
    /// A product was bought, or something of a category.
    Bought(Bought),
    /// Member of another segment.
    Segment(SegmentRef),
    /// A purpose is allowed.
    Consent(ConsentRef),
    /// A prediction passes a test.
    Prediction(PredictionTest),
    /// A place is near another.
    Near(Near),
    /// On a list that people keep by hand.
    List(ListRef),
    /// Among so many of a hundred people, drawn by lot; the same people for ever.
    Sample(Sample),
}

impl Condition {
    /// The key of a condition in the JSON form.
    pub(crate) const fn key(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Trait(_) => "trait",
            Self::Did(_) => "did",
            Self::Sequence(_) => "sequence",
            Self::First(_) => "first",
            Self::Last(_) => "last",
            Self::Sum(_) => "sum",
            Self::Average(_) => "average",
            Self::Minimum(_) => "minimum",
            Self::Maximum(_) => "maximum",
            Self::Distinct(_) => "distinct",
            Self::Orders(_) => "orders",
            Self::FirstOrder(_) => "firstOrder",
            Self::LastOrder(_) => "lastOrder",
            Self::Bought(_) => "bought",
            Self::Segment(_) => "segment",
            Self::Consent(_) => "consent",
            Self::Prediction(_) => "prediction",
            Self::Near(_) => "near",
            Self::List(_) => "list",
            Self::Sample(_) => "sample",
        }
    }
}

/// A test of a trait, or of a property of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyTest {
    /// Which. Dots lead into objects: `address.city`. Lists on the way stand for each of their elements.
    pub key: String,
    /// The test.
    pub is: Test,
    /// Whether texts are compared without regard to upper and lower case.
    #[serde(skip_serializing_if = "is_false")]
    pub ignore_case: bool,
}

/// Which events are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    /// Their name. `None`: whatever they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Tests that all their properties must pass.
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<KeyTest>,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Times {
    /// So many or more; 1 or more.
    AtLeast(u32),
    /// So many or fewer.
    AtMost(u32),
    /// Just so many.
    Exactly(u32),
}

impl Default for Times {
    fn default() -> Self {
        Self::AtLeast(1)
    }
}

impl Times {
    /// Whether a count is right.
    pub const fn holds(self, count: usize) -> bool {
        match self {
            Self::AtLeast(least) => count >= least as usize,
            Self::AtMost(most) => count <= most as usize,
            Self::Exactly(exact) => count == exact as usize,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Something was done so many times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Behaviour {
    /// What.
    #[serde(flatten)]
    pub events: Events,
    /// How often.
    #[serde(skip_serializing_if = "Times::is_default")]
    pub times: Times,
    /// When. `None`: at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// Things that happened, or did not, one after the other.
///
/// A step that is done happens later than the one before it, not at the same instant. A step that must *not* be done
/// within a time is known when the time is over, and the next step follows from then on; without a time it must not be
/// done before the next step, or, as the last step, not until now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sequence {
    /// The steps, of which the first is done.
    pub steps: Vec<Step>,
    /// When all that is done was done. `None`: at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// A step of a [`Sequence`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What.
    #[serde(flatten)]
    pub events: Events,
    /// Whether it must not happen.
    #[serde(skip_serializing_if = "is_false")]
    pub not: bool,
    /// In less than this time after the step before. `None`: whenever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<crate::Duration>,
}

/// When events happened for the first or the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Occasion {
    /// What.
    #[serde(flatten)]
    pub events: Events,
    /// A test of dates.
    pub is: Test,
}

/// What the values of a property come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Aggregate {
    /// Of which events.
    #[serde(flatten)]
    pub events: Events,
    /// The property. Compared with money, only what is in that currency counts: money as
    /// `{"amount": …, "currency": …}`, or a number beside a property `currency`.
    pub of: String,
    /// When. `None`: at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// A test of numbers.
    pub is: Test,
}

/// What of orders is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// How many there are.
    Count,
    /// What they brought together, returns taken off.
    Total,
    /// What each brought on average. Of none there is no average, and no test holds.
    Average,
}

/// How many orders, or what they came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Orders {
    /// What is measured.
    pub measure: Measure,
    /// Only orders in this currency (ISO 4217). Totals and averages need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// When. `None`: at any time, and undated ones too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// A test of numbers.
    pub is: Test,
}

/// When the first or the last order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderDate {
    /// A test of dates.
    pub is: Test,
}

/// What was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Goods {
    /// A product, by its id, its number of stock keeping or its name.
    Product(String),
    /// Anything of a category.
    Category(String),
}

/// Something was bought in so many orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bought {
    /// What.
    #[serde(flatten)]
    pub goods: Goods,
    /// In how many orders.
    #[serde(skip_serializing_if = "Times::is_default")]
    pub times: Times,
    /// When. `None`: at any time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// Another segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SegmentRef {
    /// Its key.
    pub key: String,
}

/// A list that people keep by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListRef {
    /// Its key.
    pub key: String,
}

/// A purpose that may be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConsentRef {
    /// Its key.
    pub purpose: String,
}

/// A test of a prediction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PredictionTest {
    /// Its name.
    pub name: String,
    /// A test of numbers.
    pub is: Test,
}

/// A place is near another, on a sphere of the Earth's mean radius.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Near {
    /// The trait that holds `{"latitude": …, "longitude": …}`.
    pub key: String,
    /// In degrees, −90..90.
    #[serde(serialize_with = "as_number")]
    pub latitude: Decimal,
    /// In degrees, −180..180.
    #[serde(serialize_with = "as_number")]
    pub longitude: Decimal,
    /// At most so far away.
    #[serde(serialize_with = "as_number")]
    pub kilometres: Decimal,
}

/// Some of all people, drawn by lot from the salt and who they are, and so the same for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// How many of a hundred, 0..100 with at most two decimals.
    #[serde(serialize_with = "as_number")]
    pub percent: Decimal,
    /// Another salt draws other people.
    pub salt: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_false(value: &bool) -> bool {
    !value
}
