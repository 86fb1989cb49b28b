use async_graphql::{Enum, InputObject};

use super::events::SegmentTimes;
use super::test::SegmentTest;
use super::time::SegmentWindow;

/// How many orders, or what they came to.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentOrdersCondition {
    /// What is measured.
    measure: SegmentOrderMeasure,
    /// Only orders in this currency: three capital letters of ISO 4217. `total` and `average` need it.
    currency: Option<String>,
    /// When; at any time unless given, and undated ones too.
    window: Option<SegmentWindow>,
    /// A test of numbers. Amounts are in the currency.
    is: SegmentTest,
}

/// What of orders is measured. In lower case, as the JSON form of a rule writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(rename_items = "lowercase")]
pub(crate) enum SegmentOrderMeasure {
    /// How many there are.
    Count,
    /// What they brought together.
    Total,
    /// What each brought on average. Of none there is no average, and no test holds.
    Average,
}

/// When the first or the last order was placed.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentOrderDateCondition {
    /// A test of dates.
    is: SegmentTest,
}

/// Something was bought in so many orders. Either `product` or `category` is given.
#[derive(Debug, InputObject)]
pub(crate) struct SegmentBoughtCondition {
    /// A product, by its id, its number of stock keeping or its name; 1 to 200 characters.
    product: Option<String>,
    /// Anything of a category, by its name; 1 to 200 characters.
    category: Option<String>,
    /// In how many orders; at least one unless given.
    times: Option<SegmentTimes>,
    /// When; at any time unless given.
    window: Option<SegmentWindow>,
}
