//! The numbers by which customers are told apart. Pure.

use chrono::{DateTime, Utc};

/// What they are, in this order; `ln` is the natural logarithm. A model that was learned of others is not asked.
pub const FEATURES: [&str; 9] = [
    "ln(1 + orders)",
    "ln(1 + what was paid for them, in the currency of the catalogue)",
    "ln(1 + days since the last order, or else since the person is known)",
    "ln(1 + days since the person is known)",
    "risk of churn, 0 to 1; 0.5 where it is not predicted",
    "ln(1 + what the person is expected to pay within a year, in the currency of the catalogue)",
    "ln(1 + e-mails opened within 90 days)",
    "ln(1 + links in e-mails clicked within 90 days)",
    "ln(1 + pages and screens seen within 90 days)",
];

/// Where nothing is predicted.
const UNKNOWN_RISK: f64 = 0.5;

/// What is known of somebody.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Known {
    /// How many orders came about.
    pub(super) orders: u32,
    /// What was paid for them.
    pub(super) paid: f64,
    pub(super) last_order: Option<DateTime<Utc>>,
    pub(super) since: Option<DateTime<Utc>>,
    /// 0 to 1.
    pub(super) churn: Option<f64>,
    pub(super) expected: Option<f64>,
    pub(super) opened: u32,
    pub(super) clicked: u32,
    pub(super) seen: u32,
}

impl Known {
    /// In the order of [`FEATURES`].
    pub(super) fn features(&self, now: DateTime<Utc>) -> Vec<f64> {
        let log = |number: f64| number.max(0.0).ln_1p();
        let days = |since: Option<DateTime<Utc>>| {
            let days = since.map_or(0, |since| (now - since).num_days()).max(0);
            log(f64::from(u32::try_from(days).unwrap_or(u32::MAX)))
        };
        vec![
            log(f64::from(self.orders)),
            log(self.paid),
            days(self.last_order.or(self.since)),
            days(self.since),
            self.churn.unwrap_or(UNKNOWN_RISK),
            log(self.expected.unwrap_or_default()),
            log(f64::from(self.opened)),
            log(f64::from(self.clicked)),
            log(f64::from(self.seen)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn every_feature_is_a_number_whatever_is_known() {
        let now = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
        let nothing = Known::default().features(now);
        assert_eq!(nothing.len(), FEATURES.len());
        assert!((nothing[4] - UNKNOWN_RISK).abs() < 1e-12);
        let odd = Known {
            paid: -3.0,
            since: Some(now + TimeDelta::days(3)),
            last_order: Some(DateTime::<Utc>::MIN_UTC),
            expected: Some(1e12),
            orders: u32::MAX,
            ..Known::default()
        };
        assert!(odd.features(now).iter().all(|number| number.is_finite() && number.abs() < 1e3), "{odd:?}");
    }
}
