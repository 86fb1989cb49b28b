//! Everybody at once: how risk and value are spread, what drives them, and what marks the customers of greatest value.

use async_graphql::{Enum, SimpleObject};
use profiles::insights;

use super::prediction::in_days;
use super::segment_rule::SegmentDuration;
use crate::graphql::scalars::{Count, DateTime};

/// What the model of purchases said of everybody when it was last learned, without those who said no to `profiling`. Figures of
/// fewer than ten people are not told.
#[derive(Debug, SimpleObject)]
pub(crate) struct Insights {
    /// As of when: predictions are made anew at each midnight, and these figures at each learning.
    computed_at: DateTime,
    /// The number of the model that says it: `modelVersions` tells of it.
    model: i32,
    /// How many people have bought.
    customers: Count,
    /// How the risk of churn is spread.
    risk: RiskDistribution,
    /// How the lifetime value is spread; null where there are fewer than a hundred customers, or none who paid in the model's
    /// currency.
    value: Option<ValueDistribution>,
    /// What moves the predictions: of each prediction the strongest first.
    drivers: Vec<PredictionDriver>,
    /// What marks the customers of greatest value.
    high_value: HighValue,
}

/// How the risk of churn is spread over the customers.
#[derive(Debug, SimpleObject)]
pub(crate) struct RiskDistribution {
    /// Within which time.
    horizon: SegmentDuration,
    /// How many have a risk below 0.4.
    low: Count,
    /// How many have one from 0.4 and below 0.7.
    medium: Count,
    /// How many have one from 0.7.
    high: Count,
    /// How many have which risk.
    bins: Vec<RiskBin>,
}

/// Customers of about the same risk.
#[derive(Debug, SimpleObject)]
pub(crate) struct RiskBin {
    /// From this risk on.
    from: f64,
    /// Below this one; 1 is in the last bin.
    to: f64,
    /// How many.
    count: Count,
}

/// How what is expected to be paid within a year is spread over the customers.
#[derive(Debug, SimpleObject)]
pub(crate) struct ValueDistribution {
    /// ISO 4217; null where no source says any.
    currency: Option<String>,
    /// Tenths of the customers from the greatest value to the smallest.
    tenths: Vec<ValueTenth>,
}

/// A tenth of the customers.
#[derive(Debug, SimpleObject)]
pub(crate) struct ValueTenth {
    /// How many.
    customers: Count,
    /// What they are expected to pay on average.
    mean: f64,
    /// Their share of what is expected of all, 0 to 1.
    share: f64,
}

/// Which prediction something is said of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum PredictionKind {
    /// The risk of churn within the model's horizon.
    ChurnRisk,
    /// What will be paid within a year.
    LifetimeValue,
}

/// What moves a prediction.
#[derive(Debug, SimpleObject)]
pub(crate) struct PredictionDriver {
    /// Which prediction.
    prediction: PredictionKind,
    /// `recency`, `frequency`, `age` or `spend`.
    factor: String,
    /// How far it moves the prediction from the average customer's, up or down, on average over customers; in the prediction's unit.
    mean: f64,
}

/// What marks the tenth of the customers of whom most is expected within a year.
#[derive(Debug, SimpleObject)]
pub(crate) struct HighValue {
    /// How many of them were looked at.
    customers: Count,
    /// How many others: at most 100,000 customers in all.
    others: Count,
    /// What is found among them more often, or less, than among the others, the surest first: at most 50. Who somebody is, and
    /// protected traits, mark nobody, and only data that `profiling` may use are looked at. A mark is no cause.
    marks: Vec<HighValueMark>,
}

/// What a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum MarkKind {
    /// A trait has a value.
    Trait,
    /// They are in a segment.
    Segment,
    /// They have bought something of a category.
    Category,
}

/// Something that is found among the best more often, or less, than among the others.
#[derive(Debug, SimpleObject)]
pub(crate) struct HighValueMark {
    /// What it is.
    kind: MarkKind,
    /// The key of the trait or of the segment, or the category.
    key: String,
    /// The value of the trait; null otherwise.
    value: Option<String>,
    /// Which share of the best has it, 0 to 1.
    share: f64,
    /// Which share of the others has it.
    others: f64,
    /// How many times as often it is found among the best: `share / others`.
    lift: f64,
    /// The lower end of the lift's interval: with 95 percent all marks at once lie within theirs.
    low: f64,
    /// The upper end.
    high: f64,
}

impl From<insights::Fleet> for Insights {
    fn from(fleet: insights::Fleet) -> Self {
        let count = |from: usize, to: usize| Count(fleet.risks[from..to].iter().sum());
        let tenth = |tenth: insights::Tenth| ValueTenth {
            customers: Count(tenth.customers),
            mean: tenth.mean,
            share: tenth.share,
        };
        let bin = |(from, count): (u32, &u64)| RiskBin {
            from: f64::from(from) / 10.0,
            to: f64::from(from + 1) / 10.0,
            count: Count(*count),
        };
        Self {
            computed_at: DateTime(fleet.at),
            model: fleet.model,
            customers: Count(fleet.customers),
            risk: RiskDistribution {
                horizon: in_days(fleet.horizon),
                low: count(0, 4),
                medium: count(4, 7),
                high: count(7, 10),
                bins: (0..).zip(&fleet.risks).map(bin).collect(),
            },
            value: (!fleet.values.is_empty()).then_some(ValueDistribution {
                currency: fleet.currency,
                tenths: fleet.values.into_iter().map(tenth).collect(),
            }),
            drivers: fleet.drivers.into_iter().map(Into::into).collect(),
            high_value: HighValue {
                customers: Count(fleet.compared.0),
                others: Count(fleet.compared.1),
                marks: fleet.marks.into_iter().map(Into::into).collect(),
            },
        }
    }
}

impl From<insights::Driver> for PredictionDriver {
    fn from(driver: insights::Driver) -> Self {
        let prediction = match driver.predicted {
            insights::Predicted::ChurnRisk => PredictionKind::ChurnRisk,
            insights::Predicted::LifetimeValue => PredictionKind::LifetimeValue,
        };
        Self { prediction, factor: driver.factor, mean: driver.mean }
    }
}

impl From<insights::Mark> for HighValueMark {
    fn from(mark: insights::Mark) -> Self {
        let kind = match mark.kind {
            insights::MarkKind::Trait => MarkKind::Trait,
            insights::MarkKind::Segment => MarkKind::Segment,
            insights::MarkKind::Category => MarkKind::Category,
        };
        Self {
            kind,
            key: mark.key,
            value: Some(mark.value).filter(|value| !value.is_empty()),
            share: mark.share,
            others: mark.others,
            lift: mark.lift,
            low: mark.interval.0,
            high: mark.interval.1,
        }
    }
}
